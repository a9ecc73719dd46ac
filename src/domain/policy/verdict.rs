//! What the policy answers.

use crate::domain::{
    ids::{IdentityId, UserId},
    proof::Proof,
};

/// The answer of [`decide`](super::decide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A fact is missing.
    Need(Need),
    /// Decided, and by which row.
    Done(Row, Decision),
}

/// The next fact to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Ask Kratos for the identity.
    Identity,
    /// Ask the database who has its address.
    Matches,
    /// Ask Kratos whether this other identity still exists.
    Presence(IdentityId),
}

/// A row of the policy table (the contract has no `j`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the letters are explained by the table above")]
pub enum Row {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    I,
    K,
    L,
    M,
    N,
}

impl Row {
    /// The letter, as history rows and metrics carry it.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
            Self::D => "d",
            Self::E => "e",
            Self::F => "f",
            Self::G => "g",
            Self::H => "h",
            Self::I => "i",
            Self::K => "k",
            Self::L => "l",
            Self::M => "m",
            Self::N => "n",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the link is there.
    Known(UserId),
    /// Link this user.
    Link {
        /// Whom.
        user: UserId,
        /// Why that is right.
        proof: Proof,
    },
    /// Create a user.
    Create {
        /// Why that is right.
        proof: Proof,
    },
    /// Nothing: a person must answer.
    Question(Question),
    /// Nothing.
    Refuse(Refusal),
}

/// What a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// Link this unlinked user?
    Link(UserId),
    /// Move this user's link from an identity that is gone?
    Relink(UserId),
}

/// Why nothing is done; one error code each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the error code of the contract by the same name")]
pub enum Refusal {
    IdentityNotFound,
    UserNotFound,
    LinkedElsewhere,
    EmailAmbiguous,
    RequiresReview,
    Inactive,
    TraitsMissing,
    TraitsInvalid,
    EmailUnverified,
}

impl Refusal {
    /// The error code of the contract; also the key under which refusals are counted.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdentityNotFound => "identity_not_found",
            Self::UserNotFound => "user_not_found",
            Self::LinkedElsewhere => "identity_linked_elsewhere",
            Self::EmailAmbiguous => "identity_email_ambiguous",
            Self::RequiresReview => "identity_link_requires_review",
            Self::Inactive => "identity_inactive",
            Self::TraitsMissing => "identity_traits_missing",
            Self::TraitsInvalid => "identity_traits_invalid",
            Self::EmailUnverified => "identity_email_unverified",
        }
    }

    /// Whether the table `refusal` counts it: the contract names its 409 and 422 only.
    #[must_use]
    pub fn is_counted(self) -> bool {
        !matches!(self, Self::IdentityNotFound | Self::UserNotFound)
    }
}
