//! A plan's steps for the lists of retired keys.

use super::Planner;
use crate::exchange::RetiredKeys;
use crate::fleet::plan::{Action, Plan, Source, Step, Target};
use crate::fleet::retire::{Retirement, is_to_be_noted};
use crate::fleet::{Environment, Escrow, Operation, Vault};
use crate::{Fingerprint, Identity};

impl Planner<'_> {
    /// A sync leaves the vaults' lists as they are.
    pub(super) fn add_lists(&self, plan: &mut Plan) {
        if self.request.operation == Operation::Sync {
            return;
        }
        for index in 0..plan.targets.len() {
            let Some(target) = plan.targets.get(index) else { continue };
            let Some(retirement) = self.retirement(plan, target) else { continue };
            let pair = target.source.fingerprint();
            // All or none: so all have the same times in them.
            let vaults: Vec<_> = self.snapshot.group(&target.environments).collect();
            if vaults.iter().any(|vault| is_to_be_noted(vault, &retirement, pair)) {
                plan.steps.extend(vaults.iter().map(|vault| Step {
                    action: Action::RetireKeys,
                    environment: vault.environment.clone(),
                    target: index,
                }));
            }
            if let Some(target) = plan.targets.get_mut(index) {
                target.retirement = Some(retirement);
            }
        }
    }

    /// Whether a list of retired keys says that this pair has leaked.
    pub(super) fn is_revoked(&self, group: &[Environment], pair: &Source) -> bool {
        let list = self.list_before(group, None);
        pair.fingerprint().is_some_and(|pair| list.is_revoked(pair))
    }

    /// The note; `None` where no list is kept.
    fn retirement(&self, plan: &Plan, target: &Target) -> Option<Retirement> {
        let (request, group) = (self.request, &target.environments);
        let before = self.list_before(group, target.adopt);
        let honor = request.honor_old_tokens.unwrap_or(self.policy.honor_old_tokens);
        let mut vaults = self.snapshot.group(group);
        let is_kept = vaults.any(|vault| vault.retired != Ok(None)) || !before.is_empty();
        (is_kept || honor > 0 || request.compromised).then(|| Retirement {
            before,
            keys: self.keys_before(target),
            honor,
            compromised: request.compromised,
            ends_all: request.honor_old_tokens == Some(0),
            publishers: self.publishers(plan, group),
        })
    }

    /// What a group's lists say, taken together. Where a vault's own cannot be read, what it said before
    /// counts, and what this host has of it; so does that where a list is to begin with the mounted pair
    /// (`adopt`).
    fn list_before(&self, group: &[Environment], adopt: Option<Fingerprint>) -> RetiredKeys {
        let mut list = RetiredKeys::default();
        let mut is_damaged = false;
        for vault in self.snapshot.group(group) {
            match &vault.retired {
                Ok(Some(found)) => list.merge(found),
                Ok(None) => {}
                Err(_) => {
                    is_damaged = true;
                    list.merge(&vault.retired_before);
                }
            }
        }
        if let Ok(Some(found)) = &self.snapshot.host.retired
            && self.is_host(group)
            && (is_damaged || adopt.is_some())
        {
            list.merge(found);
        }
        list
    }

    /// The keys that servers have signed with until now: the vaults' own, the one that is mounted
    /// here, and what this run has replaced already.
    fn keys_before(&self, target: &Target) -> Vec<Fingerprint> {
        let group = &target.environments;
        let vaults = || self.snapshot.group(group);
        let replaced = |vault: &Vault| {
            let latest = vault.latest.as_ref()?;
            let own = latest.tags.rotation_id.as_ref() == Some(&self.request.rotation_id);
            latest.tags.previous.filter(|_| own)
        };
        let knows = |key: &Fingerprint| vaults().any(|vault| vault.knows(*key));
        let mounted = self.snapshot.host.private.fingerprint().filter(|_| self.is_host(group));
        let mut keys: Vec<_> = vaults()
            .filter_map(|vault| vault.private.fingerprint())
            .chain(vaults().filter_map(replaced))
            .chain(mounted.filter(knows))
            .chain(target.adopt)
            .filter(|key| Some(*key) != target.source.fingerprint())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The identities that a group's lists are to name: its publishers'.
    fn publishers(&self, plan: &Plan, group: &[Environment]) -> Vec<Identity> {
        let escrows = self.snapshot.group(group).filter_map(|vault| vault.escrow.as_ref().ok());
        let new = plan.escrow.as_ref().filter(|_| self.is_host(group));
        let publishers = escrows.flat_map(Escrow::publishers).chain(new);
        publishers.map(|publisher| publisher.identity).collect()
    }
}
