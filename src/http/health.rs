//! Is the process alive, and can it work? Liveness asks nobody: a database that is down is no reason to be
//! restarted.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::{problem::Problem, state::Ops};
use crate::{app::health::Readiness, io::IoError};

pub(super) const LIVE: &str = "/health/live";
pub(super) const READY: &str = "/health/ready";

/// Longer than the pool's wait and the unit of work together.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

pub(super) async fn ready(state: web::Data<Ops>) -> Result<HttpResponse, Problem> {
    if state.shutdown.has_begun() {
        return Err(Problem::SHUTTING_DOWN);
    }
    let health = state.health.clone();
    let permit = state.io.permit().map_err(|error| Problem::from(&error))?;
    let outcome = state.io.run(permit, PATIENCE, async move { health.readiness().await }).await;
    match outcome {
        Ok(Readiness::Ready { kratos }) => {
            Ok(HttpResponse::Ok().json(json!({"status": "ready", "kratos": kratos.as_str()})))
        }
        Ok(Readiness::MigrationPending) => {
            Err(Problem::not_ready("migration_pending: run `identity-resolver migrate`"))
        }
        Ok(Readiness::SchemaTooNew) => {
            Err(Problem::not_ready("schema_too_new: this version must not serve on this schema"))
        }
        Ok(Readiness::DatabaseUnavailable(error)) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::not_ready("database_unavailable: the database does not answer as it should"))
        }
        Err(IoError::Deadline) => {
            Err(Problem::not_ready("database_unavailable: the database does not answer in time"))
        }
        Err(error @ (IoError::Overloaded | IoError::Panicked)) => Err(Problem::from(&error)),
    }
}
