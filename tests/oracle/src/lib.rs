//! SpacetimeDB's own crates as judges of what `spacetime-keys-core` judges: tokens, JWK sets and
//! identities. The tests hold the two against each other; this library is what they share.
//!
//! The servers' decisions are in their crates. What is written here is the glue around them, which
//! the servers keep in crates too big to build for a test.

pub mod generate;
pub mod generation_eleven;
pub mod generation_nine;
pub mod json;
pub mod judge;
pub mod keys;
pub mod lint;
pub mod recipe;
pub mod regression;
pub mod run;
pub mod shrink;
