//! The native half of the npm package `spacetime-keys`.
//!
//! The caller of this is `lib/` beside it, which has checked the types of all arguments; so what
//! crosses the border is plain: strings, numbers, and JSON where there are many values. Results
//! with several fields are JSON, too: `JSON.parse` makes objects faster than Node-API does.
//!
//! Files that know nothing of engine and disk are compiled into the package's WebAssembly, too: see
//! `web/src/lib.rs`.
//!
//! No panic crosses the border: every function catches it (`catch_unwind`).

// Under test nothing is exported, so all of it looks unused. Its tests are in JavaScript.
#![cfg_attr(test, allow(dead_code))]
// What `#[napi]` exports is called only by JavaScript.
#![allow(clippy::needless_pass_by_value, reason = "JavaScript hands values over")]
#![allow(unreachable_pub, reason = "`#[napi]` wants `pub`")]
#![allow(missing_docs, reason = "the API and its documentation are index.d.ts")]

mod bulk;
mod doctor;
mod engine;
mod error;
mod exchange;
mod exchange_keys;
mod failure;
mod fleet;
#[cfg(feature = "bench")]
mod floor;
mod front;
mod http_answer;
mod identities;
mod key_search;
mod keys;
mod lock;
mod object;
mod options;
mod rsa;
mod run;
mod sets;
mod signer;
mod tokens;
mod verifier;
mod wish;
