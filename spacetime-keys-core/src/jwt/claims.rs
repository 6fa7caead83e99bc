use zeroize::Zeroizing;

use super::json::check_members;
use super::members::Flaw;
use super::resign::time;
use super::token::sign_with;
use super::{MAX_TOKEN_BYTES, Members, Publisher, TokenSigner};
use crate::error::{Claim, TokenPart};
use crate::{Error, Result, parallel};

/// The completion of claims before they are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The present moment, in Unix seconds: `iat`, where there is none.
    pub now: i64,
    /// Seconds from then until `exp`, where there is none.
    pub ttl: u32,
}

/// Signs claims (the text of a JSON object) as they stand, to the digit: a compact JWS whose header
/// has `typ`, `alg` and `kid`. Where `iat` and `exp` are absent, they are added at the end.
///
/// [`super::mint`] has a policy; here every claim is the caller's. `"exp": null` makes a token that
/// never expires.
///
/// # Errors
/// [`Error::TokenMalformed`], [`Error::TokenDuplicate`], [`Error::TokenJson`] for a text that is not
/// one object that every reader reads alike; [`Error::ClaimMissing`], [`Error::ClaimInvalid`],
/// [`Error::TokenIdentityMismatch`] for claims that no server would take.
pub fn sign_claims(
    signer: &TokenSigner,
    json: &str,
    completion: Completion,
) -> Result<Zeroizing<String>> {
    if json.len() > MAX_TOKEN_BYTES {
        return Err(Error::TokenTooLarge);
    }
    let mut claims = Members::parse(json).map_err(|flaw| match flaw {
        Flaw::NotAnObject => Error::TokenMalformed(TokenPart::Claims),
        Flaw::Duplicate => Error::TokenDuplicate(TokenPart::Claims),
    })?;
    check_members(&claims, TokenPart::Claims)?;
    Publisher::check_claims(&claims)?;
    for (name, claim) in
        [("iat", Claim::IssuedAt), ("nbf", Claim::NotBefore), ("exp", Claim::Expiry)]
    {
        time(&claims, name, claim)?;
    }
    if claims.get("iat").is_none() {
        claims.set("iat", &completion.now);
    }
    if claims.get("exp").is_none() {
        claims.set("exp", &completion.now.saturating_add(i64::from(completion.ttl)));
    }
    sign_with(signer.header(), &claims, signer.signature_size(), |message| signer.sign(message))
}

/// As [`sign_claims`], for many, in their order, on all processors.
///
/// # Errors
/// That of the first item that has one, and its place.
pub fn sign_claims_many<S: AsRef<str> + Sync>(
    signer: &TokenSigner,
    jsons: &[S],
    completion: Completion,
) -> Result<Vec<Zeroizing<String>>, (usize, Error)> {
    /// A signature takes a good ten microseconds, a thread starts in a few tens.
    const WORTH_A_THREAD: usize = 8;
    parallel::map(jsons, WORTH_A_THREAD, |json| sign_claims(signer, json.as_ref(), completion))
        .into_iter()
        .enumerate()
        .map(|(index, token)| token.map_err(|error| (index, error)))
        .collect()
}
