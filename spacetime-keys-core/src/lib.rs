#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// docs.rs, which sets `docsrs`, then says at each item which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod advice;
pub mod cli_toml;
mod der;
pub mod doctor;
pub mod error;
pub mod es256;
pub mod exchange;
pub mod fingerprint;
pub mod fleet;
mod hex;
pub mod identity;
pub mod jwks;
pub mod jwt;
pub mod key;
pub mod migration;
mod parallel;
pub mod pem;
pub mod printable;
pub mod promotion;
#[cfg(feature = "aws-lc-rs")]
pub mod rs256;
pub mod scan;
pub mod server;
pub mod words;

pub use error::Error;
pub use fingerprint::Fingerprint;
pub use identity::Identity;
#[cfg(feature = "aws-lc-rs")]
pub use key::RsaPrivateKey;
pub use key::{PrivateKey, PublicKey, RsaPublicKey, VerificationKey};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
