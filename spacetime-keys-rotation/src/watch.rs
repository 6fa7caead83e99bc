//! The reports of a run at work.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Environment, Operation, Plan, Request, Step};

use crate::apply::{Done, Planned};
use crate::copy::{Copy, CopyStep};

/// Is told what happens, in the order in which it does. Each method does nothing by itself.
pub trait Watch: Debug + Send + Sync {
    /// A run that was cut short goes on. Where another host began it, this is what concerns the vaults;
    /// the rest is for that host, which mounts `elsewhere`.
    fn continues(&self, _elsewhere: Option<&Path>) {}

    /// Whether the plan may be carried out. Asked before the lock is taken, and only where the job
    /// says so ([`Job::ask`](crate::Job::ask)).
    fn confirms(&self, _request: &Request, _plan: &Plan) -> bool {
        true
    }

    /// The plan is carried out now.
    fn begins(&self, _planned: &Planned) {}

    /// A step begins. Steps of different vaults may do so at the same time.
    fn step(&self, _step: &Step) {}

    /// A key is put into an environment's vault. `secret` is the secret's name.
    fn writes(&self, _environment: &Environment, _secret: &str, _fingerprint: Fingerprint) {}

    /// That key was read back.
    fn wrote(&self, _environment: &Environment, _secret: &str, _fingerprint: Fingerprint) {}

    /// Whether the run is to end before its next step. A call of the Azure CLI ends at once. Asked
    /// often, and from several threads.
    fn is_stopped(&self) -> bool {
        false
    }

    /// A version of a secret is copied into an environment's vault.
    fn copies(&self, _step: &CopyStep) {}

    /// Whether what was planned may be copied. Asked before the locks are taken, and only where the job
    /// says so ([`CopyJob::ask`](crate::copy::CopyJob::ask)).
    fn confirms_copy(&self, _copy: &Copy) -> bool {
        true
    }

    /// All that was done has been read again, and is as it should be.
    fn proven(&self, _operation: Operation) {}

    /// The run is at its end.
    fn ends(&self, _planned: &Planned, _done: &Done) {}

    /// A request to a vault was answered, or was not.
    fn request(&self, _request: &VaultRequest<'_>) {}

    /// A call of the Azure CLI has ended, or was stopped.
    fn az(&self, _call: &AzCall<'_>) {}
}

/// A call of the Azure CLI: never what it printed.
#[derive(Clone, Copy, Debug)]
pub struct AzCall<'a> {
    /// What stands behind `az`. There is no secret in it.
    pub arguments: &'a [OsString],
    /// `None` where it was killed, or could not be started.
    pub exit_code: Option<i32>,
    /// From its start to its end.
    pub time: Duration,
}

/// A request to a vault: never its headers, its query or its body.
#[derive(Clone, Copy, Debug)]
pub struct VaultRequest<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The vault's host name.
    pub host: &'a str,
    /// The path of the URL.
    pub path: &'a str,
    /// The answer's status; `None` where there was no answer.
    pub status: Option<u16>,
    /// From the request to the answer's head.
    pub time: Duration,
}

/// Is told, and says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {}
