//! What is told while a run is at work.

use std::fmt::Debug;
use std::time::Duration;

use spacetime_keys_core::fleet::{Operation, Plan, Request, Step};

use crate::apply::Planned;

/// Is told what happens, in the order in which it does. Each method does nothing by itself.
pub trait Watch: Debug + Send + Sync {
    /// A run that was cut short goes on. Where another host began it (`elsewhere`), this is what
    /// concerns the vaults; the rest is for that host.
    fn continues(&self, _elsewhere: bool) {}

    /// Whether the plan may be carried out. Asked before the lock is taken, and only where the job
    /// says so ([`Job::ask`](crate::Job::ask)).
    fn confirms(&self, _request: &Request, _plan: &Plan) -> bool {
        true
    }

    /// The plan is carried out now.
    fn begins(&self, _planned: &Planned) {}

    /// A step begins. Steps of different vaults may do so at the same time.
    fn step(&self, _step: &Step) {}

    /// All that was done has been read again, and is as it should be.
    fn proven(&self, _operation: Operation) {}

    /// A request to a vault was answered, or was not.
    fn request(&self, _request: &VaultRequest<'_>) {}
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
