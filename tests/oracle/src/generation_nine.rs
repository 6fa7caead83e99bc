//! Servers up to 2.11: `spacetimedb-jsonwebtoken` 9.3, and a key set of their own on it.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use spacetimedb_jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use spacetimedb_jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use crate::judge::{Claims, Judgement, NotJudged};

pub struct Nine {
    local: DecodingKey,
    issuer: Option<Result<HashMap<String, Key>, String>>,
}

/// One key of an issuer's set.
pub struct Key {
    pub decoding: DecodingKey,
    is_rsa: bool,
}

/// Reads a set as these servers do: one flaw spoils all of it, and of two entries with one `kid`
/// the last stays.
pub fn read_set(json: &[u8]) -> Result<HashMap<String, Key>, String> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let mut keys = HashMap::new();
    for jwk in set.keys {
        let kid = jwk.common.key_id.ok_or("an entry has no kid")?;
        let mut is_rsa = false;
        let decoding = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) => {
                is_rsa = true;
                DecodingKey::from_rsa_components(&key.n, &key.e)
            }
            AlgorithmParameters::EllipticCurve(key) => {
                DecodingKey::from_ec_components(&key.x, &key.y)
            }
            AlgorithmParameters::OctetKeyPair(key) => DecodingKey::from_ed_components(&key.x),
            AlgorithmParameters::OctetKey(key) => URL_SAFE_NO_PAD
                .decode(&key.value)
                .map(|secret| DecodingKey::from_secret(&secret))
                .map_err(Into::into),
        };
        let decoding = decoding.map_err(|error| error.to_string())?;
        keys.insert(kid, Key { decoding, is_rsa });
    }
    Ok(keys)
}

impl Nine {
    pub fn new(local_key_pem: &str, jwks: Option<&[u8]>) -> Self {
        let local = DecodingKey::from_ec_pem(local_key_pem.as_bytes()).expect("a server's key");
        Self { local, issuer: jwks.map(read_set) }
    }

    pub(crate) fn judge<C: Claims>(&self, token: &str) -> Result<Judgement, NotJudged> {
        let judgement = self.judge_unless_hazard::<C>(token)?;
        let is_hmac = decode_header(token).is_ok_and(|header| header.alg == Algorithm::HS256);
        match (judgement.accepted, is_hmac) {
            (true, true) => Err(NotJudged::Hmac),
            // If the HMAC fits, what is said is what is wrong with the claims.
            (false, true) => Ok(Judgement { reason_is_open: true, ..judgement }),
            _ => Ok(judgement),
        }
    }

    fn judge_unless_hazard<C: Claims>(&self, token: &str) -> Result<Judgement, NotJudged> {
        let local = verify::<C>(token, &self.local);
        if local.is_ok() {
            return Ok(Judgement::of(local));
        }
        let issuer = match unverified_issuer::<C>(token) {
            Ok(issuer) => issuer,
            Err(reason) => return Ok(Judgement::of(Err(reason))),
        };
        if issuer == "localhost" {
            return Ok(Judgement::of(local));
        }
        let keys = match &self.issuer {
            None => return Ok(Judgement::of(local)),
            Some(Err(_)) => {
                let reason = format!("Error fetching public key for issuer {issuer}");
                return Ok(Judgement::of(Err(reason)));
            }
            Some(Ok(_)) if !is_asked(&issuer) => {
                let reason = format!("Error fetching public key for issuer {issuer}");
                return Ok(Judgement::of(Err(reason)));
            }
            Some(Ok(keys)) => keys,
        };
        let header = match decode_header(token) {
            Ok(header) => header,
            Err(error) => return Ok(Judgement::of(Err(format!("{:?}", error.kind())))),
        };
        let candidates: Vec<&Key> = match &header.kid {
            Some(kid) => match keys.get(kid) {
                Some(key) => vec![key],
                None => return Ok(Judgement::of(Err("KeyIDNotFound".to_owned()))),
            },
            None => keys.values().collect(),
        };
        let reads_key_bytes = matches!(header.alg, Algorithm::ES256 | Algorithm::HS256);
        if reads_key_bytes && candidates.iter().any(|key| key.is_rsa) {
            return Err(NotJudged::Hazard);
        }
        let mut result = Err("No kid found".to_owned());
        for key in &candidates {
            result = verify::<C>(token, &key.decoding);
            if result.is_ok() {
                break;
            }
        }
        Ok(Judgement { reason_is_open: candidates.len() > 1, ..Judgement::of(result) })
    }
}

/// Checks a token with one key.
fn verify<C: Claims>(token: &str, key: &DecodingKey) -> Result<String, String> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.algorithms = vec![Algorithm::ES256, Algorithm::RS256, Algorithm::HS256];
    validation.set_required_spec_claims(&["sub", "iss"]);
    validation.validate_aud = false;
    let data =
        decode::<C>(token, key, &validation).map_err(|error| format!("{:?}", error.kind()))?;
    data.claims.identity()
}

/// Whether the server's HTTP client would send anything to this issuer: it takes http and https.
fn is_asked(issuer: &str) -> bool {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let scheme = url.trim_start_matches(|character| character <= ' ').split_once(':');
    scheme.is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// Whom the token names as its issuer: everything but the signature is checked for that.
fn unverified_issuer<C: Claims>(token: &str) -> Result<String, String> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims(&["sub", "iss"]);
    validation.validate_aud = false;
    validation.insecure_disable_signature_validation();
    decode::<C>(token, &DecodingKey::from_secret(b"none"), &validation)
        .map(|data| data.claims.issuer().to_owned())
        .map_err(|error| format!("{:?}", error.kind()))
}
