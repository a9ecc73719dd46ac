//! `GET /rest/internal/users/{userId}/identity`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::{
    audit::{About, AuditLine, log_unawaited},
    caller::Caller,
    problem::Problem,
    state::Internal,
};
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
    let line = AuditLine::begin(caller, "reverse");
    let Ok(user) = UserId::parse(http.match_info().query("userId")) else {
        let problem = Problem::bad_user_input("the user id must be a UUID of 36 characters with hyphens");
        write(&line, None, Err(problem));
        return Err(problem);
    };
    let found = find(&state, line, user).await?;
    Ok(HttpResponse::Ok().json(View {
        user_id: found.user.to_string(),
        kratos_identity_id: found.identity.to_string(),
        linked_at: found.linked_at.and_then(|at| at.format(&Rfc3339).ok()),
    }))
}

async fn find(state: &Internal, line: AuditLine, user: UserId) -> Result<Link, Problem> {
    let permit = match state.io.permit() {
        Ok(permit) => permit,
        Err(error) => {
            let problem = Problem::from(&error);
            write(&line, Some(user), Err(problem));
            return Err(problem);
        }
    };
    let (audit, left) = (line.audit(), line.left(state.deadline));
    let lookup = state.lookup.clone();
    let work = async move {
        let found = lookup.find_link(user).await.map_err(|failure| line.problem(&failure));
        let found = found.and_then(|link| link.ok_or(Problem::NOT_LINKED));
        write(&line, Some(user), found.as_ref().map_err(|problem| *problem));
        found
    };
    state.io.run(permit, left, work).await.unwrap_or_else(|error| {
        let problem = Problem::from(&error);
        log_unawaited(audit, problem);
        Err(problem)
    })
}

fn write(line: &AuditLine, user: Option<UserId>, outcome: Result<&Link, Problem>) {
    let (name, status, identity) = match outcome {
        Ok(found) => ("hit", StatusCode::OK, Some(found.identity)),
        Err(problem) => (problem.code, problem.status, None),
    };
    line.write(&About { identity, user, items: None }, name, status.as_u16());
}
