//! The list of series: name, labels, and the one text that is both documentation and help.

use prometheus::{
    Error, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

/// Seconds; they divide what the service levels speak of: 1 s for a lookup, 3 s for a new user.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0];

/// The doc comment of a field becomes the help of the series, so the two cannot differ.
macro_rules! series {
    ($($(#[doc = $help:literal])+ $field:ident: $kind:ty = $name:literal [$($label:literal),*];)+) => {
        /// One field for each series.
        pub(super) struct Series {
            $($(#[doc = $help])+ pub(super) $field: $kind,)+
        }

        impl Series {
            pub(super) fn register(registry: &Registry) -> Result<Self, Error> {
                Ok(Self {
                    $($field: <$kind as Kind>::register(
                        registry,
                        Opts::new(concat!("identity_resolver_", $name), concat!($($help),+).trim()),
                        &[$($label),*],
                    )?,)+
                })
            }
        }
    };
}

series! {
    /// Answered requests, by listener, route pattern, method and status.
    http_requests: IntCounterVec = "http_requests_total" ["listener", "route", "method", "status"];
    /// Time from the head of a request to the head of its answer.
    http_request_duration: HistogramVec = "http_request_duration_seconds" ["listener", "route"];
    /// Requests under way.
    requests_in_flight: IntGauge = "requests_in_flight" [];
    /// Requests turned away before any work, by the error code they got.
    requests_refused: IntCounterVec = "requests_refused_total" ["reason"];
    /// Answers to resolve: hit, linked, created, or an error code.
    resolve_outcomes: IntCounterVec = "resolve_outcomes_total" ["outcome"];
    /// Identities asked for in batches, by what came of each: hit, linked, created, or an error code.
    batch_items: IntCounterVec = "batch_items_total" ["outcome"];
    /// Decisions of the policy that gave no user, by the row of its table.
    policy_refusals: IntCounterVec = "policy_refusals_total" ["row"];
    /// Calls to Kratos, all tries of a call together, by what came of it.
    kratos_calls: IntCounterVec = "kratos_calls_total" ["outcome"];
    /// Time that a call to Kratos took, all its tries together.
    kratos_call_duration: Histogram = "kratos_call_duration_seconds" [];
    /// 1 while Kratos is left alone after too many failures.
    kratos_breaker_open: IntGauge = "kratos_breaker_open" [];
    /// Transactions that began anew, by the server's error number or what else was the cause.
    database_retries: IntCounterVec = "database_retries_total" ["reason"];
    /// Database connections that were thrown away: expired, cancelled or error.
    database_connections_dropped: IntCounterVec = "database_connections_dropped_total" ["reason"];
    /// Database connections that are open.
    pool_connections: IntGauge = "pool_connections" [];
    /// Database connections that are open and that nobody uses.
    pool_idle_connections: IntGauge = "pool_idle_connections" [];
    /// Panics that were caught; each one is a bug.
    panics: IntCounter = "panics_total" [];
    /// Log lines that were lost because nobody read them fast enough.
    log_lines_dropped: IntCounter = "log_lines_dropped_total" [];
    /// Always 1; the label says which version runs.
    build_info: IntGaugeVec = "build_info" ["version"];
}

const REFUSED: [&str; 2] = ["overloaded", "shutting_down"];
const ROWS: [&str; 12] = ["b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m", "n"];
const CALLS: [&str; 4] = ["ok", "not_found", "unavailable", "invalid"];
const RETRIES: [&str; 8] =
    ["1213", "1205", "1020", "3101", "1062", "unknown_outcome", "connection", "table_changed"];
const DROPPED: [&str; 3] = ["expired", "cancelled", "error"];
const OUTCOMES: [&str; 24] = [
    "hit",
    "linked",
    "created",
    "bad_user_input",
    "identity_not_found",
    "user_not_found",
    "identity_linked_elsewhere",
    "identity_email_ambiguous",
    "identity_link_requires_review",
    "identity_inactive",
    "identity_traits_missing",
    "identity_traits_invalid",
    "identity_email_unverified",
    "payload_too_large",
    "unsupported_media_type",
    "request_timeout",
    "kratos_invalid_response",
    "kratos_unavailable",
    "database_unavailable",
    "overloaded",
    "shutting_down",
    "provisioning_impossible",
    "deadline_exceeded",
    "internal_error",
];

impl Series {
    pub(super) fn begin_at_zero(&self) {
        let lists: [(&IntCounterVec, &[&str]); 7] = [
            (&self.requests_refused, &REFUSED),
            (&self.resolve_outcomes, &OUTCOMES),
            (&self.batch_items, &OUTCOMES),
            (&self.policy_refusals, &ROWS),
            (&self.kratos_calls, &CALLS),
            (&self.database_retries, &RETRIES),
            (&self.database_connections_dropped, &DROPPED),
        ];
        for (counter, labels) in lists {
            for label in labels {
                counter.with_label_values(&[*label]).reset();
            }
        }
        self.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    }
}

/// How a series of one kind is made and made known.
trait Kind: Sized {
    fn register(registry: &Registry, opts: Opts, labels: &[&str]) -> Result<Self, Error>;
}

macro_rules! kinds {
    ($($kind:ty: |$opts:ident, $labels:ident| $make:expr;)+) => {
        $(impl Kind for $kind {
            fn register(registry: &Registry, $opts: Opts, $labels: &[&str]) -> Result<Self, Error> {
                let series = $make?;
                registry.register(Box::new(series.clone()))?;
                Ok(series)
            }
        })+
    };
}

kinds! {
    IntCounter: |opts, _labels| Self::with_opts(opts);
    IntGauge: |opts, _labels| Self::with_opts(opts);
    Histogram: |opts, _labels| Self::with_opts(HistogramOpts::from(opts).buckets(BUCKETS.to_vec()));
    IntCounterVec: |opts, labels| Self::new(opts, labels);
    IntGaugeVec: |opts, labels| Self::new(opts, labels);
    HistogramVec: |opts, labels| Self::new(HistogramOpts::from(opts).buckets(BUCKETS.to_vec()), labels);
}
