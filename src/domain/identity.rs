//! What we take from a Kratos identity: enough to decide, nothing more.

use super::{email::EmailAddress, ids::IdentityId};

/// An identity as Kratos gave it in one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The id Kratos put into its answer; compared with the one asked for before anything else.
    pub id: IdentityId,
    /// True only for the state `active`; unknown and absent states are not active.
    pub active: bool,
    /// The mapped email trait.
    pub address: AddressTrait,
    /// Kratos holds a verifiable address that is the same as the mapped trait, by email, and verified.
    pub verified: bool,
    /// Names for the row of a new user; never used to decide.
    pub names: Names,
}

/// The mapped email trait of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressTrait {
    /// No such trait, or it is null or blank.
    Missing,
    /// A trait that is not text, not an address, or too long.
    Broken,
    /// An address.
    Present(EmailAddress),
}

/// A person's names and picture; hidden in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Cut to what fits the column by the storage layer.
    pub first: Option<String>,
    /// As `first`.
    pub last: Option<String>,
    /// The address of a picture.
    pub picture: Option<String>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names(hidden)")
    }
}
