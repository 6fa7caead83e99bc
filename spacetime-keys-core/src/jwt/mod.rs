//! JSON Web Tokens in the compact form (RFC 7515, RFC 7519), as SpacetimeDB servers issue them.

mod brought;
mod claims;
mod json;
mod members;
mod mint;
mod publisher;
mod resign;
mod signer;
mod token;
mod verify;

pub use brought::token_in;
pub use claims::{Completion, sign_claims, sign_claims_many};
pub(crate) use json::check_json;
pub use members::Members;
pub(crate) use members::{Flaw, Pairs};
pub use mint::{
    DEFAULT_TTL_SECONDS, FreeClaim, MAX_TTL_SECONDS, MintOptions, Minted, Purpose, Target, mint,
};
pub use publisher::{LOCAL_ISSUER, MAX_CLAIM_BYTES, Publisher, sign_publisher};
pub use resign::{Expiry, ResignOptions, Resigned, Times, examine, resign};
pub use signer::TokenSigner;
pub use token::{Kind, MAX_TOKEN_BYTES, Token, sign};
pub use verify::{DEFAULT_LEEWAY, TokenVerifier, Verified, VerifyOptions};
