//! The Azure Key Vault store, against a stand-in: TLS, login, vaults, and everything that can go
//! wrong with them. The program is the unchanged one, reached by `HTTPS_PROXY` and `SSL_CERT_FILE`.
//!
//! No test here, or anywhere in this project, has touched the real Azure.

mod azure_cli;
mod canary;
mod errors;
pub(crate) mod faults;
mod flattened;
pub(crate) mod fleet;
mod logins;
mod operators;
mod page;
pub(crate) mod points;
mod round_trips;
mod state;
#[cfg(feature = "testing")]
pub(crate) mod steps;
mod walk;
