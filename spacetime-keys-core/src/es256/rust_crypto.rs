//! Pure Rust. Its nonces are deterministic (RFC 6979).

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point;

use super::Signature;
use crate::{Error, PrivateKey, PublicKey, Result};

pub(super) fn public_point(secret: &p256::SecretKey) -> Result<[u8; 65]> {
    let point = secret.public_key().to_sec1_point(false);
    point.as_bytes().try_into().map_err(|_| Error::KeyInvalid)
}

pub(super) struct Signer(SigningKey);

impl Signer {
    // `Result` for the other backend's sake: one face for both.
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn new(key: &PrivateKey) -> Result<Self> {
        Ok(Self(SigningKey::from(key.as_p256())))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature> {
        let signature: p256::ecdsa::Signature =
            self.0.try_sign(message).map_err(|_| Error::SelfTest)?;
        Ok(signature.to_bytes().into())
    }
}

pub(super) struct Verifier(VerifyingKey);

impl Verifier {
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn new(key: &PublicKey) -> Result<Self> {
        Ok(Self(VerifyingKey::from(key.as_p256())))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        p256::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}
