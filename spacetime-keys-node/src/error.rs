//! Errors, on their way to JavaScript.

use napi::Status;
use serde_json::{Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::{Environment, Refusal};
use spacetime_keys_rotation::{Failure, Kind};

use crate::object::with;

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

/// The engine's failure.
pub(crate) fn failed(failure: Failure) -> napi::Error {
    of_json(&describe_failure(&failure))
}

/// `code`, `message`, `hint`, `resumable`, and `environment` where there is one.
pub(crate) fn describe_failure(failure: &Failure) -> Value {
    let described = json!({
        "code": failure.kind().code(),
        "message": failure.to_string(),
        "hint": hint_of(failure),
        "resumable": failure.is_resumable(),
    });
    match failure.environment() {
        Some(environment) => with(described, "environment", environment.as_str()),
        None => described,
    }
}

/// Why an environment's vault could not be read.
pub(crate) fn describe_unread((environment, failure): &(Environment, Failure)) -> Value {
    with(describe_failure(failure), "environment", environment.as_str())
}

/// The way out of an engine's failure.
pub(crate) fn hint_of(failure: &Failure) -> String {
    match failure.kind() {
        Kind::Core(error) | Kind::Refused { error, .. } => error.hint_for(failure.environment()),
        Kind::Store { hint, .. } => hint.clone(),
        Kind::Locked(_) | Kind::LockedByScript { .. } => "wait until it has ended".to_owned(),
        Kind::Stopped => "the same call again finishes it".to_owned(),
        _ => "look at the path, its owner and its permissions".to_owned(),
    }
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
