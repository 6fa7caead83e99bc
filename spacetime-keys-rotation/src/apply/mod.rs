//! Rotate, resume, rollback, sync: snapshot → plan → confirm → lock → the same again, carried out.

mod execute;
mod guard;
mod push;

use spacetime_keys_core::fleet::{
    Environment, Operation, Plan, Request, Snapshot, Unfinished, plan,
};
use spacetime_keys_core::{Error, Fingerprint, Identity};

pub use execute::Done;

use crate::clock;
use crate::error::{Failure, Kind};
use crate::host::Paths;
use crate::read::{Gathered, gather};
use crate::site::Site;
use crate::state::{self, Journal};
use execute::Executor;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Job {
    /// The operation. Its `rotation_id` and `continuing` are filled in by the run; `environments` may
    /// be empty for a `resume`, which then finishes what was cut short.
    pub request: Request,
    /// This host's files.
    pub paths: Paths,
    /// Only plan.
    pub dry_run: bool,
    /// Ask [`Watch::confirms`](crate::Watch::confirms) before a rotation or a rollback changes
    /// anything. A run that goes on was confirmed when it began.
    pub ask: bool,
}

impl Job {
    const fn asks(&self, request: &Request) -> bool {
        self.ask
            && !request.continuing
            && matches!(request.operation, Operation::Rotate | Operation::Rollback)
    }
}

/// What came of a job.
#[derive(Debug)]
pub enum Outcome {
    /// No run was cut short, and no environment was named.
    NothingToResume,
    /// A dry run: what would be done.
    Planned(Box<Planned>),
    /// It is done, and proven.
    Done(Box<Planned>, Box<Done>),
}

/// What a run sets out to do.
#[derive(Debug)]
pub struct Planned {
    /// The operation, as it is carried out.
    pub request: Request,
    /// The host's files.
    pub paths: Paths,
    /// The steps.
    pub plan: Plan,
    /// Of each of the plan's targets: the pair that its vaults held before.
    pub previous: Vec<Option<Fingerprint>>,
}

impl Planned {
    fn new(run: &Run, plan: Plan, before: &Snapshot) -> Self {
        let previous = plan.targets.iter().map(|target| {
            target.adopt.or_else(|| {
                before.group(&target.environments).find_map(|vault| vault.private.fingerprint())
            })
        });
        let previous = previous.collect();
        Self { request: run.request.clone(), paths: run.paths.clone(), plan, previous }
    }
}

/// A run as it was decided on: a new one, or one that was cut short.
struct Run {
    request: Request,
    paths: Paths,
    /// Whose token an interrupted run set out to keep.
    identity: Option<Identity>,
}

/// Does the job, or finishes the run that was cut short.
///
/// # Errors
/// What refused, failed or could not be proven. Where [`Failure::is_resumable`] says so, something
/// was changed already, and the same job again finishes it.
pub fn run(site: &Site<'_>, job: &Job) -> Result<Outcome, Failure> {
    let Some(run) = decide(site, job)? else { return Ok(Outcome::NothingToResume) };
    // A person takes time to answer: a plan to ask about is made before the lock. Where nobody is
    // asked, and looking takes time, one look under the lock is enough.
    let asks = job.asks(&run.request);
    let look_first = job.dry_run || asks || !site.store.is_remote();
    if look_first {
        // Half of what another run does would look like damage.
        let (gathered, plan) = prepare(site, &run)
            .map_err(|failure| if site.state.is_locked() { state::busy() } else { failure })?;
        if job.dry_run {
            return Ok(Outcome::Planned(Box::new(Planned::new(&run, plan, &gathered.snapshot))));
        }
        announce_continued(site, &run);
        if plan.changes_anything() {
            execute::check_writable(site, &run.paths, &plan)?;
            if asks && !site.watch.confirms(&run.request, &plan) {
                return Err(Kind::NotConfirmed.into());
            }
        }
    } else {
        announce_continued(site, &run);
    }

    let lock = site.state.lock()?;
    // While a person was thinking, another run may have ended, or been cut short.
    let Some(run) = decide_locked(site, job, run)? else { return Err(state::busy()) };
    let (gathered, plan) = prepare(site, &run)?;
    if !look_first && plan.changes_anything() {
        execute::check_writable(site, &run.paths, &plan)?;
    }
    let identity = run.identity.or(plan.publisher.as_ref().map(|publisher| publisher.identity));
    let planned = Planned::new(&run, plan, &gathered.snapshot);
    site.watch.begins(&planned);
    site.state.begin(&lock, &Journal::new(&run.request, &run.paths, identity))?;
    let mut executor = Executor::new(site, &planned, gathered);
    let done = match executor.run() {
        Ok(done) => done,
        // Nothing was begun, and nothing is left to finish.
        Err(failure) if !executor.has_touched() && !run.request.continuing => {
            site.state.end(&lock)?;
            return Err(failure);
        }
        Err(failure) => return Err(failure.resumable()),
    };
    site.state.end(&lock).map_err(Failure::resumable)?;
    Ok(Outcome::Done(Box::new(planned), Box::new(done)))
}

fn announce_continued(site: &Site<'_>, run: &Run) {
    if run.request.continuing {
        site.watch.continues();
    }
}

/// Which run this is. `None`: there is nothing to resume, and no environment was named.
fn decide(site: &Site<'_>, job: &Job) -> Result<Option<Run>, Failure> {
    if site.state.is_locked() {
        return Err(state::busy());
    }
    let Some(journal) = site.state.unfinished()? else {
        if job.request.environments.is_empty() {
            return Ok(None);
        }
        let rotation_id = new_rotation_id()?;
        let request = Request { rotation_id, continuing: false, ..job.request.clone() };
        return Ok(Some(Run { request, paths: job.paths.clone(), identity: None }));
    };
    // The same command again finishes what it began; so does `resume`.
    let names = |environments: &[Environment]| -> Vec<String> {
        environments.iter().map(ToString::to_string).collect()
    };
    let asked = names(&job.request.environments);
    let same = job.request.operation == journal.operation()? && asked == journal.environments;
    let resumes = job.request.operation == Operation::Resume
        && asked.iter().all(|name| group_names(site, &journal).contains(name));
    if !same && !resumes {
        return Err(Error::Unfinished.into());
    }
    continued(site, job, &journal).map(Some)
}

/// The run that was cut short.
fn continued(site: &Site<'_>, job: &Job, journal: &Journal) -> Result<Run, Failure> {
    let mut request = journal.request(site.settings, &job.request)?;
    // A sync writes no vault. Where another run has left the group half-written meanwhile, that is
    // mended when an environment is named, and this host with it.
    let named = job.request.operation == Operation::Resume && !job.request.environments.is_empty();
    if named && request.operation == Operation::Sync {
        request.operation = Operation::Resume;
    }
    Ok(Run { request, paths: journal.paths(), identity: journal.identity() })
}

/// The environments that an interrupted run concerns, with their groups.
fn group_names(site: &Site<'_>, journal: &Journal) -> Vec<String> {
    let policy = &site.settings.policy;
    journal
        .environments
        .iter()
        .filter_map(|name| Environment::new(name).ok())
        .filter_map(|environment| policy.group_of(&environment))
        .flatten()
        .map(ToString::to_string)
        .collect()
}

/// The same question under the lock, which we hold ourselves now.
fn decide_locked(site: &Site<'_>, job: &Job, before: Run) -> Result<Option<Run>, Failure> {
    match (site.state.unfinished()?, before.request.continuing) {
        (None, false) => Ok(Some(before)),
        (Some(journal), true) if journal.rotation_id == before.request.rotation_id => {
            continued(site, job, &journal).map(Some)
        }
        _ => Ok(None),
    }
}

fn prepare(site: &Site<'_>, run: &Run) -> Result<(Gathered, Plan), Failure> {
    let mut gathered = gather(site, &run.paths)?;
    gathered.snapshot.unfinished =
        run.request.continuing.then_some(Unfinished { running: false, identity: run.identity });
    require_available(site, &run.request, &mut gathered)?;
    let plan = plan(&site.settings.policy, &gathered.snapshot, &run.request)?;
    Ok((gathered, plan))
}

/// A vault that is concerned must be readable; others need not be.
fn require_available(
    site: &Site<'_>,
    request: &Request,
    gathered: &mut Gathered,
) -> Result<(), Failure> {
    let groups =
        request.environments.iter().filter_map(|named| site.settings.policy.group_of(named));
    match groups.flatten().find_map(|environment| gathered.take_failure(environment)) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Sortable by time, unique, and nothing to be guessed from.
fn new_rotation_id() -> Result<String, Failure> {
    let mut random = [0_u8; 4];
    getrandom::fill(&mut random).map_err(|_| Error::Random)?;
    let date = clock::date(clock::now()).unwrap_or_default();
    let compact: String = date.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(format!("{compact}-{:08x}", u32::from_be_bytes(random)))
}
