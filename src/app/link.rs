//! The only writer of `authId`: carries out what the policy or a person decided, inside the transaction in which
//! it was decided. Inserts first and asks nothing: the unique keys say who won.

use time::OffsetDateTime;

use crate::{
    domain::{
        email::EmailAddress,
        history::{Change, Event, Why},
        identity::Identity,
        ids::{AttemptId, AuditId, IdentityId, UserId},
        proof::Proof,
        user::Likeness,
    },
    faults::fault_point,
    storage::{StorageError, Tx, address_claim, link_bar, link_history, review, user, user_link},
};

/// What all changes of one round have in common.
pub(super) struct Attempt<'a> {
    pub(super) id: AttemptId,
    pub(super) audit: AuditId,
    pub(super) actor: &'a str,
    pub(super) why: Why<'a>,
    pub(super) at: OffsetDateTime,
}

/// Whether the change was made, or somebody else was faster.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Made,
    Lost,
}

/// Links an existing user; lost when it is linked by now, or gone.
pub(super) async fn link(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    identity: &Identity,
    user: UserId,
    proof: Proof,
) -> Result<Outcome, StorageError> {
    if !user::set_identity(tx, user, identity.id).await? {
        return Ok(Outcome::Lost);
    }
    fault_point!("after_user");
    write_link(tx, attempt, identity.id, user, proof).await
}

/// As [`link`], for a user that the policy chose by its address; lost, too, when it has another address by now, or one
/// that it says is not verified, or when a person barred the pair.
pub(super) async fn link_by_address(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    (identity, address): (&Identity, &EmailAddress),
    user: UserId,
    proof: Proof,
) -> Result<Outcome, StorageError> {
    if !user::set_identity(tx, user, identity.id).await? {
        return Ok(Outcome::Lost);
    }
    fault_point!("after_user");
    // The row is ours until the commit, and whoever bars a pair locks it first: what is so now will be so then.
    let now = user::find_with_address(tx, user, address).await?;
    let is_as_chosen = now.is_some_and(|user| user.likeness == Likeness::Same && !user.known_unverified);
    if !is_as_chosen || link_bar::is_barred(tx, identity.id, user).await? {
        return Ok(Outcome::Lost);
    }
    write_link(tx, attempt, identity.id, user, proof).await
}

/// What a link is beside the user's row.
async fn write_link(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    identity: IdentityId,
    user: UserId,
    proof: Proof,
) -> Result<Outcome, StorageError> {
    user_link::set_linked(tx, user, identity, attempt.at).await?;
    fault_point!("after_link");
    review::set_superseded(tx, identity, user, attempt.by()).await?;
    fault_point!("after_reviews");
    append(tx, attempt, Event::IdentityLinked, Step::to(user, identity), proof).await?;
    Ok(Outcome::Made)
}

/// Moves a user's link to another identity, on a person's word; the pair that was is barred. Lost when the link
/// is not what it was.
pub(super) async fn relink(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    user: UserId,
    (from, to): (IdentityId, IdentityId),
) -> Result<Outcome, StorageError> {
    if !user::set_other_identity(tx, user, from, to).await? {
        return Ok(Outcome::Lost);
    }
    user_link::set_linked(tx, user, to, attempt.at).await?;
    review::set_superseded(tx, to, user, attempt.by()).await?;
    link_bar::set(tx, (from, user), link_bar::Cause::Unlinked, attempt.audit, attempt.at).await?;
    let step = Step { user, from: Some(from), to: Some(to) };
    append(tx, attempt, Event::IdentityRelinked, step, Proof::Admin).await?;
    Ok(Outcome::Made)
}

/// Ends a user's link, on a person's word, and bars the pair; lost when the link is not what it was.
pub(super) async fn unlink(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    user: UserId,
    from: IdentityId,
) -> Result<Outcome, StorageError> {
    if !user::set_no_identity(tx, user, from).await? {
        return Ok(Outcome::Lost);
    }
    user_link::set_unlinked(tx, user).await?;
    review::set_superseded(tx, from, user, attempt.by()).await?;
    link_bar::set(tx, (from, user), link_bar::Cause::Unlinked, attempt.audit, attempt.at).await?;
    let step = Step { user, from: Some(from), to: None };
    append(tx, attempt, Event::IdentityUnlinked, step, Proof::Admin).await?;
    Ok(Outcome::Made)
}

/// A user to be created.
pub(super) struct NewUser<'a> {
    pub(super) id: UserId,
    pub(super) identity: &'a Identity,
    pub(super) address: &'a EmailAddress,
    /// Whose claim of the address is void and may be taken over.
    pub(super) void_claim: Option<UserId>,
    pub(super) proof: Proof,
}

/// Creates a user with its link and its claim; lost when the void claim found a new holder meanwhile.
pub(super) async fn create(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    new: &NewUser<'_>,
) -> Result<Outcome, StorageError> {
    let row = user::NewUser {
        id: new.id,
        identity: new.identity.id,
        address: new.address,
        names: &new.identity.names,
        created_at: attempt.at,
    };
    user::insert(tx, &row).await?;
    fault_point!("after_user");
    user_link::set_linked(tx, new.id, new.identity.id, attempt.at).await?;
    fault_point!("after_link");
    match new.void_claim {
        None => address_claim::insert(tx, new.address, new.id, attempt.at).await?,
        Some(holder) => {
            if !address_claim::set_holder(tx, new.address, holder, new.id, attempt.at).await? {
                return Ok(Outcome::Lost);
            }
        }
    }
    fault_point!("after_claim");
    append(tx, attempt, Event::UserCreated, Step::to(new.id, new.identity.id), new.proof).await?;
    Ok(Outcome::Made)
}

impl Attempt<'_> {
    fn by(&self) -> review::By<'_> {
        review::By { actor: self.actor, audit: self.audit, at: self.at }
    }
}

/// Where a user's link was and where it is.
struct Step {
    user: UserId,
    from: Option<IdentityId>,
    to: Option<IdentityId>,
}

impl Step {
    fn to(user: UserId, identity: IdentityId) -> Self {
        Self { user, from: None, to: Some(identity) }
    }
}

async fn append(
    tx: &mut Tx,
    attempt: &Attempt<'_>,
    event: Event,
    step: Step,
    proof: Proof,
) -> Result<(), StorageError> {
    let change = Change {
        event,
        user: step.user,
        identity: step.to,
        previous: step.from,
        why: attempt.why,
        proof,
        audit: attempt.audit,
        attempt: attempt.id,
    };
    link_history::append(tx, &change, attempt.actor, attempt.at).await?;
    fault_point!("after_history");
    Ok(())
}
