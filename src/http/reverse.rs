//! `GET /rest/internal/users/{userId}/identity`, and its audit line.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::{caller::Caller, problem::Problem, resolve::log_cause, state::Internal};
use crate::{app::lookup::Link, domain::ids::UserId};

pub(super) const PATH: &str = "/rest/internal/users/{userId}/identity";

/// `{"userId", "kratosIdentityId", "linkedAt"}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    user_id: String,
    kratos_identity_id: String,
    /// RFC 3339, UTC.
    linked_at: Option<String>,
}

pub(super) async fn identity(
    caller: Caller,
    state: web::Data<Internal>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let started = Instant::now();
    let user = UserId::parse(http.match_info().query("userId"));
    let outcome = match user {
        Ok(user) => answer(&caller, &state, user).await,
        Err(_) => Err(Problem::bad_user_input("the user id must be a UUID of 36 characters with hyphens")),
    };
    audit(&caller, user.ok(), outcome.as_ref().map_err(|problem| *problem), started);
    let link = outcome?;
    Ok(HttpResponse::Ok().json(View {
        user_id: link.user.to_string(),
        kratos_identity_id: link.identity.to_string(),
        linked_at: link.linked_at.and_then(|at| at.format(&Rfc3339).ok()),
    }))
}

async fn answer(caller: &Caller, state: &Internal, user: UserId) -> Result<Link, Problem> {
    let permit = state.io.permit().map_err(|error| Problem::from(&error))?;
    let lookup = state.lookup.clone();
    let work = async move { lookup.find_link(user).await };
    let found = state.io.run(permit, state.deadline, work).await.map_err(|error| Problem::from(&error))?;
    let found = found.map_err(|failure| {
        let problem = Problem::from(&failure);
        log_cause(caller.audit, &failure, problem.status);
        problem
    })?;
    found.ok_or(Problem::NOT_LINKED)
}

fn audit(caller: &Caller, user: Option<UserId>, outcome: Result<&Link, Problem>, started: Instant) {
    let (name, status, identity) = match outcome {
        Ok(link) => ("hit", StatusCode::OK, Some(link.identity)),
        Err(problem) => (problem.code, problem.status, None),
    };
    tracing::info!(
        audit_id = %caller.audit,
        caller_addr = caller.addr,
        caller_agent = caller.agent,
        user_id = user.map(tracing::field::display),
        identity_id = identity.map(tracing::field::display),
        outcome = name,
        status = status.as_u16(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "reverse"
    );
}
