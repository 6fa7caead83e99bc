use super::{PrivateKey, PublicKey, RsaPublicKey};
use crate::error::Algorithm;
use crate::pem;
use crate::{Error, Fingerprint, Result};

/// A public key that tokens can be verified with, whichever of the two algorithms it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerificationKey {
    /// For ES256: a server's own key, or an external issuer's.
    Es256(PublicKey),
    /// For RS256: an external issuer's key.
    Rs256(RsaPublicKey),
}

impl VerificationKey {
    /// Reads a PEM text with a P-256 or an RSA public key.
    ///
    /// # Errors
    /// As [`PublicKey::from_pem`] and [`RsaPublicKey::from_pem`]. [`Error::KeyIsPrivate`] for a
    /// private key: it has no business where tokens are verified.
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self> {
        let block = pem::decode(input.as_ref())?;
        if block.container.is_private() {
            Err(Error::KeyIsPrivate)
        } else if RsaPublicKey::is_in(&block) {
            RsaPublicKey::from_block(&block).map(Self::Rs256)
        } else {
            PublicKey::from_block(&block).map(|(key, _)| Self::Es256(key))
        }
    }

    /// The public key of a P-256 or RSA key file, of either half. To name a key, not to vouch for
    /// it: of an RSA private key, only the public numbers are read.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem), and those of a private key.
    pub fn of_either_pem(input: impl AsRef<[u8]>) -> Result<Self> {
        let block = pem::decode(input.as_ref())?;
        if RsaPublicKey::is_in(&block) {
            RsaPublicKey::of_either_block(&block).map(Self::Rs256)
        } else if block.container.is_private() {
            PrivateKey::from_block(&block).map(|(key, _)| Self::Es256(key.public_key().clone()))
        } else {
            PublicKey::from_block(&block).map(|(key, _)| Self::Es256(key))
        }
    }

    /// SPKI in PEM, as OpenSSL 3 writes it.
    pub fn to_pem(&self) -> String {
        match self {
            Self::Es256(key) => key.to_pem(),
            Self::Rs256(key) => key.to_pem(),
        }
    }

    /// See [`Fingerprint`].
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Es256(key) => key.fingerprint(),
            Self::Rs256(key) => key.fingerprint(),
        }
    }

    /// The key's JWK thumbprint (RFC 7638).
    pub fn kid(&self) -> String {
        match self {
            Self::Es256(key) => key.kid(),
            Self::Rs256(key) => key.kid(),
        }
    }

    /// The one JWS algorithm that this key is for.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }
}

impl From<PublicKey> for VerificationKey {
    fn from(key: PublicKey) -> Self {
        Self::Es256(key)
    }
}

impl From<RsaPublicKey> for VerificationKey {
    fn from(key: RsaPublicKey) -> Self {
        Self::Rs256(key)
    }
}
