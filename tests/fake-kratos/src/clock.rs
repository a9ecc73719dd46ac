//! The only place that reads the clock; times are written as Kratos writes them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What Kratos prints for a moment that was never stored.
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Now, in UTC with microseconds, without trailing zeros.
#[expect(
    clippy::disallowed_methods,
    reason = "the double has no other clock, and no test depends on its value"
)]
pub(crate) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let micros = now.replace_nanosecond(now.microsecond() * 1_000).unwrap_or(now);
    micros.format(&Rfc3339).unwrap_or_else(|_| NEVER.to_owned())
}
