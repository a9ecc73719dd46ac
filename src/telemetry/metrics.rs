//! Every series of the process in one struct, under its own registry. The text above a series is what `/metrics`
//! says of it. Label values come from the code, never from a caller, so their number is bounded; the known ones
//! start at zero, so that a rate exists before the first event.

use std::{sync::OnceLock, time::Duration};

use prometheus::{Error, IntCounter, IntCounterVec, IntGauge, Registry, TextEncoder};

use self::series::Series;

mod series;

/// The metrics of this process; share it behind an `Arc`.
pub struct Metrics {
    registry: Registry,
    series: Series,
    /// By far the most frequent outcome, found once.
    hit: IntCounter,
    pool: OnceLock<Box<dyn Fn() -> PoolCount + Send + Sync>>,
}

/// The connections of a pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolCount {
    /// All of them.
    pub connections: u32,
    /// Those that nobody uses.
    pub idle: u32,
}

/// Counts one request as being under way until it is dropped.
#[must_use = "dropping it says that the request has ended"]
pub struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Fails only if two series have one name.
    pub fn try_new() -> Result<Self, Error> {
        let registry = Registry::new();
        let series = Series::register(&registry)?;
        series.begin_at_zero();
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let hit = series.resolve_outcomes.with_label_values(&["hit"]);
        Ok(Self { registry, series, hit, pool: OnceLock::new() })
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> Result<String, Error> {
        if let Some(count) = self.pool.get().map(|count| count()) {
            self.series.pool_connections.set(count.connections.into());
            self.series.pool_idle_connections.set(count.idle.into());
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Asks `count` for the pool's connections whenever the metrics are read; only the first call has an effect.
    pub fn watch_pool(&self, count: impl Fn() -> PoolCount + Send + Sync + 'static) {
        let _ = self.pool.set(Box::new(count));
    }

    /// `route` is the pattern of the route or `unmatched`, never the path; an unusual method becomes `other`.
    pub fn http_request(&self, listener: &str, route: &str, (method, status): (&str, u16), took: Duration) {
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let status = status.to_string();
        self.series.http_requests.with_label_values(&[listener, route, method, &status]).inc();
        let durations = &self.series.http_request_duration;
        durations.with_label_values(&[listener, route]).observe(took.as_secs_f64());
    }

    /// A request has begun.
    pub fn request_started(&self) -> InFlight {
        self.series.requests_in_flight.inc();
        InFlight(self.series.requests_in_flight.clone())
    }

    /// A request was turned away before any work; `reason` is the error code it got.
    pub fn request_refused(&self, reason: &'static str) {
        count(&self.series.requests_refused, reason);
    }

    /// `hit`, `linked`, `created`, or the error code that was answered.
    pub fn resolve_outcome(&self, outcome: &'static str) {
        if outcome == "hit" {
            self.hit.inc();
        } else {
            count(&self.series.resolve_outcomes, outcome);
        }
    }

    /// So many identities of a batch, by the names of [`Self::resolve_outcome`].
    pub fn batch_items(&self, outcome: &'static str, number: u64) {
        self.series.batch_items.with_label_values(&[outcome]).inc_by(number);
    }

    /// A call to Kratos, all its tries together: `ok`, `not_found`, `unavailable` or `invalid`.
    pub fn kratos_call(&self, outcome: &'static str, took: Duration) {
        count(&self.series.kratos_calls, outcome);
        self.series.kratos_call_duration.observe(took.as_secs_f64());
    }

    /// Whether Kratos is being left alone.
    pub fn set_breaker_open(&self, open: bool) {
        self.series.kratos_breaker_open.set(open.into());
    }

    /// A transaction begins anew; `reason` is the server's error number, `unknown_outcome`,
    /// `connection` or `table_changed`.
    pub fn database_retry(&self, reason: &'static str) {
        count(&self.series.database_retries, reason);
    }

    /// A connection was thrown away: `expired`, `cancelled` or `error`.
    pub fn database_connection_dropped(&self, reason: &'static str) {
        count(&self.series.database_connections_dropped, reason);
    }

    /// The policy answered with neither a link nor a user; `row` is the letter of its table.
    pub fn policy_refusal(&self, row: &'static str) {
        count(&self.series.policy_refusals, row);
    }

    /// Some code panicked.
    pub fn panicked(&self) {
        self.series.panics.inc();
    }

    /// The counter that [`super::logging::init`] wants.
    #[must_use]
    pub fn log_lines_dropped(&self) -> IntCounter {
        self.series.log_lines_dropped.clone()
    }
}

fn count(counter: &IntCounterVec, label: &'static str) {
    counter.with_label_values(&[label]).inc();
}

#[cfg(test)]
mod tests;
