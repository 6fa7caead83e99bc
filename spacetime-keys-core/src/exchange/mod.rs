//! Old tokens for new ones: how players survive a rotation.
//!
//! After a rotation, the server refuses every token that it has issued: it has no second key. An
//! [`Exchange`] stands in front of it: it verifies a token with a *retired* public key, within a
//! time, and signs the same claims with the present key. The identity stays as it is.
//!
//! It is no cure for a leaked key: a person who has that can sign any claims. Such a key is
//! [revoked](RetiredKeys::revoke), and nothing that it signed is exchanged.

pub mod front;
mod retired;

pub use retired::{RetiredKey, RetiredKeys};

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Claim, TokenPart};
use crate::es256::{Signer, Verifier};
use crate::jwt::{Members, Publisher, Times, Token, examine, sign};
use crate::server::{LEEWAY, Rules, reading};
use crate::{Error, Fingerprint, Identity, Result};

/// Exchanges tokens. Make one and keep it: the keys in it are parsed once.
pub struct Exchange {
    signer: Signer,
    present: Verifier,
    /// The one that was retired last at the end.
    retired: Vec<(RetiredKey, Verifier)>,
    publishers: Vec<Identity>,
}

/// The fate of a token.
pub enum Outcome {
    /// A retired key had signed it, and the present key has signed the same claims.
    Exchanged(Exchanged),
    /// The present key has signed it: the server takes it as it is.
    NotNeeded {
        /// The token's identity.
        identity: Identity,
        /// When it expires, in Unix seconds; `None` if it never does.
        expires_at: Option<i64>,
    },
    /// It is not exchanged, and why. The server will most likely refuse it.
    Refused(Error),
}

/// A token of the present key, in the place of an old one.
pub struct Exchanged {
    /// The new token.
    pub token: Zeroizing<String>,
    /// Whose it is: the same as before.
    pub identity: Identity,
    /// When the new token expires, in Unix seconds; `None` if it never does.
    pub expires_at: Option<i64>,
    /// The retired key that had signed the old one.
    pub retired_key: Fingerprint,
}

/// Neither the token nor whose it is.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchanged(exchanged) => write!(f, "Exchanged({})", exchanged.retired_key.short()),
            Self::NotNeeded { .. } => f.write_str("NotNeeded"),
            Self::Refused(error) => write!(f, "Refused({error:?})"),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange(of {} retired keys to {:?})", self.retired.len(), self.signer)
    }
}

impl Exchange {
    /// `signer` has the server's present key. In the list, that key counts as in use, unless it is
    /// revoked.
    ///
    /// # Errors
    /// [`Error::KeyRevoked`] if the present key is revoked; those of [`Verifier::new`].
    pub fn new(retired: &RetiredKeys, signer: Signer) -> Result<Self> {
        let in_use = signer.public_key().fingerprint();
        if retired.is_revoked(in_use) {
            return Err(Error::KeyRevoked);
        }
        let keys = retired.keys().iter().filter(|key| key.public_key.fingerprint() != in_use);
        Ok(Self {
            present: Verifier::new(signer.public_key())?,
            retired: keys
                .map(|key| Ok((key.clone(), Verifier::new(&key.public_key)?)))
                .collect::<Result<_>>()?,
            publishers: retired.publishers().to_vec(),
            signer,
        })
    }

    /// The key that signs.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Notes that the server still had this key at `at`, in Unix seconds: what it issued until then is
    /// not issued too late. A revoked key stays one.
    pub fn was_in_use(&mut self, key: Fingerprint, at: i64) {
        let found = self.retired.iter_mut().map(|(retired, _)| retired);
        for retired in found.filter(|retired| retired.public_key.fingerprint() == key) {
            retired.was_in_use(at);
        }
    }

    /// Exchanges a token (the text after `Bearer `) at the moment `now`, in Unix seconds.
    ///
    /// The new token has the claims of the old one, in their order and to the digit, but for `iat`,
    /// which is `now`, and `exp`, which is no later than it was. `lifetime`: it expires after so
    /// many seconds, if not before.
    ///
    /// Refused are: whatever no server would take under any key; algorithms but ES256; another `iss`
    /// than `localhost`; a token of a key that is not in the list, is revoked, or is not honoured
    /// any more; one that was issued after its key was retired; an expired one; a publisher's
    /// (`token restore` and `token resign` are for that); and one with `act`, in which one acts for
    /// another.
    pub fn exchange(&self, token: &str, now: i64, lifetime: Option<u32>) -> Outcome {
        self.examine(token, now, lifetime).unwrap_or_else(Outcome::Refused)
    }

    fn examine(&self, text: &str, now: i64, lifetime: Option<u32>) -> Result<Outcome> {
        let token = Token::parse(text)?;
        let (publisher, times) = examine(&token)?;
        token.check_critical()?;
        if !publisher.is_local() {
            return Err(Error::TokenExternalIssuer);
        }
        let issued_at = times.iat.ok_or(Error::ClaimMissing(Claim::IssuedAt))?;
        if times.exp.is_some_and(|exp| now.saturating_sub(exp) > LEEWAY) {
            return Err(Error::TokenExpired);
        }
        let key = match self.signed_by(&token, issued_at).ok_or(Error::KeyNotRetired)? {
            SignedBy::Present => {
                let identity = publisher.identity;
                return Ok(Outcome::NotNeeded { identity, expires_at: times.exp });
            }
            SignedBy::Retired(key) => key,
        };
        key.check(issued_at, now)?;
        token.check_readings()?;
        // With its own header, a token may become good that never was.
        let is_good = |rules| reading(text, rules) == Some((publisher.identity, true));
        if !Rules::ALL.into_iter().any(is_good) {
            return Err(Error::TokenMalformed(TokenPart::Header));
        }
        self.check_bearer(&token, &publisher)?;
        self.sign(&token, &publisher, key, Terms { times, now, lifetime }).map(Outcome::Exchanged)
    }

    /// The key that signed a token. To verify with one costs more than all else together: what was
    /// issued before the last rotation is held against the retired keys first, the newest of them at
    /// the beginning, and everything else against the present one.
    fn signed_by(&self, token: &Token<'_>, issued_at: i64) -> Option<SignedBy<'_>> {
        let present = || token.is_signed_by(&self.present).then_some(SignedBy::Present);
        let retired = || {
            let mut keys = self.retired.iter().rev();
            let (key, _) = keys.find(|(_, verifier)| token.is_signed_by(verifier))?;
            Some(SignedBy::Retired(key))
        };
        let is_old = self.retired.last().is_some_and(|(key, _)| issued_at <= key.retired_at);
        if is_old { retired().or_else(present) } else { present().or_else(retired) }
    }

    fn check_bearer(&self, token: &Token<'_>, publisher: &Publisher) -> Result<()> {
        if self.publishers.contains(&publisher.identity) {
            return Err(Error::TokenOfPublisher);
        }
        if token.claims().get("act").is_some() {
            return Err(Error::TokenDelegated);
        }
        Ok(())
    }

    fn sign(
        &self,
        token: &Token<'_>,
        publisher: &Publisher,
        key: &RetiredKey,
        terms: Terms,
    ) -> Result<Exchanged> {
        let mut claims: Members = token.claims().clone();
        claims.set("iat", &terms.now);
        let expires_at = terms.expires_at();
        match expires_at {
            Some(exp) if terms.times.exp != Some(exp) => claims.set("exp", &exp),
            Some(_) => {}
            // `null`, as older servers write it: newer libraries want no such claim.
            None => claims.remove("exp"),
        }
        Ok(Exchanged {
            token: sign(&claims, &self.signer)?,
            identity: publisher.identity,
            expires_at,
            retired_key: key.public_key.fingerprint(),
        })
    }
}

/// The key that signed a token.
enum SignedBy<'a> {
    Present,
    Retired(&'a RetiredKey),
}

/// The times that the new token's times follow from.
#[derive(Clone, Copy)]
struct Terms {
    times: Times,
    now: i64,
    lifetime: Option<u32>,
}

impl Terms {
    fn expires_at(&self) -> Option<i64> {
        let end = self.lifetime.map(|seconds| self.now.saturating_add(i64::from(seconds)));
        [self.times.exp, end].into_iter().flatten().min()
    }
}
