//! What the suites of the whole project share: what a run samples, and that no file is forgotten.

#![allow(
    clippy::panic,
    reason = "only tests use this, and a test that goes wrong here ought to stop"
)]

mod forgotten;
mod random;
mod sample;

pub use forgotten::assert_no_file_is_forgotten;
pub use random::Random;
pub use sample::{again, count, is_all, number, sample, seed};
