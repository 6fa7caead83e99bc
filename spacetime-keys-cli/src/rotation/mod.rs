//! Rotate, resume, rollback, sync: snapshot → plan → confirm → lock → the same again, carried out.

mod execute;
mod gather;
mod guard;
mod inspect;
mod push;
mod report;
mod seen;

use spacetime_keys_core::fleet::{Environment, Operation, Plan, Request, Unfinished, plan};
use spacetime_keys_core::{Error, Identity};

pub(crate) use inspect::{inspect, places_of};

pub(crate) use gather::{Gathered, earlier_keys, gather, read_vaults, unfinished};

use crate::config::Config;
use crate::confirm::{WithoutTerminal, confirm};
use crate::failure::Failure;
use crate::host::Paths;
use crate::output::Output;
use crate::state::{self, Journal, State};
use crate::store::KeyStore;
use execute::Executor;
use report::Report;

/// What the command line asks for.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Wish {
    pub(crate) operation: Operation,
    /// None for `resume` without `--env`.
    pub(crate) environments: Vec<Environment>,
    pub(crate) host: Option<Environment>,
    pub(crate) paths: Paths,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) adopt_mounted: bool,
    pub(crate) replace_lost_key: bool,
    pub(crate) sync_mounted: bool,
    pub(crate) preserve_publisher: bool,
    pub(crate) expect_identity: Option<Identity>,
    pub(crate) allow_unverified: bool,
    pub(crate) allow_external_issuer: bool,
}

impl Wish {
    /// Whether a person is asked. What is continued was confirmed when it began.
    const fn asks(&self, request: &Request) -> bool {
        !self.yes
            && !request.continuing
            && matches!(request.operation, Operation::Rotate | Operation::Rollback)
    }

    fn request(&self, rotation_id: String) -> Request {
        Request {
            operation: self.operation,
            rotation_id,
            continuing: false,
            environments: self.environments.clone(),
            host: self.host.clone(),
            sync_mounted: self.sync_mounted,
            preserve_publisher: self.preserve_publisher,
            adopt_mounted: self.adopt_mounted,
            replace_lost_key: self.replace_lost_key,
            expect_identity: self.expect_identity,
            allow_unverified: self.allow_unverified,
            allow_external_issuer: self.allow_external_issuer,
        }
    }
}

/// Everything that a run works on.
pub(crate) struct Site<'a> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a dyn KeyStore,
    pub(crate) state: State,
    pub(crate) output: &'a Output,
}

impl<'a> Site<'a> {
    pub(crate) fn new(config: &'a Config, store: &'a dyn KeyStore, output: &'a Output) -> Self {
        Self { config, store, state: State::new(config), output }
    }
}

/// A run as it was decided on: a new one, or one that was cut short.
struct Run {
    request: Request,
    paths: Paths,
    /// Whose token an interrupted run set out to keep.
    identity: Option<Identity>,
}

/// Does what the command line asks for.
pub(crate) fn run(site: &Site<'_>, wish: &Wish) -> Result<(), Failure> {
    let output = site.output;
    let Some(run) = decide(site, wish)? else {
        let text = "no run was interrupted; name an environment (--env E) to mend its group";
        output.result(&report::nothing(text), || format!("{text}\n"));
        return Ok(());
    };
    // A person takes time to answer: a plan to ask about is made before the lock. Where nobody is
    // asked, and looking takes time, one look under the lock is enough.
    let asks = wish.asks(&run.request);
    let look_first = wish.dry_run || asks || !site.store.is_remote();
    if look_first {
        // Half of what another run does would look like damage.
        let (gathered, plan) = prepare(site, &run)
            .map_err(|failure| if site.state.is_locked() { state::busy() } else { failure })?;
        if wish.dry_run {
            let report =
                Report::new(site, &run.request, &run.paths, &plan, &gathered.snapshot, true);
            output.result(&report, || report.to_text());
            return Ok(());
        }
        announce_continued(output, &run);
        if plan.changes_anything() {
            execute::check_writable(site, &run.paths, &plan)?;
            if asks {
                ask(&run.request, &plan)?;
            }
        }
    } else {
        announce_continued(output, &run);
    }

    let lock = site.state.lock()?;
    // While a person was thinking, another run may have ended, or been cut short.
    let Some(run) = decide_locked(site, wish, run)? else { return Err(state::busy()) };
    let (gathered, plan) = prepare(site, &run)?;
    if !look_first && plan.changes_anything() {
        execute::check_writable(site, &run.paths, &plan)?;
    }
    let identity = run.identity.or(plan.publisher.as_ref().map(|publisher| publisher.identity));
    let report = Report::new(site, &run.request, &run.paths, &plan, &gathered.snapshot, false);
    report.announce();
    site.state.begin(&lock, &Journal::new(&run.request, &run.paths, identity))?;
    let mut executor = Executor::new(site, &run.request, &run.paths, &plan, gathered);
    let resumable = |failure: Failure| failure.and_then("`spacetime-keys resume`");
    let done = match executor.run() {
        Ok(done) => done,
        // Nothing was begun, and nothing is left to finish.
        Err(failure) if !executor.has_touched() && !run.request.continuing => {
            site.state.end(&lock)?;
            return Err(failure);
        }
        Err(failure) => return Err(resumable(failure)),
    };
    site.state.end(&lock).map_err(resumable)?;

    let report = report.finished(&done);
    output.result(&report, || report.to_text());
    Ok(())
}

fn announce_continued(output: &Output, run: &Run) {
    if run.request.continuing {
        output.note("Finishing the run that was interrupted.");
    }
}

/// Which run this is. `None`: there is nothing to resume, and no environment was named.
fn decide(site: &Site<'_>, wish: &Wish) -> Result<Option<Run>, Failure> {
    if site.state.is_locked() {
        return Err(state::busy());
    }
    let Some(journal) = site.state.unfinished()? else {
        if wish.environments.is_empty() {
            return Ok(None);
        }
        let request = wish.request(new_rotation_id()?);
        return Ok(Some(Run { request, paths: wish.paths.clone(), identity: None }));
    };
    // The same command again finishes what it began; so does `resume`.
    let names = |environments: &[Environment]| -> Vec<String> {
        environments.iter().map(ToString::to_string).collect()
    };
    let asked = names(&wish.environments);
    let same = wish.operation == journal.operation()? && asked == journal.environments;
    let resumes = wish.operation == Operation::Resume
        && asked.iter().all(|name| group_names(site, &journal).contains(name));
    if !same && !resumes {
        return Err(Error::Unfinished.into());
    }
    continued(site, wish, &journal).map(Some)
}

/// The run that was cut short.
fn continued(site: &Site<'_>, wish: &Wish, journal: &Journal) -> Result<Run, Failure> {
    let mut request = journal.request(site.config, &wish.request(journal.rotation_id.clone()))?;
    // A sync writes no vault. Where another run has left the group half-written meanwhile, that is
    // mended when an environment is named, and this host with it.
    let named = wish.operation == Operation::Resume && !wish.environments.is_empty();
    if named && request.operation == Operation::Sync {
        request.operation = Operation::Resume;
    }
    Ok(Run { request, paths: journal.paths(), identity: journal.identity() })
}

/// The environments that an interrupted run concerns, with their groups.
fn group_names(site: &Site<'_>, journal: &Journal) -> Vec<String> {
    let policy = &site.config.policy;
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
fn decide_locked(site: &Site<'_>, wish: &Wish, before: Run) -> Result<Option<Run>, Failure> {
    match (site.state.unfinished()?, before.request.continuing) {
        (None, false) => Ok(Some(before)),
        (Some(journal), true) if journal.rotation_id == before.request.rotation_id => {
            continued(site, wish, &journal).map(Some)
        }
        _ => Ok(None),
    }
}

fn prepare(site: &Site<'_>, run: &Run) -> Result<(Gathered, Plan), Failure> {
    let mut gathered = gather(site, &run.paths)?;
    gathered.snapshot.unfinished =
        run.request.continuing.then_some(Unfinished { running: false, identity: run.identity });
    require_available(site, &run.request, &mut gathered)?;
    let plan = plan(&site.config.policy, &gathered.snapshot, &run.request)?;
    Ok((gathered, plan))
}

/// A vault that is concerned must be readable; others need not be.
fn require_available(
    site: &Site<'_>,
    request: &Request,
    gathered: &mut Gathered,
) -> Result<(), Failure> {
    let groups = request.environments.iter().filter_map(|named| site.config.policy.group_of(named));
    match groups.flatten().find_map(|environment| gathered.take_failure(environment)) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn ask(request: &Request, plan: &Plan) -> Result<(), Failure> {
    let environments: Vec<&Environment> = plan.environments().collect();
    let names: Vec<_> = environments.iter().map(|environment| environment.as_str()).collect();
    let names = names.join(" and ");
    match request.operation {
        Operation::Rotate => confirm(
            &format!("Rotate the keys of {names}? Every token that they signed becomes void."),
            &environments,
            WithoutTerminal::Refuse,
        ),
        Operation::Rollback => confirm(
            &format!(
                "Return {names} to the key pair before? Tokens of the present one become void."
            ),
            &environments,
            WithoutTerminal::GoOn,
        ),
        // These two change no environment's keys: they finish, and they follow.
        Operation::Resume | Operation::Sync => Ok(()),
    }
}

/// Sortable by time, unique, and nothing to be guessed from.
fn new_rotation_id() -> Result<String, Failure> {
    let mut random = [0_u8; 4];
    getrandom::fill(&mut random).map_err(|_| Error::Random)?;
    let date = crate::clock::date(crate::clock::now()).unwrap_or_default();
    let compact: String = date.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(format!("{compact}-{:08x}", u32::from_be_bytes(random)))
}
