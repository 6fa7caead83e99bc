//! Identities, one and many.

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use spacetime_keys_core::Identity;
use spacetime_keys_core::migration::derive_many;

use crate::bulk::{Bulk, in_background};
use crate::error::bug;

#[napi(catch_unwind)]
pub fn derive_identity(issuer: String, subject: String) -> String {
    Identity::from_claims(&issuer, &subject).to_string()
}

#[napi(catch_unwind)]
pub fn derive_identities(issuer: String, subjects: String) -> napi::Result<String> {
    derive_all(&issuer, &subjects)
}

#[napi(catch_unwind)]
pub fn derive_identities_async(issuer: String, subjects: String) -> AsyncTask<Bulk> {
    in_background(move || derive_all(&issuer, &subjects))
}

/// A JSON array in, a JSON array out.
fn derive_all(issuer: &str, subjects: &str) -> napi::Result<String> {
    let subjects: Vec<String> = serde_json::from_str(subjects).map_err(bug)?;
    let mut json = String::with_capacity(2 + 67 * subjects.len());
    json.push('[');
    for (index, identity) in derive_many(issuer, &subjects).iter().enumerate() {
        json.push_str(if index == 0 { "\"" } else { ",\"" });
        json.push_str(str::from_utf8(&identity.to_hex()).unwrap_or_default());
        json.push('"');
    }
    json.push(']');
    Ok(json)
}
