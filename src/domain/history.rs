//! The vocabulary of `link_history`: what happened, to whom, and why. The texts are part of the outside contract
//! (events, support timeline).

use std::fmt;

use super::{
    ids::{AttemptId, AuditId, IdentityId, UserId},
    policy::Row,
    proof::Proof,
    reason::Reason,
};

/// What happened to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A user was created for an identity; one row says both.
    UserCreated,
    /// An existing user got its identity.
    IdentityLinked,
    /// A user lost its identity, by hand.
    IdentityUnlinked,
    /// A user's link was moved from an identity that is gone to another one, by hand.
    IdentityRelinked,
}

impl Event {
    /// The event type as stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::IdentityLinked => "identity.linked",
            Self::IdentityUnlinked => "identity.unlinked",
            Self::IdentityRelinked => "identity.relinked",
        }
    }
}

/// Why a change was made.
#[derive(Debug, Clone, Copy)]
pub enum Why<'a> {
    /// A row of the policy table decided.
    Policy(Row),
    /// A person said so, in these words.
    Said(&'a Reason),
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(row) => write!(f, "policy row {}", row.letter()),
            Self::Said(reason) => reason.fmt(f),
        }
    }
}

/// One change of a link, as its history row tells it.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What happened.
    pub event: Event,
    /// To whom.
    pub user: UserId,
    /// The identity it has afterwards.
    pub identity: Option<IdentityId>,
    /// The identity it had before.
    pub previous: Option<IdentityId>,
    /// Which row of the policy table decided, or what a person said.
    pub why: Why<'a>,
    /// On what proof.
    pub proof: Proof,
    /// Which call.
    pub audit: AuditId,
    /// Which try of that call; unique.
    pub attempt: AttemptId,
}
