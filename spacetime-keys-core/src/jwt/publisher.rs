use std::fmt;

use zeroize::Zeroizing;

use super::{Members, Token, sign};
use crate::error::Claim;
use crate::es256::Signer;
use crate::{Error, Identity, Result};

/// The issuer that every standalone server writes into its own tokens.
pub const LOCAL_ISSUER: &str = "localhost";

/// The most bytes of UTF-8 that a server accepts in `iss` and in `sub`.
pub const MAX_CLAIM_BYTES: usize = 128;

/// Who publishes: the claims that a database's ownership hangs on. No secret.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Publisher {
    /// Derived from the two below.
    pub identity: Identity,
    /// `iss`, 1 to 128 bytes.
    pub issuer: String,
    /// `sub`, 1 to 128 bytes. Lose it, and the databases are lost.
    pub subject: String,
}

impl Publisher {
    /// From the claims themselves.
    ///
    /// # Errors
    /// [`Error::ClaimInvalid`] if one is empty or over 128 bytes: no server accepts that.
    pub fn new(issuer: impl Into<String>, subject: impl Into<String>) -> Result<Self> {
        let (issuer, subject) = (issuer.into(), subject.into());
        for (value, claim) in [(&issuer, Claim::Issuer), (&subject, Claim::Subject)] {
            if value.is_empty() || value.len() > MAX_CLAIM_BYTES {
                return Err(Error::ClaimInvalid(claim));
            }
        }
        Ok(Self { identity: Identity::from_claims(&issuer, &subject), issuer, subject })
    }

    /// From a token's claims, if every SpacetimeDB server would take their form.
    ///
    /// # Errors
    /// [`Error::ClaimMissing`], [`Error::ClaimInvalid`], [`Error::TokenIdentityMismatch`].
    pub fn from_token(token: &Token<'_>) -> Result<Self> {
        Self::from_claims(token.claims())
    }

    /// As [`Self::from_token`], of claims that are not signed yet.
    pub(super) fn from_claims(claims: &Members) -> Result<Self> {
        let text = |name, claim| match claims.get(name) {
            None => Err(Error::ClaimMissing(claim)),
            Some(_) => claims.get_str(name).ok_or(Error::ClaimInvalid(claim)),
        };
        let publisher = Self::new(text("iss", Claim::Issuer)?, text("sub", Claim::Subject)?)?;
        if claims.get("aud").is_some_and(|aud| !is_audience(aud)) {
            return Err(Error::ClaimInvalid(Claim::Audience));
        }
        if claims.get("nbf").is_some_and(|nbf| !is_plain(nbf)) {
            return Err(Error::ClaimInvalid(Claim::NotBefore));
        }
        match claims.get("hex_identity") {
            None | Some("null") => {}
            Some(_) => {
                let text = text("hex_identity", Claim::HexIdentity)?;
                let stated = Identity::parse_unchecked(&text)
                    .ok_or(Error::ClaimInvalid(Claim::HexIdentity))?;
                if stated != publisher.identity {
                    return Err(Error::TokenIdentityMismatch);
                }
            }
        }
        Ok(publisher)
    }

    /// Whether its tokens are issued by a standalone server, and so signed with its key.
    pub fn is_local(&self) -> bool {
        self.issuer == LOCAL_ISSUER
    }
}

/// `sub` is personal where it is a user's, so it is not shown.
impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({})", self.identity)
    }
}

/// A string or an array of strings. `null` is refused by servers.
fn is_audience(json: &str) -> bool {
    serde_json::from_str::<String>(json).is_ok()
        || serde_json::from_str::<Vec<String>>(json).is_ok()
}

/// Anything but an array or an object. Servers do not look at `nbf`, but the library that they read
/// it with stumbles over a value with others inside.
fn is_plain(json: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(json)
        .is_ok_and(|value| !value.is_array() && !value.is_object())
}

/// A publisher token from the claims alone, with the claims of a server's own token, in their
/// order: `hex_identity`, `sub`, `iss`, `aud`, `iat` (`now`, Unix seconds). It does not expire.
pub fn sign_publisher(
    publisher: &Publisher,
    now: i64,
    signer: &Signer,
) -> Result<Zeroizing<String>> {
    let mut claims = Members::default();
    claims.set("hex_identity", &publisher.identity);
    claims.set("sub", &publisher.subject);
    claims.set("iss", &publisher.issuer);
    claims.set("aud", &["spacetimedb"]);
    claims.set("iat", &now);
    sign(&claims, signer)
}
