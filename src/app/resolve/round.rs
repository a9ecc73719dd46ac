//! One round of a resolve, and what it remembers of the rounds before.

use super::{Call, How, Resolved, Resolver, as_refusal};
use crate::{
    app::{
        error::Failure,
        link::{self, Outcome},
    },
    domain::{
        email::EmailAddress,
        identity::{AddressTrait, Identity},
        ids::{AttemptId, IdentityId, UserId},
        policy::{
            Decision, Facts, IdentityFact, LinkFact, Match, Matches, Need, Question, Refusal, Row, Step, Tie,
            decide,
        },
        user::{Candidate, Likeness},
    },
    storage::{StorageError, Tx, address_claim, link_bar, link_history, user},
};

/// What is kept from round to round.
#[derive(Default)]
pub(super) struct Memory {
    /// Kratos' answer, once asked.
    identity: Option<Fetched>,
    /// Whether another identity is gone, once asked.
    pub(super) presence: Option<(IdentityId, bool)>,
    /// Attempts whose COMMIT was never answered.
    unknown: Vec<AttemptId>,
}

impl Memory {
    /// As if the first round had asked Kratos already.
    pub(super) fn of(fetched: Option<Identity>) -> Self {
        Self { identity: Some(Fetched::of(fetched)), ..Self::default() }
    }
}

/// What Kratos answered.
enum Fetched {
    Nobody,
    Identity(Box<Identity>),
}

impl Fetched {
    fn of(answer: Option<Identity>) -> Self {
        answer.map_or(Self::Nobody, |identity| Self::Identity(Box::new(identity)))
    }

    fn fact(&self) -> IdentityFact {
        match self {
            Self::Nobody => IdentityFact::Missing,
            Self::Identity(identity) => IdentityFact::from(&**identity),
        }
    }
}

/// How a round ended when nothing failed.
pub(super) enum RoundEnd {
    Resolved(Resolved),
    Refused(Row, Refusal),
    /// A person must answer.
    Doubtful(Row, Question),
    /// Somebody was faster.
    Again,
    /// Another identity had to be asked for; with its answer the next round can decide.
    Asked,
}

/// What one transaction came to.
enum Settled {
    End(RoundEnd),
    AskFor(IdentityId),
}

impl Resolver {
    pub(super) async fn round(
        &self,
        call: &Call,
        id: IdentityId,
        memory: &mut Memory,
    ) -> Result<RoundEnd, Failure> {
        let link = self.known_link(id, memory).await?;
        if let LinkFact::Linked(user) = link.0 {
            let how = if link.1 { How::Created } else { How::Hit };
            return Ok(RoundEnd::Resolved(Resolved { user, created: link.1, how }));
        }
        let mut facts = Facts { link: link.0, identity: None, matches: None };
        if decide(&facts, self.settings) == Step::Need(Need::Identity) {
            if memory.identity.is_none() {
                let fetched = self.kratos.fetch(id, &self.traits, call.audit).await?;
                memory.identity = Some(Fetched::of(fetched));
            }
            facts.identity = memory.identity.as_ref().map(Fetched::fact);
        }
        let identity = match (decide(&facts, self.settings), &memory.identity) {
            (Step::Done(row, decision), _) => return Ok(without_a_write(row, decision)),
            (Step::Need(_), Some(Fetched::Identity(identity))) => Identity::clone(identity),
            (Step::Need(_), _) => return Ok(RoundEnd::Again),
        };
        match &identity.address {
            AddressTrait::Present(address) => {
                self.with_matches(call, &identity, address, facts, memory).await
            }
            AddressTrait::Missing | AddressTrait::Broken => Ok(RoundEnd::Again),
        }
    }

    /// The link our own tables know, and whether an attempt of this very call made it.
    async fn known_link(&self, id: IdentityId, memory: &Memory) -> Result<(LinkFact, bool), Failure> {
        let mut connection = self.pool.acquire().await?;
        if let Some(user) = user::find_linked(&mut connection, id).await? {
            let mut created = false;
            for attempt in &memory.unknown {
                created |= link_history::find_created(&mut connection, *attempt).await?;
            }
            return Ok((LinkFact::Linked(user), created));
        }
        // Whoever will be refused a turn at Kratos is refused before it costs more.
        if memory.identity.is_none() && self.kratos.is_saturated() {
            return Err(Failure::Overloaded);
        }
        let orphan = link_history::find_orphan(&mut connection, id).await?;
        Ok((if orphan { LinkFact::UserGone } else { LinkFact::Unlinked }, false))
    }

    async fn with_matches(
        &self,
        call: &Call,
        identity: &Identity,
        address: &EmailAddress,
        facts: Facts,
        memory: &mut Memory,
    ) -> Result<RoundEnd, Failure> {
        let mut tx = self.pool.begin().await?;
        match self.settle(&mut tx, call, (identity, address), facts, memory.presence).await {
            Ok((Settled::End(end @ RoundEnd::Resolved(_)), attempt)) => match tx.commit().await {
                Ok(()) => Ok(end),
                Err(error) => {
                    if matches!(error, StorageError::OutcomeUnknown) {
                        memory.unknown.extend(attempt);
                    }
                    Err(error.into())
                }
            },
            Ok((Settled::End(end), _)) => {
                tx.rollback().await;
                Ok(end)
            }
            Ok((Settled::AskFor(other), _)) => {
                tx.rollback().await;
                // Only a well-formed 404 says that it is gone; whatever else happens, it lives.
                let gone = matches!(self.kratos.fetch(other, &self.traits, call.audit).await, Ok(None));
                memory.presence = Some((other, gone));
                Ok(RoundEnd::Asked)
            }
            Err(error) => {
                tx.rollback().await;
                match error {
                    StorageError::AddressTaken => Ok(RoundEnd::Refused(Row::E, Refusal::EmailAmbiguous)),
                    StorageError::AddressUnfit => Ok(RoundEnd::Refused(Row::D, Refusal::TraitsInvalid)),
                    error => Err(error.into()),
                }
            }
        }
    }

    /// Decides on what the transaction sees, and carries it out in the same transaction.
    async fn settle(
        &self,
        tx: &mut Tx,
        call: &Call,
        (identity, address): (&Identity, &EmailAddress),
        mut facts: Facts,
        presence: Option<(IdentityId, bool)>,
    ) -> Result<(Settled, Option<AttemptId>), StorageError> {
        // Once more, because the user may have been created and deleted since the round began.
        if link_history::find_orphan(tx, identity.id).await? {
            facts.link = LinkFact::UserGone;
        }
        let (candidates, void_claim) = find_candidates(tx, address).await?;
        if candidates.iter().any(|candidate| candidate.linked_to == Some(identity.id)) {
            return Ok((Settled::End(RoundEnd::Again), None));
        }
        let barred = is_barred(tx, identity.id, &candidates).await?;
        facts.matches = Some(matches(&candidates, presence, barred));
        let (row, decision) = match decide(&facts, self.settings) {
            Step::Need(Need::Presence(other)) => return Ok((Settled::AskFor(other), None)),
            Step::Need(_) => return Ok((Settled::End(RoundEnd::Again), None)),
            Step::Done(row, decision) => (row, decision),
        };
        let attempt = self.attempt(call, row);
        let (outcome, resolved) = match decision {
            Decision::Link { user, proof } => {
                let resolved = Resolved { user, created: false, how: How::Linked };
                (link::link_by_address(tx, &attempt, (identity, address), user, proof).await?, resolved)
            }
            Decision::Create { proof } => {
                let user = UserId::fresh();
                let new = link::NewUser { id: user, identity, address, void_claim, proof };
                let resolved = Resolved { user, created: true, how: How::Created };
                (link::create(tx, &attempt, &new).await?, resolved)
            }
            other => return Ok((Settled::End(without_a_write(row, other)), None)),
        };
        let end = match outcome {
            Outcome::Made => RoundEnd::Resolved(resolved),
            Outcome::Lost => RoundEnd::Again,
        };
        Ok((Settled::End(end), Some(attempt.id)))
    }
}

fn without_a_write(row: Row, decision: Decision) -> RoundEnd {
    match (decision, as_refusal(decision)) {
        (_, Some(refusal)) => RoundEnd::Refused(row, refusal),
        (Decision::Question(question), None) => RoundEnd::Doubtful(row, question),
        (Decision::Known(user), None) => RoundEnd::Resolved(Resolved { user, created: false, how: How::Hit }),
        (_, None) => RoundEnd::Again,
    }
}

/// Users with the address or a confusable one, the holder of its claim among them; and the holder whose claim
/// is void.
pub(in crate::app) async fn find_candidates(
    tx: &mut Tx,
    address: &EmailAddress,
) -> Result<(Vec<Candidate>, Option<UserId>), StorageError> {
    let mut candidates = user::list_by_address(tx, address).await?;
    let Some(holder) = address_claim::find_holder(tx, address).await? else {
        return Ok((candidates, None));
    };
    if candidates.iter().any(|candidate| candidate.id == holder) {
        return Ok((candidates, None));
    }
    match user::find_with_address(tx, holder, address).await? {
        Some(candidate) => {
            candidates.push(candidate);
            Ok((candidates, None))
        }
        None => Ok((candidates, Some(holder))),
    }
}

/// Whether a person barred the identity from the only user it could be linked to.
async fn is_barred(
    tx: &mut Tx,
    identity: IdentityId,
    candidates: &[Candidate],
) -> Result<bool, StorageError> {
    match candidates {
        [one] if one.linked_to.is_none() => link_bar::is_barred(tx, identity, one.id).await,
        _ => Ok(false),
    }
}

pub(in crate::app) fn matches(
    candidates: &[Candidate],
    presence: Option<(IdentityId, bool)>,
    barred: bool,
) -> Matches {
    match candidates {
        [] => Matches::Nobody,
        [one] if one.likeness == Likeness::Same => {
            let tie = match one.linked_to {
                None => Tie::Free { barred },
                Some(other) => {
                    let gone = presence.filter(|(asked, _)| *asked == other).map(|(_, gone)| gone);
                    Tie::Elsewhere { other, gone }
                }
            };
            Matches::One(Match { user: one.id, tie, not_known_unverified: !one.known_unverified })
        }
        _ => Matches::Several,
    }
}
