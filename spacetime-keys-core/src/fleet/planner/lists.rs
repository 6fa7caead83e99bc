//! What a plan does for the lists of retired keys.

use super::Planner;
use crate::fleet::plan::{Action, Plan, Source, Step};
use crate::fleet::retire::{Retiring, is_to_be_noted};
use crate::fleet::{Environment, Escrow, Operation};
use crate::{Fingerprint, Identity};

impl Planner<'_> {
    /// A sync leaves the vaults' lists as they are.
    pub(super) fn add_lists(&self, plan: &mut Plan) {
        if self.request.operation == Operation::Sync {
            return;
        }
        for index in 0..plan.targets.len() {
            let Some(target) = plan.targets.get(index) else { continue };
            let (group, pair) = (&target.environments, target.source.fingerprint());
            let retiring = Retiring { adopt: target.adopt, ..self.retiring(group, pair) };
            let Some(retirement) = retiring.retirement(self.publishers(plan, group)) else {
                continue;
            };
            // All or none: so all have the same times in them.
            let vaults: Vec<_> = self.snapshot.group(group).collect();
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
        let list = self.retiring(group, None).before();
        pair.fingerprint().is_some_and(|pair| list.is_revoked(pair))
    }

    fn retiring<'b>(&'b self, group: &'b [Environment], pair: Option<Fingerprint>) -> Retiring<'b> {
        Retiring {
            policy: self.policy,
            snapshot: self.snapshot,
            request: self.request,
            group,
            pair,
            adopt: None,
            is_host: self.is_host(group),
        }
    }

    /// The identities that a group's lists are to name: its publishers'.
    fn publishers(&self, plan: &Plan, group: &[Environment]) -> Vec<Identity> {
        let escrows = self.snapshot.group(group).filter_map(|vault| vault.escrow.as_ref().ok());
        let new = plan.escrow.as_ref().filter(|_| self.is_host(group));
        let publishers = escrows.flat_map(Escrow::publishers).chain(new);
        publishers.map(|publisher| publisher.identity).collect()
    }
}
