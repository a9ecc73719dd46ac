//! What every caller of a run was told, and whether all of it can be true at once: one user per identity, no user of
//! two identities, created at most once, nothing acknowledged that was lost, and an order that agrees with the clock
//! on the wall of the one process that recorded it.

use super::answer::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// One call as its caller saw it; times since the record began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) identity: Uuid,
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
    pub(crate) told: Told,
}

impl Call {
    /// From the question to the answer, or to the end of hope.
    pub(crate) fn took(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}

/// What a caller was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// 200.
    User { user: String, created: bool },
    /// An error in form.
    Refused { status: u16, error: String, retryable: Option<bool> },
    /// No answer: it may have been done, or not.
    Nothing,
}

/// A rule that a history broke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    /// One identity, several users.
    SeveralUsers(Uuid),
    /// One user, several identities.
    SharedUser(String),
    /// Told to several callers that theirs created the user.
    CreatedTwice(Uuid),
    /// Acknowledged, and not there in the end.
    Lost(Uuid),
    /// There in the end, and nobody asked for it.
    Ghost(Uuid),
    /// Created, or refused for good, after somebody had already been given the user.
    OutOfOrder(Uuid),
    /// An error that does not say whether to try again.
    Mute(Uuid),
}

/// Collects calls from any number of callers.
pub(crate) struct Record {
    start: Instant,
    calls: Mutex<Vec<Call>>,
}

impl Record {
    /// The clock starts now.
    pub(crate) fn begin() -> Record {
        Record { start: Instant::now(), calls: Mutex::default() }
    }

    /// The time on the record's clock.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Makes one call and writes it down.
    pub(crate) async fn call<E>(
        &self,
        identity: Uuid,
        call: impl Future<Output = Result<Answer, E>>,
    ) -> Told {
        let began = self.start.elapsed();
        let told = call.await.map_or(Told::Nothing, |answer| Told::of(&answer));
        let call = Call { identity, began, ended: self.start.elapsed(), told: told.clone() };
        self.calls.lock().expect("the record").push(call);
        told
    }

    /// How many calls have ended.
    pub(crate) fn count(&self) -> usize {
        self.calls.lock().expect("the record").len()
    }

    /// All calls that have ended.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("the record").clone()
    }
}

impl Told {
    /// What an answer says.
    pub(crate) fn of(answer: &Answer) -> Told {
        if answer.status == 200 {
            return Told::User { user: answer.user(), created: answer.created() };
        }
        let retryable = answer.json()["retryable"].as_bool();
        Told::Refused { status: answer.status, error: answer.error(), retryable }
    }
}

/// Every rule that is broken; `links` is who has which user when all is over.
pub(crate) fn violations(calls: &[Call], links: &BTreeMap<Uuid, String>) -> BTreeSet<Violation> {
    let mut broken = BTreeSet::new();
    let mut by_identity: BTreeMap<Uuid, Vec<&Call>> = BTreeMap::new();
    let mut identities_of: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    for call in calls {
        by_identity.entry(call.identity).or_default().push(call);
        match &call.told {
            Told::User { user, .. } => {
                identities_of.entry(user).or_default().insert(call.identity);
            }
            Told::Refused { retryable: None, .. } => {
                broken.insert(Violation::Mute(call.identity));
            }
            Told::Refused { .. } | Told::Nothing => {}
        }
    }
    for (identity, user) in links {
        identities_of.entry(user).or_default().insert(*identity);
    }
    let shared = identities_of.into_iter().filter(|(_, identities)| identities.len() > 1);
    broken.extend(shared.map(|(user, _)| Violation::SharedUser(user.to_owned())));
    let ghosts = links.keys().filter(|identity| !by_identity.contains_key(identity));
    broken.extend(ghosts.map(|identity| Violation::Ghost(*identity)));
    for (identity, calls) in by_identity {
        broken.extend(of_one(identity, &calls, links.get(&identity)));
    }
    broken
}

fn of_one(identity: Uuid, calls: &[&Call], finally: Option<&String>) -> Vec<Violation> {
    let told = calls.iter().filter_map(|call| match &call.told {
        Told::User { user, created } => Some((user, *created)),
        _ => None,
    });
    let users: BTreeSet<&String> = told.clone().map(|(user, _)| user).collect();
    let mut broken = Vec::new();
    if users.len() > 1 {
        broken.push(Violation::SeveralUsers(identity));
    }
    if told.filter(|(_, created)| *created).count() > 1 {
        broken.push(Violation::CreatedTwice(identity));
    }
    if users.iter().any(|user| Some(*user) != finally) {
        broken.push(Violation::Lost(identity));
    }
    let is_given = |call: &&&Call| matches!(call.told, Told::User { .. });
    if let Some(first) = calls.iter().filter(is_given).map(|call| call.ended).min()
        && calls.iter().any(|call| call.began > first && denies_it(&call.told))
    {
        broken.push(Violation::OutOfOrder(identity));
    }
    broken
}

/// Whether it cannot be said any more once somebody was given the user.
fn denies_it(told: &Told) -> bool {
    match told {
        Told::User { created, .. } => *created,
        Told::Refused { retryable, .. } => *retryable == Some(false),
        Told::Nothing => false,
    }
}

#[cfg(test)]
mod tests;
