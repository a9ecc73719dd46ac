//! What the process tells about itself: log lines and metrics. Neither ever holds an address, a name or a secret;
//! the callers see to that, this folder sees to form and cost.

pub mod logging;
pub mod metrics;

pub use self::metrics::Metrics;
