//! The vectors, run through the program.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/cli/common/mod.rs"]
mod common;
#[path = "black_box/vectors/mod.rs"]
mod vectors;
