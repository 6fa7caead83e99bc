//! P-256 keys: parse, write, generate, compare. RSA keys for the tokens of external issuers.
//!
//! A key is read from whatever PEM text a person has (see [`crate::pem`]) and written in one form
//! only, byte for byte as OpenSSL 3 writes it. A server's own keys are P-256, one curve in two
//! containers; whatever rotates them takes no other.

mod any;
pub(crate) mod container;
mod private;
mod public;
pub(crate) mod rsa;

pub use any::VerificationKey;
pub use private::PrivateKey;
pub use public::PublicKey;
#[cfg(feature = "aws-lc-rs")]
pub use rsa::RsaPrivateKey;
pub use rsa::RsaPublicKey;

use crate::es256::{Signer, Verifier};
use crate::{Error, Result};

/// Checks that the two keys belong together (their points are the same), and that a signature
/// made with the one verifies with the other.
///
/// # Errors
/// [`Error::PairMismatch`], or [`Error::SelfTest`] if the arithmetic itself fails.
pub fn check_pair(private: &PrivateKey, public: &PublicKey) -> Result<()> {
    if private.public_key() != public {
        return Err(Error::PairMismatch);
    }
    self_test(private)
}

/// Signs a fixed message and verifies it: a key that fails this must not be used.
///
/// # Errors
/// [`Error::SelfTest`].
pub fn self_test(private: &PrivateKey) -> Result<()> {
    const MESSAGE: &[u8] = b"spacetime-keys self-test";
    let signature = Signer::new(private)?.sign(MESSAGE)?;
    if Verifier::new(private.public_key())?.verify(MESSAGE, &signature) {
        Ok(())
    } else {
        Err(Error::SelfTest)
    }
}
