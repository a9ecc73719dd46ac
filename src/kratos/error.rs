//! What can go wrong with Kratos, as far as a caller is told about it. Nothing of an answer's body is kept:
//! a Kratos error can quote addresses.

use std::time::Duration;

/// Why there is no answer to decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KratosError {
    /// It did not answer, answered that it cannot, or is not being asked at the moment.
    #[error("Kratos is unavailable ({reason})")]
    Unavailable {
        /// For the log.
        reason: Reason,
        /// When another try makes sense.
        retry_after: Duration,
    },
    /// It answered, but not as Kratos does, or about another identity.
    #[error("Kratos gave an invalid answer ({0})")]
    Invalid(&'static str),
    /// As many calls are under way as may be.
    #[error("too many calls to Kratos are under way")]
    Saturated,
}

impl KratosError {
    /// Whether it may be the trouble of one of the identities asked for and not of Kratos: its list fails as a whole
    /// (500 `invalid_configuration`) where the schema of one identity is no longer configured.
    #[must_use]
    pub fn may_be_one_identitys(&self) -> bool {
        matches!(self, Self::Unavailable { reason: Reason::Status(500), .. })
    }

    /// As the metric of calls names it.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Unavailable { .. } | Self::Saturated => "unavailable",
        }
    }
}

/// Why Kratos is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Refused, reset, or cut off half-way.
    Connection,
    /// The time for all tries is spent.
    Timeout,
    /// It answered with this status.
    Status(u16),
    /// The breaker is open.
    BreakerOpen,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection => f.write_str("connection"),
            Self::Timeout => f.write_str("timeout"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::BreakerOpen => f.write_str("breaker open"),
        }
    }
}

/// Why the client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// `KRATOS_CA_FILE`.
    #[error("KRATOS_CA_FILE cannot be used: it is not a readable PEM file of certificates")]
    BadCertificates,
    /// `KRATOS_ADMIN_TOKEN`.
    #[error("KRATOS_ADMIN_TOKEN cannot be used: it does not fit into a header")]
    BadToken,
    /// TLS or the resolver.
    #[error("the HTTP client cannot be built")]
    Build,
}
