//! An exchange whose keys are parsed once.

use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::exchange::{self, Outcome, RetiredKeys};
use spacetime_keys_core::{Error, PrivateKey, es256};
use zeroize::Zeroizing;

use crate::error::thrown;

#[napi]
pub struct Exchange(exchange::Exchange);

#[napi]
impl Exchange {
    #[napi(constructor, catch_unwind)]
    pub fn new(pem: String, retired: String) -> napi::Result<Self> {
        let pem = Zeroizing::new(pem);
        open(&pem, &retired).map(Self).map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn exchange(&self, token: String, lifetime: Option<u32>, now: i64) -> napi::Result<String> {
        let fields = match self.0.exchange(&token, now, lifetime) {
            Outcome::Exchanged(new) => json!({
                "outcome": "exchanged",
                "token": new.token.as_str(),
                "identity": new.identity,
                "expiresAt": new.expires_at,
                "retiredKey": new.retired_key,
            }),
            Outcome::NotNeeded { identity, expires_at } => json!({
                "outcome": "notNeeded",
                "token": token.trim(),
                "identity": identity,
                "expiresAt": expires_at,
            }),
            Outcome::Refused(error) => return Err(thrown(error)),
        };
        Ok(fields.to_string())
    }
}

fn open(pem: &str, retired: &str) -> Result<exchange::Exchange, Error> {
    let key = PrivateKey::from_pem(pem)?;
    exchange::Exchange::new(&RetiredKeys::parse(retired)?, es256::Signer::new(&key)?)
}
