//! ES256 (RFC 7518, section 3.4): ECDSA on P-256 with SHA-256, signatures as raw `r ‖ s`.
//!
//! Two backends with one face: `aws-lc-rs` by default, pure-Rust `p256` without default features.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "aws-lc-rs")]
use aws_lc as backend;

#[cfg(not(feature = "aws-lc-rs"))]
mod rust_crypto;
#[cfg(not(feature = "aws-lc-rs"))]
use rust_crypto as backend;

use std::fmt;

use crate::{PrivateKey, PublicKey, Result};

/// A signature: `r ‖ s`, 32 bytes each, big-endian (RFC 7518, section 3.4).
pub type Signature = [u8; 64];

/// The public key that belongs to a scalar, as `04 ‖ x ‖ y`. The scalar must be in range.
pub(crate) fn public_point(secret: &p256::SecretKey) -> Result<[u8; 65]> {
    backend::public_point(secret)
}

/// Signs with a parsed private key. Make one and keep it: making it costs more than signing.
pub struct Signer {
    inner: backend::Signer,
    public: PublicKey,
}

impl Signer {
    /// Prepares a key for signing.
    pub fn new(key: &PrivateKey) -> Result<Self> {
        Ok(Self { inner: backend::Signer::new(key)?, public: key.public_key().clone() })
    }

    /// Signs a message (it is hashed here).
    pub fn sign(&self, message: &[u8]) -> Result<Signature> {
        self.inner.sign(message)
    }

    /// The public key that verifies what is signed here.
    pub const fn public_key(&self) -> &PublicKey {
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
    inner: backend::Verifier,
    public: PublicKey,
}

impl Verifier {
    /// Prepares a key for verifying.
    pub fn new(key: &PublicKey) -> Result<Self> {
        Ok(Self { inner: backend::Verifier::new(key)?, public: key.clone() })
    }

    /// Whether `signature` is one of `message`. Anything but 64 bytes is not: DER is refused, as
    /// servers refuse it. A high `s` is fine, as it is with servers.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.inner.verify(message, signature)
    }

    /// The key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.public.fingerprint())
    }
}
