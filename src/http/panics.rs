//! A panic as a log line: where it happened and, if that is a fixed text, what it said. A text that was put
//! together at run time may hold an address or a name.

use std::panic;

/// Replaces the hook that prints to stderr; called once, by whoever assembles the process.
pub fn report_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
        tracing::error!(place, text, "a panic");
    }));
}
