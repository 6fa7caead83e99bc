//! A run, as JavaScript sees it: what happens meanwhile, how it is stopped, what came of it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde_json::{Value, json};
use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Environment, Operation, Step};
use spacetime_keys_rotation::{AzCall, Done, Outcome, Planned, Watch};

use crate::failure::describe_unread;
use crate::fleet::describe_plan;
use crate::object::with;

/// Takes events, each as JSON.
pub(crate) type Emit = ThreadsafeFunction<String, (), String, Status, false>;

/// Asks a run to stop.
#[napi]
#[derive(Default)]
pub struct Stop(Arc<AtomicBool>);

#[napi]
impl Stop {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct Events {
    emit: Emit,
    is_stopped: Arc<AtomicBool>,
}

impl Events {
    pub(crate) fn new(emit: Emit, stop: &Stop) -> Self {
        Self { emit, is_stopped: Arc::clone(&stop.0) }
    }

    fn emit(&self, event: &Value) {
        // If nobody can be told any more, the process is at its end.
        let _ = self.emit.call(event.to_string(), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

impl Drop for Events {
    /// Events come by another way than the result: this one is the last.
    fn drop(&mut self) {
        self.emit(&json!(null));
    }
}

impl Watch for Events {
    fn continues(&self, elsewhere: Option<&Path>) {
        self.emit(&json!({ "type": "continues", "elsewhere": elsewhere }));
    }

    fn begins(&self, plan: &Planned) {
        self.emit(&with(planned(plan, &[]), "type", "begins"));
    }

    fn step(&self, Step { action, environment, target }: &Step) {
        self.emit(&json!({
            "type": "step", "action": action, "environment": environment, "target": target,
        }));
    }

    fn writes(&self, environment: &Environment, secret: &str, fingerprint: Fingerprint) {
        self.emit(&json!({
            "type": "writes",
            "environment": environment, "secret": secret, "fingerprint": fingerprint,
        }));
    }

    fn wrote(&self, environment: &Environment, secret: &str, fingerprint: Fingerprint) {
        self.emit(&json!({
            "type": "wrote",
            "environment": environment, "secret": secret, "fingerprint": fingerprint,
        }));
    }

    fn proven(&self, _: Operation) {
        self.emit(&json!({ "type": "proven" }));
    }

    fn ends(&self, plan: &Planned, done: &Done) {
        self.emit(&with(finished(plan, done), "type", "ends"));
    }

    fn az(&self, call: &AzCall<'_>) {
        let arguments: Vec<_> = call.arguments.iter().map(|one| one.to_string_lossy()).collect();
        self.emit(&json!({
            "type": "az",
            "arguments": arguments,
            "exitCode": call.exit_code,
            "milliseconds": u64::try_from(call.time.as_millis()).unwrap_or(u64::MAX),
        }));
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

pub(crate) fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::NothingToResume => json!({ "status": "nothing-to-resume" }),
        Outcome::Planned(plan) => with(planned(plan, &[]), "status", "planned"),
        Outcome::Done(plan, done) => finished(plan, done),
    }
}

/// The result of a run.
fn finished(plan: &Planned, done: &Done) -> Value {
    let resigned = done.resigned.as_ref().map(|resigned| {
        json!({
            "identity": resigned.publisher.identity,
            "verifiedWith": resigned.verified_with,
            "expiryCleared": resigned.became_eternal(),
        })
    });
    let run = with(planned(plan, &done.pairs), "status", "done");
    let run = with(with(run, "versions", json!(done.versions)), "setAside", json!(done.set_aside));
    with(run, "resigned", resigned)
}

/// A plan. `pairs` are those that its targets hold at the end, as far as they are known.
fn planned(planned: &Planned, pairs: &[Fingerprint]) -> Value {
    let Planned { request, plan, previous, held, mounted, unread, .. } = planned;
    let pairs = plan.targets.iter().zip(previous).enumerate().map(|(place, (target, before))| {
        json!({
            "environments": target.environments,
            "before": before,
            "now": pairs.get(place).copied().or_else(|| target.source.fingerprint()),
        })
    });
    let held = held.iter().map(|held| {
        json!({
            "environment": held.environment,
            "vault": held.vault,
            "privateFingerprint": held.private,
            "publicFingerprint": held.public,
        })
    });
    json!({
        "operation": request.operation,
        "rotationId": request.rotation_id,
        "continued": request.continuing,
        "plan": describe_plan(plan),
        "pairs": pairs.collect::<Vec<_>>(),
        "held": held.collect::<Vec<_>>(),
        "mounted": mounted,
        "unread": unread.iter().map(describe_unread).collect::<Vec<_>>(),
    })
}
