//! The public face of what can go wrong: one variant per thing a caller is told.

use std::time::Duration;

use crate::{domain::policy::Refusal, kratos::KratosError, storage::StorageError};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The policy, or Kratos' own 404.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// Kratos cannot be asked.
    #[error("Kratos is unavailable")]
    KratosUnavailable {
        /// When another try makes sense.
        retry_after: Duration,
        /// The cause.
        source: KratosError,
    },
    /// Kratos answered nonsense.
    #[error("Kratos gave an invalid answer")]
    KratosInvalid(#[source] KratosError),
    /// The database cannot be asked, or contention did not end.
    #[error("the database is unavailable")]
    DatabaseUnavailable(#[source] StorageError),
    /// The platform's table `user` asks for what nobody told this service; nothing was written.
    #[error("no user can be created")]
    ProvisioningImpossible(#[source] StorageError),
    /// A bound of this process is reached.
    #[error("overloaded")]
    Overloaded,
    /// A bug, or a schema that is not ours.
    #[error("internal error")]
    Internal(#[source] StorageError),
}

impl From<KratosError> for Failure {
    fn from(source: KratosError) -> Self {
        match source {
            KratosError::Unavailable { retry_after, .. } => Self::KratosUnavailable { retry_after, source },
            KratosError::Invalid(_) => Self::KratosInvalid(source),
            KratosError::Saturated => Self::Overloaded,
        }
    }
}

impl From<StorageError> for Failure {
    fn from(source: StorageError) -> Self {
        match source {
            StorageError::Exhausted => Self::Overloaded,
            StorageError::Unfillable(_) => Self::ProvisioningImpossible(source),
            ref error if error.is_transient() => Self::DatabaseUnavailable(source),
            ref error if error.is_missing_object() => Self::DatabaseUnavailable(source),
            _ => Self::Internal(source),
        }
    }
}
