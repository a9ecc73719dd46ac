//! Why a link is believed to be right. The texts are part of the outside contract.

/// Why the service believes that a link is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Kratos verified the address.
    VerifiedAddress,
    /// The operator trusts every address (`RESOLVER_LINKING=trust`).
    TrustedAddress,
    /// Nothing was there to link to, and the operator provisions unverified people too.
    UnverifiedCreate,
    /// A person said so.
    Admin,
    /// The link was there before this service.
    Adopted,
}

impl Proof {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedAddress => "verified_address",
            Self::TrustedAddress => "trusted_address",
            Self::UnverifiedCreate => "unverified_create",
            Self::Admin => "admin",
            Self::Adopted => "adopted",
        }
    }
}
