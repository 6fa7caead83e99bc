//! The pairs that there were. Changes nothing.

use std::path::Path;
use std::time::UNIX_EPOCH;

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::fleet::{Environment, PastPair, PastState, Vault, history};

use crate::error::Failure;
use crate::files;
use crate::read::read_vaults;
use crate::site::Site;
use crate::state::run_of;

/// The pairs of these environments' vaults, the newest of each first; then those that were set aside
/// on this machine, and that none of the vaults has.
///
/// # Errors
/// A vault of theirs that cannot be read; the folder of what was set aside.
pub fn past_pairs(site: &Site<'_>, environments: &[Environment]) -> Result<Vec<PastPair>, Failure> {
    let vaults = read_vaults(site)?;
    let is_asked = |(failed, _): &(Environment, Failure)| environments.contains(failed);
    if let Some((_, failure)) = vaults.failures.into_iter().find(is_asked) {
        return Err(failure);
    }
    let of = |environment| history(&site.settings.policy, &vaults.all, environment);
    let mut pairs: Vec<PastPair> = environments.iter().flat_map(of).collect();
    pairs.extend(set_aside(&site.state.set_aside_folder(), &vaults.all)?);
    Ok(pairs)
}

fn set_aside(folder: &Path, vaults: &[Vault]) -> Result<Vec<PastPair>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::io("reading", folder, &error)),
    };
    let mut pairs: Vec<PastPair> = Vec::new();
    for entry in entries.flatten() {
        // What is kept there may be no key at all.
        let Ok(Some(content)) = files::read(&entry.path()) else { continue };
        let Ok(key) = PrivateKey::from_pem(&*content) else { continue };
        let fingerprint = key.public_key().fingerprint();
        let is_stored = vaults.iter().any(|vault| vault.knows(fingerprint));
        if is_stored || pairs.iter().any(|pair| pair.fingerprint == fingerprint) {
            continue;
        }
        let time = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        pairs.push(PastPair {
            environment: None,
            fingerprint,
            state: PastState::SetAside,
            origin: None,
            since: since.and_then(|since| i64::try_from(since.as_secs()).ok()),
            until: None,
            due: None,
            rotation_id: run_of(&entry.file_name().to_string_lossy()),
        });
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.since));
    Ok(pairs)
}
