//! Which pairs there were. Nothing is changed.

use std::path::Path;
use std::time::UNIX_EPOCH;

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::fleet::{Environment, PastPair, PastState, Snapshot, history};

use crate::error::Failure;
use crate::files;
use crate::host::Paths;
use crate::read::gather;
use crate::site::Site;

/// The pairs of these environments' vaults, the newest of each first; then those that were set aside
/// on this machine, and that none of the vaults has.
///
/// # Errors
/// A vault of theirs that cannot be read, files that cannot be read.
pub fn past_pairs(
    site: &Site<'_>,
    paths: &Paths,
    environments: &[Environment],
) -> Result<Vec<PastPair>, Failure> {
    let mut gathered = gather(site, paths)?;
    let failed = environments.iter().find_map(|environment| gathered.take_failure(environment));
    if let Some(failure) = failed {
        return Err(failure);
    }
    let (policy, snapshot) = (&site.settings.policy, &gathered.snapshot);
    let mut pairs: Vec<PastPair> = environments
        .iter()
        .flat_map(|environment| history(policy, snapshot, environment))
        .collect();
    pairs.extend(set_aside(&site.state.set_aside_folder(), snapshot)?);
    Ok(pairs)
}

fn set_aside(folder: &Path, snapshot: &Snapshot) -> Result<Vec<PastPair>, Failure> {
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
        let is_stored = snapshot.vaults.iter().any(|vault| vault.knows(fingerprint));
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
            rotation_id: rotation_of(&entry.file_name().to_string_lossy()),
        });
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.since));
    Ok(pairs)
}

/// The run in the name that [`State::set_aside`](crate::state::State::set_aside) gives.
fn rotation_of(name: &str) -> Option<String> {
    let is_run = |part: &&str| part.contains('-') && part.starts_with(|c: char| c.is_ascii_digit());
    name.split('.').find(is_run).map(str::to_owned)
}
