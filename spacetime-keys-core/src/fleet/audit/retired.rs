//! The audit of the lists of retired keys.

use super::Auditor;
use crate::Error;
use crate::fleet::finding::Finding;
use crate::fleet::{Environment, PairState, Vault};

impl Auditor<'_> {
    pub(super) fn retired(&mut self, vault: &Vault) {
        let environment = Some(&vault.environment);
        match &vault.retired {
            Err(_) => self.add(Finding::RetiredKeysDamaged, environment),
            Ok(Some(list)) => {
                if vault.private.fingerprint().is_some_and(|pair| list.is_revoked(pair)) {
                    self.add(Finding::Error(Error::PairRevoked), environment);
                }
            }
            Ok(None) => {}
        }
    }

    pub(super) fn retired_of_group(&mut self, group: &[Environment]) {
        let readable = self.snapshot.group(group).filter(|v| v.pair() != PairState::Unavailable);
        let mut lists = readable.filter_map(|vault| vault.retired.as_ref().ok());
        let first = lists.next();
        if lists.any(|list| Some(list) != first) {
            self.add(Finding::RetiredKeysNotShared, group.first());
        }
    }

    /// This host's copy, against the list of the vault whose keys it mounts.
    pub(super) fn retired_of_host(&mut self, environment: Option<&Environment>) {
        let host = &self.snapshot.host;
        if let Err(error) = host.retired {
            self.add(Finding::Error(error), environment);
            return;
        }
        let vault = environment.and_then(|environment| self.snapshot.vault(environment));
        let vault = vault.filter(|vault| vault.pair() != PairState::Unavailable);
        if let Some(Ok(list)) = vault.map(|vault| &vault.retired)
            && !host.has_list(list.as_ref())
        {
            self.add(Finding::RetiredKeysBehind, environment);
        }
    }
}
