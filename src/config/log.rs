//! What is logged. The variable's name and form are those that most Rust programs use.

use super::{
    fault::Faults,
    reader::Reader,
    setting::{Preset, Setting},
    source::Source,
};
use crate::telemetry::logging::Levels;

pub(super) const FILTER: Setting = Setting::text(
    "RUST_LOG",
    Preset::Text("info"),
    "off, error, warn, info, debug or trace, or TARGET=LEVEL, or several of them with commas between",
    "What is logged; other programs' code never says more than info.",
);

/// The log section.
#[derive(Debug, Clone)]
pub struct Log {
    /// Least levels by target.
    pub levels: Levels,
}

impl Log {
    /// Reads this section alone; every command that logs needs it.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let mut reader = Reader::new(source);
        let read = Self::read(&mut reader);
        reader.finish(read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { levels: reader.parsed(&FILTER)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_nothing_is_a_fault() {
        for filter in ["loud", "identity_resolver=loud", "canary,info", "info,,debug"] {
            let faults = Log::load(&Source::from_pairs([("RUST_LOG", filter)])).unwrap_err().to_string();
            assert!(faults.starts_with("RUST_LOG: is not of the right form; give off, error"), "{faults}");
            assert!(!faults.contains("canary"), "{faults}");
        }
    }
}
