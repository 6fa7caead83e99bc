use super::{Members, Times, Token};
use crate::error::{Algorithm, Claim, SignatureFlaw, TokenPart};
use crate::jwks::JwkSet;
use crate::key::VerificationKey;
use crate::{Error, Identity, Result, es256, parallel};

/// Seconds that two clocks may differ by: what servers allow, too.
pub const DEFAULT_LEEWAY: u32 = 60;

/// The conditions for a token.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions<'a> {
    /// The present moment, in Unix seconds.
    pub now: i64,
    /// Seconds that a token is taken before its `nbf` and after its `exp`.
    pub leeway: u32,
    /// The `iss` that it must have.
    pub issuer: Option<&'a str>,
    /// An `aud` that it must name.
    pub audience: Option<&'a str>,
    /// The algorithm that it must have; without one, ES256 and RS256 are taken.
    pub algorithm: Option<Algorithm>,
}

impl VerifyOptions<'_> {
    /// Only signature and times, with [`DEFAULT_LEEWAY`].
    pub const fn at(now: i64) -> Self {
        Self { now, leeway: DEFAULT_LEEWAY, issuer: None, audience: None, algorithm: None }
    }

    /// What a token that passes was held against: always `signature` and `times`, then of
    /// `algorithm`, `issuer` and `audience` what is named. What is not in it was not compared.
    pub fn checked(&self) -> Vec<&'static str> {
        let named = [
            (true, "signature"),
            (true, "times"),
            (self.algorithm.is_some(), "algorithm"),
            (self.issuer.is_some(), "issuer"),
            (self.audience.is_some(), "audience"),
        ];
        named.into_iter().filter_map(|(is_named, name)| is_named.then_some(name)).collect()
    }
}

/// A token that was verified.
#[derive(Debug)]
pub struct Verified {
    /// The claims.
    pub claims: Members,
    /// Whose it is, if it has `iss` and `sub` (strings). Whether a server takes them is another
    /// question: see [`crate::server`].
    pub identity: Option<Identity>,
    /// `iat` and `exp`.
    pub times: Times,
    /// The algorithm of its signature.
    pub algorithm: Algorithm,
    /// The thumbprint (RFC 7638) of the key that signed it.
    pub kid: String,
}

/// Verifies tokens with keys that are parsed once.
pub struct TokenVerifier {
    keys: Vec<Key>,
    /// In a set, a token's `kid` chooses the key.
    is_set: bool,
}

struct Key {
    kid: Option<String>,
    thumbprint: String,
    verifier: Verifier,
}

enum Verifier {
    Es256(es256::Verifier),
    #[cfg(feature = "aws-lc-rs")]
    Rs256(crate::rs256::Verifier),
}

impl TokenVerifier {
    /// With one key. The token's `kid` is not asked for.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnavailable`] for RSA keys in a build without them.
    pub fn new(key: &VerificationKey) -> Result<Self> {
        Ok(Self { keys: vec![Key::new(None, key)?], is_set: false })
    }

    /// With an issuer's set. A token with a `kid` must be signed by a key of that `kid`; one
    /// without by any.
    ///
    /// # Errors
    /// [`Error::JwksNoUsableKey`] if it holds none that could verify a token, else as [`Self::new`].
    pub fn from_jwks(set: &JwkSet) -> Result<Self> {
        let keys: Vec<Key> = set
            .keys()
            .iter()
            .map(|entry| Key::new(entry.kid.clone(), &entry.key))
            .collect::<Result<_>>()?;
        if keys.is_empty() { Err(Error::JwksNoUsableKey) } else { Ok(Self { keys, is_set: true }) }
    }

    /// The algorithm and the thumbprint (RFC 7638) of each key.
    pub fn keys(&self) -> impl Iterator<Item = (Algorithm, &str)> {
        self.keys.iter().map(|key| (key.verifier.algorithm(), key.thumbprint.as_str()))
    }

    /// Verifies a compact JWS (RFC 7515, section 5.2) and its claims (RFC 7519, section 7.2):
    /// signature, `exp`, `nbf`, and what the options name.
    ///
    /// Stricter than servers are: no algorithm but ES256 and RS256, no critical header members, no
    /// member twice, no JSON that readers disagree on. A time must be a whole number of seconds;
    /// `"exp": null` counts as absent, for older servers write that.
    ///
    /// # Errors
    /// Those of [`Token::parse`]; [`Error::TokenAlgorithm`] and the errors after it.
    pub fn verify(&self, token: &str, options: &VerifyOptions<'_>) -> Result<Verified> {
        let token = Token::parse(token)?;
        let algorithm = token.algorithm();
        if !matches!(algorithm, Algorithm::Es256 | Algorithm::Rs256) {
            return Err(Error::TokenAlgorithm(algorithm));
        }
        if options.algorithm.is_some_and(|expected| expected != algorithm) {
            return Err(Error::TokenUnexpectedAlgorithm(algorithm));
        }
        token.check_critical()?;
        let key = self.find(&token)?;
        token.check_readings()?;
        let times = check_times(&token, options)?;
        let claims = token.claims();
        let (issuer, subject) = (claims.get_text("iss"), claims.get_text("sub"));
        if options.issuer.is_some_and(|expected| issuer.as_deref() != Some(expected)) {
            return Err(Error::TokenUnexpectedIssuer);
        }
        if options.audience.is_some_and(|expected| !names_audience(claims, expected)) {
            return Err(Error::TokenUnexpectedAudience);
        }
        Ok(Verified {
            identity: issuer
                .zip(subject)
                .map(|(issuer, subject)| Identity::from_claims(&issuer, &subject)),
            claims: token.into_claims(),
            times,
            algorithm,
            kid: key.thumbprint.clone(),
        })
    }

    /// As [`Self::verify`], for many, in their order, on all processors.
    pub fn verify_many<S: AsRef<str> + Sync>(
        &self,
        tokens: &[S],
        options: &VerifyOptions<'_>,
    ) -> Vec<Result<Verified>> {
        /// A verification takes tens of microseconds, and so does starting a thread.
        const WORTH_A_THREAD: usize = 4;
        parallel::map(tokens, WORTH_A_THREAD, |token| self.verify(token.as_ref(), options))
    }

    /// The key that signed the token.
    fn find(&self, token: &Token<'_>) -> Result<&Key> {
        let algorithm = token.algorithm();
        let kid = match token.header().get("kid") {
            Some(_) if !self.is_set => None,
            None => None,
            Some(_) => Some(
                token.header().get_str("kid").ok_or(Error::TokenMalformed(TokenPart::Header))?,
            ),
        };
        let of_kid = |key: &&Key| kid.is_none() || key.kid == kid;
        let mut candidates = self.keys.iter().filter(of_kid).peekable();
        if candidates.peek().is_none() {
            let graph = Error::TokenSignatureForm(SignatureFlaw::Graph);
            return Err(if token.is_of_graph() { graph } else { Error::TokenKeyUnknown });
        }
        let mut fitting = candidates.filter(|key| key.verifier.algorithm() == algorithm).peekable();
        if fitting.peek().is_none() {
            return Err(Error::TokenKeyType(algorithm));
        }
        fitting.find(|key| key.verifier.verify(token)).ok_or_else(|| {
            token.signature_flaw().map_or(Error::TokenSignature, Error::TokenSignatureForm)
        })
    }
}

impl Key {
    fn new(kid: Option<String>, key: &VerificationKey) -> Result<Self> {
        let verifier = match key {
            VerificationKey::Es256(key) => Verifier::Es256(es256::Verifier::new(key)?),
            #[cfg(feature = "aws-lc-rs")]
            VerificationKey::Rs256(key) => Verifier::Rs256(crate::rs256::Verifier::new(key)?),
            #[cfg(not(feature = "aws-lc-rs"))]
            VerificationKey::Rs256(_) => {
                return Err(Error::AlgorithmUnavailable(Algorithm::Rs256));
            }
        };
        Ok(Self { kid, thumbprint: key.kid(), verifier })
    }
}

impl Verifier {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }

    fn verify(&self, token: &Token<'_>) -> bool {
        match self {
            Self::Es256(verifier) => token.is_signed_by(verifier),
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs256(verifier) => verifier.verify(token.signing_input(), token.signature()),
        }
    }
}

/// `exp` must lie ahead (RFC 7519, section 4.1.4), `nbf` must not, give or take the leeway.
fn check_times(token: &Token<'_>, options: &VerifyOptions<'_>) -> Result<Times> {
    let times = Times::of(token)?;
    let leeway = i64::from(options.leeway);
    if times.exp.is_some_and(|exp| options.now >= exp.saturating_add(leeway)) {
        return Err(Error::TokenExpired);
    }
    let not_before = super::resign::time(token.claims(), "nbf", Claim::NotBefore)?;
    if not_before.is_some_and(|from| options.now.saturating_add(leeway) < from) {
        return Err(Error::TokenNotYetValid);
    }
    Ok(times)
}

/// `aud` is a string, or an array of strings (RFC 7519, section 4.1.3).
fn names_audience(claims: &Members, expected: &str) -> bool {
    claims.get_text("aud").is_some_and(|audience| audience == expected)
        || claims
            .get("aud")
            .and_then(|json| serde_json::from_str::<Vec<String>>(json).ok())
            .is_some_and(|audiences| audiences.iter().any(|audience| audience == expected))
}
