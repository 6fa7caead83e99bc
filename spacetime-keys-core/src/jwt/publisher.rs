use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use super::{Members, Token, sign};
use crate::error::Claim;
use crate::es256::Signer;
use crate::{Error, Identity, Result};

/// The issuer that every standalone server writes into its own tokens.
pub const LOCAL_ISSUER: &str = "localhost";

/// The issuer that servers from 2.13 on write into the tokens with which one database calls another.
/// They have no `sub`.
const DATABASE_ISSUER: &str = "spacetimedb-idc-v1";

/// The most bytes of UTF-8 that a server accepts in `iss` and in `sub`.
pub const MAX_CLAIM_BYTES: usize = 128;

/// A publisher: the claims that decide who owns a database. No secret.
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
        check_length(&issuer, Claim::Issuer)?;
        check_length(&subject, Claim::Subject)?;
        Ok(Self { identity: Identity::from_claims(&issuer, &subject), issuer, subject })
    }

    /// From a token's claims, if every SpacetimeDB server would take their form.
    ///
    /// # Errors
    /// [`Error::TokenOfDatabase`], [`Error::ClaimMissing`], [`Error::ClaimInvalid`],
    /// [`Error::TokenIdentityMismatch`].
    pub fn from_token(token: &Token<'_>) -> Result<Self> {
        Self::from_claims(token.claims())
    }

    /// As [`Self::from_token`], of claims that are not signed yet.
    pub(super) fn from_claims(claims: &Members) -> Result<Self> {
        let (issuer, subject) = check_form(claims)?;
        let publisher = Self::new(issuer, subject)?;
        if let Some(stated) = stated_identity(claims)?
            && stated != publisher.identity
        {
            return Err(Error::TokenIdentityMismatch);
        }
        Ok(publisher)
    }

    /// As [`Self::from_claims`], for those who do not ask who it is: deriving that is spared where
    /// nothing is to be compared with it.
    pub(super) fn check_claims(claims: &Members) -> Result<()> {
        match claims.get("hex_identity") {
            None => check_form(claims).map(drop),
            Some(_) => Self::from_claims(claims).map(drop),
        }
    }

    /// What must be said of a token whose claims can be read, and which is nobody's: one with which a
    /// database calls another ([`Error::TokenOfDatabase`]).
    pub fn misuse(token: &Token<'_>) -> Option<Error> {
        is_of_database(token.claims()).then_some(Error::TokenOfDatabase)
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

/// `iss` and `sub`; the other claims that every server reads have a form that all of them take.
fn check_form(claims: &Members) -> Result<(Cow<'_, str>, Cow<'_, str>)> {
    let issuer = text(claims, "iss", Claim::Issuer)?;
    if is_of_database(claims) {
        return Err(Error::TokenOfDatabase);
    }
    let subject = text(claims, "sub", Claim::Subject)?;
    check_length(&issuer, Claim::Issuer)?;
    check_length(&subject, Claim::Subject)?;
    if claims.get("aud").is_some_and(|aud| !is_audience(aud)) {
        return Err(Error::ClaimInvalid(Claim::Audience));
    }
    if claims.get("nbf").is_some_and(|nbf| !is_plain(nbf)) {
        return Err(Error::ClaimInvalid(Claim::NotBefore));
    }
    Ok((issuer, subject))
}

/// With a `sub` it would be a token like any other: servers look at nothing else.
fn is_of_database(claims: &Members) -> bool {
    claims.get_str("iss").as_deref() == Some(DATABASE_ISSUER) && claims.get("sub").is_none()
}

fn text<'a>(claims: &'a Members, name: &str, claim: Claim) -> Result<Cow<'a, str>> {
    match claims.get(name) {
        None => Err(Error::ClaimMissing(claim)),
        Some(_) => claims.get_text(name).ok_or(Error::ClaimInvalid(claim)),
    }
}

fn check_length(value: &str, claim: Claim) -> Result<()> {
    let fits = (1..=MAX_CLAIM_BYTES).contains(&value.len());
    if fits { Ok(()) } else { Err(Error::ClaimInvalid(claim)) }
}

/// The value of `hex_identity`, if it is there.
fn stated_identity(claims: &Members) -> Result<Option<Identity>> {
    match claims.get("hex_identity") {
        None | Some("null") => Ok(None),
        Some(_) => {
            let stated = text(claims, "hex_identity", Claim::HexIdentity)?;
            Identity::parse_unchecked(&stated)
                .ok_or(Error::ClaimInvalid(Claim::HexIdentity))
                .map(Some)
        }
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

/// A publisher token from only the claims, with the claims of a server's own token, in their
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
