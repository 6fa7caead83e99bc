//! What a run of the tests samples: by which seed, and how much.
//!
//! Suites that could go on for hours try a part of what there is. Two variables say which part:
//!
//! - `SPACETIME_KEYS_TEST_SEED`, a whole number, chooses. Without it each run has another one. A
//!   suite prints the seed that it uses, so that a run can be repeated.
//! - `SPACETIME_KEYS_TEST_SAMPLE` is `thin` (the default: minutes) or `all` (for the night).

use std::env;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Random;

/// Names the seed.
const SEED: &str = "SPACETIME_KEYS_TEST_SEED";
/// Says how much is tried.
const SAMPLE: &str = "SPACETIME_KEYS_TEST_SAMPLE";

/// The seed of this run: the one in the environment, else one of this moment.
///
/// # Panics
/// If the environment holds something else than a whole number.
pub fn seed() -> u64 {
    if let Some(seed) = number(SEED) {
        return seed;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // The bits that differ from run to run, few enough to be typed.
    (u64::from(since.subsec_nanos()) << 16) | (since.as_secs() & 0xffff)
}

/// A whole number from the environment.
///
/// # Panics
/// If it is something else: a test with a wrong number must not run.
pub fn number<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

/// How to run the same again, for a test's output.
pub fn again(seed: u64) -> String {
    format!("{SEED}={seed}")
}

/// Whether everything is to be tried.
///
/// # Panics
/// If the environment holds another word than `thin` or `all`: a misspelt `all` would try little.
pub fn is_all() -> bool {
    match env::var(SAMPLE).as_deref() {
        Ok("all") => true,
        Ok("thin" | "") | Err(_) => false,
        Ok(_) => panic!("{SAMPLE} is thin or all"),
    }
}

/// How many to try: `thin` on each change, `all` at night.
pub fn count<T>(thin: T, all: T) -> T {
    if is_all() { all } else { thin }
}

/// All of them in the thorough lane, else `thin` of them, chosen by `seed`. Their order stays.
pub fn sample<T>(items: Vec<T>, thin: usize, seed: u64) -> Vec<T> {
    if is_all() { items } else { chosen(items, thin, seed) }
}

fn chosen<T>(items: Vec<T>, number: usize, seed: u64) -> Vec<T> {
    let mut random = Random::new(seed);
    let mut left = items.len();
    let mut wanted = number.min(left);
    let mut kept = Vec::with_capacity(wanted);
    for item in items {
        // Each of those that are left has the same chance.
        if random.index(left) < wanted {
            wanted -= 1;
            kept.push(item);
        }
        left -= 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_as_large_as_it_can_be_and_keeps_its_order() {
        for (length, wanted) in [(0, 3), (2, 3), (3, 3), (100, 7), (100, 0)] {
            for seed in 0..50 {
                let kept = chosen((0..length).collect(), wanted, seed);
                assert_eq!(kept.len(), wanted.min(length));
                assert!(kept.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn some_seeds_cover_everything() {
        let mut seen = [false; 60];
        for seed in 0..80 {
            for item in chosen((0..60_usize).collect(), 6, seed) {
                *seen.get_mut(item).unwrap() = true;
            }
        }
        assert!(seen.iter().all(|seen| *seen));
    }
}
