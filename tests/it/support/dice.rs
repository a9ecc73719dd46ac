//! Chance that can be repeated: a small generator whose seed is printed, and read back from the environment.

use uuid::Uuid;

/// `SplitMix64`; good enough to wander, and the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeded by the environment variable, else at random; the seed is printed either way.
    pub(crate) fn from_env(variable: &str) -> Dice {
        let given = std::env::var_os(variable).map(|seed| seed.to_str().and_then(|seed| seed.parse().ok()));
        let seed = match given {
            Some(seed) => seed.unwrap_or_else(|| panic!("{variable} is a number")),
            None => Uuid::new_v4().as_u64_pair().0,
        };
        println!("{variable}={seed}");
        Dice(seed)
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
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
