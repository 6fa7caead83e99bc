//! What a stand-in makes up: the same for the same seed.

use spacetime_keys_test_support::Random;

/// 32 hex digits: the form of a version.
pub(crate) fn version(random: &mut Random) -> String {
    format!("{:016x}{:016x}", random.next(), random.next())
}

/// Where `text` stands in the order that `seed` gives.
pub(crate) fn rank(seed: u64, text: &str) -> u64 {
    text.bytes()
        .fold(Random::new(seed).next(), |rank, byte| Random::new(rank ^ u64::from(byte)).next())
}
