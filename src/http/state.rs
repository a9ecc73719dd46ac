//! What the handlers of each listener are given.

use std::{sync::Arc, time::Duration};

use super::body::Limits;
use crate::{
    app::{batch::Batch, health::Health, lookup::Lookup, resolve::Resolver},
    io::Io,
    shutdown::Shutdown,
    telemetry::Metrics,
};

/// State of the internal listener.
pub(super) struct Internal {
    pub(super) io: Io,
    pub(super) resolver: Arc<Resolver>,
    pub(super) batch: Arc<Batch>,
    pub(super) lookup: Lookup,
    pub(super) metrics: Arc<Metrics>,
    pub(super) body: Limits,
    pub(super) batch_body: Limits,
    pub(super) deadline: Duration,
    pub(super) batch_deadline: Duration,
}

/// State of the operations listener.
pub(super) struct Ops {
    pub(super) io: Io,
    pub(super) health: Health,
    pub(super) metrics: Arc<Metrics>,
    pub(super) shutdown: Shutdown,
}
