//! JWK sets.

use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::jwks;

use crate::error::thrown;
use crate::keys::public_keys;

#[napi(catch_unwind)]
pub fn jwks(pems: String) -> napi::Result<String> {
    jwks::export(&public_keys(&pems)?).map_err(thrown)
}

#[napi(catch_unwind)]
pub fn openid_configuration(issuer: String, pems: String) -> napi::Result<String> {
    jwks::discovery(&issuer, &public_keys(&pems)?).map_err(thrown)
}

#[napi(catch_unwind)]
pub fn lint_jwks(set: String) -> String {
    let report = jwks::lint(set.as_bytes());
    json!({
        "ok": report.ok,
        "entries": report.entries,
        "takenBy": report.taken_by,
        "problems": report.problems,
    })
    .to_string()
}
