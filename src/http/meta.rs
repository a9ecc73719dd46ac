//! What the service says of itself: metrics, version, the contract.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web};
use serde_json::{Value, json};

use super::{problem::Problem, state::Ops};

pub(super) const METRICS: &str = "/metrics";
pub(super) const OPENAPI: &str = "/openapi.json";
pub(super) const VERSION: &str = "/version";

/// Written by hand as YAML, served as JSON.
static CONTRACT: LazyLock<Option<String>> = LazyLock::new(|| {
    let document: Value = serde_saphyr::from_str(include_str!("../../openapi/openapi.yaml")).ok()?;
    serde_json::to_string(&document).ok()
});

pub(super) async fn metrics(state: web::Data<Ops>) -> Result<HttpResponse, Problem> {
    let text = state.metrics.render().map_err(|error| {
        tracing::error!(%error, "the metrics cannot be rendered");
        Problem::INTERNAL
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(text))
}

pub(super) async fn openapi() -> Result<HttpResponse, Problem> {
    let document = CONTRACT.as_deref().ok_or(Problem::INTERNAL)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document))
}

pub(super) async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_json() {
        let document: Value = serde_json::from_str(CONTRACT.as_deref().unwrap()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
    }
}
