//! JSON Web Tokens in the compact form (RFC 7515, RFC 7519), as SpacetimeDB servers issue them.

mod members;
mod publisher;
mod resign;
mod token;

pub use members::Members;
pub use publisher::{LOCAL_ISSUER, MAX_CLAIM_BYTES, Publisher, sign_publisher};
pub use resign::{Expiry, ResignOptions, Resigned, Times, examine, resign};
pub use token::{Kind, MAX_TOKEN_BYTES, Token, sign};
