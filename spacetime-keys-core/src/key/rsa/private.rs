use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use zeroize::Zeroizing;

use super::{RsaPublicKey, container};
use crate::pem::{self, Block, Container};
use crate::{Error, Result};

/// An RSA private key, for development and tests: an issuer of tokens to try a server with.
///
/// Wiped from memory when dropped. Deliberately neither `Clone` nor `Display`, and its `Debug`
/// shows only the public key's fingerprint.
pub struct RsaPrivateKey {
    pair: KeyPair,
    public: RsaPublicKey,
}

impl RsaPrivateKey {
    /// A new key of 2048 bits, from AWS-LC's random number generator, which the operating system
    /// seeds.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn generate() -> Result<Self> {
        Self::from_pair(KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Random)?)
    }

    /// Reads a PEM text: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`). Repairs what
    /// [`pem::normalize`] repairs about the text.
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self> {
        Self::from_block(&pem::decode(input.as_ref())?)
    }

    pub(crate) fn from_block(block: &Block) -> Result<Self> {
        if matches!(block.container, Container::Spki | Container::RsaPublic) {
            return Err(Error::KeyIsPublic);
        }
        // Says what is wrong with it in our words. AWS-LC checks that the numbers belong together.
        RsaPublicKey::of_either_block(block)?;
        let pair = match block.container {
            Container::RsaPrivate => KeyPair::from_der(&block.der),
            _ => KeyPair::from_pkcs8(&block.der),
        };
        Self::from_pair(pair.map_err(|_| Error::KeyRsaInvalid)?)
    }

    fn from_pair(pair: KeyPair) -> Result<Self> {
        let (n, e) = container::read_public(pair.public_key().as_ref())?;
        let public = RsaPublicKey::from_components(n, e)?;
        Ok(Self { pair, public })
    }

    /// PKCS#8 in PEM, as OpenSSL 3 writes it.
    ///
    /// # Errors
    /// [`Error::KeyRsaInvalid`], should AWS-LC fail to write its own key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>> {
        let der = self.pair.as_der().map_err(|_| Error::KeyRsaInvalid)?;
        Ok(pem::encode("PRIVATE KEY", der.as_ref()))
    }

    /// The public key that belongs to it.
    pub const fn public_key(&self) -> &RsaPublicKey {
        &self.public
    }

    pub(crate) const fn pair(&self) -> &KeyPair {
        &self.pair
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateKey(of {})", self.public.fingerprint())
    }
}
