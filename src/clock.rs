//! Where the current time comes from, so that a test can say what time it is.

use time::OffsetDateTime;

/// The wall clock, or a test's.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The system's time.
    #[default]
    System,
    /// Stands still.
    Fixed(OffsetDateTime),
}

impl Clock {
    /// Now, in UTC, cut to the microseconds that `DATETIME(6)` keeps, so that what was written compares
    /// equal to what is read back.
    #[must_use]
    pub fn now(self) -> OffsetDateTime {
        let now = match self {
            #[expect(clippy::disallowed_methods, reason = "this is the place the lint sends everybody to")]
            Self::System => OffsetDateTime::now_utc(),
            Self::Fixed(time) => time,
        };
        now.replace_nanosecond(now.microsecond() * 1_000).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_microseconds() {
        let odd = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap();
        assert_eq!(Clock::Fixed(odd).now().nanosecond(), 123_456_000);
    }
}
