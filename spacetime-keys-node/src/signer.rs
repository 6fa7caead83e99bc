//! A private key that is parsed once.

use std::mem;
use std::sync::Arc;

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::jwt::{
    self, Completion, DEFAULT_TTL_SECONDS, Resigned, TokenSigner, sign_claims, sign_claims_many,
};
use spacetime_keys_core::{Error, Fingerprint, cli_toml, es256};
use zeroize::Zeroizing;

use crate::bulk::{Bulk, in_background};
use crate::error::{bug, thrown, thrown_at};
use crate::object;
use crate::options::{Mint, Resign};

#[napi]
pub struct Signer(Arc<TokenSigner>);

#[napi]
impl Signer {
    #[napi(constructor, catch_unwind)]
    pub fn new(pem: String) -> napi::Result<Self> {
        let pem = Zeroizing::new(pem);
        let signer = TokenSigner::from_pem(pem.as_str()).map_err(thrown)?;
        Ok(Self(Arc::new(signer)))
    }

    /// The facts about the key.
    #[napi(catch_unwind)]
    pub fn describe(&self) -> String {
        let public = self.0.public_key();
        json!({
            "algorithm": self.0.algorithm().to_string(),
            "kid": self.0.kid(),
            "publicKey": public.to_pem(),
            "fingerprint": public.fingerprint(),
        })
        .to_string()
    }

    #[napi(catch_unwind)]
    pub fn sign(&self, claims: String, ttl: Option<u32>, now: i64) -> napi::Result<String> {
        let mut token = sign_claims(&self.0, &claims, completion(ttl, now)).map_err(thrown)?;
        // Not copied: JavaScript gets a copy that nobody can wipe anyway.
        Ok(mem::take(&mut *token))
    }

    #[napi(catch_unwind)]
    pub fn sign_many(&self, claims: String, ttl: Option<u32>, now: i64) -> napi::Result<String> {
        sign_all(&self.0, &claims, completion(ttl, now))
    }

    #[napi(catch_unwind)]
    pub fn sign_many_async(&self, claims: String, ttl: Option<u32>, now: i64) -> AsyncTask<Bulk> {
        let signer = Arc::clone(&self.0);
        in_background(move || sign_all(&signer, &claims, completion(ttl, now)))
    }

    #[napi(catch_unwind)]
    pub fn mint(&self, options: String) -> napi::Result<String> {
        let wish: Mint<'_> = serde_json::from_str(&options).map_err(bug)?;
        let parts = wish.parts().map_err(thrown)?;
        let minted = jwt::mint(&self.0, &wish.options(&parts)).map_err(thrown)?;
        Ok(json!({
            "token": minted.token.as_str(),
            "identity": minted.identity,
            "kid": self.0.kid(),
            "algorithm": self.0.algorithm().to_string(),
            "issuedAt": wish.now,
            "expiresAt": minted.expires_at,
        })
        .to_string())
    }

    #[napi(catch_unwind)]
    pub fn resign(&self, token: String, options: String) -> napi::Result<String> {
        let wish: Resign = serde_json::from_str(&options).map_err(bug)?;
        let (signer, known) = self.for_resigning(&wish).map_err(thrown)?;
        let options = wish.options(&known).map_err(thrown)?;
        let resigned = jwt::resign(&token, signer, &options).map_err(thrown)?;
        Ok(with(&resigned, signer, "token", &resigned.token))
    }

    #[napi(catch_unwind)]
    pub fn resign_cli_toml(&self, text: String, options: String) -> napi::Result<String> {
        let text = Zeroizing::new(text);
        let wish: Resign = serde_json::from_str(&options).map_err(bug)?;
        let (signer, known) = self.for_resigning(&wish).map_err(thrown)?;
        let options = wish.options(&known).map_err(thrown)?;
        let (text, resigned) = cli_toml::resign(&text, signer, &options).map_err(thrown)?;
        Ok(with(&resigned, signer, "text", &text))
    }

    /// A server verifies its own tokens only with a P-256 key.
    fn for_resigning(
        &self,
        wish: &Resign,
    ) -> Result<(&es256::Signer, Vec<spacetime_keys_core::PublicKey>), Error> {
        let signer = self.0.as_es256().ok_or(Error::TokenKeyType(Algorithm::Rs256))?;
        Ok((signer, wish.known_keys()?))
    }
}

fn completion(ttl: Option<u32>, now: i64) -> Completion {
    Completion { now, ttl: ttl.unwrap_or(DEFAULT_TTL_SECONDS) }
}

/// A JSON array of objects in, one of strings out.
fn sign_all(signer: &TokenSigner, claims: &str, completion: Completion) -> napi::Result<String> {
    let items: Vec<&RawValue> = serde_json::from_str(claims).map_err(bug)?;
    let jsons: Vec<&str> = items.iter().map(|item| item.get()).collect();
    let tokens = sign_claims_many(signer, &jsons, completion)
        .map_err(|(index, error)| thrown_at(index, error))?;
    // A token needs no escapes.
    let mut json = String::with_capacity(2 + tokens.iter().map(|t| t.len() + 3).sum::<usize>());
    json.push('[');
    for (index, token) in tokens.iter().enumerate() {
        json.push_str(if index == 0 { "\"" } else { ",\"" });
        json.push_str(token);
        json.push('"');
    }
    json.push(']');
    Ok(json)
}

fn with(resigned: &Resigned, signer: &es256::Signer, name: &str, secret: &str) -> String {
    object::with(describe(resigned, signer.public_key().fingerprint()), name, secret).to_string()
}

/// All but the token.
pub(crate) fn describe(resigned: &Resigned, signed_by: Fingerprint) -> Value {
    json!({
        "identity": resigned.publisher.identity,
        "issuer": resigned.publisher.issuer,
        "subject": resigned.publisher.subject,
        "verifiedWith": resigned.verified_with,
        "signedBy": signed_by,
        "expiryCleared": resigned.became_eternal(),
        "before": resigned.before,
        "after": resigned.after,
    })
}
