//! The one error form, and the one mapping of everything that can go wrong to a status and a code.

use std::time::Duration;

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::{
    app::error::Failure,
    domain::{ids::AuditId, policy::Refusal},
    io::IoError,
};

/// An error on its way to the caller: `{"error", "message", "correlationId", "retryable"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) retryable: bool,
    pub(super) retry_after: Option<Duration>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    error: &'a str,
    message: &'a str,
    correlation_id: String,
    retryable: bool,
}

const A_MOMENT: Duration = Duration::from_secs(1);

impl Problem {
    const fn permanent(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, retryable: false, retry_after: None }
    }

    const fn passing(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, retryable: true, retry_after: None }
    }

    const fn unavailable(code: &'static str, message: &'static str, retry_after: Duration) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code,
            message,
            retryable: true,
            retry_after: Some(retry_after),
        }
    }

    pub(super) const fn bad_user_input(message: &'static str) -> Self {
        Self::permanent(StatusCode::BAD_REQUEST, "bad_user_input", message)
    }

    pub(super) const TOO_LARGE: Self =
        Self::permanent(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "the body is too large");

    pub(super) const UNSUPPORTED_MEDIA_TYPE: Self = Self::permanent(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "send application/json in UTF-8, without a content encoding",
    );

    pub(super) const BODY_TOO_SLOW: Self =
        Self::passing(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the body did not arrive in time");

    pub(super) const INTERNAL: Self = Self::passing(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "an error of this service; its log has the cause under the correlation id",
    );

    pub(super) const SHUTTING_DOWN: Self =
        Self::unavailable("shutting_down", "shutting_down: this replica is about to stop", A_MOMENT);

    pub(super) const NOT_LINKED: Self = Self::permanent(
        StatusCode::NOT_FOUND,
        "user_not_found",
        "there is no such user, or it is not linked to an identity",
    );

    pub(super) const fn not_ready(message: &'static str) -> Self {
        Self::unavailable("database_unavailable", message, A_MOMENT)
    }

    /// The form for an error that the framework made, told by its status alone.
    pub(super) fn of_framework(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => {
                Self::permanent(status, "not_found", "there is no such route on this listener")
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::permanent(status, "method_not_allowed", "this route does not take that method")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::REQUEST_TIMEOUT => Self::BODY_TOO_SLOW,
            status if status.is_client_error() => {
                Self::permanent(status, "bad_user_input", "the request is malformed")
            }
            _ => Self::INTERNAL,
        }
    }

    pub(super) fn render(&self, correlation: AuditId) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(wait) = self.retry_after {
            // Rounded up: who comes a moment early is refused again.
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(Body {
            error: self.code,
            message: self.message,
            correlation_id: correlation.to_string(),
            retryable: self.retryable,
        })
    }
}

/// A handler's error carries the problem out to the edge, which knows the correlation id and renders it.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::new(self.status);
        response.extensions_mut().insert(*self);
        response
    }
}

impl From<&IoError> for Problem {
    fn from(error: &IoError) -> Self {
        match error {
            IoError::Overloaded => Self::OVERLOADED,
            IoError::Deadline => Self::passing(
                StatusCode::GATEWAY_TIMEOUT,
                "deadline_exceeded",
                "not done in time; it may be done by now, and asking again is safe",
            ),
            IoError::Panicked => Self::INTERNAL,
        }
    }
}

impl Problem {
    const OVERLOADED: Self = Self::unavailable("overloaded", "too many calls are under way", A_MOMENT);
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::from(*refusal),
            Failure::KratosUnavailable { retry_after, .. } => {
                Self::unavailable("kratos_unavailable", "Kratos cannot be asked at the moment", *retry_after)
            }
            Failure::KratosInvalid(_) => Self::passing(
                StatusCode::BAD_GATEWAY,
                "kratos_invalid_response",
                "Kratos gave an answer that cannot be used",
            ),
            Failure::DatabaseUnavailable(_) => Self::unavailable(
                "database_unavailable",
                "the database cannot be asked at the moment",
                A_MOMENT,
            ),
            Failure::ProvisioningImpossible(_) => Self::permanent(
                StatusCode::SERVICE_UNAVAILABLE,
                "provisioning_impossible",
                "the table user has required columns that no rule fills; its operator must name them",
            ),
            Failure::Overloaded => Self::OVERLOADED,
            Failure::Internal(_) => Self::INTERNAL,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, message) = match refusal {
            Refusal::IdentityNotFound => (StatusCode::NOT_FOUND, "Kratos has no such identity"),
            Refusal::UserNotFound => {
                (StatusCode::NOT_FOUND, "nobody matches the identity, and no users are created")
            }
            Refusal::LinkedElsewhere => {
                (StatusCode::CONFLICT, "the user with this address is linked to another identity")
            }
            Refusal::EmailAmbiguous => {
                (StatusCode::CONFLICT, "the address does not tell one user from others")
            }
            Refusal::RequiresReview => (StatusCode::CONFLICT, "a person must decide about this identity"),
            Refusal::Inactive => (StatusCode::CONFLICT, "the identity is not active and not linked"),
            Refusal::TraitsMissing => (StatusCode::UNPROCESSABLE_ENTITY, "the identity has no email trait"),
            Refusal::TraitsInvalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "the identity's email trait is not an address that fits")
            }
            Refusal::EmailUnverified => {
                (StatusCode::UNPROCESSABLE_ENTITY, "the identity's address is not verified")
            }
        };
        Self::permanent(status, refusal.code(), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_of_the_framework_keeps_a_body_of_its_own() {
        for code in 400..600 {
            let status = StatusCode::from_u16(code).unwrap();
            let problem = Problem::of_framework(status);
            assert!(problem.status == status || problem == Problem::INTERNAL, "{code}");
            assert_eq!(problem.status.is_client_error(), status.is_client_error(), "{code}");
        }
    }
}
