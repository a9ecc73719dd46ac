//! A person says yes. Everything but the missing proof is checked again: the identity is fetched anew and decided
//! about by the same policy as a resolve, inside the transaction that links. A link is moved only away from an
//! identity that Kratos answered with two 404s, a minute apart, and that its list does not have.

use std::time::Duration;

use crate::{
    app::{
        by_hand::{Desk, NotDone, Person},
        error::Failure,
        link::{self, Outcome},
        resolve::{find_candidates, matches},
    },
    domain::{
        identity::{AddressTrait, Identity},
        ids::{IdentityId, ReviewId},
        policy::{Decision, Facts, LinkFact, Question, Refusal, Step, decide},
        proof::Proof,
        review::{Asked, Review, State},
    },
    storage::{Tx, link_bar, link_history, review, user},
};

/// Between the first 404 of an identity and the one that lets its user be moved (contract §8, rule 2).
const APART: Duration = Duration::from_mins(1);

const ALIVE: &str = "the other identity is not gone";
const OTHER_FACTS: &str = "what it asks is no longer the case";

/// What the policy says of the question now.
enum Recheck {
    /// It still asks this, or would not even ask any more.
    StillAsked,
    /// It refuses for a reason that may pass.
    NotNow(Refusal),
    /// It has another answer, for good.
    Void,
}

impl Desk {
    /// Says yes, and links in the same transaction.
    pub async fn approve(&self, person: &Person, id: ReviewId) -> Result<Review, NotDone> {
        let review = self.open_review(id).await?;
        if let Asked::Relink { gone, .. } = review.asked {
            self.check_gone(person, &review, gone).await?;
        }
        let fetched = self.kratos.fetch(review.identity, &self.traits, person.audit).await;
        let Some(identity) = fetched.map_err(Failure::from)? else {
            return Err(self.supersede(person, &review, "Kratos has the identity no more").await);
        };
        let made = self.in_a_transaction(async |tx| self.carry_out(tx, person, &review, &identity).await);
        match made.await {
            Ok(()) => self.review(id).await,
            Err(NotDone::Void(why)) => Err(self.supersede(person, &review, why).await),
            Err(error) => Err(error),
        }
    }

    /// The second 404, and the list; the first one's time is kept with the review.
    async fn check_gone(&self, person: &Person, review: &Review, gone: IdentityId) -> Result<(), NotDone> {
        let fetched = self.kratos.fetch(gone, &self.traits, person.audit).await.map_err(Failure::from)?;
        if fetched.is_some() {
            return Err(self.supersede(person, review, ALIVE).await);
        }
        let now = self.clock.now();
        let Some(since) = review.asked.gone_since() else {
            let mut connection = self.pool.acquire().await?;
            review::set_gone(&mut connection, review.id, now).await?;
            return Err(NotDone::AskAgain(APART));
        };
        // A clock of another host may be ahead of this one's; that only makes the wait longer.
        let passed = Duration::try_from(now - since).unwrap_or_default();
        if let Some(left) = APART.checked_sub(passed).filter(|left| !left.is_zero()) {
            return Err(NotDone::AskAgain(left));
        }
        if self.kratos.is_listed(gone, person.audit).await.map_err(Failure::from)? {
            return Err(self.supersede(person, review, ALIVE).await);
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        tx: &mut Tx,
        person: &Person,
        review: &Review,
        identity: &Identity,
    ) -> Result<Option<()>, NotDone> {
        self.close(tx, person, review, State::Approved).await?;
        match self.recheck(tx, review, identity).await? {
            Recheck::StillAsked => {}
            Recheck::NotNow(refusal) => return Err(NotDone::NotNow(refusal)),
            Recheck::Void => return Err(NotDone::Void(OTHER_FACTS)),
        }
        link_bar::remove(tx, identity.id, review.user).await?;
        let attempt = self.attempt(person);
        let outcome = match review.asked {
            Asked::Link => link::link(tx, &attempt, identity, review.user, Proof::Admin).await?,
            Asked::Relink { gone, .. } => {
                link::relink(tx, &attempt, review.user, (gone, identity.id)).await?
            }
        };
        Ok((outcome == Outcome::Made).then_some(()))
    }

    async fn recheck(&self, tx: &mut Tx, review: &Review, identity: &Identity) -> Result<Recheck, NotDone> {
        let link = match user::find_linked(tx, identity.id).await? {
            Some(user) => LinkFact::Linked(user),
            None if link_history::find_orphan(tx, identity.id).await? => LinkFact::UserGone,
            None => LinkFact::Unlinked,
        };
        let mut facts = Facts { link, identity: Some(identity.into()), matches: None };
        if let AddressTrait::Present(address) = &identity.address {
            let (candidates, _) = find_candidates(tx, address).await?;
            if !candidates.iter().any(|candidate| candidate.id == review.user) {
                return Ok(Recheck::Void);
            }
            let presence = review.asked.gone().map(|gone| (gone, true));
            // What bars the pair is what an approval ends.
            facts.matches = Some(matches(&candidates, presence, false));
        }
        Ok(judge(review, decide(&facts, self.settings)))
    }
}

fn judge(review: &Review, step: Step) -> Recheck {
    let Step::Done(_, decision) = step else {
        // The user is linked to an identity that the review does not know.
        return Recheck::Void;
    };
    match (decision, review.asked) {
        (Decision::Question(Question::Link(user)) | Decision::Link { user, .. }, Asked::Link)
        | (Decision::Question(Question::Relink(user)), Asked::Relink { .. })
            if user == review.user =>
        {
            Recheck::StillAsked
        }
        (Decision::Refuse(refusal), _) => match refusal {
            Refusal::IdentityNotFound | Refusal::UserNotFound | Refusal::LinkedElsewhere => Recheck::Void,
            Refusal::EmailAmbiguous
            | Refusal::RequiresReview
            | Refusal::Inactive
            | Refusal::TraitsMissing
            | Refusal::TraitsInvalid
            | Refusal::EmailUnverified => Recheck::NotNow(refusal),
        },
        _ => Recheck::Void,
    }
}
