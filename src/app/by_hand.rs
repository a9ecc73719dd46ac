//! What a person does to a link: link and unlink here, reviews in `review`. Each in one transaction that locks
//! the user's row first, so that no resolve and no other person is half-way in it.

use std::{sync::Arc, time::Duration};

use super::{
    error::Failure,
    link::{self, Outcome},
};
use crate::{
    clock::Clock,
    domain::{
        history::Why,
        ids::{AttemptId, AuditId, IdentityId, UserId},
        policy::{Refusal, Settings},
        proof::Proof,
        reason::Reason,
        review::State,
        traits::TraitMap,
    },
    kratos,
    storage::{Pool, StorageError, Tx, link_bar, user},
};

/// As often as somebody else's transaction is met.
const TRIES: u32 = 5;

/// The use cases of a person; cheap to build, opens nothing.
pub struct Desk {
    pub(super) pool: Pool,
    pub(super) kratos: Arc<kratos::Client>,
    pub(super) traits: TraitMap,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
}

/// Who does it, under which id, and why.
#[derive(Debug, Clone)]
pub struct Person {
    /// For the history row, such as `cli:ada`.
    pub actor: String,
    /// Names the traces of this call in the tables.
    pub audit: AuditId,
    /// What the person says.
    pub reason: Reason,
}

/// A pair that is linked, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The user.
    pub user: UserId,
    /// The identity.
    pub identity: IdentityId,
    /// False when nothing had to be done.
    pub changed: bool,
}

/// Why a person's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is no such review.
    #[error("there is no such review")]
    NoSuchReview,
    /// It is closed already.
    #[error("the review is not open: it was {} by {by}", .state.as_str())]
    Closed {
        /// How it was closed.
        state: State,
        /// By whom.
        by: String,
    },
    /// What it asks is no longer the case; it has just been superseded.
    #[error("the review is superseded now: {0}")]
    Void(&'static str),
    /// The facts do not allow it now; the review stays open.
    #[error("not now, the review stays open: {}", .0.code())]
    NotNow(Refusal),
    /// Kratos has not been without the other identity for long enough.
    #[error("the other identity is not gone for long enough; ask again in {} s", .0.as_secs().max(1))]
    AskAgain(Duration),
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// Kratos has no such identity.
    #[error("Kratos has no such identity")]
    NoSuchIdentity,
    /// The user is linked to another identity.
    #[error("the user is linked to identity {0}; unlink it first")]
    UserLinked(IdentityId),
    /// The identity is linked to another user.
    #[error("the identity is linked to user {0}; unlink that one first")]
    IdentityLinked(UserId),
    /// The user is not linked.
    #[error("the user is not linked")]
    NotLinked,
    /// The database or Kratos failed; doing it once more is safe.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<StorageError> for NotDone {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

impl Desk {
    /// Opens nothing.
    #[must_use]
    pub fn new(pool: Pool, kratos: Arc<kratos::Client>, traits: TraitMap, settings: Settings) -> Self {
        Self { pool, kratos, traits, settings, clock: Clock::System }
    }

    /// Links a user to an identity that Kratos has, whatever the policy says of the two, and ends what barred
    /// them; nothing changes when they are linked already.
    pub async fn link(&self, person: &Person, user: UserId, identity: IdentityId) -> Result<Pair, NotDone> {
        let fetched = self.kratos.fetch(identity, &self.traits, person.audit).await.map_err(Failure::from)?;
        let identity = fetched.ok_or(NotDone::NoSuchIdentity)?;
        self.in_a_transaction(async |tx| {
            let held = user::lock(tx, user).await?.ok_or(NotDone::NoSuchUser)?;
            let pair = Pair { user, identity: identity.id, changed: held.linked_to.is_none() };
            match (held.linked_to, user::find_linked(tx, identity.id).await?) {
                (Some(own), _) if own == identity.id => return Ok(Some(pair)),
                (Some(other), _) => return Err(NotDone::UserLinked(other)),
                (None, Some(other)) => return Err(NotDone::IdentityLinked(other)),
                (None, None) => {}
            }
            link_bar::remove(tx, identity.id, user).await?;
            let attempt = self.attempt(person);
            let outcome = link::link(tx, &attempt, &identity, user, Proof::Admin).await?;
            Ok((outcome == Outcome::Made).then_some(pair))
        })
        .await
    }

    /// Ends a user's link and bars the pair until a person links it again.
    pub async fn unlink(&self, person: &Person, user: UserId) -> Result<Pair, NotDone> {
        self.in_a_transaction(async |tx| {
            let held = user::lock(tx, user).await?.ok_or(NotDone::NoSuchUser)?;
            let identity = held.linked_to.ok_or(NotDone::NotLinked)?;
            let outcome = link::unlink(tx, &self.attempt(person), user, identity).await?;
            Ok((outcome == Outcome::Made).then_some(Pair { user, identity, changed: true }))
        })
        .await
    }

    pub(super) fn attempt<'a>(&self, person: &'a Person) -> link::Attempt<'a> {
        link::Attempt {
            id: AttemptId::fresh(),
            audit: person.audit,
            actor: &person.actor,
            why: Why::Said(&person.reason),
            at: self.clock.now(),
        }
    }

    /// Commits what `work` did, rolls back when it refuses, and does it again from the start when it gives
    /// `None` or meets somebody else's transaction.
    pub(super) async fn in_a_transaction<T>(
        &self,
        work: impl AsyncFn(&mut Tx) -> Result<Option<T>, NotDone>,
    ) -> Result<T, NotDone> {
        let mut tries = 1;
        loop {
            let mut tx = self.pool.begin().await?;
            let outcome = match work(&mut tx).await {
                Ok(Some(done)) => tx.commit().await.map(|()| done).map_err(NotDone::from),
                Ok(None) => {
                    tx.rollback().await;
                    Err(StorageError::Duplicate.into())
                }
                Err(error) => {
                    tx.rollback().await;
                    Err(error)
                }
            };
            match outcome {
                Err(NotDone::Failed(Failure::DatabaseUnavailable(
                    StorageError::Duplicate | StorageError::Conflict(_),
                ))) if tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }
}
