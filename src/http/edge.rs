//! What every answer passes on its way out: one error form, one correlation header, one line in the metrics; and
//! what catches a panic, which actix would answer by closing the connection.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt;

use super::{correlation, listener::Listener, problem::Problem};
use crate::{domain::ids::AuditId, shutdown::Shutdown, telemetry::Metrics};

/// What the edge needs to know.
pub(super) struct Edge {
    pub(super) listener: Listener,
    pub(super) shutdown: Shutdown,
    pub(super) metrics: Arc<Metrics>,
}

/// The outermost handler of ours, inside the root span.
pub(super) async fn edge(
    edge: web::Data<Edge>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut seen = Seen::of(&edge, &request);
    let audit = request.extensions().get::<AuditId>().copied().unwrap_or_else(AuditId::fresh);
    // The call itself is made inside the future: a panic of its synchronous part is caught too.
    let outcome = AssertUnwindSafe(async move { next.call(request).await }).catch_unwind().await;
    let mut response = match outcome {
        Ok(Ok(response)) => in_form(response, audit),
        Ok(Err(error)) => {
            let problem = Problem::of_framework(error.as_response_error().status_code());
            seen.status = problem.status.as_u16();
            return Err(finished(&edge, problem, audit));
        }
        Err(_) => {
            seen.status = Problem::INTERNAL.status.as_u16();
            return Err(finished(&edge, Problem::INTERNAL, audit));
        }
    };
    finish(&edge, response.response_mut(), audit);
    seen.status = response.status().as_u16();
    Ok(response)
}

/// One request in the metrics, however it ends.
struct Seen {
    edge: web::Data<Edge>,
    route: String,
    method: Method,
    status: u16,
    started: Instant,
}

/// As nginx calls it: the client was gone before the answer.
pub(super) const CLIENT_GONE: u16 = 499;

impl Seen {
    fn of(edge: &web::Data<Edge>, request: &ServiceRequest) -> Self {
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let (edge, method) = (edge.clone(), request.method().clone());
        Self { edge, route, method, status: CLIENT_GONE, started: Instant::now() }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let (metrics, listener) = (&self.edge.metrics, self.edge.listener.name());
        metrics.http_request(
            listener,
            &self.route,
            (self.method.as_str(), self.status),
            self.started.elapsed(),
        );
    }
}

/// Errors of handlers carry their problem; those of the framework are told by their status.
fn in_form(response: ServiceResponse<BoxBody>, audit: AuditId) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if status.is_success() {
        return response;
    }
    let problem = response.response().extensions().get::<Problem>().copied();
    let problem = problem.unwrap_or_else(|| Problem::of_framework(status));
    let (request, framework_made) = response.into_parts();
    let mut rendered = problem.render(audit);
    if let Some(allow) = framework_made.headers().get(header::ALLOW) {
        rendered.headers_mut().insert(header::ALLOW, allow.clone());
    }
    ServiceResponse::new(request, rendered)
}

fn finish(edge: &Edge, response: &mut HttpResponse, audit: AuditId) {
    if let Ok(value) = HeaderValue::from_str(&audit.to_string()) {
        response.headers_mut().insert(HeaderName::from_static(correlation::HEADER), value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A body that was not read to its end cannot be followed by another request.
    let unread = matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE);
    if unread || edge.shutdown.has_begun() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// An answer where there is no request to go with it any more.
fn finished(edge: &Edge, problem: Problem, audit: AuditId) -> Error {
    let mut response = problem.render(audit);
    finish(edge, &mut response, audit);
    InternalError::from_response(problem, response).into()
}
