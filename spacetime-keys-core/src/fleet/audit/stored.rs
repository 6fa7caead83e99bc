//! The audit of the texts in a vault.

use std::fmt::Write as _;

use super::Auditor;
use crate::error::Unsound;
use crate::fleet::decide::mended_pair;
use crate::fleet::finding::{Finding, Problem};
use crate::fleet::{Environment, KeyState, Vault};
use crate::pem::Half;
use crate::{Error, Fingerprint};

/// A vault's two keys.
fn halves(vault: &Vault) -> [(Half, &KeyState); 2] {
    [(Half::Private, &vault.private), (Half::Public, &vault.public)]
}

impl Auditor<'_> {
    /// A sound pair: how its keys are written.
    pub(super) fn forms(&mut self, vault: &Vault, pair: Fingerprint) {
        let environment = Some(&vault.environment);
        let mut plain = Vec::new();
        for (half, key) in halves(vault) {
            match key.form() {
                Some(form) => self.add(Finding::StoredAs(half, form), environment),
                None => plain.push(key),
            }
        }
        let effect = plain.iter().map(|key| key.effect()).max();
        let is_clean = plain.iter().all(|key| key.is_canonical(pair));
        if let Some(effect) = effect.filter(|_| !is_clean) {
            self.add(Finding::NotCanonical(effect), environment);
        }
    }

    /// No sound pair: what cannot be read, and what repairs it, or why nothing does.
    pub(super) fn unsound(&mut self, vault: &Vault, how: Unsound) {
        let environment = Some(&vault.environment);
        let mut problem = Problem::new(Finding::Error(Error::GroupUnsound(how)), environment);
        for (half, key) in halves(vault) {
            if let KeyState::Bad(error) = key {
                let _ = write!(problem.message, "; the {half} key: {error}");
            }
        }
        let policy = self.policy;
        let group = policy.group_of(&vault.environment).unwrap_or_default();
        let vaults: Vec<&Vault> = self.snapshot.group(group).collect();
        let is_host = self.is_host(group);
        if let Err(error) = mended_pair(self.snapshot, &vaults, &vault.environment, is_host) {
            problem.hint = error.advice().at(environment);
        }
        problem.hint = self.completed(problem.hint);
        self.push(problem);
    }

    /// Whether a step about this group would take this host for one of its own.
    fn is_host(&self, group: &[Environment]) -> bool {
        self.scope.host && self.scope.likely_host.as_ref().is_none_or(|host| group.contains(host))
    }
}
