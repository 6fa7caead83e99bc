use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::{memchr_iter, memmem};
use zeroize::Zeroizing;

use super::json::check_members;
use super::members::{Flaw, Members};
use crate::error::{Algorithm, SignatureFlaw, TokenFormat, TokenPart};
use crate::es256::{Signer, Verifier};
use crate::{Error, Result};

/// Larger tokens are refused unread.
pub const MAX_TOKEN_BYTES: usize = 1 << 20;

/// The kind of a text that was passed as a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Three parts: a signed token (JWS).
    Jwt,
    /// Five parts: an encrypted token (RFC 7516).
    Jwe,
    /// Anything else: a random string that only its issuer understands.
    Opaque,
}

impl Kind {
    /// Tells only by the number of parts.
    pub fn of(token: &str) -> Self {
        match memchr_iter(b'.', token.as_bytes()).count() {
            2 => Self::Jwt,
            4 => Self::Jwe,
            _ => Self::Opaque,
        }
    }
}

/// A compact JWS, taken apart. Nothing has been verified by that.
///
/// A token is a secret: it has no `Display`, and its `Debug` shows only names of claims.
pub struct Token<'a> {
    header: Members,
    claims: Members,
    signing_input: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a compact JWS apart (RFC 7515, section 5.2): base64url without padding, JSON objects
    /// in UTF-8, no member twice. Blanks around it are not part of it.
    ///
    /// # Errors
    /// [`Error::TokenOpaque`], [`Error::TokenEncrypted`], [`Error::TokenTooLarge`],
    /// [`Error::TokenElided`], [`Error::TokenOtherFormat`]; [`Error::TokenMalformed`],
    /// [`Error::TokenPadded`], [`Error::TokenAlphabet`] and [`Error::TokenDuplicate`], which name
    /// the part.
    pub fn parse(token: &'a str) -> Result<Self> {
        // Blanks count: a cache that keeps tokens by their text keeps those, too.
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Error::TokenTooLarge);
        }
        let token = token.trim();
        if is_elided(token) {
            return Err(Error::TokenElided);
        }
        if let Some(format) = other_format(token) {
            return Err(Error::TokenOtherFormat(format));
        }
        match Kind::of(token) {
            Kind::Jwt => {}
            Kind::Jwe => return Err(Error::TokenEncrypted),
            Kind::Opaque => return Err(Error::TokenOpaque),
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Error::TokenOpaque)?;
        let (header, claims) = signing_input.split_once('.').ok_or(Error::TokenOpaque)?;
        let header = decode_members(header, TokenPart::Header)?;
        let claims = decode_members(claims, TokenPart::Claims)?;
        let signature = decode(signature, TokenPart::Signature)?;
        Ok(Self { header, claims, signing_input, signature })
    }

    /// The JOSE header.
    pub const fn header(&self) -> &Members {
        &self.header
    }

    /// The claims.
    pub const fn claims(&self) -> &Members {
        &self.claims
    }

    /// The claims' exact text: what a server keeps of the token.
    pub fn claims_json(&self) -> &str {
        self.claims.source()
    }

    pub(super) fn into_claims(self) -> Members {
        self.claims
    }

    #[cfg(feature = "aws-lc-rs")]
    pub(super) const fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    #[cfg(feature = "aws-lc-rs")]
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The header's `alg`.
    pub fn algorithm(&self) -> Algorithm {
        match self.header.get_text("alg").as_deref() {
            Some("ES256") => Algorithm::Es256,
            Some("RS256") => Algorithm::Rs256,
            Some("HS256" | "HS384" | "HS512") => Algorithm::Hmac,
            Some("EdDSA" | "Ed25519") => Algorithm::EdDsa,
            Some("ES384") => Algorithm::Es384,
            Some("ES512") => Algorithm::Es512,
            Some("ES256K") => Algorithm::Es256k,
            Some("RS384") => Algorithm::Rs384,
            Some("RS512") => Algorithm::Rs512,
            Some("PS256") => Algorithm::Ps256,
            Some("PS384") => Algorithm::Ps384,
            Some("PS512") => Algorithm::Ps512,
            Some(none) if none.eq_ignore_ascii_case("none") => Algorithm::None,
            _ => Algorithm::Other,
        }
    }

    /// How the signature is none that its algorithm gives, so that no key can have made it.
    pub(crate) fn signature_flaw(&self) -> Option<SignatureFlaw> {
        /// The size of the smallest RSA key that any server takes.
        const RSA: usize = 128;

        let size = self.signature.len();
        match self.algorithm() {
            _ if self.is_of_graph() => Some(SignatureFlaw::Graph),
            Algorithm::Es256 if is_der(&self.signature) => Some(SignatureFlaw::Der),
            Algorithm::Es256 => (size < 64).then_some(SignatureFlaw::CutOff),
            // A modulus has whole words: what is left of one was cut.
            Algorithm::Rs256 => {
                (size < RSA || !size.is_multiple_of(8)).then_some(SignatureFlaw::CutOff)
            }
            _ => None,
        }
    }

    /// Refuses header members that must be understood, and are not: `crit` (RFC 7515, section
    /// 4.1.11), `b64` (RFC 7797).
    pub(crate) fn check_critical(&self) -> Result<()> {
        let is_critical = ["crit", "b64"].iter().any(|name| self.header.get(name).is_some());
        if is_critical { Err(Error::TokenCritical) } else { Ok(()) }
    }

    /// Refuses JSON that readers disagree on.
    pub(crate) fn check_readings(&self) -> Result<()> {
        check_members(&self.header, TokenPart::Header)?;
        check_members(&self.claims, TokenPart::Claims)
    }

    /// Whether it is an access token for Microsoft Graph: its header shows a `nonce`, in whose place a hash
    /// of it stood when it was signed.
    pub(crate) fn is_of_graph(&self) -> bool {
        /// Graph's application id, and its address.
        const GRAPH: [&str; 2] =
            ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"];
        /// The issuers of Entra ID: versions 1 and 2.
        const ISSUERS: [&str; 2] =
            ["https://sts.windows.net/", "https://login.microsoftonline.com/"];

        let claim = |name| self.claims.get_text(name);
        self.header.get("nonce").is_some()
            && (claim("iss").is_some_and(|iss| ISSUERS.iter().any(|begin| iss.starts_with(begin)))
                || claim("aud").is_some_and(|aud| GRAPH.contains(&aud.trim_end_matches('/'))))
    }

    /// Whether the signature is by this key. `false` for every algorithm but ES256.
    #[must_use]
    pub fn is_signed_by(&self, verifier: &Verifier) -> bool {
        self.algorithm() == Algorithm::Es256
            && verifier.verify(self.signing_input.as_bytes(), &self.signature)
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("header", &self.header)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// Begins like a JWT, and has an ellipsis in the place of its rest.
fn is_elided(token: &str) -> bool {
    // Every token is asked this: `str::contains` would be slower than all else here.
    let has = |text: &str| memmem::find(token.as_bytes(), text.as_bytes()).is_some();
    token.starts_with("eyJ") && (has("…") || has("..."))
}

/// Formats that are told by how they begin.
fn other_format(token: &str) -> Option<TokenFormat> {
    let is_paseto = |token: &str| {
        let mut parts = token.split('.');
        let (version, purpose) = (parts.next(), parts.next());
        matches!(version, Some("v1" | "v2" | "v3" | "v4"))
            && matches!(purpose, Some("public" | "local"))
    };
    if token.starts_with('v') && is_paseto(token) {
        return Some(TokenFormat::Paseto);
    }
    let members =
        token.starts_with('{').then(|| Members::parse(token.to_owned()).ok()).flatten()?;
    let is_jws = members.get("payload").is_some()
        && (members.get("signature").is_some() || members.get("signatures").is_some());
    is_jws.then_some(TokenFormat::JsonJws)
}

/// Exactly one DER sequence of two integers: ECDSA's signature in X9.62.
fn is_der(bytes: &[u8]) -> bool {
    fn integer(bytes: &[u8]) -> Option<&[u8]> {
        let [0x02, size, rest @ ..] = bytes else { return None };
        rest.split_at_checked(usize::from(*size))
            .filter(|(number, _)| (1..=33).contains(&number.len()))
            .map(|(_, rest)| rest)
    }
    let [0x30, size, rest @ ..] = bytes else { return false };
    usize::from(*size) == rest.len()
        && integer(rest).and_then(integer).is_some_and(<[u8]>::is_empty)
}

fn decode(part: &str, which: TokenPart) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| match part.strip_suffix('=') {
        Some(unpadded) if URL_SAFE_NO_PAD.decode(unpadded.trim_end_matches('=')).is_ok() => {
            Error::TokenPadded(which)
        }
        _ if part.contains(['+', '/'])
            && STANDARD_NO_PAD.decode(part.trim_end_matches('=')).is_ok() =>
        {
            Error::TokenAlphabet(which)
        }
        _ => Error::TokenMalformed(which),
    })
}

fn decode_members(part: &str, which: TokenPart) -> Result<Members> {
    let bytes = decode(part, which)?;
    let json = String::from_utf8(bytes).map_err(|_| Error::TokenMalformed(which))?;
    Members::parse(json).map_err(|flaw| match flaw {
        Flaw::NotAnObject => Error::TokenMalformed(which),
        Flaw::Duplicate => Error::TokenDuplicate(which),
    })
}

/// Signs claims as a compact JWS. The header is the one that SpacetimeDB servers write:
/// `{"typ":"JWT","alg":"ES256"}`.
pub fn sign(claims: &Members, signer: &Signer) -> Result<Zeroizing<String>> {
    // `{"typ":"JWT","alg":"ES256"}`
    const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9";
    sign_with(HEADER, claims, ES256_SIZE, |message| signer.sign(message))
}

/// A signature's size in base64url.
pub(super) const ES256_SIZE: usize = 86;

/// Signs claims under a header (RFC 7515, section 5.1), which comes as base64url. `signature_size`: at most,
/// in base64url; what has room for more would be wiped in full, too.
pub(super) fn sign_with<S: AsRef<[u8]>>(
    header: &str,
    claims: &Members,
    signature_size: usize,
    sign: impl FnOnce(&[u8]) -> Result<S>,
) -> Result<Zeroizing<String>> {
    let json = claims.to_json();
    let mut token = Zeroizing::new(String::with_capacity(
        header.len() + 2 + json.len().div_ceil(3) * 4 + signature_size,
    ));
    token.push_str(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(json.as_bytes(), &mut token);
    let signature = sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}
