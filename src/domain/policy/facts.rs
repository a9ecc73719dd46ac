//! What the policy decides on.

use crate::domain::{
    identity::{AddressTrait, Identity},
    ids::{IdentityId, UserId},
};

/// What is known so far; `None` is "not asked yet", and [`decide`](super::decide) says when it must be asked.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Whether the identity is linked, by our own tables.
    pub link: LinkFact,
    /// What Kratos says of the identity.
    pub identity: Option<IdentityFact>,
    /// Who has its address.
    pub matches: Option<Matches>,
}

/// The identity's own link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFact {
    /// Never linked, or the user's `authId` was emptied by the platform.
    Unlinked,
    /// Linked to this user.
    Linked(UserId),
    /// Linked by us once to a user whose row is gone.
    UserGone,
}

/// What Kratos says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFact {
    /// A well-formed 404.
    Missing,
    /// Any state but `active`.
    Inactive,
    /// No email trait.
    NoAddress,
    /// An email trait that is not an address, or does not fit.
    BrokenAddress,
    /// An address to decide by.
    Usable {
        /// V of the table.
        verified: bool,
    },
}

impl From<&Identity> for IdentityFact {
    fn from(identity: &Identity) -> Self {
        match identity.address {
            _ if !identity.active => Self::Inactive,
            AddressTrait::Missing => Self::NoAddress,
            AddressTrait::Broken => Self::BrokenAddress,
            AddressTrait::Present(_) => Self::Usable { verified: identity.verified },
        }
    }
}

/// The users that have the identity's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matches {
    /// None.
    Nobody,
    /// More than one, or a confusable one.
    Several,
    /// Exactly one, and no confusable one.
    One(Match),
}

/// The one user that has the identity's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The user.
    pub user: UserId,
    /// Its present link.
    pub tie: Tie,
    /// U of the table.
    pub not_known_unverified: bool,
}

/// The present link of a matching user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Not linked.
    Free {
        /// This pair was rejected in a review, or unlinked by hand.
        barred: bool,
    },
    /// Linked to another identity.
    Elsewhere {
        /// That identity.
        other: IdentityId,
        /// Whether Kratos still has it; `None` is "not asked yet".
        gone: Option<bool>,
    },
}
