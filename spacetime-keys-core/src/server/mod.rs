//! The answer of a SpacetimeDB server to a token.
//!
//! Three sets of rules exist, see [`Rules`]. They were read from the servers' own crates and
//! measured on running servers; `tests/oracle` holds this module against those crates, over
//! 100,000 tokens a run. One thing is told otherwise than a server may do it: a token with an HMAC
//! (HS256 and the like) is never called accepted.

mod judge;
mod keys;
mod remedy;
#[cfg(feature = "aws-lc-rs")]
mod rsa;
mod rules;
mod shape;
mod verdict;

pub(crate) use judge::{LEEWAY, is_signed_by, reading};
pub use remedy::Remedy;
pub use rules::{Rules, Wording};
pub use verdict::{KeyOf, Reason, Verdict};

use crate::es256::Verifier;
use crate::jwt::MAX_TOKEN_BYTES;
use crate::{Error, PublicKey, Result, jwks};
use keys::IssuerKeys;

/// A server, as far as it decides on tokens: its version and the keys that it knows.
pub struct Server {
    rules: Rules,
    wording: Wording,
    local: Option<Verifier>,
    issuer: Issuer,
}

/// The server's knowledge of the keys of the issuer that a token names.
enum Issuer {
    /// Nothing was said of them: only the local key decides.
    Unknown,
    /// Its set spoils; or another document stands in its place, which is named.
    Unreadable(Option<Error>),
    Known(IssuerKeys),
}

impl Server {
    /// A server that knows no key yet.
    pub fn new(rules: Rules) -> Self {
        Self { rules, wording: rules.into(), local: None, issuer: Issuer::Unknown }
    }

    /// The same of a version: its rules, and its words.
    ///
    /// # Errors
    /// [`Error::ServerVersion`] if it is no version.
    pub fn of_version(version: &str) -> Result<Self> {
        let wording = Wording::of_version(version)?;
        Ok(Self { wording, ..Self::new(Rules::of_version(version)?) })
    }

    /// By which rules it judges.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The server's own key: the first that it tries, for a token of any issuer.
    ///
    /// # Errors
    /// Those of [`Verifier::new`].
    pub fn with_local_key(mut self, key: &PublicKey) -> Result<Self> {
        self.local = Some(Verifier::new(key)?);
        Ok(self)
    }

    /// The JWK set (RFC 7517, section 5; JSON) that the issuer of the tokens publishes. Which
    /// issuer that is, is not asked: it is the one that a token names, if its URL is one that a
    /// server would fetch anything from.
    ///
    /// A set that servers of this version cannot read is no error: then they refuse the tokens,
    /// and [`Self::check`] says so.
    #[must_use]
    pub fn with_issuer_keys(mut self, jwks: &[u8]) -> Self {
        self.issuer = match IssuerKeys::read(jwks, self.rules.generation()) {
            Some(keys) => Issuer::Known(keys),
            None => Issuer::Unreadable(
                (!jwks::has_entries(jwks)).then(|| Error::JwksMalformed(jwks::no_set(jwks))),
            ),
        };
        self
    }

    /// The issuer serves no set, but what `why` says: [`Error::JwksMalformed`],
    /// [`Error::JwksDiscovery`].
    #[must_use]
    pub fn without_issuer_keys(mut self, why: Error) -> Self {
        self.issuer = Issuer::Unreadable(Some(why));
        self
    }

    /// What this server answers to a token (the text after `Bearer `) at the moment `now`, in
    /// Unix seconds. Blanks around the token are not part of it.
    ///
    /// Without [`Self::with_issuer_keys`] the reason is the one that the local key gives. A running
    /// server hides that for a token of another issuer whose keys it cannot fetch, and says
    /// `Error fetching public key for issuer …`, whatever else is wrong with the token.
    pub fn check(&self, token: &str, now: i64) -> Verdict {
        let token = token.trim();
        let judged = if token.is_empty() {
            Err(Reason::Missing)
        } else if token.len() > MAX_TOKEN_BYTES {
            Err(Reason::TooLarge)
        } else {
            judge::judge(self, token, now)
        };
        match judged {
            Ok((identity, key)) => Verdict::accepted(Some(identity), Some(key)),
            Err(reason) => self.refusal(token, reason),
        }
    }

    /// The same where all that decides is known; `None` where it is not: the server's own key, or the keys
    /// of the token's issuer.
    pub fn check_known(&self, token: &str, now: i64) -> Option<Verdict> {
        let is_open =
            matches!(self.issuer, Issuer::Unknown) && self.issuer_of(token, now).is_some();
        (self.local.is_some() && !is_open).then(|| self.check(token, now))
    }

    /// Where this server would ask for the keys that decide on a token: the discovery document of the
    /// issuer that it names. `None` where none is asked.
    pub fn discovery_url(&self, token: &str, now: i64) -> Option<String> {
        self.issuer_of(token, now).map(|issuer| jwks::discovery_url(&issuer))
    }

    fn issuer_of(&self, token: &str, now: i64) -> Option<String> {
        let token = Some(token.trim()).filter(|token| token.len() <= MAX_TOKEN_BYTES)?;
        judge::issuer_asked(self, token, now)
    }

    /// The words for a refusal of this server for this reason.
    pub fn refusal(&self, token: &str, reason: Reason) -> Verdict {
        let token = token.trim();
        let cause = remedy::cause(self, token, reason);
        Verdict {
            reason: Some(reason),
            words: Some(reason.words(self.wording)),
            cause,
            remedy: Some(remedy::remedy(self, token, reason, cause)),
            ..Verdict::refused(reason.status())
        }
    }
}
