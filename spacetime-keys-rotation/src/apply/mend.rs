//! Rotating whatever there is: what was begun is finished, what is unsound is repaired, and new pairs
//! are made where there is none newer than this host's.

use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::{Environment, Operation};

use super::{Job, Outcome, Planned, run};
use crate::error::{Failure, Kind};
use crate::site::Site;

/// The result of [`mend_and_rotate`].
#[derive(Debug, Default)]
pub struct Mended {
    /// One a run, in their order.
    pub outcomes: Vec<Outcome>,
    /// In a dry run: what would be repaired first, and get new pairs after that.
    pub afterwards: Vec<Environment>,
}

/// Rotates these environments' groups. Where [`run`] refuses, because another run was cut short or
/// because a group or the mounted files are unsound, that is finished or repaired first. A group whose
/// repairing brings this host another pair than it has mounted gets no second one.
///
/// # Errors
/// What [`run`] refuses for other reasons, and what fails. Runs that had ended before have told
/// [`Watch::ends`](crate::Watch::ends).
pub fn mend_and_rotate(site: &Site<'_>, job: &Job) -> Result<Mended, Failure> {
    let mut mended = Mended::default();
    let mut todo = job.request.environments.clone();
    let mut tried: Vec<Option<Environment>> = Vec::new();
    while !todo.is_empty() {
        let failure = match run(site, &of(job, Operation::Rotate, todo.clone())) {
            Ok(outcome) => {
                mended.outcomes.push(outcome);
                break;
            }
            Err(failure) => failure,
        };
        let what = what_mends(job, &failure).filter(|what| !tried.contains(what));
        let Some(what) = what else { return Err(failure) };
        let outcome = run(site, &of(job, Operation::Resume, what.clone().into_iter().collect()))?;
        let was_begun = what.is_none();
        tried.push(what);
        let (is_planned, planned, pairs) = match &outcome {
            Outcome::NothingToResume => return Err(failure),
            Outcome::Planned(planned) => (true, planned, Vec::new()),
            Outcome::Done(planned, done) => (false, planned, done.pairs.clone()),
        };
        let is_old = is_old(planned, &pairs);
        let mends = |environment: &Environment| {
            let group = site.settings.policy.group_of(environment).unwrap_or_default();
            planned.plan.environments().any(|mended| group.contains(mended))
        };
        if is_planned && is_old {
            mended.afterwards.extend(todo.iter().filter(|named| mends(named)).cloned());
        }
        if is_planned || !is_old {
            todo.retain(|named| !mends(named));
        }
        mended.outcomes.push(outcome);
        if is_planned && was_begun {
            // Nothing else can be planned before that run is finished.
            mended.afterwards.append(&mut todo);
        }
    }
    Ok(mended)
}

fn of(job: &Job, operation: Operation, environments: Vec<Environment>) -> Job {
    let mut job = job.clone();
    job.request.operation = operation;
    job.request.environments = environments;
    job
}

/// What a resume has to be about. `Some(None)`: nothing in particular, for a run was cut short.
#[expect(clippy::option_option, reason = "an environment may be named, or not")]
fn what_mends(job: &Job, failure: &Failure) -> Option<Option<Environment>> {
    match failure.kind() {
        Kind::Core(Error::Unfinished) => Some(None),
        Kind::Refused { error: Error::GroupUnsound(_) | Error::MountedUnsound(_), .. } => {
            failure.environment().or(job.request.host.as_ref()).cloned().map(Some)
        }
        _ => None,
    }
}

/// Whether this host had mounted already what repairing has led to.
fn is_old(planned: &Planned, pairs: &[spacetime_keys_core::Fingerprint]) -> bool {
    let Some((_, target)) = &planned.plan.host else { return false };
    let planned_pair = || planned.plan.targets.get(*target)?.source.fingerprint();
    let pair = pairs.get(*target).copied().or_else(planned_pair);
    planned.request.operation != Operation::Rotate && pair.is_some() && planned.mounted == pair
}
