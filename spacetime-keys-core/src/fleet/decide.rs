//! The pair that a group holds at the end, where it is not a new one.

use super::plan::Source;
use super::{Environment, KeyState, PairState, Snapshot, StoredVersion, Vault};
use crate::{Error, Fingerprint, Result};

/// The one pair of a group, `None` if all its vaults are empty.
///
/// # Errors
/// [`Error::GroupUnsound`] if there is not one, whole pair.
pub(super) fn sound_pair(vaults: &[&Vault]) -> Result<Option<Fingerprint>> {
    use crate::error::Unsound;
    let mut pairs = Vec::new();
    for vault in vaults {
        pairs.push(match vault.pair() {
            PairState::Empty => None,
            PairState::Sound(fingerprint) => Some(fingerprint),
            PairState::Unsound(how) => return Err(Error::GroupUnsound(how)),
            PairState::Unavailable => return Err(Error::GroupUnsound(Unsound::Unreadable)),
        });
    }
    pairs.sort_unstable();
    pairs.dedup();
    match pairs.as_slice() {
        [] => Ok(None),
        [one] => Ok(*one),
        [None, ..] => Err(Error::GroupUnsound(Unsound::HalfWritten)),
        _ => Err(Error::GroupUnsound(Unsound::Divided)),
    }
}

/// The place of this key in a vault.
pub(super) fn stored(vaults: &[&Vault], fingerprint: Fingerprint) -> Option<Source> {
    vaults.iter().find_map(|vault| {
        vault
            .versions()
            .find(|version| version.fingerprint == Some(fingerprint))
            .map(|version| source(vault, version, fingerprint))
    })
}

fn source(vault: &Vault, version: &StoredVersion, fingerprint: Fingerprint) -> Source {
    Source::Stored {
        environment: vault.environment.clone(),
        version: version.version.clone(),
        fingerprint,
    }
}

/// The pair before the present one: what its tag names, or, for pairs that other tools made, the
/// newest other one.
pub(super) fn earlier_pair(vaults: &[&Vault], current: Fingerprint) -> Result<Source> {
    for vault in vaults {
        let tagged = vault.latest.as_ref().and_then(|latest| latest.tags.previous);
        if let Some(source) = tagged.and_then(|previous| stored(vaults, previous)) {
            return Ok(source);
        }
    }
    for vault in vaults {
        let newest = vault
            .earlier_in_order()
            .into_iter()
            .rev()
            .filter_map(|version| version.fingerprint.map(|found| (version, found)))
            .find(|(_, found)| *found != current);
        if let Some((version, found)) = newest {
            return Ok(source(vault, version, found));
        }
    }
    Err(Error::NoEarlierPair)
}

/// The pair that repairing a group leads to. The private key decides: the public one follows from it.
///
/// Where the vaults hold different pairs, it is the one that came after the others (its vault has
/// them as earlier versions); where that cannot be told, the named environment's.
///
/// `is_host`: this host mounts the group's keys, so that what is mounted may fill empty vaults.
pub(super) fn mended_pair(
    snapshot: &Snapshot,
    vaults: &[&Vault],
    named: &Environment,
    is_host: bool,
) -> Result<Source> {
    let mounted = snapshot.host.private.fingerprint();
    let found: Vec<_> =
        vaults.iter().filter_map(|v| v.private.fingerprint().map(|f| (*v, f))).collect();
    if let Some((first, fingerprint)) = found.first() {
        if found.iter().all(|(_, other)| other == fingerprint) {
            return stored(&[*first], *fingerprint).ok_or(Error::PrivateKeyLost);
        }
        let mut successors = found.iter().filter(|(vault, fingerprint)| {
            found.iter().all(|(other, others)| {
                others == fingerprint || (vault.knows(*others) && !other.knows(*fingerprint))
            })
        });
        let winner = match (successors.next(), successors.next()) {
            (Some(only), None) => Some(only),
            _ => found.iter().find(|(vault, _)| vault.environment == *named).or(found.first()),
        };
        let (vault, fingerprint) = winner.ok_or(Error::PrivateKeyLost)?;
        return stored(&[*vault], *fingerprint).ok_or(Error::PrivateKeyLost);
    }
    // No private key is latest anywhere: an earlier version or the host may have the one that
    // belongs to the stored public key.
    let public: Vec<_> = vaults.iter().filter_map(|vault| vault.public.fingerprint()).collect();
    for fingerprint in &public {
        if let Some(source) = stored(vaults, *fingerprint) {
            return Ok(source);
        }
        if mounted == Some(*fingerprint) {
            return Ok(Source::Mounted { fingerprint: *fingerprint });
        }
    }
    // What is stored says nothing of any pair: the server lives by what is mounted.
    let is_bad = |key: &KeyState| matches!(key, KeyState::Bad(_));
    let unreadable = vaults.iter().any(|vault| is_bad(&vault.private) || is_bad(&vault.public));
    let is_another = |key: &Fingerprint| {
        let own = vaults.iter().any(|vault| vault.knows(*key));
        !own && snapshot.vaults.iter().any(|vault| vault.knows(*key))
    };
    let in_use = mounted.filter(|key| is_host && public.is_empty() && !is_another(key));
    if let Some(fingerprint) = in_use.filter(|_| unreadable) {
        return Ok(stored(vaults, fingerprint).unwrap_or(Source::Mounted { fingerprint }));
    }
    let empty = vaults.iter().all(|vault| vault.pair() == PairState::Empty);
    match mounted {
        // Another environment's pair is no first pair of this one's.
        Some(fingerprint) if empty && is_host && !is_another(&fingerprint) => {
            Ok(Source::Mounted { fingerprint })
        }
        _ if empty && is_host && matches!(snapshot.host.private, KeyState::Bad(_)) => {
            Err(Error::MountedUnreadable)
        }
        _ if empty => Err(Error::VaultEmpty),
        _ if vaults.iter().any(|vault| is_bad(&vault.private)) => Err(Error::StoredUnreadable),
        _ => Err(Error::PrivateKeyLost),
    }
}
