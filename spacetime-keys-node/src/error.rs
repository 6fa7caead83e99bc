//! Errors, on their way to JavaScript.

use napi::Status;
use serde_json::{Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::Refusal;
use spacetime_keys_rotation::Kind;

/// The core's error as JSON in the place of a message: `lib/errors.js` makes an `Error` of it.
pub(crate) fn thrown(error: Error) -> napi::Error {
    of_json(&describe(error))
}

/// In a bulk call: the error of one item.
pub(crate) fn thrown_at(index: usize, error: Error) -> napi::Error {
    of_json(&json!({
        "code": error.code(), "message": error.to_string(), "hint": error.hint(), "index": index,
    }))
}

/// A plan that is refused.
pub(crate) fn refused(refusal: &Refusal) -> napi::Error {
    let environment = refusal.environment.as_ref();
    of_json(&json!({
        "code": refusal.error.code(),
        "message": refusal.error.to_string(),
        "hint": refusal.error.hint_for(environment),
        "environment": environment,
    }))
}

/// The engine's failure. Its hints are for whoever calls to word.
pub(crate) fn failed(failure: spacetime_keys_rotation::Failure) -> napi::Error {
    let hint = match failure.kind() {
        Kind::Locked(_) => "wait until it has ended",
        _ => "look at the path, its owner and its permissions",
    };
    of_json(&json!({
        "code": failure.kind().code(), "message": failure.to_string(), "hint": hint,
    }))
}

/// `code`, `message`, `hint`.
pub(crate) fn describe(error: Error) -> Value {
    json!({ "code": error.code(), "message": error.to_string(), "hint": error.hint() })
}

/// `lib/` sent what it never should: JSON of another form than was agreed on.
pub(crate) fn bug(_: serde_json::Error) -> napi::Error {
    napi::Error::new(Status::InvalidArg, "bug")
}

fn of_json(description: &Value) -> napi::Error {
    napi::Error::new(Status::GenericFailure, description.to_string())
}
