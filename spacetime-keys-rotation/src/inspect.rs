//! What only `verify` looks at: modes and owners of files, and earlier versions in vaults.

use std::path::Path;

use spacetime_keys_core::fleet::{
    Damage, DamagedPart, Environment, Inspected, KeyState, LeftElsewhere, PlaceKind, StoredVersion,
    Vault,
};

use crate::error::Failure;
use crate::host::{self, Paths, private_key_in, public_key_in, retired_keys_in};
use crate::read::Gathered;
use crate::site::Site;
use crate::store::{each, is_own_folder};

/// Looks at what belongs to these environments and to this host. Changes nothing.
pub(crate) fn inspect(
    site: &Site<'_>,
    environments: &[Environment],
    paths: &Paths,
    gathered: &Gathered,
) -> Inspected {
    let mut inspected = places_of(&paths.mounted_keys_dir);
    inspected.add(PlaceKind::CliToml, &paths.cli_toml);
    look_at_store(site, &mut inspected);
    inspected.elsewhere = left_elsewhere(site, paths);
    let policy = &site.settings.policy;
    let concerned = |vault: &&Vault| {
        let group = policy.group_of(&vault.environment).unwrap_or_default();
        let failed = gathered.failures.iter().any(|(failed, _)| *failed == vault.environment);
        !failed && group.iter().any(|member| environments.contains(member))
    };
    let vaults: Vec<&Vault> = gathered.snapshot.vaults.iter().filter(concerned).collect();
    // What cannot be looked at is no damage: the vaults themselves were read.
    let found = each(site.store, &vaults, |vault| Ok(damage(site, vault).unwrap_or_default()));
    inspected.damage = found.unwrap_or_default().into_iter().flatten().collect();
    inspected
}

/// The run that waits for another host. While it is at work, there is nothing to do about it.
fn left_elsewhere(site: &Site<'_>, paths: &Paths) -> Option<LeftElsewhere> {
    // A note that is damaged has failed before.
    let journal = site.state.unfinished_elsewhere(paths).ok()??;
    (!site.state.is_locked(paths)).then(|| journal.left_elsewhere())
}

/// The folder of the mounted files, and those.
pub(crate) fn places_of(keys: &Path) -> Inspected {
    let mut inspected = Inspected::default();
    let (private, public) = (private_key_in(keys), public_key_in(keys));
    inspected.add(PlaceKind::KeysFolder, keys);
    inspected.add(PlaceKind::PrivateKey, &private);
    inspected.add(PlaceKind::PublicKey, &public);
    inspected.add(PlaceKind::RetiredKeys, &retired_keys_in(keys));
    if !private.exists() && !public.exists() {
        inspected.other_keys = host::other_keys(keys, |_| true);
    }
    inspected.mounted = Some([private, public].map(|path| path.display().to_string()));
    inspected
}

pub(crate) trait Add {
    fn add(&mut self, kind: PlaceKind, path: &Path);
}

impl Add for Inspected {
    #[cfg(unix)]
    fn add(&mut self, kind: PlaceKind, path: &Path) {
        use std::os::unix::fs::MetadataExt;
        let Ok(metadata) = std::fs::metadata(path) else { return };
        self.places.push(spacetime_keys_core::fleet::Place {
            kind,
            path: path.display().to_string(),
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
        });
    }

    #[cfg(not(unix))]
    fn add(&mut self, _kind: PlaceKind, _path: &Path) {}
}

/// A store that is a folder: that one, and what the configured environments have in it.
fn look_at_store(site: &Site<'_>, inspected: &mut Inspected) {
    let Some(root) = site.store.folder() else { return };
    let settings = site.settings;
    let vaults = settings.environments.iter().map(|(_, vault)| root.join(vault));
    let own: Vec<_> = vaults.chain([root.join(".state")]).filter(|path| path.is_dir()).collect();
    if is_own_folder(root) {
        inspected.store.push(root.display().to_string());
        inspected.add(PlaceKind::StoreFolder, root);
    } else {
        inspected.store.extend(own.iter().map(|path| path.display().to_string()));
    }
    for folder in own {
        walk(&folder, &settings.private_secret, false, inspected);
    }
}

fn walk(folder: &Path, private_secret: &str, is_secret: bool, inspected: &mut Inspected) {
    inspected.add(PlaceKind::StoreFolder, folder);
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                let secret = is_secret || name == private_secret || name == "set-aside";
                walk(&path, private_secret, secret, inspected);
            }
            Ok(kind) if kind.is_file() && is_secret && name != "properties.json" => {
                inspected.add(PlaceKind::StoreSecret, &path);
            }
            Ok(kind) if kind.is_file() => inspected.add(PlaceKind::StoreFile, &path),
            _ => {}
        }
    }
}

/// What is damaged in a vault. The latest versions are judged by the audit itself.
fn damage(site: &Site<'_>, vault: &Vault) -> Result<Vec<Damage>, Failure> {
    let settings = site.settings;
    let mut found = Vec::new();
    let new = |part, version: &str, fingerprint, place| Damage {
        environment: vault.environment.clone(),
        part,
        version: version.to_owned(),
        fingerprint,
        place,
    };
    for secret in settings.secrets() {
        let files = site.store.damaged(&vault.name, secret)?;
        let newest = files.iter().map(|file| &file.version).max().cloned();
        let history =
            if files.is_empty() { None } else { site.store.read(&vault.name, secret).ok() };
        let latest =
            history.and_then(|history| Some(history.latest?.properties.version)).or(newest);
        for file in files {
            let place = file.path.display().to_string();
            let part = match (file.is_value, secret == settings.private_secret) {
                (false, _) => DamagedPart::Properties,
                // Said below, with all that is wrong with values.
                (true, true) => continue,
                (true, false) if Some(&file.version) == latest.as_ref() => continue,
                (true, false) => DamagedPart::Other,
            };
            found.push(new(part, &file.version, None, place));
        }
    }
    for version in to_be_read(site, vault) {
        let secret = settings.private_secret.as_str();
        let value = site.store.get(&vault.name, secret, &version.version).ok();
        let key = value.and_then(|secret| KeyState::of_private(&*secret.value).0.fingerprint());
        let tag = version.tags.fingerprint;
        if key.is_none() || tag.is_some_and(|tag| key != Some(tag)) {
            let place = site.store.folder().map_or_else(
                || format!("version {} of {secret}", version.version),
                |root| {
                    let folder = root.join(&vault.name).join(secret).join(&version.version);
                    folder.join("value").display().to_string()
                },
            );
            found.push(new(DamagedPart::PrivateKey, &version.version, tag, place));
        }
    }
    Ok(found)
}

/// The earlier versions whose values are read. Where each is a request of its own, that is the one
/// that a rollback returns to.
fn to_be_read<'a>(site: &Site<'_>, vault: &'a Vault) -> Vec<&'a StoredVersion> {
    let earlier = vault.earlier.iter();
    if !site.store.is_remote() {
        return earlier.collect();
    }
    let previous = vault.latest.as_ref().and_then(|latest| latest.tags.previous);
    let is_previous = |version: &&StoredVersion| {
        version.tags.fingerprint.is_some() && version.fingerprint == previous
    };
    earlier.filter(is_previous).take(1).collect()
}
