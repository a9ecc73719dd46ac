//! Reviews, as a person sees and answers them. An approval (`approval`) checks everything again but the proof
//! that was missing; a rejection bars the pair.

use super::by_hand::{Desk, NotDone, Person};
use crate::{
    domain::{
        ids::ReviewId,
        review::{Review, State},
    },
    storage::{Tx, link_bar, review, user},
};

mod approval;

/// The longest page of a list.
pub const PAGE_MAX: u32 = 500;

impl Desk {
    /// A page of at most [`PAGE_MAX`] reviews in one state, oldest first, after the one named.
    pub async fn reviews(
        &self,
        state: State,
        after: Option<ReviewId>,
        limit: u32,
    ) -> Result<Vec<Review>, NotDone> {
        let mut connection = self.pool.acquire().await?;
        Ok(review::list(&mut connection, state, after, limit.min(PAGE_MAX)).await?)
    }

    /// One review, open or closed.
    pub async fn review(&self, id: ReviewId) -> Result<Review, NotDone> {
        let mut connection = self.pool.acquire().await?;
        review::find(&mut connection, id).await?.ok_or(NotDone::NoSuchReview)
    }

    /// Says no: the pair is barred until a person links it, and is not asked about again.
    pub async fn reject(&self, person: &Person, id: ReviewId) -> Result<Review, NotDone> {
        let review = self.open_review(id).await?;
        let pair = (review.identity, review.user);
        self.in_a_transaction(async |tx| {
            self.close(tx, person, &review, State::Rejected).await?;
            let at = self.clock.now();
            link_bar::set(tx, pair, link_bar::Cause::Rejected, person.audit, at).await?;
            Ok(Some(()))
        })
        .await?;
        self.review(id).await
    }

    async fn open_review(&self, id: ReviewId) -> Result<Review, NotDone> {
        let review = self.review(id).await?;
        if review.state == State::Open { Ok(review) } else { Err(was_closed(review)) }
    }

    /// Locks the user's row, which every change of a link locks first, and closes the review. Refused when
    /// somebody else has closed it.
    async fn close(&self, tx: &mut Tx, person: &Person, open: &Review, state: State) -> Result<(), NotDone> {
        user::lock(tx, open.user).await?;
        let by = review::By { actor: &person.actor, audit: person.audit, at: self.clock.now() };
        if review::set_closed(tx, open.id, state, by, person.reason.as_str()).await? {
            return Ok(());
        }
        let review = review::find(tx, open.id).await?.ok_or(NotDone::NoSuchReview)?;
        Err(was_closed(review))
    }

    /// Closes a review that has nothing left to ask, whoever is quicker; gives what the person is told.
    async fn supersede(&self, person: &Person, open: &Review, why: &'static str) -> NotDone {
        let closed = async {
            let mut connection = self.pool.acquire().await?;
            let by = review::By { actor: &person.actor, audit: person.audit, at: self.clock.now() };
            review::set_closed(&mut connection, open.id, State::Superseded, by, why).await
        };
        match closed.await {
            Ok(_) => NotDone::Void(why),
            Err(error) => error.into(),
        }
    }
}

fn was_closed(review: Review) -> NotDone {
    NotDone::Closed { state: review.state, by: review.closed.map(|closed| closed.by).unwrap_or_default() }
}
