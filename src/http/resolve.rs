//! `POST /rest/internal/identity/resolve`, in both dialects, and its audit line.

use std::{sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{caller::Caller, problem::Problem, state::Internal};
use crate::{
    app::resolve::{How, Resolved},
    domain::ids::{AuditId, IdentityId},
    telemetry::Metrics,
};

mod request;
mod view;

use request::{Dialect, Request};

pub(super) const PATH: &str = "/rest/internal/identity/resolve";

pub(super) async fn resolve(
    caller: Caller,
    state: web::Data<Internal>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let line = AuditLine { caller, metrics: Arc::clone(&state.metrics), started: Instant::now() };
    let request = match read(&state, &http, payload).await {
        Ok(request) => request,
        Err(problem) => {
            line.write(None, Err(problem));
            return Err(problem);
        }
    };
    let audit = line.caller.audit;
    let resolved = run(&state, line, request).await?;
    Ok(match request.dialect {
        Dialect::Authentication => HttpResponse::Ok().json(view::Actor::from(&resolved)),
        Dialect::Kratos => HttpResponse::Ok().json(view::User::of(&resolved, audit)),
    })
}

async fn read(state: &Internal, http: &HttpRequest, payload: web::Payload) -> Result<Request, Problem> {
    let body = super::body::read_json(http, payload, state.body).await?;
    Request::parse(&body).map_err(Problem::bad_user_input)
}

/// The audit line is written where the work ends and not where somebody waits for it: a caller that has hung up, or
/// was told that time is up, may have got a user all the same.
async fn run(state: &Internal, line: AuditLine, request: Request) -> Result<Resolved, Problem> {
    let permit = match state.io.permit() {
        Ok(permit) => permit,
        Err(error) => {
            let problem = Problem::from(&error);
            line.write(Some(request.identity), Err(problem));
            return Err(problem);
        }
    };
    let left = state.deadline.saturating_sub(line.started.elapsed());
    let audit = line.caller.audit;
    let call = line.caller.call(left);
    let resolver = Arc::clone(&state.resolver);
    let work = async move {
        let outcome = resolver.resolve(&call, request.identity).await.map_err(|failure| {
            let problem = Problem::from(&failure);
            log_cause(audit, &failure, problem.status);
            problem
        });
        line.write(Some(request.identity), outcome.as_ref().map_err(|problem| *problem));
        outcome
    };
    let resolver = Arc::clone(&state.resolver);
    let afterwards = async move { resolver.write_refusals().await };
    match state.io.run_then(permit, left, work, afterwards).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let problem = Problem::from(&error);
            tracing::warn!(audit_id = %audit, outcome = problem.code, "answered before the work ended");
            state.metrics.resolve_outcome(problem.code);
            Err(problem)
        }
    }
}

/// Once, where it is answered; a refusal is an answer like any other and has its audit line.
pub(super) fn log_cause(audit: AuditId, failure: &crate::app::error::Failure, status: StatusCode) {
    let cause = std::error::Error::source(failure).map(ToString::to_string).unwrap_or_default();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(audit_id = %audit, %failure, cause, "a call failed");
    } else if status.is_server_error() {
        tracing::warn!(audit_id = %audit, %failure, cause, "a call failed");
    }
}

/// One line per call. Ids only: never an address or a name.
struct AuditLine {
    caller: Caller,
    metrics: Arc<Metrics>,
    started: Instant,
}

impl AuditLine {
    fn write(&self, identity: Option<IdentityId>, outcome: Result<&Resolved, Problem>) {
        let (name, status, user) = match outcome {
            Ok(resolved) => (how(resolved.how), StatusCode::OK, Some(resolved.user)),
            Err(problem) => (problem.code, problem.status, None),
        };
        self.metrics.resolve_outcome(name);
        tracing::info!(
            audit_id = %self.caller.audit,
            caller_addr = self.caller.addr,
            caller_agent = self.caller.agent,
            identity_id = identity.map(tracing::field::display),
            user_id = user.map(tracing::field::display),
            outcome = name,
            status = status.as_u16(),
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "resolve"
        );
    }
}

pub(super) fn how(how: How) -> &'static str {
    match how {
        How::Hit => "hit",
        How::Linked => "linked",
        How::Created => "created",
    }
}
