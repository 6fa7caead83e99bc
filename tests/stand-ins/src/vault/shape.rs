//! The JSON of secrets and of errors about them.

use serde_json::{Map, Value, json};

use super::state::{Absent, Version};
use crate::answer::Answer;

const RECOVERABLE_DAYS: u64 = 90;

/// A version, with its value.
pub(super) fn secret(host: &str, name: &str, version: &Version) -> Value {
    let mut shape = item(host, name, version);
    shape["value"] = json!(version.value);
    shape
}

/// A version, without its value.
pub(super) fn item(host: &str, name: &str, version: &Version) -> Value {
    let id = format!("https://{host}/secrets/{name}/{}", version.version);
    described(&id, version)
}

/// A secret in the list of all, by what is said about its newest version.
pub(super) fn latest_item(host: &str, name: &str, version: &Version) -> Value {
    described(&format!("https://{host}/secrets/{name}"), version)
}

/// A deleted secret.
pub(super) fn deleted(host: &str, name: &str, version: &Version, at: u64) -> Value {
    let mut shape = item(host, name, version);
    shape["recoveryId"] = json!(format!("https://{host}/deletedsecrets/{name}"));
    shape["deletedDate"] = json!(at);
    shape["scheduledPurgeDate"] = json!(at + RECOVERABLE_DAYS * 24 * 60 * 60);
    shape
}

fn described(id: &str, version: &Version) -> Value {
    let mut attributes = json!({
        "enabled": version.enabled,
        "created": version.created,
        "updated": version.updated,
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": RECOVERABLE_DAYS,
    });
    for (name, time) in [("exp", version.expires), ("nbf", version.not_before)] {
        if let Some(time) = time {
            attributes[name] = json!(time);
        }
    }
    let mut shape = Map::new();
    shape.insert("id".to_owned(), json!(id));
    shape.insert("attributes".to_owned(), attributes);
    if let Some(content_type) = &version.content_type {
        shape.insert("contentType".to_owned(), json!(content_type));
    }
    if !version.tags.is_empty() {
        shape.insert("tags".to_owned(), json!(version.tags));
    }
    Value::Object(shape)
}

pub(super) fn not_found(what: &str) -> Answer {
    let message = format!(
        "A secret with (name/id) {what} was not found in this key vault. If you recently deleted \
         this secret you may be able to recover it using the correct recovery command. For help \
         resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Answer::error(404, "SecretNotFound", &message, None)
}

pub(super) fn disabled() -> Answer {
    let message = "Operation get is not allowed on a disabled secret.";
    Answer::error(403, "Forbidden", message, Some("SecretDisabled"))
}

/// Why the name cannot be written; `None` if it can.
pub(super) fn conflict(name: &str, absent: Option<Absent>) -> Option<Answer> {
    let (inner, message) = match absent? {
        Absent::Missing => return None,
        Absent::Deleted => (
            "ObjectIsDeletedButRecoverable",
            format!(
                "Secret {name} is currently in a deleted but recoverable state, and its name \
                 cannot be reused; in this state, the secret can only be recovered or purged."
            ),
        ),
        Absent::Recovering => (
            "ObjectIsBeingRecovered",
            format!("Secret {name} is currently being recovered and cannot be used until then."),
        ),
    };
    Some(Answer::error(409, "Conflict", &message, Some(inner)))
}
