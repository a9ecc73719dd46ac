//! Which route lives on which listener. A test compares this list with `openapi/openapi.yaml` both ways, and
//! every route with what really answers.

use actix_web::web::{self, ServiceConfig};

use super::{batch, health, listener::Listener, meta, resolve, reverse};

/// Listener, method, path.
pub type Route = (Listener, &'static str, &'static str);

/// All routes there are.
#[must_use]
pub fn routes() -> &'static [Route] {
    &[
        (Listener::Internal, "POST", resolve::PATH),
        (Listener::Internal, "POST", batch::PATH),
        (Listener::Internal, "GET", reverse::PATH),
        (Listener::Ops, "GET", health::LIVE),
        (Listener::Ops, "GET", health::READY),
        (Listener::Ops, "GET", meta::METRICS),
        (Listener::Ops, "GET", meta::OPENAPI),
        (Listener::Ops, "GET", meta::VERSION),
    ]
}

pub(super) fn internal(config: &mut ServiceConfig) {
    config
        .service(web::resource(resolve::PATH).route(web::post().to(resolve::resolve)))
        .service(web::resource(batch::PATH).route(web::post().to(batch::resolve_batch)))
        .service(web::resource(reverse::PATH).route(web::get().to(reverse::identity)));
    #[cfg(feature = "bench")]
    config.configure(super::bench::internal);
}

pub(super) fn ops(config: &mut ServiceConfig) {
    config
        .service(web::resource(health::LIVE).route(web::get().to(health::live)))
        .service(web::resource(health::READY).route(web::get().to(health::ready)))
        .service(web::resource(meta::METRICS).route(web::get().to(meta::metrics)))
        .service(web::resource(meta::OPENAPI).route(web::get().to(meta::openapi)))
        .service(web::resource(meta::VERSION).route(web::get().to(meta::version)));
}
