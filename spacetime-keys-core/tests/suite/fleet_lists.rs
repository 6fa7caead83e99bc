//! What lists of retired keys are held to say, of fleets in memory.

use std::collections::BTreeSet;

use proptest::prelude::*;
use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Operation, Request, Snapshot, Vault};

use crate::fleet_model::{World, policy};

/// What the lists said before, and which keys servers signed with, of the groups that a request is
/// about.
pub(crate) struct Lists {
    in_use: Vec<(usize, Fingerprint)>,
    revoked: Vec<(usize, Fingerprint)>,
    were_kept: Vec<usize>,
}

/// The vaults of the groups that a request is about, with their places in the snapshot.
fn concerned<'a>(
    snapshot: &'a Snapshot,
    request: &Request,
) -> impl Iterator<Item = (usize, &'a Vault)> {
    let policy = policy();
    let groups: BTreeSet<_> = request
        .environments
        .iter()
        .flat_map(|named| policy.group_of(named).expect("a group").to_vec())
        .map(|environment| environment.to_string())
        .collect();
    let vaults = snapshot.vaults.iter().enumerate();
    vaults.filter(move |(_, vault)| groups.contains(vault.environment.as_str()))
}

impl World {
    pub(crate) fn lists(&self, request: &Request) -> Lists {
        let snapshot = self.snapshot();
        let vaults = || concerned(&snapshot, request);
        let list = |vault: &Vault| vault.retired.clone().expect("no damage").unwrap_or_default();
        Lists {
            in_use: vaults()
                .filter_map(|(place, vault)| Some((place, vault.private.fingerprint()?)))
                .collect(),
            revoked: vaults()
                .flat_map(|(place, vault)| {
                    let list = list(vault);
                    let revoked = list.keys().iter().filter(|key| key.revoked);
                    revoked.map(|key| (place, key.public_key.fingerprint())).collect::<Vec<_>>()
                })
                .collect(),
            were_kept: vaults()
                .filter(|(_, vault)| vault.retired != Ok(None))
                .map(|(place, _)| place)
                .collect(),
        }
    }
}

impl Lists {
    /// `met`: another operator has written in between, and may have replaced a pair unseen.
    pub(crate) fn judge(
        &self,
        world: &World,
        request: &Request,
        met: bool,
    ) -> Result<(), TestCaseError> {
        let snapshot = world.snapshot();
        let asked = request.honor_old_tokens.is_some_and(|seconds| seconds > 0);
        // prod by itself, dev and local together.
        let group = |place: usize| place.min(1);
        for (place, vault) in concerned(&snapshot, request) {
            let list = vault.retired.clone().expect("no damage");
            let of_vault = |keys: &[(usize, Fingerprint)]| -> Vec<Fingerprint> {
                keys.iter().filter(|(of, _)| *of == place).map(|(_, key)| *key).collect()
            };
            for key in of_vault(&self.revoked) {
                let still = list.as_ref().is_some_and(|list| list.is_revoked(key));
                prop_assert!(still, "a revoked key is forgotten");
            }
            if request.operation == Operation::Sync {
                continue;
            }
            let Some(list) = list else {
                let were_kept = self.were_kept.iter().any(|of| group(*of) == group(place));
                let kept = request.compromised || asked || were_kept;
                prop_assert!(!kept || met, "no list is kept");
                continue;
            };
            let pair = vault.private.fingerprint();
            let present = pair.and_then(|pair| list.find(pair));
            prop_assert!(
                met || present.is_none_or(|key| key.revoked),
                "the pair in use is retired"
            );
            if met || request.operation != Operation::Rotate {
                continue;
            }
            for key in of_vault(&self.in_use) {
                let found = list.find(key);
                prop_assert!(Some(key) == pair || found.is_some(), "a replaced key is not listed");
                let revoked = found.is_some_and(|found| found.revoked);
                prop_assert!(!request.compromised || revoked, "a leaked key is not revoked");
                let honored = found.is_some_and(|found| found.honored_until > found.retired_at);
                prop_assert!(revoked || honored == asked, "not honoured as was asked");
            }
            if request.honor_old_tokens == Some(0) {
                let ends = list.keys().iter().all(|key| key.honored_until <= world.now());
                prop_assert!(ends, "an earlier key is honoured all the same");
            }
        }
        Ok(())
    }
}
