//! Chance that can be repeated: a small generator whose seed is printed, and read back from the environment.

use uuid::Uuid;

/// `SplitMix64`; good enough to wander, and the same on every machine.
pub(crate) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// Seeded by the environment variable, else at random; the seed is printed either way.
    pub(crate) fn from_env(variable: &str) -> Dice {
        let given = std::env::var_os(variable).map(|seed| seed.to_str().and_then(|seed| seed.parse().ok()));
        let seed = match given {
            Some(seed) => seed.unwrap_or_else(|| panic!("{variable} is a number")),
            None => Uuid::new_v4().as_u64_pair().0,
        };
        println!("{variable}={seed}");
        Dice { seed, state: seed }
    }

    /// A number of the environment, for runs that are longer than those of every day.
    pub(crate) fn size(variable: &str, preset: usize) -> usize {
        let given = std::env::var_os(variable);
        let number = |text: std::ffi::OsString| text.to_str().and_then(|text| text.parse().ok());
        given.map_or(preset, |text| number(text).unwrap_or_else(|| panic!("{variable} is a number")))
    }

    /// What it began with, for the line that a goal prints.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// In another order.
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit).expect("64 bits");
        usize::try_from((mixed ^ (mixed >> 31)) % limit).expect("64 bits")
    }

    /// One of them.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
