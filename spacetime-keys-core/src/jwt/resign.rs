use zeroize::Zeroizing;

use super::{Members, Publisher, Token, sign};
use crate::error::{Algorithm, Claim};
use crate::es256::{Signer, Verifier};
use crate::{Error, Fingerprint, Identity, PublicKey, Result};

/// The new `exp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// The claim is left out: the token never expires. The default, as in the self-hosting guide.
    #[default]
    Clear,
    /// The claim stays as it is.
    Keep,
    /// The token expires this many seconds from now.
    Lifetime(u32),
}

/// The permissions of [`resign`], and its checks.
#[derive(Clone, Debug, Default)]
pub struct ResignOptions<'a> {
    /// The present moment, in Unix seconds: the new `iat`.
    pub now: i64,
    /// The new `exp`.
    pub expiry: Expiry,
    /// Keys that may have signed the old token. The new key is always among them.
    pub known_keys: &'a [PublicKey],
    /// The identity that the token must have. Naming it stands for a verified signature.
    pub expect_identity: Option<Identity>,
    /// Re-sign claims that no known key has signed.
    pub allow_unverified: bool,
    /// Sign a token of an external issuer with the local key.
    pub allow_external_issuer: bool,
}

/// `iat` and `exp` of a token, in Unix seconds. `None`: absent or `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Times {
    /// When it was signed.
    pub iat: Option<i64>,
    /// When it expires.
    pub exp: Option<i64>,
}

impl Times {
    /// Reads them from a token's claims.
    ///
    /// # Errors
    /// [`Error::ClaimInvalid`] if one is no integer: every server refuses floats and strings there.
    pub fn of(token: &Token<'_>) -> Result<Self> {
        Ok(Self {
            iat: time(token.claims(), "iat", Claim::IssuedAt)?,
            exp: time(token.claims(), "exp", Claim::Expiry)?,
        })
    }
}

/// A re-signed token.
#[derive(Debug)]
pub struct Resigned {
    /// The new token.
    pub token: Zeroizing<String>,
    /// Whose it is: the same as before.
    pub publisher: Publisher,
    /// The key that the old signature verified with; `None` if no known key did.
    pub verified_with: Option<Fingerprint>,
    /// The old token's times.
    pub before: Times,
    /// The new token's times.
    pub after: Times,
}

impl Resigned {
    /// Whether a token that would have expired became one that never does.
    pub const fn became_eternal(&self) -> bool {
        self.before.exp.is_some() && self.after.exp.is_none()
    }
}

/// Whose token this is and its times, if re-signing it could help at all: every server would
/// take the form of the claims that it knows, and its algorithm is the servers' own. Verifies
/// nothing, and leaves other claims as they are: what older servers skip unread, they take.
///
/// # Errors
/// [`Error::TokenAlgorithm`], and those of [`Publisher::from_token`] and [`Times::of`].
pub fn examine(token: &Token<'_>) -> Result<(Publisher, Times)> {
    if token.algorithm() != Algorithm::Es256 {
        return Err(Error::TokenAlgorithm(token.algorithm()));
    }
    Ok((Publisher::from_token(token)?, Times::of(token)?))
}

/// Re-signs the same claims: `iss`, `sub`, `aud`, `hex_identity` and all others keep their order
/// and their text, `iat` becomes `now`, and `exp` becomes what the options say. Other header
/// fields than `typ` and `alg` are not kept: a `kid` would name the old key.
///
/// # Errors
/// Refuses a token that no server would accept afterwards, one of an external issuer, one with
/// another identity than expected, and one that no known key has signed; see [`ResignOptions`].
pub fn resign(token: &str, signer: &Signer, options: &ResignOptions<'_>) -> Result<Resigned> {
    let token = Token::parse(token)?;
    let (publisher, before) = examine(&token)?;
    if !publisher.is_local() && !options.allow_external_issuer {
        return Err(Error::TokenExternalIssuer);
    }
    if options.expect_identity.is_some_and(|expected| expected != publisher.identity) {
        return Err(Error::TokenUnexpectedIdentity);
    }
    let verified_with = options
        .known_keys
        .iter()
        .chain(std::iter::once(signer.public_key()))
        .find(|key| Verifier::new(key).is_ok_and(|verifier| token.is_signed_by(&verifier)))
        .map(PublicKey::fingerprint);
    if verified_with.is_none() && options.expect_identity.is_none() && !options.allow_unverified {
        return Err(Error::TokenUnverified);
    }

    let mut claims = token.claims().clone();
    claims.set("iat", &options.now);
    let exp = match options.expiry {
        Expiry::Clear => {
            claims.remove("exp");
            None
        }
        Expiry::Keep if before.exp.is_some_and(|exp| exp <= options.now) => {
            return Err(Error::TokenExpired);
        }
        Expiry::Keep => before.exp,
        Expiry::Lifetime(seconds) => {
            let exp = options.now.saturating_add(i64::from(seconds));
            claims.set("exp", &exp);
            Some(exp)
        }
    };
    Ok(Resigned {
        token: sign(&claims, signer)?,
        publisher,
        verified_with,
        before,
        after: Times { iat: Some(options.now), exp },
    })
}

/// A time claim: an integer, or absent or `null`. A float or a string is refused by every server.
pub(super) fn time(claims: &Members, name: &str, claim: Claim) -> Result<Option<i64>> {
    match claims.get(name) {
        None | Some("null") => Ok(None),
        Some(_) => claims
            .get_integer(name)
            .and_then(|value| i64::try_from(value).ok())
            .map(Some)
            .ok_or(Error::ClaimInvalid(claim)),
    }
}
