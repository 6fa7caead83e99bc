#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// docs.rs, which sets `docsrs`, then says at each item which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

/// The page is one program: its code is compiled and run with the library's own examples.
#[cfg(doctest)]
#[doc = include_str!("../../docs/rust-tool.md")]
mod page {}

mod apply;
pub mod clock;
pub mod configuration;
pub mod copy;
pub mod cure;
mod error;
pub mod exchange;
mod failpoint;
pub mod files;
mod history;
pub mod host;
mod inspect;
mod journal;
mod lock;
mod observe;
pub mod places;
pub mod project;
pub mod promotion;
mod read;
mod restart;
pub mod search;
mod seen;
pub mod site;
mod state;
pub mod store;
pub mod token;
mod verify;
mod watch;

pub use apply::{Done, Held, Job, Mended, Outcome, Planned, mend_and_rotate, run};
pub use error::{Failure, Kind, Place};
pub use history::past_pairs;
pub use host::Paths;
pub use lock::{Holder, HostLock};
pub use observe::{Look, observe};
pub use read::{Gathered, gather};
pub use restart::restart;
pub use site::{Names, Settings, Site};
pub use verify::{Verified, verify, verify_keys};
pub use watch::{AzCall, Silent, VaultRequest, Watch};
