//! The npm package on WebAssembly: the addon's own source, with another border.
//!
//! The files of the addon that know nothing of engine and disk are compiled here as they are; so both
//! answer the same. They say `napi::Error` and `#[napi]`: here that is `shim` and an attribute that does
//! nothing. How JavaScript calls them: `call` and `exports`.
//!
//! A panic traps. `js/native.js` makes the error of it that the addon makes.

#![allow(unreachable_pub, reason = "the addon's `#[napi]` wants `pub`")]

extern crate self as napi;

mod call;
mod exports;
mod memory;
mod objects;
mod random;
mod shim;
mod wiping;

pub use shim::{Error, Result, Status, bindgen_prelude};

mod bulk;
mod exchange_keys;
mod rsa;

#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/exchange.rs"]
mod exchange;
#[path = "../../src/front.rs"]
mod front;
#[path = "../../src/http_answer.rs"]
mod http_answer;
#[path = "../../src/identities.rs"]
mod identities;
#[path = "../../src/key_search.rs"]
mod key_search;
#[path = "../../src/keys.rs"]
mod keys;
#[path = "../../src/object.rs"]
mod object;
#[path = "../../src/options.rs"]
mod options;
#[path = "../../src/sets.rs"]
mod sets;
#[path = "../../src/signer.rs"]
#[allow(dead_code, reason = "`cli.toml` is left out: see `exports`")]
mod signer;
#[path = "../../src/tokens.rs"]
mod tokens;
#[path = "../../src/verifier.rs"]
mod verifier;
