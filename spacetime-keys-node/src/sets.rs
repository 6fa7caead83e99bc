//! JWK sets.

use napi_derive::napi;
use serde_json::json;
use spacetime_keys_core::jwks::{self, Schedule, ServerCache};

use crate::error::{bug, thrown};
use crate::keys::public_keys;

#[napi(catch_unwind)]
pub fn jwks(pems: String) -> napi::Result<String> {
    jwks::export(&public_keys(&pems)?).map_err(thrown)
}

#[napi(catch_unwind)]
pub fn openid_configuration(issuer: String, pems: String) -> napi::Result<String> {
    jwks::discovery(&issuer, &public_keys(&pems)?).map_err(thrown)
}

/// Which of an issuer's keys are published, and which signs. `starts`: a JSON array of Unix seconds.
#[napi(catch_unwind)]
pub fn issuer_shift(starts: String, token_lifetime: u32, now: i64) -> napi::Result<String> {
    let starts: Vec<i64> = serde_json::from_str(&starts).map_err(bug)?;
    let schedule =
        Schedule::new(&starts, token_lifetime, ServerCache::default()).map_err(thrown)?;
    serde_json::to_string(&schedule.at(now)).map_err(bug)
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
