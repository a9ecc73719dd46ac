//! The root span of a request: its correlation id goes into every log line below it. No path, no query, no
//! header text: they are the caller's own words.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::correlation;

/// Gives the request its correlation id, for the span and for all who ask the request's extensions.
pub(super) struct CallSpan;

impl RootSpanBuilder for CallSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let audit = correlation::from_headers(request.headers());
        request.extensions_mut().insert(audit);
        tracing::info_span!("request", correlation_id = %audit)
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}
