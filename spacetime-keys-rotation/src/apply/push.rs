//! Writing to vaults: look whether somebody else does, write, read back, compare.

use std::time::Duration;

use spacetime_keys_core::error::Proof;
use spacetime_keys_core::fleet::{Environment, Origin, Step, Tags};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey, PublicKey};

use super::escrow::escrow;
use super::execute::Executor;
use super::guard::Place;
use crate::error::Failure;
use crate::site::Site;
use crate::store::{History, NewSecret, PEM, WAITS};

impl Executor<'_> {
    /// The private key is the first that is written in a vault: here it shows whether anybody else
    /// has been at work there since this run looked.
    pub(super) fn push_private(
        &self,
        step: &Step,
        key: &PrivateKey,
        origin: Origin,
    ) -> Result<Option<String>, Failure> {
        let vault = self.site.settings.vault(&step.environment)?;
        let secret = &self.site.settings.private_secret;
        let now = self.site.store.read(vault, secret)?;
        self.require_alone(vault, secret, &now)?;
        self.push(step, secret, &key.to_pem(), key.public_key(), origin)
    }

    pub(super) fn push_public(
        &self,
        step: &Step,
        key: &PrivateKey,
        origin: Origin,
    ) -> Result<Option<String>, Failure> {
        let secret = &self.site.settings.public_secret;
        self.push(step, secret, &key.public_key().to_pem(), key.public_key(), origin)
    }

    fn push(
        &self,
        step: &Step,
        secret: &str,
        value: &str,
        public: &PublicKey,
        origin: Origin,
    ) -> Result<Option<String>, Failure> {
        let vault = self.site.settings.vault(&step.environment)?;
        let tags = Tags {
            fingerprint: Some(public.fingerprint()),
            rotation_id: Some(self.request.rotation_id.clone()),
            origin: Some(origin),
            previous: self.previous(step, public.fingerprint()),
            ..Tags::default()
        };
        let new = NewSecret { value, content_type: PEM, tags };
        let watch = self.site.watch;
        watch.writes(&step.environment, secret, public.fingerprint());
        let (version, _) = self.put(vault, secret, &new)?;
        watch.wrote(&step.environment, secret, public.fingerprint());
        if *secret == self.site.settings.private_secret {
            let (vault, version) = (vault.to_owned(), version.clone());
            self.guard.add(Place { vault, version, fingerprint: public.fingerprint() });
        }
        Ok(Some(version))
    }

    /// The pair that this push replaces: a rollback returns to it.
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

    /// Keeps the publisher's claims.
    pub(super) fn escrow(&self, environment: &Environment) -> Result<Option<String>, Failure> {
        let Some(publisher) = &self.plan.escrow else { return Ok(None) };
        self.touch();
        let publishers = std::slice::from_ref(publisher);
        escrow(self.site, environment, publishers, &self.request.rotation_id).map(Some)
    }

    /// Writes, reads back, compares, and sees that nobody else writes. The version, and the history with it.
    pub(super) fn put(
        &self,
        vault: &str,
        secret: &str,
        new: &NewSecret<'_>,
    ) -> Result<(String, History), Failure> {
        self.touch();
        let is_alone = |history: &History| self.require_alone(vault, secret, history);
        put(self.site, vault, secret, new, is_alone)
    }

    pub(super) fn require_alone(
        &self,
        vault: &str,
        secret: &str,
        now: &History,
    ) -> Result<(), Failure> {
        let id = &self.request.rotation_id;
        self.before.seen.require_alone(vault, secret, &now.versions, id)
    }
}

/// Writes, reads back and compares; `is_alone` sees that nobody else writes. The version, and the history with
/// it.
pub(super) fn put(
    site: &Site<'_>,
    vault: &str,
    secret: &str,
    new: &NewSecret<'_>,
    is_alone: impl Fn(&History) -> Result<(), Failure>,
) -> Result<(String, History), Failure> {
    let store = site.store;
    let version = store.put(vault, secret, new)?;
    // A network's store may show what it holds a moment late.
    let waits: &[Duration] = if store.is_remote() { &WAITS } else { &[] };
    let mut waits = waits.iter();
    loop {
        let history = store.read(vault, secret)?;
        is_alone(&history)?;
        let same = history.latest.as_ref().is_some_and(|found| {
            found.properties.version == version && found.value.as_str() == new.value
        });
        if same {
            return Ok((version, history));
        }
        match waits.next() {
            Some(wait) => {
                std::thread::sleep(*wait);
                site.require_going()?;
            }
            None => return Err(Error::Unproven(Proof::ReadBack).into()),
        }
    }
}
