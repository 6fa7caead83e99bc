//! Carrying out a plan's steps: stage after stage, and within a stage, where calls wait on a
//! network, all vaults at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::fleet::{
    Action, KeyState, Origin, Plan, Request, Source, Step, Unreadable, prove,
};
use spacetime_keys_core::jwt::{self, Expiry, ResignOptions, Resigned};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey, PublicKey, key};
use zeroize::Zeroizing;

use super::Planned;
use super::guard::{Guard, Place};
use crate::clock;
use crate::error::Failure;
use crate::failpoint;
use crate::files::{self, Mode};
use crate::host::{self, Paths};
use crate::inspect::places_of;
use crate::read::{Gathered, gather};
use crate::site::Site;
use crate::store::each;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Done {
    /// The pairs that the plan's targets hold now.
    pub pairs: Vec<Fingerprint>,
    /// For each step: the version that it wrote, if it wrote one.
    pub versions: Vec<Option<String>>,
    /// The token, if it was re-signed.
    pub resigned: Option<Resigned>,
    /// The places of mounted contents that no vault has.
    pub set_aside: Vec<PathBuf>,
    /// Mounted files that the owner of their folder, most likely the server's user, cannot read.
    pub unreadable: Option<Unreadable>,
}

pub(super) struct Executor<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) request: &'a Request,
    pub(super) plan: &'a Plan,
    pub(super) before: Gathered,
    pub(super) paths: &'a Paths,
    /// The key of each target, in the plan's order; empty until it is made or read.
    keys: Vec<OnceLock<PrivateKey>>,
    resigned: OnceLock<Resigned>,
    /// When the keys before are retired, in Unix seconds: one moment for all vaults.
    pub(super) now: i64,
    /// Keys that are nowhere to be read.
    pub(super) unknown: Mutex<Vec<Fingerprint>>,
    pub(super) guard: Guard<'a>,
    touched: AtomicBool,
}

/// Fails where a step surely would, before anything has been changed.
pub(super) fn check_writable(site: &Site<'_>, paths: &Paths, plan: &Plan) -> Result<(), Failure> {
    site.state.check_writable(paths)?;
    let settings = site.settings;
    for step in &plan.steps {
        let vault = || site.settings.vault(&step.environment);
        match step.action {
            Action::Escrow => site.store.check_writable(vault()?, &settings.escrow_secret)?,
            Action::AdoptPrivate | Action::PushPrivate => {
                site.store.check_writable(vault()?, &settings.private_secret)?;
            }
            Action::AdoptPublic | Action::PushPublic => {
                site.store.check_writable(vault()?, &settings.public_secret)?;
            }
            Action::RetireKeys => site.store.check_writable(vault()?, &settings.retired_secret)?,
            Action::MountRetiredKeys => files::check_replaceable(&paths.retired_keys())?,
            Action::SetAside => {
                site.state.check_set_aside()?;
            }
            Action::MountPrivate => files::check_replaceable(&paths.private_key())?,
            Action::MountPublic => files::check_replaceable(&paths.public_key())?,
            Action::ResignToken | Action::UpdateServerKey => {
                files::check_replaceable(&paths.cli_toml)?;
            }
            Action::Generate | Action::Load | Action::Prove => {}
        }
    }
    Ok(())
}

/// The places that should keep private keys.
fn places(before: &Gathered) -> Vec<Place> {
    let vaults = before.snapshot.vaults.iter();
    let versions = vaults.flat_map(|vault| {
        vault.versions().filter_map(|version| {
            Some(Place {
                vault: vault.name.clone(),
                version: version.version.clone(),
                fingerprint: version.fingerprint?,
            })
        })
    });
    versions.collect()
}

impl<'a> Executor<'a> {
    pub(super) fn new(site: &'a Site<'a>, planned: &'a Planned, before: Gathered) -> Self {
        let Planned { request, paths, plan, .. } = planned;
        Self {
            site,
            request,
            plan,
            guard: Guard::new(site, &request.rotation_id, places(&before)),
            before,
            paths,
            keys: plan.targets.iter().map(|_| OnceLock::new()).collect(),
            resigned: OnceLock::new(),
            now: clock::now(),
            unknown: Mutex::default(),
            touched: AtomicBool::new(false),
        }
    }

    pub(super) fn run(&mut self) -> Result<Done, Failure> {
        self.clean_up()?;
        let mut versions = Vec::new();
        for stage in self.plan.stages() {
            // A vault's steps follow each other; vaults do not wait for each other.
            let lanes: Vec<&[Step]> =
                stage.chunk_by(|a, b| a.environment == b.environment).collect();
            let this = &*self;
            let lanes = each(this.site.store, &lanes, |lane| {
                lane.iter().map(|step| this.step(step)).collect::<Result<Vec<_>, _>>()
            })?;
            versions.extend(lanes.into_iter().flatten());
        }
        Ok(Done {
            pairs: self.pairs()?,
            versions,
            resigned: self.resigned.take(),
            set_aside: self.guard.kept(),
            unreadable: self.unreadable(),
        })
    }

    /// Where nothing is mounted by this run, it is not this run's business.
    fn unreadable(&self) -> Option<Unreadable> {
        let mounts =
            |step: &Step| matches!(step.action, Action::MountPrivate | Action::MountPublic);
        let places = places_of(&self.paths.mounted_keys_dir).places;
        Unreadable::of(&places).filter(|_| self.plan.steps.iter().any(mounts))
    }

    /// Whether anything may have been changed.
    pub(super) fn has_touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    pub(super) fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    fn step(&self, step: &Step) -> Result<Option<String>, Failure> {
        let name = format!("{} {}", step.action.as_str(), step.environment);
        failpoint::reached(&format!("before {name}"))?;
        self.site.require_going()?;
        self.site.watch.step(step);
        let version = self.carry_out(step).map_err(|failure| failure.in_step(step))?;
        failpoint::reached(&format!("after {name}"))?;
        Ok(version)
    }

    /// Half-written files of a run that was killed may hold key material.
    fn clean_up(&self) -> Result<(), Failure> {
        let settings = self.site.settings;
        for environment in self.plan.environments() {
            let vault = self.site.settings.vault(environment)?;
            for secret in settings.secrets() {
                if let Some(root) = self.site.store.folder() {
                    self.guard.keep_half_written(&root.join(vault).join(secret))?;
                }
                self.site.store.clean_up(vault, secret)?;
            }
        }
        if self.plan.host.is_some() {
            self.guard.remove_leftovers(&self.paths.mounted_keys_dir)?;
            files::remove_leftovers(files::folder_of(&self.paths.cli_toml))?;
        }
        Ok(())
    }

    /// Does what a step says; the version that it wrote, if it wrote one.
    fn carry_out(&self, step: &Step) -> Result<Option<String>, Failure> {
        match step.action {
            Action::Escrow => return self.escrow(&step.environment),
            Action::RetireKeys => return self.retire_keys(step),
            Action::AdoptPrivate => {
                return self.push_private(step, &self.mounted_key(step)?, Origin::Adopt);
            }
            Action::AdoptPublic => {
                return self.push_public(step, &self.mounted_key(step)?, Origin::Adopt);
            }
            Action::PushPrivate => {
                return self.push_private(step, self.key(step)?, self.origin(step)?);
            }
            Action::PushPublic => {
                return self.push_public(step, self.key(step)?, self.origin(step)?);
            }
            Action::Generate => self.hold(step, PrivateKey::generate()?)?,
            Action::Load => self.hold(step, self.load(step)?)?,
            Action::MountRetiredKeys => self.mount_retired_keys(step)?,
            Action::SetAside => {
                self.touch();
                self.guard.keep_file(&self.paths.private_key())?;
            }
            Action::MountPrivate => {
                self.touch();
                let pem = self.key(step)?.to_pem();
                self.mount(&self.paths.private_key(), pem.as_bytes(), host::PRIVATE_MODE)?;
            }
            Action::MountPublic => {
                self.touch();
                let pem = self.key(step)?.public_key().to_pem();
                self.mount(&self.paths.public_key(), pem.as_bytes(), host::PUBLIC_MODE)?;
            }
            Action::ResignToken => {
                self.touch();
                self.resign(self.key(step)?)?;
            }
            Action::UpdateServerKey => {
                self.touch();
                self.update_server_key(self.key(step)?.public_key())?;
            }
            Action::Prove => self.prove()?,
        }
        Ok(None)
    }

    pub(super) fn mount(&self, path: &Path, pem: &[u8], mode: u32) -> Result<(), Failure> {
        files::create_folder(&self.paths.mounted_keys_dir, host::FOLDER_MODE)?;
        self.guard.replace(path, pem, Mode::Set(mode))
    }

    fn key(&self, step: &Step) -> Result<&PrivateKey, Failure> {
        let key = self.keys.get(step.target).and_then(OnceLock::get);
        key.ok_or_else(|| Failure::bug("a step came before its key"))
    }

    fn origin(&self, step: &Step) -> Result<Origin, Failure> {
        let target = self.plan.targets.get(step.target);
        target.map(|target| target.origin).ok_or_else(|| Failure::bug("a step without a target"))
    }

    fn hold(&self, step: &Step, key: PrivateKey) -> Result<(), Failure> {
        key::self_test(&key)?;
        let place = self.keys.get(step.target);
        let held = place.is_some_and(|place| place.set(key).is_ok());
        held.then_some(()).ok_or_else(|| Failure::bug("a step without a target"))
    }

    /// The pair that is adopted: the mounted one or, where another has been mounted since a run that
    /// was cut short put it into a first vault, that vault's.
    fn mounted_key(&self, step: &Step) -> Result<PrivateKey, Failure> {
        let target = self.plan.targets.get(step.target);
        let planned = target.and_then(|target| target.adopt.or(target.source.fingerprint()));
        let planned = planned.ok_or_else(|| Failure::bug("a step without a pair"))?;
        let path = self.paths.private_key();
        let mounted = files::read(&path)?.map(|content| PrivateKey::from_pem(&*content));
        match mounted {
            Some(Ok(key)) if key.public_key().fingerprint() == planned => Ok(key),
            mounted => self.guard.stored(planned).ok_or_else(|| match mounted {
                Some(Err(error)) => Failure::in_file(&path, error),
                _ => Failure::in_environment(&step.environment, Error::MountedUnknown),
            }),
        }
    }

    fn load(&self, step: &Step) -> Result<PrivateKey, Failure> {
        let source = self.plan.targets.get(step.target).map(|target| &target.source);
        match source {
            Some(Source::Stored { environment, version, fingerprint }) => {
                let vault = self.site.settings.vault(environment)?;
                let secret = &self.site.settings.private_secret;
                let value = self.site.store.get(vault, secret, version)?.value;
                let key = PrivateKey::from_pem(&*value)
                    // Another version, in this vault or another, may be whole.
                    .or_else(|error| self.guard.stored(*fingerprint).ok_or(error))
                    .map_err(|error| Failure::in_environment(environment, error))?;
                // By version and by fingerprint: a version that was tampered with is not taken.
                if key.public_key().fingerprint() == *fingerprint {
                    Ok(key)
                } else {
                    Err(Failure::in_environment(environment, Error::PrivateKeyLost))
                }
            }
            Some(Source::Mounted { .. }) => self.mounted_key(step),
            Some(Source::New) | None => Err(Failure::bug("a new pair cannot be loaded")),
        }
    }

    /// Reads `cli.toml` again: its owner may have changed other things in it meanwhile.
    fn resign(&self, key: &PrivateKey) -> Result<(), Failure> {
        let Some(publisher) = &self.plan.publisher else { return Ok(()) };
        let path = &self.paths.cli_toml;
        let in_file = |error| Failure::in_file(path, error);
        let text: Zeroizing<String> = files::read_text(path)?.ok_or(Error::TomlNoToken)?;
        let cli_toml = CliToml::parse(&text).map_err(in_file)?;
        let options = ResignOptions {
            now: clock::now(),
            expiry: Expiry::Clear,
            known_keys: &self.before.known_keys,
            // The plan has judged the token; here it must still be the same publisher's.
            expect_identity: Some(publisher.identity),
            allow_unverified: false,
            allow_external_issuer: self.request.allow_external_issuer,
        };
        let signer = Signer::new(key)?;
        let resigned =
            jwt::resign(cli_toml.token().map_err(in_file)?, &signer, &options).map_err(in_file)?;
        let old_keys = self.old_keys(&cli_toml);
        host::write_cli_toml(path, &cli_toml.with(&resigned.token, &old_keys, key.public_key()))?;
        let _ = self.resigned.set(resigned);
        Ok(())
    }

    /// The token stays as it is: its issuer signs it.
    fn update_server_key(&self, key: &PublicKey) -> Result<(), Failure> {
        let path = &self.paths.cli_toml;
        let in_file = |error| Failure::in_file(path, error);
        let text: Zeroizing<String> = files::read_text(path)?.ok_or(Error::TomlNoToken)?;
        let cli_toml = CliToml::parse(&text).map_err(in_file)?;
        let token = cli_toml.token().map_err(in_file)?;
        host::write_cli_toml(path, &cli_toml.with(token, &self.old_keys(&cli_toml), key))
    }

    fn old_keys(&self, cli_toml: &CliToml<'_>) -> Vec<PublicKey> {
        cli_toml.server_keys().filter(|key| self.is_ours(key)).cloned().collect()
    }

    /// Whether a server's key in `cli.toml` is one that this host's environment has had.
    fn is_ours(&self, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint();
        let snapshot = &self.before.snapshot;
        let Some((environment, _)) = &self.plan.host else { return false };
        let group = self.site.settings.policy.group_of(environment).unwrap_or_default();
        let mounted = [&snapshot.host.private, &snapshot.host.public];
        mounted.into_iter().filter_map(KeyState::fingerprint).any(|found| found == fingerprint)
            || snapshot.group(group).any(|vault| vault.knows(fingerprint))
    }

    /// The pairs that the targets hold at the end.
    fn pairs(&self) -> Result<Vec<Fingerprint>, Failure> {
        let targets = self.plan.targets.iter().zip(&self.keys);
        targets
            .map(|(target, key)| {
                let held = key.get().map(|key| key.public_key().fingerprint());
                let pair = held.or_else(|| target.source.fingerprint());
                pair.ok_or_else(|| Failure::bug("a target without a pair"))
            })
            .collect()
    }

    fn prove(&self) -> Result<(), Failure> {
        let mut after = gather(self.site, self.paths)?;
        self.site.require_going()?;
        // A vault that cannot be read proves nothing, and refutes nothing.
        let mut concerned = self.plan.targets.iter().flat_map(|target| &target.environments);
        if let Some(failure) = concerned.find_map(|environment| after.take_failure(environment)) {
            return Err(failure);
        }
        prove(&self.provable(), self.request, &self.pairs()?, &after.snapshot)?;
        self.site.watch.proven(self.request.operation);
        Ok(())
    }
}
