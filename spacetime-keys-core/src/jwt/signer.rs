use crate::error::{Algorithm, Found};
use crate::key::{PrivateKey, VerificationKey};
use crate::{Error, Result, es256};

/// Signs tokens with a key that is parsed once: ES256, or RS256 for development.
pub struct TokenSigner {
    key: Key,
    kid: String,
}

enum Key {
    Es256(es256::Signer),
    #[cfg(feature = "aws-lc-rs")]
    Rs256(Box<crate::rs256::Signer>),
}

impl TokenSigner {
    /// With a P-256 key.
    ///
    /// # Errors
    /// Those of [`es256::Signer::new`].
    pub fn new(key: &PrivateKey) -> Result<Self> {
        let kid = key.public_key().kid();
        Ok(Self { key: Key::Es256(es256::Signer::new(key)?), kid })
    }

    /// With an RSA key.
    #[cfg(feature = "aws-lc-rs")]
    pub fn from_rsa(key: &crate::key::RsaPrivateKey) -> Self {
        let kid = key.public_key().kid();
        Self { key: Key::Rs256(Box::new(crate::rs256::Signer::new(key))), kid }
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

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        match self.key {
            Key::Es256(_) => Algorithm::Es256,
            #[cfg(feature = "aws-lc-rs")]
            Key::Rs256(_) => Algorithm::Rs256,
        }
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

/// Which key it is, no more.
impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSigner({}, {})", self.algorithm(), self.kid)
    }
}
