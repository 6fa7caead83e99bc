//! Errors, on their way to JavaScript.

use napi::Status;
use serde_json::{Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::advice::{Advice, NextStep};

use crate::object::with;

/// The core's error as JSON in the place of a message: `lib/errors.js` makes an `Error` of it.
pub(crate) fn thrown(error: Error) -> napi::Error {
    of_json(&described(error.code(), &error.to_string(), &error.advice()))
}

/// In a bulk call: the error of one item.
pub(crate) fn thrown_at(index: usize, error: Error) -> napi::Error {
    of_json(&with(described(error.code(), &error.to_string(), &error.advice()), "index", index))
}

/// `code`, `message`, `hint`, and `step`: the kind of the first step, if there is one.
pub(crate) fn described(code: &str, message: &str, advice: &Advice) -> Value {
    let described = json!({ "code": code, "message": message, "hint": advice });
    match advice.next_step().map(NextStep::kind) {
        Some(step) => with(described, "step", step),
        None => described,
    }
}

/// An error that a result carries: `code`, `message`, `hint`.
pub(crate) fn describe(error: Error) -> Value {
    json!({ "code": error.code(), "message": error.to_string(), "hint": error.advice() })
}

/// `lib/` sent what it never should: JSON of another form than was agreed on.
pub(crate) fn bug(_: serde_json::Error) -> napi::Error {
    napi::Error::new(Status::InvalidArg, "bug")
}

pub(crate) fn of_json(description: &Value) -> napi::Error {
    napi::Error::new(Status::GenericFailure, description.to_string())
}
