//! A row of the platform's table `user`, as far as a decision needs it.

use super::{
    email::{self, EmailAddress},
    ids::{IdentityId, UserId},
};

/// A user whose address is the same as the identity's, or may be taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub id: UserId,
    /// The identity it is linked to already.
    pub linked_to: Option<IdentityId>,
    /// How close its address is.
    pub likeness: Likeness,
    /// The user's own row says that its address is not verified.
    pub known_unverified: bool,
}

/// How close two addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Equal by `same()`: what a link requires.
    Same,
    /// Equal by `confusable()` only: what forbids to decide.
    Confusable,
}

impl Likeness {
    /// Compares an identity's address with one as a row holds it; none for two that are neither.
    #[must_use]
    pub fn of(address: &EmailAddress, stored: &str) -> Option<Self> {
        if email::same(stored) == address.same() {
            Some(Self::Same)
        } else {
            (email::confusable(stored) == address.confusable()).then_some(Self::Confusable)
        }
    }
}
