//! Reading everything that a plan or an audit is made from.

use spacetime_keys_core::fleet::{
    Environment, Escrow, Host, KeyState, Snapshot, StoredVersion, Unfinished, Vault,
};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};

use super::Site;
use crate::failure::Failure;
use crate::host::{self, Paths};
use crate::store::{ESCROW_SECRET, Properties, Secret};

/// A snapshot, and what goes with it but is not part of it.
pub(crate) struct Gathered {
    pub(crate) snapshot: Snapshot,
    /// Public keys that tokens were checked against.
    pub(crate) known_keys: Vec<PublicKey>,
    /// Why vaults could not be read.
    pub(crate) failures: Vec<(Environment, Failure)>,
}

impl Gathered {
    /// Why this environment's vault could not be read, if that is so.
    pub(crate) fn take_failure(&mut self, environment: &Environment) -> Option<Failure> {
        let place = self.failures.iter().position(|(failed, _)| failed == environment)?;
        Some(self.failures.swap_remove(place).1)
    }
}

/// Every environment's vault, and the public keys of their latest pairs.
pub(crate) struct Vaults {
    pub(crate) all: Vec<Vault>,
    pub(crate) known_keys: Vec<PublicKey>,
    failures: Vec<(Environment, Failure)>,
}

/// Reads the vaults. One that cannot be read is an unavailable one. Changes nothing.
pub(crate) fn read_vaults(site: &Site<'_>) -> Vaults {
    let mut vaults = Vec::new();
    let mut known_keys = Vec::new();
    let mut failures = Vec::new();
    for (environment, name) in &site.config.environments {
        match read_vault(site, environment, name) {
            Ok((vault, keys)) => {
                vaults.push(vault);
                known_keys.extend(keys);
            }
            Err(failure) => {
                vaults.push(unavailable(environment, name));
                failures.push((environment.clone(), failure));
            }
        }
    }
    Vaults { all: vaults, known_keys, failures }
}

/// Reads the vaults and this host. Changes nothing.
pub(crate) fn gather(site: &Site<'_>, paths: &Paths) -> Result<Gathered, Failure> {
    let Vaults { all: vaults, mut known_keys, failures } = read_vaults(site);
    let (mounted, world_accessible) = host::read_mounted(&paths.mounted_keys_dir)?;
    let mut cli_toml = host::read_cli_toml(&paths.cli_toml)?;
    known_keys.splice(0..0, mounted.keys.iter().cloned());
    if !cli_toml.verify_with(&known_keys) {
        // Only a host that is far behind gets here: read what all earlier pairs were.
        known_keys.extend(earlier_keys(site, &vaults));
        cli_toml.verify_with(&known_keys);
    }
    let snapshot = Snapshot {
        vaults,
        host: Host::of(mounted, world_accessible, cli_toml),
        unfinished: unfinished(site)?,
    };
    Ok(Gathered { snapshot, known_keys, failures })
}

/// The run that was cut short, or is at work.
pub(crate) fn unfinished(site: &Site<'_>) -> Result<Option<Unfinished>, Failure> {
    let run = site.state.unfinished()?;
    Ok(run.map(|run| Unfinished { running: site.state.is_locked(), identity: run.identity() }))
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
    }
}

/// One vault, and the public keys of its latest pair.
fn read_vault(
    site: &Site<'_>,
    environment: &Environment,
    name: &str,
) -> Result<(Vault, Vec<PublicKey>), Failure> {
    let store = &site.config.store;
    let private = site.store.latest(name, &store.private_secret)?;
    let public = site.store.latest(name, &store.public_secret)?;
    let mut versions = site.store.versions(name, &store.private_secret)?;
    if let Some(latest) = &private {
        versions.retain(|version| version.version != latest.properties.version);
    }
    let earlier = versions
        .into_iter()
        .map(|properties| describe_version(site, name, properties))
        .collect::<Result<_, _>>()?;
    let (private_state, private_key) =
        private.as_ref().map(|secret| KeyState::of_private(&*secret.value)).unwrap_or_default();
    let (public_state, public_key) =
        public.as_ref().map(|secret| KeyState::of_public(&*secret.value)).unwrap_or_default();
    let vault = Vault {
        environment: environment.clone(),
        name: name.to_owned(),
        // The value counts, not the tag: a copy by hand may carry somebody else's tag.
        latest: private.map(|secret| stored(secret.properties, private_state.fingerprint())),
        private: private_state,
        public: public_state,
        earlier,
        escrow: read_escrow(site, name)?,
    };
    Ok((vault, [private_key, public_key].into_iter().flatten().collect()))
}

fn stored(
    properties: Properties,
    fingerprint: Option<spacetime_keys_core::Fingerprint>,
) -> StoredVersion {
    StoredVersion {
        version: properties.version,
        fingerprint,
        created: properties.created,
        tags: properties.tags,
    }
}

/// An earlier version's fingerprint is its tag, or, where other tools wrote it, its value's.
fn describe_version(
    site: &Site<'_>,
    vault: &str,
    properties: Properties,
) -> Result<StoredVersion, Failure> {
    let fingerprint = if properties.tags.fingerprint.is_some() {
        properties.tags.fingerprint
    } else {
        let secret = &site.config.store.private_secret;
        let value = site.store.get(vault, secret, &properties.version)?.value;
        KeyState::of_private(&*value).0.fingerprint()
    };
    Ok(stored(properties, fingerprint))
}

/// The escrow of a vault: what is there, or what is wrong with it.
pub(crate) fn read_escrow(site: &Site<'_>, vault: &str) -> Result<Result<Escrow, Error>, Failure> {
    let secret: Option<Secret> = site.store.latest(vault, ESCROW_SECRET)?;
    Ok(secret.map_or_else(|| Ok(Escrow::default()), |secret| Escrow::parse(&secret.value)))
}

/// The public keys of all earlier pairs.
pub(crate) fn earlier_keys(site: &Site<'_>, vaults: &[Vault]) -> Vec<PublicKey> {
    let secret = &site.config.store.private_secret;
    let mut keys = Vec::new();
    for vault in vaults {
        for version in &vault.earlier {
            let value = site.store.get(&vault.name, secret, &version.version);
            let key = value.ok().and_then(|secret| PrivateKey::from_pem(&*secret.value).ok());
            keys.extend(key.map(|key| key.public_key().clone()));
        }
    }
    keys
}
