//! `POST /rest/internal/identity/resolve`, in both dialects.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    audit::{About, AuditLine, log_unawaited},
    caller::Caller,
    problem::Problem,
    state::Internal,
};
use crate::{
    app::resolve::{How, Resolved},
    domain::ids::IdentityId,
    faults::fault_point,
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
    fault_point!("in_handler");
    let line = AuditLine::begin(caller, "resolve");
    let request = match read(&state, &http, payload).await {
        Ok(request) => request,
        Err(problem) => {
            write(&line, &state.metrics, None, Err(problem));
            return Err(problem);
        }
    };
    let audit = line.audit();
    let resolved = run(&state, line, request).await?;
    Ok(match request.dialect {
        Dialect::Authentication => HttpResponse::Ok().json(view::Actor::from(&resolved)),
        Dialect::Kratos => HttpResponse::Ok().json(view::User::of(&resolved, audit)),
    })
}

/// What a caller asks, or what is wrong with it.
pub(super) async fn read(
    state: &Internal,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<Request, Problem> {
    let body = super::body::read_json(http, payload, state.body).await?;
    Request::parse(&body).map_err(Problem::bad_user_input)
}

async fn run(state: &Internal, line: AuditLine, request: Request) -> Result<Resolved, Problem> {
    let permit = match state.io.permit() {
        Ok(permit) => permit,
        Err(error) => {
            let problem = Problem::from(&error);
            write(&line, &state.metrics, Some(request.identity), Err(problem));
            return Err(problem);
        }
    };
    let (audit, left) = (line.audit(), line.left(state.deadline));
    let call = line.caller.call(left);
    let (resolver, metrics) = (Arc::clone(&state.resolver), Arc::clone(&state.metrics));
    let work = async move {
        let outcome = resolver.resolve(&call, request.identity).await;
        let outcome = outcome.map_err(|failure| line.problem(&failure));
        fault_point!("before_answer");
        write(&line, &metrics, Some(request.identity), outcome.as_ref().map_err(|problem| *problem));
        outcome
    };
    let resolver = Arc::clone(&state.resolver);
    let afterwards = async move { resolver.catch_up().await };
    match state.io.run_then(permit, left, work, afterwards).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let problem = Problem::from(&error);
            log_unawaited(audit, problem);
            state.metrics.resolve_outcome(problem.code);
            Err(problem)
        }
    }
}

fn write(
    line: &AuditLine,
    metrics: &Metrics,
    identity: Option<IdentityId>,
    outcome: Result<&Resolved, Problem>,
) {
    let (name, status, user) = match outcome {
        Ok(resolved) => (how(resolved.how), StatusCode::OK, Some(resolved.user)),
        Err(problem) => (problem.code, problem.status, None),
    };
    metrics.resolve_outcome(name);
    line.write(&About { identity, user, items: None }, name, status.as_u16());
}

pub(super) fn how(how: How) -> &'static str {
    match how {
        How::Hit => "hit",
        How::Linked => "linked",
        How::Created => "created",
    }
}
