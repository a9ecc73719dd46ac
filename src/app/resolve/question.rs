//! What the policy leaves to a person is written down once, in a transaction of its own after the round; and is
//! withdrawn when the identity has a user of its own, after that call was answered.

use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::{Call, Memory, Resolver};
use crate::{
    app::error::Failure,
    domain::{
        ids::{AuditId, IdentityId, ReviewId, UserId},
        policy::Question,
        review::{Asked, Review, State},
    },
    storage::{StorageError, Tx, link_bar, review, user},
};

/// As often as a question meets somebody else's transaction.
const TRIES: u32 = 3;

/// Identities whose questions are still to be withdrawn: as many at most as calls that were not followed by
/// [`Resolver::catch_up`] yet.
#[derive(Default)]
pub(super) struct Newcomers(Mutex<Vec<Newcomer>>);

/// An identity for which a user was created, and by which call.
struct Newcomer {
    identity: IdentityId,
    actor: String,
    audit: AuditId,
    at: OffsetDateTime,
}

impl Newcomers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn take(&self) -> Vec<Newcomer> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, newcomer: Newcomer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(newcomer);
    }
}

impl Resolver {
    /// Opens a review unless one is open. An error is the caller's, because an answer that nobody can give is
    /// worse than one that comes later.
    pub(super) async fn ask(
        &self,
        call: &Call,
        identity: IdentityId,
        question: Question,
        memory: &Memory,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let gone = memory.presence.map(|(other, _)| (other, now));
        let Some((user, asked)) = Asked::of(question, gone) else { return Ok(()) };
        let review = Review {
            id: ReviewId::fresh(),
            identity,
            user,
            asked,
            state: State::Open,
            first_audit: call.audit,
            asked_at: now,
            closed: None,
        };
        let mut tries = 1;
        loop {
            match self.open(call, &review).await {
                // A duplicate: somebody asked the same at the same moment, and was a little faster.
                Ok(()) | Err(StorageError::Duplicate) => return Ok(()),
                Err(error @ (StorageError::Conflict(_) | StorageError::OutcomeUnknown)) if tries < TRIES => {
                    self.metrics.database_retry(error.retry_reason());
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn open(&self, call: &Call, review: &Review) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        let open = review::find_open(&mut connection, review.identity, review.user).await?;
        let is_known = open.is_some_and(|open| nothing_is_new(open.asked, review.asked));
        if is_known || link_bar::is_barred(&mut connection, review.identity, review.user).await? {
            return Ok(());
        }
        drop(connection);
        let mut tx = self.pool.begin().await?;
        match open_unless_settled(&mut tx, call, review).await {
            Ok(true) => tx.commit().await,
            Ok(false) => {
                tx.rollback().await;
                Ok(())
            }
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        }
    }

    /// A user of its own leaves nothing to ask; no caller waits until that is written down.
    pub(super) fn note_newcomer(&self, call: &Call, identity: IdentityId) {
        let Call { actor, audit, .. } = call;
        self.newcomers.add(Newcomer { identity, actor: actor.clone(), audit: *audit, at: self.clock.now() });
    }

    /// Best effort: an approval would find out too.
    pub(super) async fn withdraw_questions(&self) {
        for Newcomer { identity, actor, audit, at } in self.newcomers.take() {
            let withdrawn = async {
                let mut connection = self.pool.acquire_for_writing().await?;
                review::set_withdrawn(&mut connection, identity, review::By { actor: &actor, audit, at })
                    .await
            };
            if let Err(error) = withdrawn.await {
                tracing::warn!(audit_id = %audit, %error, "the reviews of a new user's identity stay open");
            }
        }
    }

    /// The other identity lives, so the time for which it was gone counts from its next 404. Best effort: an
    /// approval asks Kratos itself.
    pub(super) async fn restart_waits(&self, call: &Call, identity: IdentityId) {
        let restarted = async {
            let mut connection = self.pool.acquire_for_writing().await?;
            review::set_not_gone(&mut connection, identity).await
        };
        if let Err(error) = restarted.await {
            tracing::warn!(audit_id = %call.audit, %error, "the wait of a review was not restarted");
        }
    }
}

/// False when a person answered, or the user was linked, since the round decided.
async fn open_unless_settled(tx: &mut Tx, call: &Call, review: &Review) -> Result<bool, StorageError> {
    if !still_stands(tx, review.user, review.asked).await? {
        return Ok(false);
    }
    if let Some(open) = review::find_open(tx, review.identity, review.user).await?
        && open.asked.gone() == review.asked.gone()
    {
        if let Some(since) = review.asked.gone_since() {
            review::set_gone(tx, open.id, since).await?;
        }
        return Ok(true);
    }
    let by = review::By { actor: &call.actor, audit: call.audit, at: review.asked_at };
    review::set_withdrawn(tx, review.identity, by).await?;
    review::insert(tx, review).await?;
    // Once more, and last: the insert waited for a rejection that was not yet committed before.
    Ok(!link_bar::is_barred(tx, review.identity, review.user).await?)
}

/// The lock keeps a link from being made between this look and the commit.
async fn still_stands(tx: &mut Tx, user: UserId, asked: Asked) -> Result<bool, StorageError> {
    let locked = user::lock(tx, user).await?;
    Ok(locked.is_some_and(|locked| locked.linked_to == asked.gone()))
}

/// The same is asked, and since when the other identity is gone is known.
fn nothing_is_new(open: Asked, asked: Asked) -> bool {
    open.gone() == asked.gone() && open.gone_since().is_some() == asked.gone_since().is_some()
}
