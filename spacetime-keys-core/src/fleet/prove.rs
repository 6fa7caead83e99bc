use super::{Environment, PairState, Plan, PublisherState, Request, Retirement, Snapshot, Vault};
use crate::error::Proof;
use crate::{Error, Fingerprint, Result};

/// Judges the snapshot that was taken after a plan's steps: every vault of each group holds the
/// pair, the mounted files are that pair, the token verifies with it, and the identity is the one
/// from before.
///
/// `pairs` holds, for each of the plan's targets, the fingerprint of the pair that was pushed.
///
/// # Errors
/// [`Error::Unproven`], which says what did not hold.
pub fn prove(
    plan: &Plan,
    request: &Request,
    pairs: &[Fingerprint],
    after: &Snapshot,
) -> Result<()> {
    let holds = |what: bool, proof| if what { Ok(()) } else { Err(Error::Unproven(proof)) };
    for (target, pair) in plan.targets.iter().zip(pairs) {
        for environment in &target.environments {
            let vault = after.vault(environment);
            if let Some(retirement) = &target.retirement {
                let noted = vault.is_some_and(|vault| is_noted(vault, retirement, *pair));
                holds(noted, Proof::RetiredKeys)?;
            }
            let sound = vault.is_some_and(|vault| {
                vault.private.is_canonical(*pair) && vault.public.is_canonical(*pair)
            });
            // A sync leaves the vault as it found it: sound, perhaps not canonical.
            let untouched = request.operation == super::Operation::Sync
                && vault.is_some_and(|vault| vault.pair() == PairState::Sound(*pair));
            holds(sound || untouched, Proof::Store)?;
        }
    }
    holds(pairs.len() == plan.targets.len(), Proof::Store)?;
    let Some((environment, target)) = &plan.host else { return Ok(()) };
    let pair = *pairs.get(*target).ok_or(Error::Unproven(Proof::Store))?;
    if request.sync_mounted {
        let host = &after.host;
        let mounted = host.private.is_canonical(pair) && host.public.is_canonical(pair);
        holds(mounted && !host.world_accessible, Proof::Mounted)?;
        holds(is_listed(after, environment), Proof::RetiredKeys)?;
    }
    if let Some(publisher) = &plan.publisher {
        let PublisherState::Found { publisher: found, verified_with, .. } = &after.host.publisher
        else {
            return Err(Error::Unproven(Proof::Token));
        };
        holds(*verified_with == Some(pair), Proof::Token)?;
        holds(found.identity == publisher.identity, Proof::Identity)?;
    }
    Ok(())
}

/// Whether a vault's list says of the pairs before what it is to say, and not of the present one that
/// another took its place.
fn is_noted(vault: &Vault, retirement: &Retirement, pair: Fingerprint) -> bool {
    let Ok(Some(list)) = &vault.retired else { return false };
    let revoked = |key: &Fingerprint| *key == pair || list.is_revoked(*key);
    list.find(pair).is_none_or(|found| found.revoked)
        && (!retirement.compromised || retirement.keys.iter().all(revoked))
}

/// Whether this host has its vault's list of retired keys. A damaged one is nothing to have.
fn is_listed(after: &Snapshot, environment: &Environment) -> bool {
    let Some(Ok(list)) = after.vault(environment).map(|vault| &vault.retired) else { return true };
    after.host.has_list(list.as_ref())
}
