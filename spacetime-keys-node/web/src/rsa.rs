//! Private RSA keys: no pure-Rust code is trusted with one here.

use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::{Error, RsaPublicKey, VerificationKey};
use zeroize::Zeroizing;

type Opened = Result<(Zeroizing<String>, VerificationKey), Error>;

const UNAVAILABLE: Error = Error::AlgorithmUnavailable(Algorithm::Rs256);

pub(crate) fn generate() -> Opened {
    Err(UNAVAILABLE)
}

pub(crate) fn open(pem: &str) -> Opened {
    match RsaPublicKey::from_pem(pem) {
        Ok(_) => Err(Error::KeyIsPublic),
        Err(_) => Err(UNAVAILABLE),
    }
}
