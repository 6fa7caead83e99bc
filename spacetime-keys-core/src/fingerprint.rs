//! Names for a public key.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{PublicKey, RsaPublicKey, hex};

/// SHA-256 of a public key's DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1), written as 64
/// lowercase hex digits.
///
/// The same as `openssl pkey -pubin -outform DER -in id_ecdsa.pub | openssl dgst -sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a public key.
    pub fn of(key: &PublicKey) -> Self {
        Self(Sha256::digest(key.to_spki_der()).into())
    }

    /// The same of an RSA key.
    pub fn of_rsa(key: &RsaPublicKey) -> Self {
        Self(Sha256::digest(key.to_spki_der()).into())
    }

    /// Reads 64 hex digits, of either case. `None` if they are not that.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 digits, for tables. Not for comparing keys.
    pub fn short(&self) -> String {
        hex::encode(self.0.first_chunk::<8>().map_or(&[], |head| head))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The JWK thumbprint (RFC 7638, SHA-256) of a public key, base64url: what we use as `kid`.
pub fn kid(key: &PublicKey) -> String {
    let (x, y) = key.coordinates();
    // RFC 7638, section 3.2: only the required members, in lexicographic order, no white space.
    let jwk = format!(
        r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
        URL_SAFE_NO_PAD.encode(x),
        URL_SAFE_NO_PAD.encode(y)
    );
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

/// The same of an RSA key.
pub fn rsa_kid(key: &RsaPublicKey) -> String {
    let jwk = format!(
        r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
        URL_SAFE_NO_PAD.encode(key.exponent()),
        URL_SAFE_NO_PAD.encode(key.modulus())
    );
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}
