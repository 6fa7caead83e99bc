//! The library, from outside. One binary: linking is what costs.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that goes wrong stops"
)]

mod advice;
mod asked;
mod cli_toml;
mod common;
mod copy;
mod doctor;
mod doctor_files;
mod doctor_logs;
mod doctor_model;
mod doctor_newer;
mod doctor_properties;
mod doctor_serves;
mod doctor_surroundings;
mod exchange;
mod exchange_front;
mod fleet;
mod fleet_audit;
mod fleet_lists;
mod fleet_model;
mod jwks;
mod jwt;
mod jwt_properties;
mod key_search;
mod migration;
mod openssl;
mod pairs;
mod pem_effects;
mod pem_forms;
mod pem_oddities;
mod pem_properties;
mod promotion;
mod providers;
mod resign;
mod rsa;
mod scan;
mod server;
mod sign;
mod token_flaws;
mod vectors;
mod verify;
mod wycheproof;

#[test]
fn no_file_was_forgotten() {
    let main = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/main.rs");
    spacetime_keys_test_support::assert_no_file_is_forgotten(main);
}
