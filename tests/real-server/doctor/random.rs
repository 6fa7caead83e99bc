//! Random numbers that a seed gives again.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

/// Names the seed of a run that is to be repeated.
const SEED: &str = "SPACETIME_KEYS_SEED";

/// The seed to run with: the one in the environment, else a new one.
pub(crate) fn seed() -> u64 {
    if let Ok(text) = env::var(SEED) {
        return text.parse().expect("SPACETIME_KEYS_SEED is a whole number");
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // The bits that differ from run to run, few enough to be typed.
    u64::from(since.subsec_nanos()) << 16 | (since.as_secs() & 0xffff)
}

/// How to run the same again.
pub(crate) fn again(seed: u64) -> String {
    format!("{SEED}={seed}")
}

/// `SplitMix64`: small, and good enough to choose test cases.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// One of these.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        *choices.get(self.below(choices.len())).unwrap()
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A random (version 4) UUID, which is what servers give as `sub`.
    pub(crate) fn uuid(&mut self) -> String {
        let digits = format!("{:016x}{:016x}", self.next(), self.next());
        let part = |from: usize, to: usize| digits.get(from..to).unwrap();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}
