//! RS256 (RFC 7518, section 3.3): RSASSA-PKCS1-v1_5 with SHA-256. With the default backend only.
//!
//! For tokens of external issuers, whose keys come from JWK sets; a SpacetimeDB server itself
//! signs with ES256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents,
};

use crate::key::{RsaPrivateKey, RsaPublicKey};
use crate::{Error, Result};

/// Signs with a parsed private key.
pub struct Signer {
    pair: KeyPair,
    public: RsaPublicKey,
}

impl Signer {
    /// Prepares a key for signing.
    pub fn new(key: &RsaPrivateKey) -> Self {
        Self { pair: key.pair().clone(), public: key.public_key().clone() }
    }

    /// Signs a message (it is hashed here). The signature is as long as the modulus.
    ///
    /// # Errors
    /// [`Error::SelfTest`]: AWS-LC blinds, and checks what it signed.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::SelfTest)?;
        Ok(signature)
    }

    /// The public key that verifies what is signed here.
    pub const fn public_key(&self) -> &RsaPublicKey {
        &self.public
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer(of {})", self.public.fingerprint())
    }
}

/// Verifies with a parsed public key.
pub struct Verifier {
    inner: ParsedPublicKey,
    public: RsaPublicKey,
}

impl Verifier {
    /// Prepares a key for verifying.
    ///
    /// # Errors
    /// [`Error::KeyRsaInvalid`].
    pub fn new(key: &RsaPublicKey) -> Result<Self> {
        let inner = RsaPublicKeyComponents { n: key.modulus(), e: key.exponent() }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| Error::KeyRsaInvalid)?;
        Ok(Self { inner, public: key.clone() })
    }

    /// Whether `signature` is one of `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.inner.verify_sig(message, signature).is_ok()
    }

    /// The key.
    pub const fn public_key(&self) -> &RsaPublicKey {
        &self.public
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.public.fingerprint())
    }
}

/// Signs a fixed message and verifies it: a key that fails this must not be used.
///
/// # Errors
/// [`Error::SelfTest`].
pub fn self_test(key: &RsaPrivateKey) -> Result<()> {
    const MESSAGE: &[u8] = b"spacetime-keys self-test";
    let signature = Signer::new(key).sign(MESSAGE)?;
    if Verifier::new(key.public_key())?.verify(MESSAGE, &signature) {
        Ok(())
    } else {
        Err(Error::SelfTest)
    }
}
