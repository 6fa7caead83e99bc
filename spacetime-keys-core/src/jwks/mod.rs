//! JSON Web Key sets (RFC 7517), as SpacetimeDB servers fetch and read them.
//!
//! [`JwkSet`] is for verifying tokens here. What a *server* makes of a set, which is stricter in
//! some points and more lenient in others, [`lint`] tells.

mod document;
mod export;
mod issuer;
mod lint;
mod place;
mod rollover;
mod schedule;
mod search;
mod set;
pub(crate) mod shape;

pub(crate) use document::no_set;
pub(crate) use lint::has_entries;

pub use export::{
    WELL_KNOWN_DISCOVERY, WELL_KNOWN_JWKS, check_issuer, discovery, export, jwk, jwks_uri,
    private_jwk,
};
pub use issuer::{compare_issuers, discovery_url};
pub use lint::{Defect, Problem, Report, TakenBy, lint};
pub use rollover::{Rollover, RolloverStep, ServerCache, rollover};
pub use schedule::{Schedule, Shift};
pub use search::{FoundSet, MAX_HOPS, Search, Step};
pub use set::{JwkSet, MAX_JWKS_BYTES, SetKey, Skipped};
