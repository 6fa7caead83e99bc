//! RSA: there is none in this build. Who asks for it is told so.

use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::{Error, RsaPublicKey, VerificationKey};
use zeroize::Zeroizing;

type Opened = Result<(Zeroizing<String>, VerificationKey), Error>;

const UNAVAILABLE: Error = Error::AlgorithmUnavailable(Algorithm::Rs256);

pub(crate) const VERIFIES: bool = false;

pub(crate) fn generate() -> Opened {
    Err(UNAVAILABLE)
}

pub(crate) fn open(pem: &str) -> Opened {
    match RsaPublicKey::from_pem(pem) {
        Ok(_) => Err(Error::KeyIsPublic),
        Err(_) => Err(UNAVAILABLE),
    }
}
