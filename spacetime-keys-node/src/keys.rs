//! Keys: PEM in, PEM or names of keys out.

use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::error::Found;
use spacetime_keys_core::{
    Error, PrivateKey, PublicKey, RsaPrivateKey, VerificationKey, key, pem, rs256,
};
use zeroize::Zeroizing;

use crate::error::thrown;

#[napi(catch_unwind)]
pub fn normalize_pem(pem: String) -> napi::Result<String> {
    let pem = Zeroizing::new(pem);
    let normalized = pem::normalize(pem.as_bytes()).map_err(thrown)?;
    Ok(normalized.pem.as_str().to_owned())
}

#[napi(catch_unwind)]
pub fn generate_key_pair(rsa: bool) -> napi::Result<String> {
    if rsa { generate_rsa() } else { generate() }.map_err(thrown)
}

fn generate() -> Result<String, Error> {
    let private = PrivateKey::generate()?;
    key::self_test(&private)?;
    Ok(pair(&private.to_pem(), &private.public_key().clone().into()))
}

fn generate_rsa() -> Result<String, Error> {
    let private = RsaPrivateKey::generate()?;
    rs256::self_test(&private)?;
    Ok(pair(&private.to_pem()?, &private.public_key().clone().into()))
}

fn pair(private: &str, public: &VerificationKey) -> String {
    json!({
        "privateKey": private,
        "publicKey": public.to_pem(),
        "fingerprint": public.fingerprint(),
        "kid": public.kid(),
    })
    .to_string()
}

#[napi(catch_unwind)]
pub fn check_key_pair(private_pem: String, public_pem: String) -> napi::Result<String> {
    let private_pem = Zeroizing::new(private_pem);
    let (private, public) = pair_of(&private_pem, &public_pem).map_err(thrown)?;
    Ok(json!({
        "match": private == public,
        "privateFingerprint": private.fingerprint(),
        "publicFingerprint": public.fingerprint(),
    })
    .to_string())
}

fn pair_of(
    private_pem: &str,
    public_pem: &str,
) -> Result<(VerificationKey, VerificationKey), Error> {
    let private = match PrivateKey::from_pem(private_pem) {
        Ok(key) => key.public_key().clone().into(),
        Err(Error::KeyUnsupported(Found::Rsa)) => {
            RsaPrivateKey::from_pem(private_pem)?.public_key().clone().into()
        }
        Err(error) => return Err(error),
    };
    Ok((private, VerificationKey::from_pem(public_pem)?))
}

#[napi(catch_unwind)]
pub fn fingerprint(pem: String) -> napi::Result<String> {
    let pem = Zeroizing::new(pem);
    let key = VerificationKey::of_either_pem(pem.as_str()).map_err(thrown)?;
    Ok(key.fingerprint().to_string())
}

#[napi(catch_unwind)]
pub fn thumbprint(pem: String) -> napi::Result<String> {
    let pem = Zeroizing::new(pem);
    let key = VerificationKey::of_either_pem(pem.as_str()).map_err(thrown)?;
    Ok(key.kid())
}

/// The public keys in PEM texts, which come as a JSON array.
pub(crate) fn public_keys(pems: &str) -> napi::Result<Vec<VerificationKey>> {
    let pems: Vec<String> = serde_json::from_str(pems).map_err(crate::error::bug)?;
    pems.iter().map(|pem| VerificationKey::from_pem(pem).map_err(thrown)).collect()
}

/// A server's own key.
pub(crate) fn server_key(pem: &str) -> napi::Result<PublicKey> {
    PublicKey::from_pem(pem).map_err(thrown)
}
