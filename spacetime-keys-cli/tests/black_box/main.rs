//! The program, looked at from outside: what goes in, what comes out, and what is on disk then.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that goes wrong stops, and says how much it tried"
)]

mod asked;
mod brought;
mod canary;
mod cases;
#[cfg(feature = "testing")]
mod chaos;
mod common;
mod core_dumps;
mod deploy;
mod docs;
mod doctor;
mod documented;
mod durability;
mod exchange;
#[cfg(feature = "testing")]
mod failpoints;
#[cfg(feature = "testing")]
mod faults;
mod field;
#[cfg(feature = "testing")]
mod guard;
mod here;
mod history;
mod identity_map;
mod identity_map_exports;
mod init;
mod key_set;
#[cfg(feature = "azure-key-vault")]
mod key_vault;
#[cfg(feature = "testing")]
mod lock;
#[path = "../../../tests/pages.rs"]
mod pages;
mod pipes;
mod printed;
mod promote;
#[path = "../../../tests/proxy.rs"]
mod proxy;
mod published;
mod publishers;
mod recover;
mod refusals;
mod restart;
mod retired;
mod rotation;
mod scan;
#[cfg(feature = "testing")]
mod scenario;
mod sizes;
#[cfg(feature = "testing")]
mod stopped;
#[cfg(feature = "azure-key-vault")]
mod store_copy;
mod terminal;
mod tools;
mod unwritten;
mod vectors;
mod well;

/// A file that no `mod` names is compiled by nobody, and its tests run never.
#[test]
fn no_file_was_forgotten() {
    spacetime_keys_test_support::assert_no_file_is_forgotten(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box/main.rs"),
    );
}
