//! How the process ends: still accepting for a while, then finishing what is under way.

use std::time::Duration;

use super::{
    fault::Faults,
    reader::Reader,
    setting::{Preset, Setting, Unit},
    source::Source,
};

pub(super) const DRAIN_ACCEPT: Setting = Setting::number(
    "RESOLVER_DRAIN_ACCEPT_SECONDS",
    Preset::Number(5),
    (0, 60),
    Unit::Seconds,
    "How long calls are still accepted after the signal to stop, while load balancers notice.",
);
pub(super) const DRAIN: Setting = Setting::number(
    "RESOLVER_DRAIN_SECONDS",
    Preset::Number(20),
    (1, 300),
    Unit::Seconds,
    "How long calls under way may then take to finish.",
);

/// The two phases of a stop.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// Not ready any more, yet accepting.
    pub drain_accept: Duration,
    /// Not accepting any more; what is left after it is dropped.
    pub drain: Duration,
}

impl Lifecycle {
    /// Reads this section alone.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let mut reader = Reader::new(source);
        let read = Self::read(&mut reader);
        reader.finish(read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let drain_accept = reader.duration(&DRAIN_ACCEPT);
        let drain = reader.duration(&DRAIN);
        Some(Self { drain_accept: drain_accept?, drain: drain? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_a_stop_takes_five_and_twenty_seconds() {
        let lifecycle = Lifecycle::load(&Source::default()).unwrap();
        assert_eq!((lifecycle.drain_accept.as_secs(), lifecycle.drain.as_secs()), (5, 20));
    }

    #[test]
    fn accepting_may_end_at_once() {
        let source = Source::from_pairs([("RESOLVER_DRAIN_ACCEPT_SECONDS", "0")]);
        assert_eq!(Lifecycle::load(&source).unwrap().drain_accept, Duration::ZERO);
    }
}
