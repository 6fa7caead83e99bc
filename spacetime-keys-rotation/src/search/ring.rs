//! The keys and publishers of a fleet, for who searches for its secrets.

use std::path::Path;

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Escrow, PublisherState, Vault};
use spacetime_keys_core::scan::Ring;

use crate::error::Failure;
use crate::host::{self, Paths};
use crate::read::{earlier_keys, read_vaults};
use crate::site::Site;

/// Every key that the vaults have or had, that this host mounts or that was retired, and the publishers in escrow and in
/// `cli.toml`. Where there is no store yet, what the host has.
///
/// # Errors
/// A vault that cannot be read: of its keys nothing could be said. Files of this host that cannot be read.
pub fn ring_of(site: &Site<'_>, paths: &Paths) -> Result<Ring, Failure> {
    let mut ring = Ring::default();
    let mut vaults: Vec<Vault> = Vec::new();
    if site.store.folder().is_none_or(Path::is_dir) {
        let read = read_vaults(site)?;
        if let Some((_, failure)) = read.failures.into_iter().next() {
            return Err(failure);
        }
        vaults = read.all;
        for key in read.known_keys.into_iter().chain(earlier_keys(site, &vaults)) {
            let fingerprint = key.fingerprint();
            let vault = vaults.iter().find(|vault| vault.knows(fingerprint));
            ring.add_key(&key, vault.map(|vault| &vault.environment))?;
        }
    }
    // A retired pair's versions may be gone from the vault.
    for vault in &vaults {
        let list = vault.retired.iter().flatten();
        for retired in list.flat_map(RetiredKeys::keys) {
            ring.add_key(&retired.public_key, Some(&vault.environment))?;
        }
    }
    let copy = host::read_retired_keys(&paths.mounted_keys_dir)?;
    for retired in copy.iter().flatten().flat_map(RetiredKeys::keys) {
        ring.add_key(&retired.public_key, site.settings.host.as_ref())?;
    }
    // Of a pair that no vault has, the configuration may tell the environment.
    for key in host::read_mounted(&paths.mounted_keys_dir)?.0.keys {
        ring.add_key(&key, site.settings.host.as_ref())?;
    }
    let escrows = vaults.iter().filter_map(|vault| vault.escrow.as_ref().ok());
    for publisher in escrows.flat_map(Escrow::publishers) {
        ring.add_owner(publisher.identity);
    }
    let cli_toml = host::read_cli_toml(&paths.cli_toml)?;
    if let PublisherState::Found { publisher, .. } = cli_toml.publisher() {
        ring.add_owner(publisher.identity);
    }
    Ok(ring)
}
