//! Errors of plans and of runs, on their way to JavaScript.

use serde_json::Value;
use spacetime_keys_core::fleet::{Environment, Refusal};
use spacetime_keys_rotation::Failure;

use crate::error::{described, of_json};
use crate::object::with;

/// A plan that is refused.
pub(crate) fn refused(refusal: &Refusal) -> napi::Error {
    let (error, environment) = (refusal.error, refusal.environment.as_ref());
    let advice = error.advice().at(environment);
    let described = described(error.code(), &error.to_string(), &advice);
    of_json(&with(described, "environment", environment.map(Environment::as_str)))
}

/// The engine's failure.
pub(crate) fn failed(failure: Failure) -> napi::Error {
    of_json(&describe_failure(&failure))
}

/// `code`, `message`, `hint`, `step`, `resumable`, and `environment` where there is one.
pub(crate) fn describe_failure(failure: &Failure) -> Value {
    let described = described(failure.kind().code(), &failure.to_string(), &failure.advice());
    let described = with(described, "resumable", failure.is_resumable());
    match failure.environment() {
        Some(environment) => with(described, "environment", environment.as_str()),
        None => described,
    }
}

/// Why an environment's vault could not be read.
pub(crate) fn describe_unread((environment, failure): &(Environment, Failure)) -> Value {
    with(describe_failure(failure), "environment", environment.as_str())
}
