//! What `make bench` holds a resolve against, built with the feature `bench` only: the same caller, body, state and
//! answer type, and next to no work. Neither route is in the contract, and neither writes an audit line.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use serde::Serialize;

use super::{caller::Caller, problem::Problem, resolve, state::Internal};

#[derive(Serialize)]
struct User {
    #[serde(rename = "userId")]
    id: String,
}

pub(super) fn internal(config: &mut ServiceConfig) {
    config
        .service(web::resource("/bench/static").route(web::post().to(fixed)))
        .service(web::resource("/bench/select").route(web::post().to(select)));
}

/// Answers the id it was asked for: what the stack costs without any use case.
async fn fixed(
    _: Caller,
    state: web::Data<Internal>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let request = resolve::read(&state, &http, payload).await?;
    Ok(HttpResponse::Ok().json(User { id: request.identity.to_string() }))
}

/// One statement by a key, spawned like every use case: the least that a hit could be.
async fn select(
    _: Caller,
    state: web::Data<Internal>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let request = resolve::read(&state, &http, payload).await?;
    let permit = state.io.permit().map_err(|error| Problem::from(&error))?;
    let lookup = state.lookup.clone();
    let work = async move { lookup.find_user(request.identity).await };
    let found = state.io.run(permit, state.deadline, work).await.map_err(|error| Problem::from(&error))?;
    let user = found.map_err(|failure| Problem::from(&failure))?.ok_or(Problem::NOT_LINKED)?;
    Ok(HttpResponse::Ok().json(User { id: user.to_string() }))
}
