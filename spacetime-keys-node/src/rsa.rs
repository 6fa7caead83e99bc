//! What is done with private RSA keys.

use spacetime_keys_core::{Error, RsaPrivateKey, VerificationKey, rs256};
use zeroize::Zeroizing;

/// Whether signatures of RSA keys can be verified. On WebAssembly they cannot.
pub(crate) const VERIFIES: bool = true;

/// A new pair: the private key's PEM, and the public key.
pub(crate) fn generate() -> Result<(Zeroizing<String>, VerificationKey), Error> {
    let private = RsaPrivateKey::generate()?;
    rs256::self_test(&private)?;
    Ok((private.to_pem()?, private.public_key().clone().into()))
}

/// The public key of a private key, and that one's PEM.
pub(crate) fn open(pem: &str) -> Result<(Zeroizing<String>, VerificationKey), Error> {
    let private = RsaPrivateKey::from_pem(pem)?;
    Ok((private.to_pem()?, private.public_key().clone().into()))
}
