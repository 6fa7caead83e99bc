//! The lists of retired keys: a vault's, and this host's copy of it.

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Step, Tags};

use super::execute::Executor;
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
        // Whoever writes a list is about to replace the pair.
        self.require_alone(vault, secret, &self.site.store.read(vault, secret)?)?;
        let known = &self.before.known_keys;
        let find = |fingerprint| {
            let known = known.iter().find(|key| key.fingerprint() == fingerprint).cloned();
            known.or_else(|| Some(self.guard.stored(fingerprint)?.public_key().clone()))
        };
        let keys: Vec<PublicKey> = retirement.keys.iter().copied().filter_map(find).collect();
        let list = retirement.list(&keys, target.source.fingerprint(), self.now);
        let tags = Tags { rotation_id: Some(self.request.rotation_id.clone()), ..Tags::default() };
        let value = list.to_json();
        let new = NewSecret { value: &value, content_type: JSON, tags };
        self.put(vault, secret, &new).map(|(version, _)| Some(version))
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
