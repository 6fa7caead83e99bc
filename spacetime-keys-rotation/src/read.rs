//! Reading everything that a plan or an audit is made from.

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    Environment, Escrow, Host, KeyState, Snapshot, StoredVersion, Unfinished, Vault, in_order,
};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};

use crate::error::Failure;
use crate::host::{self, Paths};
use crate::seen::Seen;
use crate::site::Site;
use crate::store::{History, Properties, each};

/// A snapshot, and what goes with it but is not part of it.
pub struct Gathered {
    /// The data for a plan and an audit.
    pub snapshot: Snapshot,
    /// Public keys that tokens were checked against.
    pub known_keys: Vec<PublicKey>,
    /// Why vaults could not be read.
    pub failures: Vec<(Environment, Failure)>,
    /// The versions that there were.
    pub(crate) seen: Seen,
}

impl Gathered {
    /// Why this environment's vault could not be read, if that is so.
    pub fn take_failure(&mut self, environment: &Environment) -> Option<Failure> {
        let place = self.failures.iter().position(|(failed, _)| failed == environment)?;
        Some(self.failures.swap_remove(place).1)
    }
}

/// Every environment's vault, and the public keys of their latest pairs.
pub(crate) struct Vaults {
    /// In the order of the settings.
    pub all: Vec<Vault>,
    /// The public keys of their latest pairs.
    pub known_keys: Vec<PublicKey>,
    pub(crate) failures: Vec<(Environment, Failure)>,
    seen: Seen,
}

/// Reads the vaults. One that cannot be read is an unavailable one. Changes nothing.
pub(crate) fn read_vaults(site: &Site<'_>) -> Result<Vaults, Failure> {
    let mut vaults = Vec::new();
    let mut known_keys = Vec::new();
    let mut failures = Vec::new();
    let mut seen = Seen::default();
    let environments = &site.settings.environments;
    let read = each(site.store, environments, |(environment, name)| {
        Ok(read_vault(site, environment, name))
    })?;
    for ((environment, name), read) in environments.iter().zip(read) {
        match read {
            Ok(read) => {
                vaults.push(read.vault);
                known_keys.extend(read.keys);
                seen.extend(read.seen);
            }
            Err(failure) => {
                vaults.push(unavailable(environment, name));
                failures.push((environment.clone(), failure));
            }
        }
    }
    Ok(Vaults { all: vaults, known_keys, failures, seen })
}

/// Reads the vaults and this host. Changes nothing.
pub fn gather(site: &Site<'_>, paths: &Paths) -> Result<Gathered, Failure> {
    let Vaults { all: vaults, mut known_keys, failures, seen } = read_vaults(site)?;
    let (mounted, world_accessible) = host::read_mounted(&paths.mounted_keys_dir)?;
    let mut cli_toml = host::read_cli_toml(&paths.cli_toml)?;
    known_keys.splice(0..0, mounted.keys.iter().cloned());
    if !cli_toml.verify_with(&known_keys) {
        // Only a host that is far behind gets here: read what all earlier pairs were.
        known_keys.extend(earlier_keys(site, &vaults));
        cli_toml.verify_with(&known_keys);
    }
    let retired = host::read_retired_keys(&paths.mounted_keys_dir)?;
    let snapshot = Snapshot {
        vaults,
        host: Host { retired, ..Host::of(mounted, world_accessible, cli_toml) },
        unfinished: unfinished(site, paths)?,
    };
    Ok(Gathered { snapshot, known_keys, failures, seen })
}

/// The run that was cut short, or is at work.
pub(crate) fn unfinished(site: &Site<'_>, paths: &Paths) -> Result<Option<Unfinished>, Failure> {
    let run = site.state.unfinished(paths)?;
    Ok(run.map(|run| Unfinished {
        running: site.state.is_locked(&run.paths()),
        identity: run.identity(),
    }))
}

fn unavailable(environment: &Environment, name: &str) -> Vault {
    Vault {
        environment: environment.clone(),
        name: name.to_owned(),
        private: KeyState::Unavailable,
        public: KeyState::Unavailable,
        latest: None,
        earlier: Vec::new(),
        escrow: Ok(Escrow::default()),
        retired: Ok(None),
        retired_before: RetiredKeys::default(),
    }
}

/// The contents of one vault.
struct Read {
    vault: Vault,
    /// The public keys of its latest pair.
    keys: Vec<PublicKey>,
    seen: Seen,
}

fn read_vault(site: &Site<'_>, environment: &Environment, name: &str) -> Result<Read, Failure> {
    let settings = site.settings;
    let secrets = settings.secrets();
    let histories = each(site.store, &secrets, |secret| site.store.read(name, secret))?;
    let mut seen = Seen::default();
    for (secret, history) in secrets.iter().zip(&histories) {
        seen.add(name, secret, &history.versions);
    }
    let Ok([private, public, escrow, retired]) = <[History; 4]>::try_from(histories) else {
        return Err(Failure::bug("four secrets were read, and others came back"));
    };
    let latest = private.latest.as_ref().map(|secret| secret.properties.version.as_str());
    let earlier: Vec<Properties> = private
        .versions
        .into_iter()
        .filter(|version| Some(version.version.as_str()) != latest)
        .collect();
    let earlier = each(site.store, &earlier, |version| describe_version(site, name, version))?;
    let (private_state, private_key) = private
        .latest
        .as_ref()
        .map(|secret| KeyState::of_private(&*secret.value))
        .unwrap_or_default();
    let (public_state, public_key) = public
        .latest
        .as_ref()
        .map(|secret| KeyState::of_public(&*secret.value))
        .unwrap_or_default();
    let vault = Vault {
        environment: environment.clone(),
        name: name.to_owned(),
        // The value counts, not the tag: a copy by hand may carry somebody else's tag.
        latest: private.latest.map(|secret| stored(secret.properties, private_state.fingerprint())),
        private: private_state,
        public: public_state,
        earlier,
        escrow: parse_escrow(&escrow),
        retired_before: retired_before(site, name, &retired),
        retired: parse_retired(&retired),
    };
    let keys = [private_key, public_key].into_iter().flatten().collect();
    Ok(Read { vault, keys, seen })
}

fn stored(
    properties: Properties,
    fingerprint: Option<spacetime_keys_core::Fingerprint>,
) -> StoredVersion {
    StoredVersion {
        created: properties.first_created(),
        version: properties.version,
        fingerprint,
        position: properties.position,
        tags: properties.tags,
    }
}

/// An earlier version's fingerprint is its value's; in a key vault its tag, where it has one.
fn describe_version(
    site: &Site<'_>,
    vault: &str,
    properties: &Properties,
) -> Result<StoredVersion, Failure> {
    // Where each is a request of its own, the tag has to do, until the key is needed.
    let by_tag = site.store.is_remote() && properties.tags.fingerprint.is_some();
    let fingerprint = if by_tag || !properties.enabled {
        properties.tags.fingerprint
    } else {
        let secret = &site.settings.private_secret;
        let value = site.store.get(vault, secret, &properties.version)?.value;
        KeyState::of_private(&*value).0.fingerprint()
    };
    Ok(stored(properties.clone(), fingerprint))
}

/// The escrow of a vault: what is there, or what is wrong with it.
pub(crate) fn parse_escrow(history: &History) -> Result<Escrow, Error> {
    history.latest.as_ref().map_or_else(|| Ok(Escrow::default()), |s| Escrow::parse(&s.value))
}

/// A vault's list of retired keys, if it has one.
pub(crate) fn parse_retired(history: &History) -> Result<Option<RetiredKeys>, Error> {
    history.latest.as_ref().map(|secret| RetiredKeys::parse(&secret.value)).transpose()
}

/// What the newest version of a vault's list says that can be read, where the latest cannot.
fn retired_before(site: &Site<'_>, vault: &str, history: &History) -> RetiredKeys {
    if parse_retired(history).is_ok() {
        return RetiredKeys::default();
    }
    let versions = in_order(history.versions.iter().collect(), |version| version.stamp());
    let secret = &site.settings.retired_secret;
    let read = |version: &Properties| {
        let value = site.store.get(vault, secret, &version.version).ok()?.value;
        RetiredKeys::parse(&*value).ok()
    };
    versions.into_iter().rev().find_map(read).unwrap_or_default()
}

/// The public keys of all earlier pairs that can be read.
pub(crate) fn earlier_keys(site: &Site<'_>, vaults: &[Vault]) -> Vec<PublicKey> {
    let secret = &site.settings.private_secret;
    let versions: Vec<(&str, &str)> = vaults
        .iter()
        .flat_map(|vault| vault.earlier.iter().map(|at| (vault.name.as_str(), at.version.as_str())))
        .collect();
    let keys = each(site.store, &versions, |(vault, version)| {
        let value = site.store.get(vault, secret, version).ok();
        let key = value.and_then(|secret| PrivateKey::from_pem(&*secret.value).ok());
        Ok(key.map(|key| key.public_key().clone()))
    });
    keys.unwrap_or_default().into_iter().flatten().collect()
}
