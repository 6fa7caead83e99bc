//! AWS-LC. Its nonces come from the operating system's randomness.

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey,
};

use zeroize::Zeroizing;

use super::Signature;
use crate::{Error, PrivateKey, PublicKey, Result};

/// Many times faster than `p256`'s, whose arithmetic has no tables.
pub(super) fn public_point(secret: &p256::SecretKey) -> Result<[u8; 65]> {
    let scalar = Zeroizing::new(<[u8; 32]>::from(secret.to_bytes()));
    let public = agreement::PrivateKey::from_private_key(&ECDH_P256, scalar.as_slice())
        .map_err(|_| Error::KeyInvalid)?
        .compute_public_key()
        .map_err(|_| Error::KeyInvalid)?;
    public.as_ref().try_into().map_err(|_| Error::KeyInvalid)
}

pub(super) struct Signer(EcdsaKeyPair);

impl Signer {
    pub(super) fn new(key: &PrivateKey) -> Result<Self> {
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            key.to_scalar_bytes().as_slice(),
            key.public_key().as_sec1_bytes(),
        )
        .map(Self)
        .map_err(|_| Error::KeyInvalid)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| Error::Random)?;
        signature.as_ref().try_into().map_err(|_| Error::SelfTest)
    }
}

pub(super) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(super) fn new(key: &PublicKey) -> Result<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.as_sec1_bytes())
            .map(Self)
            .map_err(|_| Error::KeyInvalid)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
