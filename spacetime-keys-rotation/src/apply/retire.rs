//! The lists of retired keys: a vault's, and this host's copy of it.

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Plan, Step, Tags};
use spacetime_keys_core::{Fingerprint, PublicKey};

use super::execute::Executor;
use super::guard::lock;
use crate::error::Failure;
use crate::host;
use crate::read::parse_retired;
use crate::store::{JSON, NewSecret};

impl Executor<'_> {
    /// Notes the keys that a vault's next pair takes the place of.
    pub(super) fn retire_keys(&self, step: &Step) -> Result<Option<String>, Failure> {
        let target = self.plan.targets.get(step.target);
        let target = target.ok_or_else(|| Failure::bug("a step without a target"))?;
        let Some(retirement) = &target.retirement else { return Ok(None) };
        let vault = self.site.settings.vault(&step.environment)?;
        let secret = self.site.settings.retired_secret.as_str();
        // A run that writes a list is about to replace the pair.
        self.require_alone(vault, secret, &self.site.store.read(vault, secret)?)?;
        let mut keys = Vec::new();
        for fingerprint in &retirement.keys {
            if let Some(key) = self.public_key(vault, *fingerprint) {
                keys.push(key);
            } else {
                lock(&self.unknown).push(*fingerprint);
            }
        }
        let list = retirement.list(&keys, target.source.fingerprint(), self.now);
        let tags = Tags { rotation_id: Some(self.request.rotation_id.clone()), ..Tags::default() };
        let value = list.to_json();
        let new = NewSecret { value: &value, content_type: JSON, tags };
        self.put(vault, secret, &new).map(|(version, _)| Some(version))
    }

    /// A public key that was in use: of a mounted or a latest pair, else from the versions of the vault.
    fn public_key(&self, vault: &str, fingerprint: Fingerprint) -> Option<PublicKey> {
        let is_it = |key: &PublicKey| key.fingerprint() == fingerprint;
        let known = self.before.known_keys.iter().find(|key| is_it(key)).cloned();
        let of_private = || Some(self.guard.stored(fingerprint)?.public_key().clone());
        // The private key's version may be damaged.
        let of_public = || {
            let secret = &self.site.settings.public_secret;
            let versions = self.site.store.read(vault, secret).ok()?.versions;
            let may_be = |tag: Option<Fingerprint>| tag.is_none_or(|tag| tag == fingerprint);
            let versions = versions.iter().filter(|version| may_be(version.tags.fingerprint));
            versions
                .filter_map(|found| self.site.store.get(vault, secret, &found.version).ok())
                .filter_map(|found| PublicKey::from_pem(&*found.value).ok())
                .find(is_it)
        };
        known.or_else(of_private).or_else(of_public)
    }

    /// The plan, without the keys that were nowhere to be read: no list can name them, and nobody can
    /// return to them.
    pub(super) fn provable(&self) -> Plan {
        let unknown = lock(&self.unknown);
        let mut plan = self.plan.clone();
        for retirement in plan.targets.iter_mut().filter_map(|target| target.retirement.as_mut()) {
            retirement.keys.retain(|key| !unknown.contains(key));
        }
        plan
    }

    /// Brings this host's copy up to the vault's list. The key that is mounted until now was in use
    /// until now, whatever the vault has said since when: the server has issued tokens with it.
    pub(super) fn mount_retired_keys(&self, step: &Step) -> Result<(), Failure> {
        let vault = self.site.settings.vault(&step.environment)?;
        let secret = self.site.settings.retired_secret.as_str();
        let in_vault = parse_retired(&self.site.store.read(vault, secret)?);
        let mut list = in_vault
            .map_err(|error| Failure::in_environment(&step.environment, error))?
            .unwrap_or_default();
        let host = &self.before.snapshot.host;
        for key in host.retired.iter().flatten().flat_map(RetiredKeys::keys) {
            list.was_in_use(key.public_key.fingerprint(), key.retired_at);
        }
        if let Some(mounted) = host.private.fingerprint() {
            list.was_in_use(mounted, self.now);
        }
        self.touch();
        self.mount(&self.paths.retired_keys(), list.to_json().as_bytes(), host::PUBLIC_MODE)
    }
}
