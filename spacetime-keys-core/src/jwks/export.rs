//! The documents of an issuer, as static files: a JWK set, and the discovery document that leads
//! a server to it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use zeroize::Zeroizing;

use crate::{Error, PrivateKey, Result, VerificationKey};

/// The path that a server asks first, below the issuer's URL.
pub const WELL_KNOWN_DISCOVERY: &str = ".well-known/openid-configuration";
/// Where our discovery document says that the set is. Servers take any URL there.
pub const WELL_KNOWN_JWKS: &str = ".well-known/jwks.json";

/// 32 bytes as base64url.
const SCALAR_TEXT: usize = 43;

/// A public key as JWK (RFC 7517, section 4). A private member has no place in it.
#[derive(Serialize)]
struct Jwk {
    kty: &'static str,
    #[serde(flatten)]
    numbers: Numbers,
    kid: String,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
}

/// base64url without padding. Coordinates in full length, RSA numbers in as few bytes as they need
/// (RFC 7518, section 6).
#[derive(Serialize)]
#[serde(untagged)]
enum Numbers {
    Ec { crv: &'static str, x: String, y: String },
    Rsa { n: String, e: String },
}

impl From<&VerificationKey> for Jwk {
    fn from(key: &VerificationKey) -> Self {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (kty, alg, numbers) = match key {
            VerificationKey::Es256(key) => {
                let (x, y) = key.coordinates();
                ("EC", "ES256", Numbers::Ec { crv: "P-256", x: text(x), y: text(y) })
            }
            VerificationKey::Rs256(key) => {
                let numbers = Numbers::Rsa { n: text(key.modulus()), e: text(key.exponent()) };
                ("RSA", "RS256", numbers)
            }
        };
        Self { kty, numbers, kid: key.kid(), purpose: "sig", alg }
    }
}

/// A public key as a JWK (RFC 7517, section 4): one JSON object, without white space. `kid` is the
/// thumbprint (RFC 7638); `use` is `sig`.
pub fn jwk(key: &VerificationKey) -> String {
    // Strings only: always has a JSON form.
    serde_json::to_string(&Jwk::from(key)).unwrap_or_default()
}

/// A private key as a JWK (RFC 7518, section 6.2.2): the members of [`jwk`], and the secret scalar `d` in
/// full length.
pub fn private_jwk(key: &PrivateKey) -> Zeroizing<String> {
    let public = jwk(&key.public_key().clone().into());
    let scalar = key.to_scalar_bytes();
    let mut d = Zeroizing::new([0; SCALAR_TEXT]);
    // The length is that of 32 bytes.
    let _ = URL_SAFE_NO_PAD.encode_slice(scalar.as_slice(), d.as_mut_slice());
    let d = str::from_utf8(d.as_slice()).unwrap_or_default();
    let members = public.strip_suffix('}').unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(public.len() + SCALAR_TEXT + 8));
    for part in [members, r#","d":""#, d, "\"}"] {
        text.push_str(part);
    }
    text
}

/// A JWK set of these keys, in their order: JSON with a newline at the end. Each has its
/// thumbprint (RFC 7638) as `kid`, `"use": "sig"` and its `alg`.
///
/// P-256 and RSA keys may stand in one set; [`crate::jwks::lint()`] warns of it.
///
/// # Errors
/// [`Error::JwksNoKeys`], [`Error::JwksSameKeyTwice`].
pub fn export(keys: &[VerificationKey]) -> Result<String> {
    #[derive(Serialize)]
    struct Set {
        keys: Vec<Jwk>,
    }
    if keys.is_empty() {
        return Err(Error::JwksNoKeys);
    }
    for (index, key) in keys.iter().enumerate() {
        if keys.iter().skip(index + 1).any(|other| other == key) {
            return Err(Error::JwksSameKeyTwice);
        }
    }
    Ok(pretty(&Set { keys: keys.iter().map(Jwk::from).collect() }))
}

/// The discovery document (`OpenID` Connect Discovery 1.0, section 3) of an issuer with these keys:
/// JSON with a newline at the end. `issuer` stands in it exactly as given.
///
/// It says where the keys are, and no more: there is no endpoint to log in at, for the tokens are
/// made elsewhere. Servers read only `jwks_uri`.
///
/// # Errors
/// [`Error::IssuerUrl`], [`Error::JwksNoKeys`].
pub fn discovery(issuer: &str, keys: &[VerificationKey]) -> Result<String> {
    #[derive(Serialize)]
    struct Configuration<'a> {
        issuer: &'a str,
        jwks_uri: String,
        response_types_supported: [&'static str; 1],
        subject_types_supported: [&'static str; 1],
        id_token_signing_alg_values_supported: Vec<&'static str>,
    }
    if keys.is_empty() {
        return Err(Error::JwksNoKeys);
    }
    let mut algorithms: Vec<_> = keys.iter().map(|key| Jwk::from(key).alg).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    Ok(pretty(&Configuration {
        issuer,
        jwks_uri: jwks_uri(issuer)?,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: algorithms,
    }))
}

/// Where the set of an issuer is: its URL without slashes at the end, and [`WELL_KNOWN_JWKS`].
///
/// # Errors
/// [`Error::IssuerUrl`].
pub fn jwks_uri(issuer: &str) -> Result<String> {
    check_issuer(issuer)?;
    Ok(format!("{}/{WELL_KNOWN_JWKS}", issuer.trim_end_matches('/')))
}

/// Whether servers can find an issuer's keys by its URL: `http` or `https` in lowercase, a host,
/// no query and no fragment, at most 128 bytes. A user name, a `|` (a trap: see
/// [`crate::identity`]) or another character that no URL has (RFC 3986) is refused, too.
///
/// # Errors
/// [`Error::IssuerUrl`].
pub fn check_issuer(issuer: &str) -> Result<()> {
    const MARKS: &[u8] = b"-._~!$&'()*+,;=:/%[]";
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    let well_formed = rest.is_some_and(|rest| {
        !rest.starts_with(['/', ':'])
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || MARKS.contains(&byte))
    });
    if well_formed && issuer.len() <= crate::jwt::MAX_CLAIM_BYTES {
        Ok(())
    } else {
        Err(Error::IssuerUrl)
    }
}

fn pretty(document: &impl Serialize) -> String {
    // Only strings: these always have a JSON form.
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    json
}
