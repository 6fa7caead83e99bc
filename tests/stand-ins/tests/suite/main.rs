//! The stand-ins, looked at by a plain client.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong stops"
)]

mod common;
mod faults;
mod key_vault;
mod log;
mod login;

#[test]
fn no_file_was_forgotten() {
    let main = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/main.rs");
    spacetime_keys_test_support::assert_no_file_is_forgotten(main);
}
