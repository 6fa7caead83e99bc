//! Public keys that are parsed once.

use std::fmt::Write as _;
use std::sync::Arc;

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::jwks::JwkSet;
use spacetime_keys_core::jwt::{TokenVerifier, Verified};
use spacetime_keys_core::{Error, VerificationKey};

use crate::bulk::{Bulk, in_background};
use crate::error::{bug, describe, thrown};
use crate::options::Verify;

#[napi]
pub struct Verifier(Arc<Keys>);

struct Keys {
    verifier: TokenVerifier,
    options: Verify,
}

#[napi]
impl Verifier {
    /// With one key (PEM), or with a set (JSON).
    #[napi(constructor, catch_unwind)]
    pub fn new(keys: String, is_set: bool, options: String) -> napi::Result<Self> {
        let options: Verify = serde_json::from_str(&options).map_err(bug)?;
        let verifier = if is_set { of_set(&keys) } else { of_key(&keys) }.map_err(thrown)?;
        Ok(Self(Arc::new(Keys { verifier, options })))
    }

    /// What is the same for every token that passes. A result names its key by the place in `keys`.
    #[napi(catch_unwind)]
    pub fn describe(&self) -> String {
        let Keys { verifier, options } = &*self.0;
        let keys: Vec<_> = verifier
            .keys()
            .map(|(algorithm, kid)| json!({ "algorithm": algorithm.to_string(), "kid": kid }))
            .collect();
        let checked = options.at(0).checked();
        json!({ "leeway": options.leeway(), "checked": checked, "keys": keys }).to_string()
    }

    #[napi(catch_unwind)]
    pub fn verify(&self, token: String, now: i64) -> napi::Result<String> {
        let verified = self.0.verifier.verify(&token, &self.0.options.at(now)).map_err(thrown)?;
        let mut json = String::with_capacity(token.len());
        self.0.write(&mut json, &verified);
        Ok(json)
    }

    #[napi(catch_unwind)]
    pub fn verify_many(&self, tokens: String, now: i64) -> napi::Result<String> {
        self.0.verify_all(&tokens, now)
    }

    #[napi(catch_unwind)]
    pub fn verify_many_async(&self, tokens: String, now: i64) -> AsyncTask<Bulk> {
        let keys = Arc::clone(&self.0);
        in_background(move || keys.verify_all(&tokens, now))
    }
}

fn of_key(pem: &str) -> Result<TokenVerifier, Error> {
    TokenVerifier::new(&VerificationKey::from_pem(pem)?)
}

fn of_set(json: &str) -> Result<TokenVerifier, Error> {
    TokenVerifier::from_jwks(&JwkSet::parse(json.as_bytes())?)
}

impl Keys {
    /// A JSON array of strings in, one of objects out.
    fn verify_all(&self, tokens: &str, now: i64) -> napi::Result<String> {
        let tokens: Vec<String> = serde_json::from_str(tokens).map_err(bug)?;
        let results = self.verifier.verify_many(&tokens, &self.options.at(now));
        let mut json = String::with_capacity(2 + tokens.iter().map(String::len).sum::<usize>());
        json.push('[');
        for (index, result) in results.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            match result {
                Ok(verified) => {
                    json.push_str(r#"{"ok":true,"value":"#);
                    self.write(&mut json, verified);
                    json.push('}');
                }
                Err(error) => {
                    let _ = write!(json, r#"{{"ok":false,"error":{}}}"#, describe(*error));
                }
            }
        }
        json.push(']');
        Ok(json)
    }

    /// The fields of `VerifiedToken` that differ from token to token. The claims are JSON already, and no
    /// other field needs escapes.
    fn write(&self, json: &mut String, verified: &Verified) {
        json.push_str(r#"{"claims":"#);
        json.push_str(&verified.claims.to_json());
        match verified.identity {
            Some(identity) => {
                json.push_str(r#","identity":""#);
                json.push_str(str::from_utf8(&identity.to_hex()).unwrap_or_default());
                json.push('"');
            }
            None => json.push_str(r#","identity":null"#),
        }
        // A set may have a key twice: then either place says the same.
        let key = self.verifier.keys().position(|(_, kid)| kid == verified.kid);
        let key = key.and_then(|key| i64::try_from(key).ok());
        for (name, number) in
            [("key", key), ("issuedAt", verified.times.iat), ("expiresAt", verified.times.exp)]
        {
            match number {
                Some(number) => _ = write!(json, r#","{name}":{number}"#),
                None => _ = write!(json, r#","{name}":null"#),
            }
        }
        json.push('}');
    }
}
