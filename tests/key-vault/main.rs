//! The Azure Key Vault store, against a stand-in: TLS, login, vaults, and everything that can go
//! wrong with them. The program is the unchanged one, reached by `HTTPS_PROXY` and `SSL_CERT_FILE`.
//!
//! No test here, or anywhere in this project, has touched the real Azure.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod canary;
#[path = "../cli/common/mod.rs"]
mod common;
mod errors;
mod faults;
mod flattened;
mod fleet;
mod logins;
mod operators;
mod points;
mod round_trips;
mod state;
#[cfg(feature = "failpoints")]
mod steps;
mod walk;
