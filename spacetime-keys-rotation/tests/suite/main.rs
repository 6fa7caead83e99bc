//! The engine, from outside. One binary: linking is what costs.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that goes wrong stops"
)]

#[cfg(unix)]
mod az;
mod errors_page;
mod mend;
mod search;

#[test]
fn no_file_was_forgotten() {
    let main = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/main.rs");
    spacetime_keys_test_support::assert_no_file_is_forgotten(main);
}
