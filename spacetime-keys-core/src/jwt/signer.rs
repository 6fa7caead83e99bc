use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::token::ES256_SIZE;
use crate::error::{Algorithm, Found};
use crate::key::{PrivateKey, VerificationKey};
use crate::{Error, Result, es256};

/// Signs tokens with a key that is parsed once: ES256, or RS256 for development.
pub struct TokenSigner {
    key: Key,
    kid: String,
    /// The JOSE header of what is signed here, as base64url.
    header: String,
}

enum Key {
    Es256(es256::Signer),
    #[cfg(feature = "aws-lc-rs")]
    Rs256(Box<crate::rs256::Signer>),
}

impl Key {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }
}

impl TokenSigner {
    /// With a P-256 key.
    ///
    /// # Errors
    /// Those of [`es256::Signer::new`].
    pub fn new(key: &PrivateKey) -> Result<Self> {
        Ok(Self::of(Key::Es256(es256::Signer::new(key)?), key.public_key().kid()))
    }

    /// With an RSA key.
    #[cfg(feature = "aws-lc-rs")]
    pub fn from_rsa(key: &crate::key::RsaPrivateKey) -> Self {
        let signer = crate::rs256::Signer::new(key);
        Self::of(Key::Rs256(Box::new(signer)), key.public_key().kid())
    }

    fn of(key: Key, kid: String) -> Self {
        // A thumbprint is base64url: it needs no escapes.
        let header = format!(r#"{{"typ":"JWT","alg":"{}","kid":"{kid}"}}"#, key.algorithm());
        Self { key, kid, header: URL_SAFE_NO_PAD.encode(header) }
    }

    /// From a PEM text with a P-256 or an RSA private key.
    ///
    /// # Errors
    /// Those of [`PrivateKey::from_pem`].
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        match PrivateKey::from_pem(pem.as_ref()) {
            Ok(key) => Self::new(&key),
            #[cfg(feature = "aws-lc-rs")]
            Err(Error::KeyUnsupported(Found::Rsa)) => {
                crate::key::RsaPrivateKey::from_pem(pem).map(|key| Self::from_rsa(&key))
            }
            #[cfg(not(feature = "aws-lc-rs"))]
            Err(Error::KeyUnsupported(Found::Rsa)) => {
                Err(Error::AlgorithmUnavailable(Algorithm::Rs256))
            }
            Err(error) => Err(error),
        }
    }

    /// The JWK thumbprint (RFC 7638) of its key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// As a signer of only ES256, if it is one.
    pub const fn as_es256(&self) -> Option<&es256::Signer> {
        match &self.key {
            Key::Es256(signer) => Some(signer),
            #[cfg(feature = "aws-lc-rs")]
            Key::Rs256(_) => None,
        }
    }

    /// The size of a signature in base64url, at most.
    pub(super) const fn signature_size(&self) -> usize {
        match &self.key {
            Key::Es256(_) => ES256_SIZE,
            // Of 8192 bits, the longest that RSA keys give here.
            #[cfg(feature = "aws-lc-rs")]
            Key::Rs256(_) => 1366,
        }
    }

    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// The key that verifies what is signed here.
    pub fn public_key(&self) -> VerificationKey {
        match &self.key {
            Key::Es256(signer) => signer.public_key().clone().into(),
            #[cfg(feature = "aws-lc-rs")]
            Key::Rs256(signer) => signer.public_key().clone().into(),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.key {
            Key::Es256(signer) => signer.sign(message).map(Into::into),
            #[cfg(feature = "aws-lc-rs")]
            Key::Rs256(signer) => signer.sign(message),
        }
    }
}

/// Shows only which key it is.
impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSigner({}, {})", self.algorithm(), self.kid)
    }
}
