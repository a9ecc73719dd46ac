//! `POST /rest/internal/identity/resolve-batch`.

use std::{collections::BTreeSet, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    audit::{About, AuditLine, log_cause},
    caller::Caller,
    edge::CLIENT_GONE,
    problem::Problem,
    state::Internal,
};
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
    let line = AuditLine::begin(caller, "resolve batch");
    let mut line = BatchLine { line, metrics: Arc::clone(&state.metrics), due: true };
    let outcome = answer(&line.line, &state, &http, payload).await;
    line.write(outcome.as_ref().map_err(|problem| *problem));
    Ok(HttpResponse::Ok().json(outcome?))
}

async fn answer(
    line: &AuditLine,
    state: &Internal,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<Answer, Problem> {
    let body = super::body::read_json(http, payload, state.batch_body).await?;
    let request = Request::parse(&body).map_err(Problem::bad_user_input)?;
    let permit = state.io.permit().map_err(|error| Problem::from(&error))?;
    let left = line.left(state.batch_deadline);
    let call = line.caller.call(left);
    let board = Arc::new(Board::new(request.identities.len()));
    let work = {
        let (batch, board) = (Arc::clone(&state.batch), Arc::clone(&board));
        let (identities, provision) = (request.identities.clone(), request.provision);
        async move { batch.run(&call, &identities, provision, &board).await }
    };
    let resolver = Arc::clone(&state.resolver);
    let afterwards = async move { resolver.catch_up().await };
    match state.io.run_then(permit, left, work, afterwards).await {
        // What is not settled by now is told as such, item by item.
        Ok(Ok(())) | Err(IoError::Deadline) => {}
        Ok(Err(failure)) => return Err(line.problem(&failure)),
        Err(error) => return Err(Problem::from(&error)),
    }
    let outcomes = board.take();
    log_causes(line.audit(), &outcomes);
    Ok(Answer::of(request, &outcomes, line.audit()))
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

/// The ids of those who were linked or created stand in the history, under the audit id.
struct BatchLine {
    line: AuditLine,
    metrics: Arc<Metrics>,
    due: bool,
}

impl BatchLine {
    fn write(&mut self, outcome: Result<&Answer, Problem>) {
        let (name, status) = match outcome {
            Ok(_) => ("done", StatusCode::OK),
            Err(problem) => (problem.code, problem.status),
        };
        let tally = outcome.map(|results| &results.tally).into_iter().flatten();
        tally.for_each(|(outcome, number)| self.metrics.batch_items(outcome, *number));
        let items = outcome.ok().map(Answer::told);
        self.due = false;
        self.line.write(&About { items: items.as_deref(), ..About::default() }, name, status.as_u16());
    }
}

/// The caller hung up, and the framework dropped its handler; the batch goes on.
impl Drop for BatchLine {
    fn drop(&mut self) {
        if self.due {
            self.line.write(&About::default(), "client_gone", CLIENT_GONE);
        }
    }
}
