//! A panic as a log line and in the metrics, wherever it happens and whether or not anybody still waits for its
//! outcome: where it happened and, if that is a fixed text, what it said. A text that was put
//! together at run time may hold an address or a name.

use std::{panic, sync::Arc};

use crate::telemetry::Metrics;

/// Replaces the hook that prints to stderr; called once, by whoever assembles the process.
pub fn report_panics(metrics: Arc<Metrics>) {
    panic::set_hook(Box::new(move |info| {
        metrics.panicked();
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
        tracing::error!(place, text, "a panic");
    }));
}
