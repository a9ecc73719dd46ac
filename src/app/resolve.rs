//! The user behind an identity: looked up, or linked, or created, exactly once. Works in rounds: read what is
//! known, ask Kratos outside any transaction, decide and write in one transaction; whoever is overtaken on the
//! way starts again and finds what the winner wrote.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{error::Failure, link, refusals::Tally};
use crate::{
    clock::Clock,
    domain::{
        history::Why,
        ids::{AttemptId, AuditId, IdentityId, UserId},
        policy::{Decision, Refusal, Row, Settings},
        traits::TraitMap,
    },
    kratos,
    storage::{Pool, StorageError},
    telemetry::Metrics,
};

mod group;
mod question;
mod round;

use question::Newcomers;
use round::{Memory, RoundEnd};
pub(super) use round::{find_candidates, matches};

/// More rounds than any contention measured so far needed.
const MAX_ROUNDS: u32 = 5;
/// From the second repetition on, so that two who collide do not collide again.
const LONGEST_JITTER_MILLIS: u64 = 40;

/// Who asks, under which id, and how long the answer matters.
#[derive(Debug, Clone)]
pub struct Call {
    /// The correlation id.
    pub audit: AuditId,
    /// For the history row.
    pub actor: String,
    /// No new round begins after this.
    pub give_up: Instant,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The user.
    pub user: UserId,
    /// True for the one caller whose call created it.
    pub created: bool,
    /// How it came about, for the log and the metric.
    pub how: How,
}

/// How a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was there.
    Hit,
    /// An existing user was linked by this call.
    Linked,
    /// A user was created by this call.
    Created,
}

/// The use case; cheap to share.
pub struct Resolver {
    pool: Pool,
    kratos: Arc<kratos::Client>,
    traits: TraitMap,
    settings: Settings,
    clock: Clock,
    metrics: Arc<Metrics>,
    refusals: Tally,
    newcomers: Newcomers,
}

impl Resolver {
    /// Opens nothing.
    #[must_use]
    pub fn new(
        pool: Pool,
        kratos: Arc<kratos::Client>,
        traits: TraitMap,
        settings: Settings,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (refusals, newcomers) = (Tally::default(), Newcomers::default());
        Self { pool, kratos, traits, settings, clock: Clock::System, metrics, refusals, newcomers }
    }

    /// Runs to its end whether or not anybody still waits for it.
    pub async fn resolve(&self, call: &Call, identity: IdentityId) -> Result<Resolved, Failure> {
        self.resolve_from(call, identity, Memory::default()).await
    }

    async fn resolve_from(
        &self,
        call: &Call,
        identity: IdentityId,
        mut memory: Memory,
    ) -> Result<Resolved, Failure> {
        let mut rounds = 0;
        let mut setbacks = Setbacks::default();
        loop {
            rounds += 1;
            let error = match self.round(call, identity, &mut memory).await {
                Ok(RoundEnd::Resolved(resolved)) => {
                    if resolved.how == How::Created {
                        self.note_newcomer(call, identity);
                    }
                    return Ok(resolved);
                }
                Ok(RoundEnd::Refused(row, refusal)) => {
                    if row == Row::F {
                        self.restart_waits(call, identity).await;
                    }
                    self.note(call, identity, row, refusal).await;
                    return Err(Failure::Refused(refusal));
                }
                Ok(RoundEnd::Doubtful(row, question)) => {
                    self.ask(call, identity, question, &memory).await?;
                    self.note(call, identity, row, Refusal::RequiresReview).await;
                    return Err(Failure::Refused(Refusal::RequiresReview));
                }
                Ok(RoundEnd::Asked) if rounds < MAX_ROUNDS => continue,
                Ok(RoundEnd::Asked | RoundEnd::Again) => StorageError::Duplicate,
                Err(Failure::DatabaseUnavailable(error)) => error,
                Err(failure) => return Err(failure),
            };
            if !setbacks.allow_another_round(&error) || rounds == MAX_ROUNDS || Instant::now() >= call.give_up
            {
                return Err(Failure::DatabaseUnavailable(error));
            }
            self.metrics.database_retry(error.retry_reason());
            if rounds >= 2 {
                sleep(jitter()).await;
            }
        }
    }

    async fn note(&self, call: &Call, identity: IdentityId, row: Row, refusal: Refusal) {
        self.metrics.policy_refusal(row.letter());
        if refusal.is_counted() && !self.refusals.note(identity, refusal, call.audit) {
            tracing::warn!(audit_id = %call.audit, "a refusal was not counted: too many wait");
        }
        self.refusals.write_some(&self.pool, self.clock.now()).await;
    }

    /// What no caller waits for; to be called when the caller has its answer. Withdraws the questions of newcomers
    /// and writes down the refusals that are left to be counted.
    pub async fn catch_up(&self) {
        if self.newcomers.is_empty() && !self.refusals.is_waiting() {
            return;
        }
        // Boxed: after a hit there is nothing to do, and every call makes room for what is here.
        Box::pin(async {
            self.withdraw_questions().await;
            self.refusals.write_rest(&self.pool, || self.clock.now()).await;
        })
        .await;
    }

    fn attempt<'a>(&self, call: &'a Call, why: Row) -> link::Attempt<'a> {
        let at = self.clock.now();
        let why = Why::Policy(why);
        link::Attempt { id: AttemptId::fresh(), audit: call.audit, actor: &call.actor, why, at }
    }
}

/// What a decision that changes nothing amounts to.
fn as_refusal(decision: Decision) -> Option<Refusal> {
    match decision {
        Decision::Refuse(refusal) => Some(refusal),
        Decision::Question(_) | Decision::Known(_) | Decision::Link { .. } | Decision::Create { .. } => None,
    }
}

/// What was met so far of the kinds that are worth one repetition and no more.
#[derive(Default)]
struct Setbacks {
    lost_connections: u32,
    lock_waits: u32,
    vanished: u32,
}

impl Setbacks {
    fn allow_another_round(&mut self, error: &StorageError) -> bool {
        match error {
            // A second wait of a second would leave no time to say that there is no time.
            StorageError::Conflict(1205) => {
                self.lock_waits += 1;
                self.lock_waits <= 1
            }
            StorageError::Duplicate | StorageError::Conflict(_) | StorageError::OutcomeUnknown => true,
            // A connection that had died while idle is worth another one; a database that is down is not.
            StorageError::Unavailable(_) => {
                self.lost_connections += 1;
                self.lost_connections <= 1
            }
            // The platform changed its table; what was known of it is forgotten, and read anew by the next round.
            error if error.is_missing_object() => {
                self.vanished += 1;
                self.vanished <= 1
            }
            _ => false,
        }
    }
}

fn jitter() -> Duration {
    let (_, random) = uuid::Uuid::new_v4().as_u64_pair();
    Duration::from_millis(random % LONGEST_JITTER_MILLIS)
}
