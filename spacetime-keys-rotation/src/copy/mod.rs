//! Copying a store's vaults into another store: the way from a folder to a key vault, and back.
//!
//! The source is read, and nothing in it is changed. The destination gets versions at the end of each
//! secret's history, in the source's order, and nothing else: where it has something that is no
//! beginning of that history, nothing is written. A copy that was cut short is made again, and goes on.

mod places;
mod vaults;
mod versions;
mod write;

use spacetime_keys_core::Error;
use spacetime_keys_core::fleet::{Environment, copy as core};

use crate::error::{Failure, Kind};
use crate::host::Paths;
use crate::site::Site;
use crate::store::each;
use vaults::Vaults;

/// The task of a copy.
#[derive(Clone, Debug)]
pub struct CopyJob {
    /// These environments; none: all of the source that hold anything.
    pub environments: Vec<Environment>,
    /// The files of this host, by the source's configuration.
    pub source_paths: Paths,
    /// The same, by the destination's.
    pub destination_paths: Paths,
    /// Only plan.
    pub dry_run: bool,
    /// Ask [`Watch::confirms_copy`](crate::Watch::confirms_copy) before anything is written.
    pub ask: bool,
}

/// The result of a copy.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Each environment, in the source's order.
    pub environments: Vec<CopiedEnvironment>,
    /// The versions that are written, or were, in this order.
    pub steps: Vec<CopyStep>,
    /// The source's folder of keys that were set aside, if it has some and the destination has another
    /// folder: they are in no vault, and stay there.
    pub set_aside: Option<std::path::PathBuf>,
    /// Environments that share a pair with a copied one, and are not copied.
    pub not_copied: Vec<Environment>,
}

/// An environment's vaults.
#[derive(Clone, Debug)]
pub struct CopiedEnvironment {
    /// The environment.
    pub name: Environment,
    /// The source's vault.
    pub from: String,
    /// The destination's vault.
    pub to: String,
    /// How many versions of all secrets the source has that can be read.
    pub versions: usize,
    /// How many of them the destination had before.
    pub there: usize,
    /// Versions that are disabled or damaged, and that no command needs: they are not copied.
    pub left_out: Vec<LeftOut>,
}

/// A version that is not copied.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The secret's name at the source.
    pub secret: String,
    /// The version's name there.
    pub version: String,
}

/// A version that is copied.
#[derive(Clone, Debug)]
pub struct CopyStep {
    /// The environment of the vault.
    pub environment: Environment,
    /// The secret's name at the destination.
    pub secret: String,
    /// The version's name at the source.
    pub from: String,
    /// Its place in the secret's history, counted from 1.
    pub position: u32,
    /// Its name at the destination, once it is written.
    pub version: Option<String>,
}

/// Copies vaults, each version in its order; reads back, and proves.
///
/// # Errors
/// [`Kind::CopySame`], [`Kind::CopyGroups`], [`Kind::CopyDiverged`], [`Kind::CopyUnreadable`],
/// [`Kind::CopyTooLarge`], [`Kind::CopyNothing`]: nothing was written. [`Kind::Locked`] and
/// [`Error::Unfinished`] where a run is at work, or was cut short, on either side.
/// [`Kind::CopyChanged`] where somebody else wrote meanwhile.
pub fn copy(source: &Site<'_>, destination: &Site<'_>, job: &CopyJob) -> Result<Copy, Failure> {
    let ends = Ends { source, destination };
    let planned = ends.look(job)?.copy;
    if job.dry_run {
        return Ok(planned);
    }
    let asks = job.ask && !planned.steps.is_empty();
    if asks && !destination.watch.confirms_copy(&planned) {
        return Err(Kind::NotConfirmed.into());
    }
    if planned.steps.is_empty() {
        return Ok(planned);
    }
    let _locks = ends.lock()?;
    let found = ends.look_under_lock(job)?;
    ends.carry_out(job, found)
}

/// Source and destination.
struct Ends<'a> {
    source: &'a Site<'a>,
    destination: &'a Site<'a>,
}

/// The finding, and the task.
struct Found {
    copy: Copy,
    vaults: Vec<Vaults>,
}

impl Ends<'_> {
    fn look(&self, job: &CopyJob) -> Result<Found, Failure> {
        for site in [self.source, self.destination] {
            let guarded = site.state.guarded_store();
            if guarded.is_locked() {
                return Err(guarded.busy());
            }
        }
        self.look_under_lock(job)
    }

    fn look_under_lock(&self, job: &CopyJob) -> Result<Found, Failure> {
        let environments = self.environments(job)?;
        self.require_other_places(&environments)?;
        self.require_groups(&environments)?;
        require_settled(self.source, &job.source_paths)?;
        require_settled(self.destination, &job.destination_paths)?;
        let is_named = !job.environments.is_empty();
        let vaults = self.read(&environments)?;
        let vaults: Vec<Vaults> = vaults.into_iter().filter(|v| is_named || v.has_any()).collect();
        if vaults.is_empty() || vaults.iter().any(|vaults| !vaults.has_any()) {
            return Err(Kind::CopyNothing.into());
        }
        vaults.iter().try_for_each(Vaults::require_sound)?;
        let mut steps = Vec::new();
        let mut copied = Vec::new();
        for vaults in &vaults {
            let (environment, of_vaults) = vaults.plan(self)?;
            copied.push(environment);
            steps.extend(of_vaults);
        }
        let copy = Copy {
            not_copied: self.not_copied(&copied),
            environments: copied,
            steps,
            set_aside: self.set_aside(),
        };
        Ok(Found { copy, vaults })
    }

    /// The environments that are meant. Without names, those of the source that the destination does
    /// not have are refused where they hold anything.
    fn environments(&self, job: &CopyJob) -> Result<Vec<Environment>, Failure> {
        let all = self.source.settings.names();
        let named = &job.environments;
        let mut chosen: Vec<Environment> =
            all.into_iter().filter(|name| named.is_empty() || named.contains(name)).collect();
        if named.is_empty() {
            let held =
                each(self.source.store, &chosen, |name| vaults::holds_any(self.source, name))?;
            let mut held = held.into_iter();
            chosen.retain(|_| held.next().unwrap_or(true));
        }
        for name in &chosen {
            self.destination.settings.vault(name)?;
        }
        Ok(chosen)
    }

    fn read(&self, environments: &[Environment]) -> Result<Vec<Vaults>, Failure> {
        let read = |name: &Environment| {
            Vaults::read(self, name).map_err(|failure| failure.in_environment_of(name))
        };
        // Either side may be the one that waits on a network.
        let slow = if self.source.store.is_remote() { self.source } else { self.destination };
        each(slow.store, environments, read)
    }

    /// Writes what is missing, and proves that nothing is missing then.
    fn carry_out(&self, job: &CopyJob, found: Found) -> Result<Copy, Failure> {
        let Found { mut copy, vaults } = found;
        self.check_writable(&copy)?;
        let written = each(self.destination.store, &vaults, |vaults| {
            self.write(vaults)
                .map_err(|failure| failure.in_environment_of(vaults.environment()).goes_on())
        })?;
        for (step, version) in copy.steps.iter_mut().zip(written.into_iter().flatten()) {
            step.version = Some(version);
        }
        self.prove(job, &vaults).map_err(Failure::goes_on)?;
        Ok(copy)
    }

    /// Fails where a write surely would, before anything has been written.
    fn check_writable(&self, copy: &Copy) -> Result<(), Failure> {
        for step in &copy.steps {
            let vault = self.destination.settings.vault(&step.environment)?;
            self.destination.store.check_writable(vault, &step.secret)?;
        }
        Ok(())
    }

    /// Both sides are read again: the source is as it was, and the destination has all of it.
    fn prove(&self, job: &CopyJob, before: &[Vaults]) -> Result<(), Failure> {
        let environments: Vec<_> =
            before.iter().map(|vaults| vaults.environment().clone()).collect();
        require_settled(self.source, &job.source_paths)?;
        let after = self.read(&environments)?;
        for (before, after) in before.iter().zip(&after) {
            before.require_same_source(after)?;
            after.require_complete()?;
        }
        Ok(())
    }

    /// The environments that stay behind, although they share a pair with a copied one.
    fn not_copied(&self, copied: &[CopiedEnvironment]) -> Vec<Environment> {
        let is_copied = |name: &Environment| copied.iter().any(|copied| copied.name == *name);
        let groups = self.source.settings.policy.groups().iter();
        let parted = groups.filter(|group| group.iter().any(is_copied));
        parted.flatten().filter(|name| !is_copied(name)).cloned().collect()
    }
}

/// A run that is unfinished may have written one key of a pair: it is finished first.
fn require_settled(site: &Site<'_>, paths: &Paths) -> Result<(), Failure> {
    let elsewhere = site.state.unfinished_elsewhere(paths)?;
    let is_elsewhere = elsewhere.is_some_and(|run| !run.left_elsewhere().vaults_are_done);
    if is_elsewhere || site.state.unfinished(paths)?.is_some() {
        return Err(Error::Unfinished.into());
    }
    Ok(())
}

/// The core's refusal, with where it is.
fn refused(refusal: core::Refusal, from: (&str, &str), to: (&str, &str)) -> Failure {
    let owned = |(vault, secret): (&str, &str)| (vault.to_owned(), secret.to_owned());
    let ((source, source_secret), (vault, secret)) = (owned(from), owned(to));
    let at_source = |version, rollback| Kind::CopyUnreadable {
        vault: source,
        secret: source_secret,
        version,
        rollback,
    };
    match refusal {
        core::Refusal::Diverged(version) => Kind::CopyDiverged { vault, secret, version },
        core::Refusal::Unreadable(version) => {
            Kind::CopyUnreadable { vault, secret, version, rollback: false }
        }
        core::Refusal::LatestUnreadable(version) => at_source(version, false),
        core::Refusal::Needed(version) => at_source(version, true),
    }
    .into()
}
