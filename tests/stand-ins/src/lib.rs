#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests use this, and a test that goes wrong here ought to stop"
)]

mod answer;
mod direct;
mod fault;
mod hosts;
mod log;
mod login;
pub mod plain;
mod proxy;
mod query;
mod random;
mod serve;
mod shared;
mod stand_in;
mod tls;
mod tokens;
mod vault;

pub use direct::Snapshot;
pub use fault::{Fault, Matcher};
pub use log::{Operation, Request, round_trips};
pub use stand_in::{Setup, StandIn};
pub use vault::{Rights, Version};
