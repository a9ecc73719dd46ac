//! Two servers over one set of parts: bound together, stopped together.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::from_fn,
    web,
};
use tracing_actix_web::TracingLogger;

use super::{
    body::Limits,
    edge::{Edge, edge},
    listener::Listener,
    routes,
    span::CallSpan,
    state::{Internal, Ops},
};
use crate::{
    app::{batch::Batch, health::Health, lookup::Lookup, resolve::Resolver},
    config::Http,
    io::Io,
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// Longer than the idle time of most callers' pools, so that it is they who close.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The head of a request must arrive in this time (408, by the framework).
const HEAD_TIME: Duration = Duration::from_secs(5);

/// What the servers are made of.
pub struct Parts {
    /// Addresses and limits.
    pub config: Http,
    /// How long a stop waits for what is under way.
    pub drain: Duration,
    /// For calls of other services.
    pub io: Io,
    /// For probes, so that overload does not look like illness.
    pub ops_io: Io,
    /// The use case.
    pub resolver: Arc<Resolver>,
    /// The same for many identities.
    pub batch: Arc<Batch>,
    /// The other direction.
    pub lookup: Lookup,
    /// The probes' use case.
    pub health: Health,
    /// All series.
    pub metrics: Arc<Metrics>,
    /// Whether a stop has begun.
    pub shutdown: Shutdown,
}

/// Both servers, bound and not yet running.
pub struct Servers {
    internal: Server,
    ops: Server,
    /// The real addresses, also where port 0 was asked for.
    pub addresses: (Vec<SocketAddr>, Vec<SocketAddr>),
}

impl Servers {
    /// Binds both listeners; fails if an address cannot be had. Must be called inside an actix system.
    pub fn bind(parts: Parts) -> std::io::Result<Self> {
        let Parts { config, drain, io, ops_io, resolver, batch, lookup, health, metrics, shutdown } = parts;
        let internal = Internal {
            io,
            resolver,
            batch,
            lookup,
            metrics: Arc::clone(&metrics),
            body: Limits { bytes: config.body_max_bytes, time: config.body_time },
            batch_body: Limits { bytes: config.batch_body_max_bytes, time: config.body_time },
            deadline: config.request_deadline,
            batch_deadline: config.batch_deadline,
        };
        let ops = Ops { io: ops_io, health, metrics: Arc::clone(&metrics), shutdown: shutdown.clone() };
        let at_the_edge = |listener| {
            let (shutdown, metrics) = (shutdown.clone(), Arc::clone(&metrics));
            web::Data::new(Edge { listener, shutdown, metrics })
        };
        let (internal, internal_edge) = (web::Data::new(internal), at_the_edge(Listener::Internal));
        let (ops, ops_edge) = (web::Data::new(ops), at_the_edge(Listener::Ops));
        let limits = (config.workers, drain);
        let (internal, internal_addresses) = bind(config.listen, limits, move |services| {
            services.app_data(internal.clone()).app_data(internal_edge.clone()).configure(routes::internal);
        })?;
        let (ops, ops_addresses) = bind(config.ops_listen, (1, drain), move |services| {
            services.app_data(ops.clone()).app_data(ops_edge.clone()).configure(routes::ops);
        })?;
        Ok(Self { internal, ops, addresses: (internal_addresses, ops_addresses) })
    }

    /// Handles that stop them.
    #[must_use]
    pub fn handles(&self) -> [ServerHandle; 2] {
        [self.internal.handle(), self.ops.handle()]
    }

    /// Serves until both are stopped.
    pub async fn run(self) -> std::io::Result<()> {
        let (internal, ops) = tokio::join!(self.internal, self.ops);
        internal.and(ops)
    }
}

fn bind(
    address: SocketAddr,
    (workers, drain): (usize, Duration),
    services: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<(Server, Vec<SocketAddr>)> {
    let server = HttpServer::new(move || {
        App::new().configure(services.clone()).wrap(from_fn(edge)).wrap(TracingLogger::<CallSpan>::new())
    })
    .workers(workers)
    .disable_signals()
    .shutdown_timeout(drain.as_secs())
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIME)
    .bind(address)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}
