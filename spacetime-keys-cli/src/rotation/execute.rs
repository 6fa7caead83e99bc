//! Carrying out a plan's steps, one after the other.

use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_core::error::Proof;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::fleet::{
    Action, Environment, Escrow, KeyState, Operation, Origin, Plan, Request, Source, Step, Tags,
    prove,
};
use spacetime_keys_core::jwt::{self, Expiry, ResignOptions, Resigned};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey, PublicKey, key};
use zeroize::Zeroizing;

use super::Site;
use super::gather::{Gathered, gather, read_escrow};
use crate::clock;
use crate::failpoint;
use crate::failure::Failure;
use crate::files;
use crate::host::{self, Paths};
use crate::store::{ESCROW_SECRET, JSON, NewSecret, PEM};

/// What a run has done.
#[derive(Default)]
pub(super) struct Done {
    /// The pairs that the plan's targets hold now.
    pub(super) pairs: Vec<Fingerprint>,
    /// The token, if it was signed anew.
    pub(super) resigned: Option<Resigned>,
    /// Where a key was set aside.
    pub(super) set_aside: Option<std::path::PathBuf>,
}

pub(super) struct Executor<'a> {
    site: &'a Site<'a>,
    request: &'a Request,
    paths: &'a Paths,
    plan: &'a Plan,
    before: Gathered,
    /// One a target, as far as they have been made or read.
    keys: Vec<Option<PrivateKey>>,
    done: Done,
}

/// Fails where a step surely would, before anything has been changed.
pub(super) fn check_writable(
    site: &Site<'_>,
    request: &Request,
    paths: &Paths,
    plan: &Plan,
) -> Result<(), Failure> {
    site.state.check_writable()?;
    let store = &site.config.store;
    for step in &plan.steps {
        let vault = || site.config.vault(&step.environment);
        match step.action {
            Action::Escrow => site.store.check_writable(vault()?, ESCROW_SECRET)?,
            Action::AdoptPrivate | Action::PushPrivate => {
                site.store.check_writable(vault()?, &store.private_secret)?;
            }
            Action::AdoptPublic | Action::PushPublic => {
                site.store.check_writable(vault()?, &store.public_secret)?;
            }
            Action::SetAside => {
                files::check_replaceable(&site.state.set_aside_file(&request.rotation_id))?;
            }
            Action::MountPrivate => files::check_replaceable(&paths.private_key())?,
            Action::MountPublic => files::check_replaceable(&paths.public_key())?,
            Action::ResignToken => files::check_replaceable(&paths.cli_toml)?,
            Action::Generate | Action::Load | Action::Prove => {}
        }
    }
    Ok(())
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        site: &'a Site<'a>,
        request: &'a Request,
        paths: &'a Paths,
        plan: &'a Plan,
        before: Gathered,
    ) -> Self {
        let keys = plan.targets.iter().map(|_| None).collect();
        Self { site, request, paths, plan, before, keys, done: Done::default() }
    }

    pub(super) fn run(mut self) -> Result<Done, Failure> {
        self.clean_up()?;
        for step in &self.plan.steps {
            let name = format!("{} {}", step.action.as_str(), step.environment);
            failpoint::reached(&format!("before {name}"))?;
            self.site.output.detail(&format!("  {name} …"));
            self.step(step).map_err(|failure| failure.prefix(format!("step `{name}`")))?;
            failpoint::reached(&format!("after {name}"))?;
        }
        Ok(self.done)
    }

    /// Half-written files of a run that was killed may hold key material.
    fn clean_up(&self) -> Result<(), Failure> {
        let store = &self.site.config.store;
        for environment in self.plan.environments() {
            let vault = self.site.config.vault(environment)?;
            for secret in [&store.private_secret, &store.public_secret, ESCROW_SECRET] {
                self.site.store.clean_up(vault, secret)?;
            }
        }
        if self.plan.host.is_some() {
            files::remove_leftovers(&self.paths.mounted_keys_dir)?;
            files::remove_leftovers(files::folder_of(&self.paths.cli_toml))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match step.action {
            Action::Escrow => self.escrow(&step.environment),
            Action::AdoptPrivate => {
                let key = self.mounted_key(step)?;
                self.push_private(step, &key, Origin::Adopt)
            }
            Action::AdoptPublic => {
                let key = self.mounted_key(step)?;
                self.push_public(step, &key, Origin::Adopt)
            }
            Action::Generate => self.hold(step, PrivateKey::generate()?),
            Action::Load => {
                let key = self.load(step)?;
                self.hold(step, key)
            }
            Action::PushPrivate => {
                self.with_key(step, |this, key, origin| this.push_private(step, key, origin))
            }
            Action::PushPublic => {
                self.with_key(step, |this, key, origin| this.push_public(step, key, origin))
            }
            Action::SetAside => {
                let mounted = self.paths.private_key();
                let kept = self.site.state.set_aside(&mounted, &self.request.rotation_id)?;
                self.done.set_aside = Some(kept);
                Ok(())
            }
            Action::MountPrivate => {
                let folder = &self.paths.mounted_keys_dir;
                self.with_key(step, |_, key, _| host::write_private(folder, key))
            }
            Action::MountPublic => {
                let folder = &self.paths.mounted_keys_dir;
                self.with_key(step, |_, key, _| host::write_public(folder, key.public_key()))
            }
            Action::ResignToken => self.with_key(step, |this, key, _| this.resign(key)),
            Action::Prove => self.prove(),
        }
    }

    /// Takes the target's key out for a step, and puts it back.
    fn with_key(
        &mut self,
        step: &Step,
        work: impl FnOnce(&mut Self, &PrivateKey, Origin) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let missing = || Failure::bug("a step came before its key");
        let origin = self.plan.targets.get(step.target).ok_or_else(missing)?.origin;
        let key = self.keys.get_mut(step.target).and_then(Option::take).ok_or_else(missing)?;
        let result = work(self, &key, origin);
        if let Some(place) = self.keys.get_mut(step.target) {
            *place = Some(key);
        }
        result
    }

    fn hold(&mut self, step: &Step, key: PrivateKey) -> Result<(), Failure> {
        key::self_test(&key)?;
        match self.keys.get_mut(step.target) {
            Some(place) => *place = Some(key),
            None => return Err(Failure::bug("a step without a target")),
        }
        Ok(())
    }

    fn escrow(&self, environment: &Environment) -> Result<(), Failure> {
        let Some(publisher) = &self.plan.escrow else { return Ok(()) };
        let vault = self.site.config.vault(environment)?;
        // A damaged list is kept by the store as an earlier version; here a new one begins.
        let mut escrow = read_escrow(self.site, vault)?.unwrap_or_else(|_| Escrow::default());
        escrow.add(publisher.clone());
        let json = escrow.to_json();
        let tags = Tags { rotation_id: Some(self.request.rotation_id.clone()), ..Tags::default() };
        self.put(vault, ESCROW_SECRET, &NewSecret { value: &json, content_type: JSON, tags })
    }

    fn mounted_key(&self, step: &Step) -> Result<PrivateKey, Failure> {
        let path = self.paths.private_key();
        let key = PrivateKey::from_pem(&*files::read_existing(&path)?)
            .map_err(|error| Failure::in_file(&path, error))?;
        let planned = self
            .plan
            .targets
            .get(step.target)
            .and_then(|target| target.adopt.or(target.source.fingerprint()));
        if planned == Some(key.public_key().fingerprint()) {
            Ok(key)
        } else {
            Err(Failure::in_environment(&step.environment, Error::MountedUnknown))
        }
    }

    fn load(&self, step: &Step) -> Result<PrivateKey, Failure> {
        let source = self.plan.targets.get(step.target).map(|target| &target.source);
        match source {
            Some(Source::Stored { environment, version, fingerprint }) => {
                let vault = self.site.config.vault(environment)?;
                let secret = &self.site.config.store.private_secret;
                let value = self.site.store.get(vault, secret, version)?.value;
                let key = PrivateKey::from_pem(&*value)
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

    fn push_private(&self, step: &Step, key: &PrivateKey, origin: Origin) -> Result<(), Failure> {
        let secret = &self.site.config.store.private_secret;
        self.push(step, secret, &key.to_pem(), key.public_key(), origin)
    }

    fn push_public(&self, step: &Step, key: &PrivateKey, origin: Origin) -> Result<(), Failure> {
        let secret = &self.site.config.store.public_secret;
        self.push(step, secret, &key.public_key().to_pem(), key.public_key(), origin)
    }

    fn push(
        &self,
        step: &Step,
        secret: &str,
        value: &str,
        public: &PublicKey,
        origin: Origin,
    ) -> Result<(), Failure> {
        let vault = self.site.config.vault(&step.environment)?;
        let tags = Tags {
            fingerprint: Some(public.fingerprint()),
            rotation_id: Some(self.request.rotation_id.clone()),
            origin: Some(origin),
            previous: self.previous(step, public.fingerprint()),
        };
        self.put(vault, secret, &NewSecret { value, content_type: PEM, tags })
    }

    /// What a rollback from this push returns to: the pair that it takes the place of.
    fn previous(&self, step: &Step, pushed: Fingerprint) -> Option<Fingerprint> {
        let adopted = self.plan.targets.get(step.target).and_then(|target| target.adopt);
        let vault = self.before.snapshot.vault(&step.environment)?;
        let current = vault.private.fingerprint();
        if current == Some(pushed) {
            // The same pair, written clean: it still follows what it followed.
            return vault.latest.as_ref().and_then(|latest| latest.tags.previous);
        }
        adopted.filter(|adopted| *adopted != pushed).or(current)
    }

    /// Writes, reads back, compares.
    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<(), Failure> {
        let written = self.site.store.put(vault, secret, new)?;
        let latest = self.site.store.latest(vault, secret)?;
        let same = latest.is_some_and(|found| {
            found.properties.version == written.version && found.value.as_str() == new.value
        });
        if same { Ok(()) } else { Err(Error::Unproven(Proof::ReadBack).into()) }
    }

    /// Reads `cli.toml` anew: its owner may have changed other things in it meanwhile.
    fn resign(&mut self, key: &PrivateKey) -> Result<(), Failure> {
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
        let old_keys: Vec<PublicKey> =
            cli_toml.server_keys().filter(|key| self.is_ours(key)).cloned().collect();
        host::write_cli_toml(path, &cli_toml.with(&resigned.token, &old_keys, key.public_key()))?;
        self.done.resigned = Some(resigned);
        Ok(())
    }

    /// Whether a server's key in `cli.toml` is one that this host's environment has had.
    fn is_ours(&self, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint();
        let snapshot = &self.before.snapshot;
        let Some((environment, _)) = &self.plan.host else { return false };
        let group = self.site.config.policy.group_of(environment).unwrap_or_default();
        let mounted = [&snapshot.host.private, &snapshot.host.public];
        mounted.into_iter().filter_map(KeyState::fingerprint).any(|found| found == fingerprint)
            || snapshot.group(group).any(|vault| vault.knows(fingerprint))
    }

    fn prove(&mut self) -> Result<(), Failure> {
        let pairs: Option<Vec<Fingerprint>> = self
            .plan
            .targets
            .iter()
            .zip(&self.keys)
            .map(|(target, key)| {
                key.as_ref()
                    .map(|key| key.public_key().fingerprint())
                    .or_else(|| target.source.fingerprint())
            })
            .collect();
        self.done.pairs = pairs.ok_or_else(|| Failure::bug("a target without a pair"))?;
        let after = gather(self.site, self.paths)?;
        prove(self.plan, self.request, &self.done.pairs, &after.snapshot)?;
        let name = match self.request.operation {
            Operation::Sync => "synced",
            _ => "proven",
        };
        self.site.output.detail(&format!("  {name}"));
        Ok(())
    }
}
