//! The changes to the lists of retired keys.

use super::plan::{Action, Plan};
use super::{Environment, Snapshot, Vault};
use crate::exchange::RetiredKeys;
use crate::{Fingerprint, Identity, PublicKey};

/// The note in a group's lists of retired keys, before its pair is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The group's lists before, merged.
    pub before: RetiredKeys,
    /// The keys that the target's pair takes the place of.
    pub keys: Vec<Fingerprint>,
    /// For how many seconds what they have signed is honoured.
    pub honor: u32,
    /// They have leaked: nothing that they have signed is honoured.
    pub compromised: bool,
    /// Nor is what keys have signed that were retired before.
    pub ends_all: bool,
    /// Whose tokens are never exchanged.
    pub publishers: Vec<Identity>,
}

impl Retirement {
    /// The list that a vault is to hold, of keys that are retired at `now` (Unix seconds).
    ///
    /// `public_keys`: those of [`Self::keys`]; one that is missing is not noted. `pair`: the pair
    /// that is in use then.
    pub fn list(
        &self,
        public_keys: &[PublicKey],
        pair: Option<Fingerprint>,
        now: i64,
    ) -> RetiredKeys {
        let mut list = self.unchanged(pair);
        if self.ends_all {
            list.end_all(now);
        }
        let retired = public_keys.iter().filter(|key| self.keys.contains(&key.fingerprint()));
        for key in retired {
            if self.compromised {
                list.revoke(key, now);
            } else {
                list.retire(key, now, self.honor);
            }
        }
        list
    }

    /// Whether a vault that holds the pair already has nothing more to note.
    fn is_noted(&self, list: &RetiredKeys, pair: Option<Fingerprint>) -> bool {
        let is_noted = |key: &Fingerprint| {
            list.find(*key).is_some_and(|found| found.revoked || !self.compromised)
        };
        *list == self.unchanged(pair) && self.keys.iter().all(is_noted)
    }

    fn unchanged(&self, pair: Option<Fingerprint>) -> RetiredKeys {
        let mut list = self.before.clone();
        for publisher in &self.publishers {
            list.add_publisher(*publisher);
        }
        if let Some(pair) = pair {
            list.put_in_use(pair);
        }
        list
    }
}

/// Whether the list in this vault is to be written: before its pair is, so that no host finds a new
/// pair without it.
pub(super) fn is_to_be_noted(
    vault: &Vault,
    retirement: &Retirement,
    pair: Option<Fingerprint>,
) -> bool {
    let present = vault.private.fingerprint();
    let is_replaced = present.is_some_and(|key| retirement.keys.contains(&key));
    let ends = retirement.ends_all && !retirement.before.keys().is_empty();
    let replaces = present.is_none_or(|key| Some(key) != pair) && (is_replaced || ends);
    let noted = |list: &RetiredKeys| retirement.is_noted(list, pair);
    replaces || !vault.retired.as_ref().is_ok_and(|list| list.as_ref().is_some_and(noted))
}

/// Whether this host's copy of its vault's list is to be written. `mounts`: its private key is
/// replaced, so that the one before was in use until now.
pub(super) fn is_to_be_mounted(
    snapshot: &Snapshot,
    plan: &Plan,
    environment: &Environment,
    mounts: bool,
) -> bool {
    let is_noted =
        |step: &super::Step| step.action == Action::RetireKeys && step.environment == *environment;
    if plan.steps.iter().any(is_noted) {
        return true;
    }
    let Some(Ok(list)) = snapshot.vault(environment).map(|vault| &vault.retired) else {
        return false;
    };
    let before = snapshot.host.private.fingerprint().filter(|_| mounts);
    let retired = before.and_then(|key| list.as_ref()?.find(key));
    !snapshot.host.has_list(list.as_ref()) || retired.is_some_and(|key| !key.revoked)
}
