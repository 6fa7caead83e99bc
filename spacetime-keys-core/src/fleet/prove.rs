use super::{PairState, Plan, PublisherState, Request, Snapshot};
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
    let Some((_, target)) = plan.host else { return Ok(()) };
    let pair = *pairs.get(target).ok_or(Error::Unproven(Proof::Store))?;
    if request.sync_mounted {
        let host = &after.host;
        let mounted = host.private.is_canonical(pair) && host.public.is_canonical(pair);
        holds(mounted && !host.world_accessible, Proof::Mounted)?;
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
