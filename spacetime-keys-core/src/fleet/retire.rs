//! What becomes of the lists of retired keys.

use super::plan::{Action, Plan};
use super::{Environment, Policy, Request, Snapshot, Vault};
use crate::exchange::RetiredKeys;
use crate::{Fingerprint, Identity, PublicKey};

/// What is noted in a group's lists of retired keys, before its pair is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// What the group's lists say before, taken together.
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

/// A group, and the pair that it is to hold.
pub(super) struct Retiring<'a> {
    pub(super) policy: &'a Policy,
    pub(super) snapshot: &'a Snapshot,
    pub(super) request: &'a Request,
    pub(super) group: &'a [Environment],
    /// The pair, if it exists already.
    pub(super) pair: Option<Fingerprint>,
    /// The mounted pair, if it is pushed first.
    pub(super) adopt: Option<Fingerprint>,
    /// Whether this host mounts the group's keys.
    pub(super) is_host: bool,
}

impl Retiring<'_> {
    /// What the group's lists say, taken together. What this host has of them counts where a vault's
    /// own cannot be read, or is to begin.
    pub(super) fn before(&self) -> RetiredKeys {
        let mut list = RetiredKeys::default();
        let mut is_damaged = false;
        for vault in self.vaults() {
            match &vault.retired {
                Ok(Some(found)) => list.merge(found),
                Ok(None) => {}
                Err(_) => is_damaged = true,
            }
        }
        if let Ok(Some(found)) = &self.snapshot.host.retired
            && self.is_host
            && (is_damaged || self.adopt.is_some())
        {
            list.merge(found);
        }
        list
    }

    /// What is to be noted; `None` where no list is kept.
    pub(super) fn retirement(&self, publishers: Vec<Identity>) -> Option<Retirement> {
        let request = self.request;
        let before = self.before();
        let honor = request.honor_old_tokens.unwrap_or(self.policy.honor_old_tokens);
        let is_kept = self.vaults().any(|vault| vault.retired != Ok(None)) || !before.is_empty();
        (is_kept || honor > 0 || request.compromised).then(|| Retirement {
            before,
            keys: self.keys(),
            honor,
            compromised: request.compromised,
            ends_all: request.honor_old_tokens == Some(0),
            publishers,
        })
    }

    /// The keys that servers have signed with until now: the vaults' own, the one that is mounted
    /// here, and what this run has replaced already.
    fn keys(&self) -> Vec<Fingerprint> {
        let replaced = |vault: &Vault| {
            let latest = vault.latest.as_ref()?;
            let own = latest.tags.rotation_id.as_ref() == Some(&self.request.rotation_id);
            latest.tags.previous.filter(|_| own)
        };
        let present = self.vaults().filter_map(|vault| vault.private.fingerprint());
        let knows = |key: &Fingerprint| self.vaults().any(|vault| vault.knows(*key));
        let mounted = self.snapshot.host.private.fingerprint().filter(|_| self.is_host);
        let mut keys: Vec<_> = present
            .chain(self.vaults().filter_map(replaced))
            .chain(mounted.filter(knows))
            .chain(self.adopt)
            .filter(|key| Some(*key) != self.pair)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn vaults(&self) -> impl Iterator<Item = &Vault> {
        self.snapshot.group(self.group)
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
    let was_in_use = |list: &RetiredKeys| {
        let before = snapshot.host.private.fingerprint().filter(|_| mounts);
        before.and_then(|key| list.find(key)).is_some_and(|key| !key.revoked)
    };
    match (list, &snapshot.host.retired) {
        (None, Ok(None)) => false,
        // Of another environment, or of a vault that is gone.
        (None, Ok(Some(copy))) => !copy.is_empty(),
        (Some(list), Ok(Some(copy))) => !copy.is_copy_of(list) || was_in_use(list),
        (_, Err(_)) | (Some(_), Ok(None)) => true,
    }
}
