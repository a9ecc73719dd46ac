//! The audit line, one per call of the internal API, ids only: never an address or a name. And the cause of a
//! failure, logged once, where it is answered.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;

use super::{caller::Caller, problem::Problem};
use crate::{
    app::error::Failure,
    domain::ids::{AuditId, IdentityId, UserId},
};

/// A call under way. It belongs to the work and not to the handler: a caller that has hung up, or was told that time
/// is up, may have got something all the same.
pub(super) struct AuditLine {
    pub(super) caller: Caller,
    call: &'static str,
    started: Instant,
}

/// Whom a call was about, as far as one is known; of a batch, how many came to what.
#[derive(Default)]
pub(super) struct About<'a> {
    pub(super) identity: Option<IdentityId>,
    pub(super) user: Option<UserId>,
    pub(super) items: Option<&'a str>,
}

impl AuditLine {
    /// `call` is the line's message.
    pub(super) fn begin(caller: Caller, call: &'static str) -> Self {
        Self { caller, call, started: Instant::now() }
    }

    pub(super) fn audit(&self) -> AuditId {
        self.caller.audit
    }

    /// What is left of so much time.
    pub(super) fn left(&self, of: Duration) -> Duration {
        of.saturating_sub(self.started.elapsed())
    }

    pub(super) fn write(&self, about: &About<'_>, outcome: &str, status: u16) {
        tracing::info!(
            audit_id = %self.caller.audit,
            caller_addr = self.caller.addr,
            caller_agent = self.caller.agent,
            identity_id = about.identity.map(tracing::field::display),
            user_id = about.user.map(tracing::field::display),
            items = about.items,
            outcome,
            status,
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "{}",
            self.call
        );
    }

    /// The failure as the caller is told, its cause logged. A refusal is an answer like any other.
    pub(super) fn problem(&self, failure: &Failure) -> Problem {
        let problem = Problem::from(failure);
        log_cause(self.audit(), failure, problem.status);
        problem
    }
}

/// The wait for the work ended before the work did.
pub(super) fn log_unawaited(audit: AuditId, problem: Problem) {
    tracing::warn!(audit_id = %audit, outcome = problem.code, "answered before the work ended");
}

pub(super) fn log_cause(audit: AuditId, failure: &Failure, status: StatusCode) {
    let cause = std::error::Error::source(failure).map(ToString::to_string).unwrap_or_default();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(audit_id = %audit, %failure, cause, "a call failed");
    } else if status.is_server_error() {
        tracing::warn!(audit_id = %audit, %failure, cause, "a call failed");
    }
}
