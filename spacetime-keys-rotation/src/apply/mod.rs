//! Rotate, resume, rollback, sync: snapshot → plan → confirm → lock → the same again, carried out.

mod escrow;
mod execute;
mod guard;
mod mend;
mod push;
mod retire;

use spacetime_keys_core::fleet::{
    Environment, Operation, Plan, Request, Snapshot, Unfinished, Vault, plan,
};
use spacetime_keys_core::{Error, Fingerprint, Identity};

pub(crate) use escrow::escrow;
pub use execute::Done;
pub use mend::{Mended, mend_and_rotate};

use crate::clock;
use crate::error::{Failure, Kind};
use crate::host::Paths;
use crate::journal::Journal;
use crate::lock::Lock;
use crate::places::require_something;
use crate::read::{Gathered, gather};
use crate::site::Site;
use execute::Executor;

/// A task: the request, and the host's files.
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

/// The result of a job.
#[derive(Debug)]
pub enum Outcome {
    /// No run was cut short, and no environment was named.
    NothingToResume,
    /// A dry run: what would be done.
    Planned(Box<Planned>),
    /// It is done, and proven.
    Done(Box<Planned>, Box<Done>),
}

/// The task of a run.
#[derive(Debug)]
pub struct Planned {
    /// The operation, as it is carried out.
    pub request: Request,
    /// The host's files.
    pub paths: Paths,
    /// The steps.
    pub plan: Plan,
    /// The pair that each target's vaults held before.
    pub previous: Vec<Option<Fingerprint>>,
    /// The contents of the plan's vaults before.
    pub held: Vec<Held>,
    /// The private key that is mounted.
    pub mounted: Option<Fingerprint>,
    /// Vaults that the plan is not about, and that could not be read: they were not compared.
    pub unread: Vec<(Environment, Failure)>,
}

/// The contents of a vault.
#[derive(Clone, Debug)]
pub struct Held {
    /// The vault's environment.
    pub environment: Environment,
    /// Its name.
    pub vault: String,
    /// The fingerprint of the latest private key.
    pub private: Option<Fingerprint>,
    /// The fingerprint of the latest public key.
    pub public: Option<Fingerprint>,
}

impl Planned {
    fn new(run: &Run, plan: Plan, gathered: &Gathered) -> Self {
        let before = &gathered.snapshot;
        let previous = plan.targets.iter().map(|target| {
            target.adopt.or_else(|| {
                before.group(&target.environments).find_map(|vault| vault.private.fingerprint())
            })
        });
        let previous = previous.collect();
        let held = plan.environments().filter_map(|environment| before.vault(environment));
        let held = held.map(|vault| Held {
            environment: vault.environment.clone(),
            vault: vault.name.clone(),
            private: vault.private.fingerprint(),
            public: vault.public.fingerprint(),
        });
        let held = held.collect();
        let mounted = before.host.private.fingerprint();
        let unread = gathered.failures.clone();
        let (request, paths) = (run.request.clone(), run.paths.clone());
        Self { request, paths, plan, previous, held, mounted, unread }
    }
}

/// A run as it was decided on: a new one, or one that was cut short.
struct Run {
    request: Request,
    paths: Paths,
    /// Whose token an interrupted run set out to keep.
    identity: Option<Identity>,
    /// The private key that was mounted when it began.
    mounted: Option<Fingerprint>,
    /// Another host began it, and has to finish what concerns its own files.
    left: Option<Journal>,
}

impl Run {
    /// Leaves the host's part to its host.
    fn leave(&mut self, journal: Journal) {
        self.request.host = None;
        self.left = Some(journal);
    }
}

/// Does the job, or finishes the run that was cut short.
///
/// # Errors
/// What refused, failed or could not be proven. Where [`Failure::is_resumable`] says so, something
/// was changed already, and the same job again finishes it.
pub fn run(site: &Site<'_>, job: &Job) -> Result<Outcome, Failure> {
    let asked = job.request.host.as_ref().or(job.request.environments.first());
    require_something(site.settings, site.store.folder(), &job.paths, asked)?;
    let Some(mut run) = decide(site, job)? else { return Ok(Outcome::NothingToResume) };
    // A person takes time to answer: a plan to ask about is made before the lock. Where nobody is
    // asked, and looking takes time, one look under the lock is enough.
    let look_first = job.dry_run || job.asks(&run.request) || !site.store.is_remote();
    if look_first {
        if let Some(planned) = look(site, job, &mut run)? {
            return Ok(planned);
        }
    } else {
        announce_continued(site, &run);
    }

    let paths = run.paths.clone();
    let lock = site.state.lock(&paths, run.request.operation.as_str())?;
    // While a person was thinking, another run may have ended, or been cut short.
    let Some(mut run) = decide_locked(site, job, run)? else {
        return Err(Kind::Locked(None).into());
    };
    let (gathered, plan) = match prepare(site, &mut run) {
        Err(failure) if cannot_be_finished(&run, &failure) => {
            put_away(site, &lock, &paths, run)?;
            return Err(failure);
        }
        looked => looked?,
    };
    if !look_first && plan.changes_anything() {
        execute::check_writable(site, &run.paths, &plan)?;
    }
    let identity = run.identity.or(plan.publisher.as_ref().map(|publisher| publisher.identity));
    let mounted = if run.request.continuing {
        run.mounted
    } else {
        gathered.snapshot.host.private.fingerprint()
    };
    let planned = Planned::new(&run, plan, &gathered);
    site.watch.begins(&planned);
    if run.left.is_none() {
        site.state.begin(
            &lock,
            &paths,
            &Journal::new(&run.request, &run.paths, site.store_kind(), identity, mounted),
        )?;
    }
    let mut executor = Executor::new(site, &planned, gathered);
    let done = match executor.run() {
        Ok(done) => done,
        // Nothing was begun, and nothing is left to finish.
        Err(failure) if !executor.has_touched() && !run.request.continuing => {
            site.state.end(&lock, &paths, &run.request.rotation_id)?;
            return Err(failure);
        }
        Err(failure) => return Err(failure.resumable()),
    };
    put_away(site, &lock, &paths, run).map_err(Failure::resumable)?;
    site.watch.ends(&planned, &done);
    Ok(Outcome::Done(Box::new(planned), Box::new(done)))
}

/// The look before the lock: refuses what must not be, and asks. `Some` is the end of a dry run.
fn look(site: &Site<'_>, job: &Job, run: &mut Run) -> Result<Option<Outcome>, Failure> {
    let paths = run.paths.clone();
    let guarded = site.state.guarded(&paths);
    let (gathered, plan) = match prepare(site, run) {
        // Under the lock it is looked at again, and its note is put away.
        Err(failure) if !job.dry_run && cannot_be_finished(run, &failure) => return Ok(None),
        // Another run may be half-way through its writes: report that, not damage.
        Err(_) if guarded.is_locked() => return Err(guarded.busy()),
        prepared => prepared?,
    };
    if !job.dry_run {
        announce_continued(site, run);
    }
    if plan.changes_anything() {
        execute::check_writable(site, &run.paths, &plan)?;
    }
    if job.dry_run {
        let planned = Planned::new(run, plan, &gathered);
        return Ok(Some(Outcome::Planned(Box::new(planned))));
    }
    let asks = plan.changes_anything() && job.asks(&run.request);
    if asks && !site.watch.confirms(&run.request, &plan) {
        return Err(Kind::NotConfirmed.into());
    }
    Ok(None)
}

/// Whether nothing is left of what a run that was cut short set out to do: its vaults are empty, and what
/// is mounted is no first pair of theirs. Its note would only stand in the way of one.
fn cannot_be_finished(run: &Run, failure: &Failure) -> bool {
    let is_empty = matches!(failure.kind(), Kind::Refused { error: Error::VaultEmpty, .. });
    is_empty && run.request.continuing
}

/// Removes a run's note; where the rest is for another host, it stays, and no longer stops others.
fn put_away(site: &Site<'_>, lock: &Lock, paths: &Paths, run: Run) -> Result<(), Failure> {
    match run.left {
        Some(journal) => site.state.leave(lock, paths, journal),
        None => site.state.end(lock, paths, &run.request.rotation_id),
    }
}

fn announce_continued(site: &Site<'_>, run: &Run) {
    if run.request.continuing {
        let elsewhere = run.left.as_ref().map(Journal::paths);
        site.watch.continues(elsewhere.as_ref().map(|paths| paths.mounted_keys_dir.as_path()));
    }
}

/// The run that this is. `None`: there is nothing to resume, and no environment was named.
fn decide(site: &Site<'_>, job: &Job) -> Result<Option<Run>, Failure> {
    let guarded = site.state.guarded(&job.paths);
    if guarded.is_locked() {
        return Err(guarded.busy());
    }
    let Some(journal) = site.state.unfinished(&job.paths)? else {
        // Only a `resume` comes without environments.
        if job.request.environments.is_empty() {
            return match site.state.unfinished_elsewhere(&job.paths)? {
                Some(journal) => of_another_host(site, job, journal),
                None => Ok(None),
            };
        }
        require_own(site, &job.request)?;
        let rotation_id = new_rotation_id()?;
        let request = Request { rotation_id, continuing: false, ..job.request.clone() };
        let paths = job.paths.clone();
        return Ok(Some(Run { request, paths, identity: None, mounted: None, left: None }));
    };
    // The same command again finishes what it began; so does `resume`.
    let names = |environments: &[Environment]| -> Vec<String> {
        environments.iter().map(ToString::to_string).collect()
    };
    let asked = names(&job.request.environments);
    let same = job.request.operation == journal.operation()? && asked == journal.environments;
    let resumes = job.request.operation == Operation::Resume
        && asked.iter().all(|name| group_names(site, &journal).contains(name));
    journal.require_store(site.store_kind())?;
    if !same && !resumes {
        return Err(Error::Unfinished.into());
    }
    continued(site, job, &journal).map(Some)
}

/// A sync mounts what it is told to: where this host's environment is written down, that one's keys.
fn require_own(site: &Site<'_>, request: &Request) -> Result<(), Failure> {
    match &site.settings.host {
        Some(own) if request.operation == Operation::Sync && request.host.as_ref() != Some(own) => {
            Err(Kind::OtherHost(own.clone()).into())
        }
        _ => Ok(()),
    }
}

/// The run that was cut short.
fn continued(site: &Site<'_>, job: &Job, journal: &Journal) -> Result<Run, Failure> {
    let mut request = journal.request(site.settings, &job.request)?;
    // A sync writes no vault. Where another run has left the group half-written meanwhile, that is
    // repaired when an environment is named, and this host with it.
    let named = job.request.operation == Operation::Resume && !job.request.environments.is_empty();
    if named && request.operation == Operation::Sync {
        request.operation = Operation::Resume;
    }
    let (paths, identity, mounted) = (journal.paths(), journal.identity(), journal.mounted());
    Ok(Run { request, paths, identity, mounted, left: None })
}

/// The run that another host was to finish, or seemed to be: what this host can do of it.
fn of_another_host(site: &Site<'_>, job: &Job, journal: Journal) -> Result<Option<Run>, Failure> {
    journal.require_store(site.store_kind())?;
    let mut run = continued(site, job, &journal)?;
    if journal.is_of_this_host(&job.paths) {
        // Which of the two it is shows when the mounted files are read.
        return Ok(Some(run));
    }
    run.paths = job.paths.clone();
    run.leave(journal);
    // A sync concerns only its host.
    Ok((run.request.operation != Operation::Sync).then_some(run))
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
    let is_same = |journal: &Journal| journal.rotation_id == before.request.rotation_id;
    if !before.request.continuing {
        return Ok(site.state.unfinished(&job.paths)?.is_none().then_some(before));
    }
    if let Some(journal) = site.state.unfinished(&job.paths)?.filter(is_same) {
        return continued(site, job, &journal).map(Some);
    }
    match site.state.unfinished_elsewhere(&job.paths)?.filter(is_same) {
        Some(journal) => of_another_host(site, job, journal),
        None => Ok(None),
    }
}

/// Whether what is mounted here shows that another host began the run: the pair of an environment
/// that the run is not about, and not the one that was mounted when it began.
fn is_another_hosts(site: &Site<'_>, run: &Run, snapshot: &Snapshot) -> bool {
    let (Some(host), Some(mounted)) = (&run.request.host, snapshot.host.private.fingerprint())
    else {
        return false;
    };
    let group = site.settings.policy.group_of(host).unwrap_or_default();
    let knows = |vault: &Vault| vault.knows(mounted);
    run.request.continuing
        && run.request.sync_mounted
        && run.mounted != Some(mounted)
        && !snapshot.group(group).any(knows)
        && snapshot.vaults.iter().any(knows)
}

fn prepare(site: &Site<'_>, run: &mut Run) -> Result<(Gathered, Plan), Failure> {
    let mut gathered = gather(site, &run.paths)?;
    site.require_going()?;
    if is_another_hosts(site, run, &gathered.snapshot)
        && let Some(journal) =
            site.state.unfinished(&run.paths)?.or(site.state.unfinished_elsewhere(&run.paths)?)
    {
        run.leave(journal);
    }
    gathered.snapshot.unfinished =
        run.request.continuing.then_some(Unfinished { running: false, identity: run.identity });
    require_available(site, &run.request, &mut gathered)?;
    let plan = plan(&site.settings.policy, &gathered.snapshot, &run.request)
        .map_err(|refusal| Failure::refused(refusal, &run.request))
        .map_err(|failure| failure.in_host_file(&run.paths))?;
    guard::require_own_names(&run.paths, &plan)?;
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
