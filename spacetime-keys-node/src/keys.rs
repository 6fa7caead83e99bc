//! Keys: PEM in, PEM or names of keys out.

use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::error::Found;
use spacetime_keys_core::{Error, PrivateKey, PublicKey, VerificationKey, jwks, key, pem};
use zeroize::Zeroizing;

use crate::error::thrown;
use crate::rsa;

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
    rsa::generate().map(|(private, public)| pair(&private, &public))
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
        Err(Error::KeyUnsupported(Found::Rsa)) => rsa::open(private_pem)?.1,
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

/// A JWK's text in; PEM, `algorithm`, `kid` and `fingerprint` out. With a private JWK, both PEMs.
#[napi(catch_unwind)]
pub fn import_jwk(jwk: String) -> napi::Result<String> {
    let jwk = Zeroizing::new(jwk);
    imported(&jwk).map_err(thrown)
}

fn imported(jwk: &str) -> Result<String, Error> {
    let public = VerificationKey::of_either_pem(jwk)?;
    let private = match (PrivateKey::from_pem(jwk), &public) {
        (Ok(key), _) => Some(key.to_pem()),
        (Err(Error::KeyIsPublic), _) => None,
        (Err(_), VerificationKey::Rs256(_)) => match rsa::open(jwk) {
            Ok((pem, _)) => Some(pem),
            Err(Error::KeyIsPublic) => None,
            Err(error) => return Err(error),
        },
        (Err(error), _) => return Err(error),
    };
    Ok(json!({
        "algorithm": public.algorithm().to_string(),
        "publicKey": public.to_pem(),
        "privateKey": private.as_ref().map(|pem| pem.as_str()),
        "kid": public.kid(),
        "fingerprint": public.fingerprint(),
    })
    .to_string())
}

/// A JWK's text: of the public key, or (`private`) with its secret member.
#[napi(catch_unwind)]
pub fn export_jwk(pem: String, private: bool) -> napi::Result<String> {
    let pem = Zeroizing::new(pem);
    if private {
        let key = PrivateKey::from_pem(pem.as_str()).map_err(thrown)?;
        return Ok(jwks::private_jwk(&key).as_str().to_owned());
    }
    VerificationKey::of_either_pem(pem.as_str()).map(|key| jwks::jwk(&key)).map_err(thrown)
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
