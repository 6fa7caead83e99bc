//! Tokens: what they say, and what a server would answer.

use napi_derive::napi;
use serde::Deserialize;
use serde_json::json;
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::jwt::{Kind, Publisher, Token};
use spacetime_keys_core::server::{Reason, Remedy, Rules, Server};
use spacetime_keys_core::{Error, Identity};

use crate::error::{bug, thrown};
use crate::keys::server_key;
use crate::rsa;

#[napi(catch_unwind)]
pub fn decode_token(token: String) -> napi::Result<String> {
    let kind = Kind::of(token.trim());
    if kind != Kind::Jwt {
        let error = if kind == Kind::Jwe { Error::TokenEncrypted } else { Error::TokenOpaque };
        return Ok(json!({
            "kind": kind, "verified": false, "header": null, "claims": null, "payload": null,
            "identity": null, "reason": error.to_string(), "hint": error.advice(),
        })
        .to_string());
    }
    let token = Token::parse(&token).map_err(thrown)?;
    let claims = token.claims();
    // Only from the two claims: whether a server takes them is another question.
    let identity = claims
        .get_str("iss")
        .zip(claims.get_str("sub"))
        .map(|(issuer, subject)| Identity::from_claims(&issuer, &subject));
    let misuse = Publisher::misuse(&token);
    let fields = json!({
        "kind": kind, "verified": false, "payload": token.claims_json(), "identity": identity,
        "reason": misuse.map(|error| error.to_string()), "hint": misuse.map(Error::advice),
    });
    // Header and claims as they are, for a `Value` would refuse numbers that no double holds.
    let mut json = fields.to_string();
    json.truncate(json.len() - 1);
    json.push_str(r#","header":"#);
    json.push_str(&token.header().to_json());
    json.push_str(r#","claims":"#);
    json.push_str(&claims.to_json());
    json.push('}');
    Ok(json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Check {
    public_key: Option<String>,
    jwks: Option<String>,
    server: Option<String>,
    now: i64,
}

#[napi(catch_unwind)]
pub fn check_token(token: String, options: String) -> napi::Result<String> {
    let wish: Check = serde_json::from_str(&options).map_err(bug)?;
    let newest = || Ok(Server::new(Rules::default()));
    let mut server =
        wish.server.as_deref().map_or_else(newest, Server::of_version).map_err(thrown)?;
    let rules = server.rules();
    if let Some(pem) = &wish.public_key {
        server = server.with_local_key(&server_key(pem)?).map_err(thrown)?;
    }
    if let Some(set) = &wish.jwks {
        server = server.with_issuer_keys(set.as_bytes());
    }
    let verdict = server.check(&token, wish.now);
    let is_bad = verdict.reason == Some(Reason::InvalidSignature);
    if !rsa::VERIFIES && is_bad && wish.jwks.is_some() && may_be_rsa(&token) {
        return Err(thrown(Error::AlgorithmUnavailable(Algorithm::Rs256)));
    }
    Ok(json!({
        "accepted": verdict.accepted,
        "server": rules.name(),
        "identity": verdict.identity,
        "status": verdict.status,
        "reason": verdict.words,
        "code": verdict.cause.map(Error::code),
        "detail": verdict.cause.map(|cause| cause.to_string()),
        "remedy": verdict.remedy,
        "remedyCode": verdict.remedy.map(Remedy::code),
        "condition": verdict.condition(),
    })
    .to_string())
}

/// Whether a signature may be bad for want of RSA only. What cannot be read may be anything.
fn may_be_rsa(token: &str) -> bool {
    let header = token.trim().split('.').next().unwrap_or_default();
    // The header is what counts, whatever the claims are like.
    Token::parse(&format!("{header}.e30.AA"))
        .map_or(true, |token| token.header().get_str("alg").is_none_or(|alg| alg == "RS256"))
}
