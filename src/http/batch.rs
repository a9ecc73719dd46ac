//! `POST /rest/internal/identity/resolve-batch`, and its audit line.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{caller::Caller, edge::CLIENT_GONE, problem::Problem, resolve::log_cause, state::Internal};
use crate::{
    app::batch::{Board, Outcome},
    domain::ids::AuditId,
    io::IoError,
    telemetry::Metrics,
};

mod request;
mod view;

use request::Request;
use view::Answer;

pub(super) const PATH: &str = "/rest/internal/identity/resolve-batch";

pub(super) async fn resolve_batch(
    caller: Caller,
    state: web::Data<Internal>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut line =
        AuditLine { caller, metrics: Arc::clone(&state.metrics), started: Instant::now(), due: true };
    let outcome = answer(&line.caller, &state, &http, payload, line.started).await;
    line.write(outcome.as_ref().map_err(|problem| *problem));
    Ok(HttpResponse::Ok().json(outcome?))
}

async fn answer(
    caller: &Caller,
    state: &Internal,
    http: &HttpRequest,
    payload: web::Payload,
    started: Instant,
) -> Result<Answer, Problem> {
    let body = super::body::read_json(http, payload, state.batch_body).await?;
    let request = Request::parse(&body).map_err(Problem::bad_user_input)?;
    let permit = state.io.permit().map_err(|error| Problem::from(&error))?;
    let left = state.batch_deadline.saturating_sub(started.elapsed());
    let call = caller.call(left);
    let board = Arc::new(Board::new(request.identities.len()));
    let work = {
        let (batch, board) = (Arc::clone(&state.batch), Arc::clone(&board));
        let (identities, provision) = (request.identities.clone(), request.provision);
        async move { batch.run(&call, &identities, provision, &board).await }
    };
    let resolver = Arc::clone(&state.resolver);
    let afterwards = async move { resolver.write_refusals().await };
    match state.io.run_then(permit, left, work, afterwards).await {
        // What is not settled by now is told as such, item by item.
        Ok(Ok(())) | Err(IoError::Deadline) => {}
        Ok(Err(failure)) => {
            let problem = Problem::from(&failure);
            log_cause(caller.audit, &failure, problem.status);
            return Err(problem);
        }
        Err(error) => return Err(Problem::from(&error)),
    }
    let outcomes = board.take();
    log_causes(caller.audit, &outcomes);
    Ok(Answer::of(request, &outcomes, caller.audit))
}

/// One line for each kind of trouble, not for each identity that met it.
fn log_causes(audit: AuditId, outcomes: &[Option<Outcome>]) {
    let mut told = BTreeSet::new();
    for failure in outcomes.iter().flatten().filter_map(|outcome| outcome.as_ref().err()) {
        let problem = Problem::from(failure);
        if told.insert(problem.code) {
            log_cause(audit, failure, problem.status);
        }
    }
}

/// One line per call. The ids of those who were linked or created stand in the history, under the audit id.
struct AuditLine {
    caller: Caller,
    metrics: Arc<Metrics>,
    started: Instant,
    due: bool,
}

impl AuditLine {
    fn write(&mut self, outcome: Result<&Answer, Problem>) {
        let (name, status) = match outcome {
            Ok(_) => ("done", StatusCode::OK.as_u16()),
            Err(problem) => (problem.code, problem.status.as_u16()),
        };
        let tally = outcome.map(|results| &results.tally).into_iter().flatten();
        tally.for_each(|(outcome, number)| self.metrics.batch_items(outcome, *number));
        let items = outcome.ok().map(Answer::told);
        self.say(items.as_deref(), name, status);
    }

    fn say(&mut self, items: Option<&str>, outcome: &str, status: u16) {
        self.due = false;
        tracing::info!(
            audit_id = %self.caller.audit,
            caller_addr = self.caller.addr,
            caller_agent = self.caller.agent,
            items,
            outcome,
            status,
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "resolve batch"
        );
    }
}

/// The caller hung up, and the framework dropped its handler; the batch goes on.
impl Drop for AuditLine {
    fn drop(&mut self) {
        if self.due {
            self.say(None, "client_gone", CLIENT_GONE);
        }
    }
}
