//! Whether servers of both generations take all of a JWK set: what the lint calls good.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use rsa::traits::PrivateKeyParts;
use rsa::{BigUint, RsaPrivateKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::keys::{EC, Key, RSA, digest_info};
use crate::{generation_eleven, generation_nine};

/// What servers make of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Servers up to 2.11 accept it.
    pub by_nine: bool,
    /// Servers from 2.12 accept it.
    pub by_eleven: bool,
    /// Why not all of it is taken; `None` if it is.
    pub flaw: Option<&'static str>,
}

/// RFC 7518: the members of private and secret keys. Servers do not mind them. We do.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

pub fn judge(json: &[u8]) -> Taken {
    let nine = generation_nine::read_set(json);
    let eleven = generation_eleven::read_set(json);
    let flaw = match (&nine, &eleven) {
        (Ok(nine), Ok(eleven)) => flaw(json, nine.len(), eleven.len()),
        _ => Some("some server refuses the set"),
    };
    Taken { by_nine: nine.is_ok(), by_eleven: eleven.is_ok(), flaw }
}

fn flaw(json: &[u8], kept_by_nine: usize, kept_by_eleven: usize) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Entries {
        keys: Vec<BTreeMap<String, IgnoredAny>>,
    }
    let entries: Entries = serde_json::from_slice(json).expect("servers read it");
    let set: JwkSet = serde_json::from_slice(json).expect("servers read it");
    let secrets = |jwk: &&Jwk| matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
    let secrets = set.keys.iter().filter(secrets).count();
    if kept_by_nine != entries.keys.len() || kept_by_eleven + secrets != entries.keys.len() {
        return Some("an entry is lost");
    }
    if entries.keys.iter().any(|entry| PRIVATE.iter().any(|name| entry.contains_key(*name))) {
        return Some("a private member");
    }
    let is_to_verify = |jwk: &Jwk| match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
        AlgorithmParameters::RSA(_) => true,
        _ => false,
    };
    if !set.keys.iter().any(is_to_verify) {
        return Some("no key verifies a token");
    }
    set.keys.iter().find_map(|jwk| match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            ec_flaw(&key.x, &key.y)
        }
        AlgorithmParameters::RSA(key) => rsa_flaw(&key.n, &key.e),
        _ => None,
    })
}

const MESSAGE: &[u8] = b"servers verify this";

fn ec_flaw(x: &str, y: &str) -> Option<&'static str> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("servers read it");
    if bytes(x).len() != 32 || bytes(y).len() != 32 {
        return Some("a coordinate is not 32 bytes long");
    }
    let known = EC.into_iter().find(|key| key.coordinates() == (&bytes(x)[..], &bytes(y)[..]));
    let signature = known.map_or_else(|| vec![1; 64], |key| key.sign(MESSAGE));
    let signature = URL_SAFE_NO_PAD.encode(signature);
    let eleven = jsonwebtoken::DecodingKey::from_ec_components(x, y).expect("servers read it");
    let by_eleven =
        jsonwebtoken::crypto::verify(&signature, MESSAGE, &eleven, jsonwebtoken::Algorithm::ES256);
    let nine = spacetimedb_jsonwebtoken::DecodingKey::from_ec_components(x, y);
    let by_nine = spacetimedb_jsonwebtoken::crypto::verify(
        &signature,
        MESSAGE,
        &nine.expect("servers read it"),
        spacetimedb_jsonwebtoken::Algorithm::ES256,
    );
    match (by_eleven, by_nine) {
        (Ok(true), Ok(true)) => None,
        // No key of ours, but at least a point.
        (Ok(_), _) if known.is_none() => None,
        _ => Some("no signature verifies with a P-256 key"),
    }
}

fn rsa_flaw(n: &str, e: &str) -> Option<&'static str> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("servers read it");
    let is_good = match signature_for(&bytes(n), &bytes(e)) {
        Some(signature) => {
            let eleven = jsonwebtoken::DecodingKey::from_rsa_components(n, e);
            let by_eleven = jsonwebtoken::crypto::verify(
                &signature,
                MESSAGE,
                &eleven.expect("servers read it"),
                jsonwebtoken::Algorithm::RS256,
            );
            let nine = spacetimedb_jsonwebtoken::DecodingKey::from_rsa_components(n, e);
            let by_nine = spacetimedb_jsonwebtoken::crypto::verify(
                &signature,
                MESSAGE,
                &nine.expect("servers read it"),
                spacetimedb_jsonwebtoken::Algorithm::RS256,
            );
            matches!((by_eleven, by_nine), (Ok(true), Ok(true)))
        }
        // Nobody can sign with it, so it is judged by the libraries' limits.
        None => both_take(&bytes(n), &bytes(e)),
    };
    (!is_good).then_some("no signature verifies with an RSA key")
}

/// `ring` (older servers) counts the modulus in whole bytes and wants no zero in front; the `rsa`
/// crate (newer ones) takes no more than 4096 bits.
fn both_take(n: &[u8], e: &[u8]) -> bool {
    let exponent = BigUint::from_bytes_be(e);
    n.first().is_some_and(|&byte| byte != 0)
        && e.first().is_some_and(|&byte| byte != 0)
        && n.len() >= 256
        && BigUint::from_bytes_be(n).bits() <= 4096
        && n.last().is_some_and(|byte| byte % 2 == 1)
        && e.last().is_some_and(|byte| byte % 2 == 1)
        && exponent >= BigUint::from(3_u64)
        && exponent < BigUint::from(1_u64 << 33)
}

/// A signature that verifies with this modulus and this exponent, if the modulus is one of ours
/// and there is a private exponent for it.
fn signature_for(n: &[u8], e: &[u8]) -> Option<String> {
    type Signatures = HashMap<(Key, Vec<u8>), Option<String>>;
    static SIGNATURES: Mutex<Option<Signatures>> = Mutex::new(None);

    let modulus: Vec<u8> = n.iter().copied().skip_while(|&byte| byte == 0).collect();
    let key = RSA.into_iter().find(|key| key.components().0 == modulus)?;
    let mut cache = SIGNATURES.lock().expect("no panic elsewhere");
    let entry = cache.get_or_insert_default().entry((key, e.to_vec()));
    entry
        .or_insert_with(|| {
            let [p, q] = key.rsa().primes() else { return None };
            let exponent = BigUint::from_bytes_be(e);
            let key = RsaPrivateKey::from_p_q(p.clone(), q.clone(), exponent).ok()?;
            let scheme = rsa::Pkcs1v15Sign::new_unprefixed();
            let signature = key.sign(scheme, &digest_info(MESSAGE)).ok()?;
            Some(URL_SAFE_NO_PAD.encode(signature))
        })
        .clone()
}
