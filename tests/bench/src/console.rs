//! What a bench prints.

use std::{
    io::{self, Write},
    time::Duration,
};

/// Prints one line at once.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}

/// For times that nobody compares.
#[must_use]
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
