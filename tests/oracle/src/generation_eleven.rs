//! Servers from 2.12: `jsonwebtoken` 11, and a key set of their own on it.

use std::time::{Duration, SystemTime};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use spacetimedb_auth_2::identity::IncomingClaims;

use crate::judge::{Claims, Judgement};

pub struct Eleven {
    local: DecodingKey,
    issuer: Option<Result<Vec<Key>, String>>,
}

/// One key of an issuer's set.
pub struct Key {
    pub kid: Option<String>,
    pub decoding: DecodingKey,
}

/// Reads a set as these servers do: shared secrets are left out, any other flaw spoils all of it.
pub fn read_set(json: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    set.keys
        .into_iter()
        .filter(|jwk| !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)))
        .map(|jwk| {
            let decoding = DecodingKey::from_jwk(&jwk).map_err(|error| error.to_string())?;
            Ok(Key { kid: jwk.common.key_id, decoding })
        })
        .collect()
}

impl Eleven {
    pub fn new(local_key_pem: &str, jwks: Option<&[u8]>) -> Self {
        let local = DecodingKey::from_ec_pem(local_key_pem.as_bytes()).expect("a server's key");
        Self { local, issuer: jwks.map(read_set) }
    }

    pub fn judge(&self, token: &str) -> Judgement {
        Judgement::of(self.verify(token))
    }

    fn verify(&self, token: &str) -> Result<String, String> {
        let local = match verify(token, &self.local) {
            Ok(identity) => return Ok(identity),
            Err(reason) => reason,
        };
        // Nothing at all is checked to learn who the issuer is.
        let issuer = jsonwebtoken::dangerous::insecure_decode::<IncomingClaims>(token)
            .map_err(|error| format!("{:?}", error.kind()))?
            .claims
            .issuer;
        if *issuer == *"localhost" {
            return Err(local);
        }
        let keys = match &self.issuer {
            None => return Err(local),
            Some(Err(_)) => return Err(format!("Error fetching public key for issuer {issuer}")),
            Some(Ok(_)) if !is_asked(&issuer) => {
                return Err(format!("Error fetching public key for issuer {issuer}"));
            }
            Some(Ok(keys)) => keys,
        };
        let header = decode_header(token).map_err(|error| format!("{:?}", error.kind()))?;
        let (candidates, mut reason): (Vec<&Key>, &str) = match &header.kid {
            Some(kid) => match keys.iter().find(|key| key.kid.as_ref() == Some(kid)) {
                Some(key) => (vec![key], ""),
                None => (keys.iter().filter(|key| key.kid.is_none()).collect(), "KeyIDNotFound"),
            },
            None => (keys.iter().collect(), "No kid found"),
        };
        let mut last;
        for key in candidates {
            match verify(token, &key.decoding) {
                Ok(identity) => return Ok(identity),
                Err(refused) => {
                    last = refused;
                    reason = &last;
                }
            }
        }
        Err(reason.to_owned())
    }
}

/// Checks a token with one key.
fn verify(token: &str, key: &DecodingKey) -> Result<String, String> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.algorithms = match key.family() {
        AlgorithmFamily::Ec => vec![Algorithm::ES256],
        AlgorithmFamily::Rsa => vec![Algorithm::RS256],
        _ => return Err(format!("{:?}", ErrorKind::InvalidAlgorithm)),
    };
    validation.set_required_spec_claims(&["sub", "iss"]);
    validation.validate_aud = false;
    validation.validate_exp = false;
    let data = decode::<IncomingClaims>(token, key, &validation)
        .map_err(|error| format!("{:?}", error.kind()))?;
    if let Some(exp) = data.claims.exp {
        let age = SystemTime::now().duration_since(exp);
        if age.is_ok_and(|age| age > Duration::from_secs(60)) {
            return Err(format!("{:?}", ErrorKind::ExpiredSignature));
        }
    }
    data.claims.identity()
}

/// What the server asks of the URL before it fetches anything.
fn is_asked(issuer: &str) -> bool {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme))
}
