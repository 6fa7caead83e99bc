//! The two sides of a copy: they are not at one place, and nobody else works there.

use std::fs;
use std::path::{Path, PathBuf};

use spacetime_keys_core::fleet::Environment;

use super::Ends;
use crate::error::{Failure, Kind};
use crate::files;
use crate::lock::Lock;
use crate::site::Site;

/// The place itself of a vault or a secret, under any name.
#[derive(PartialEq, Eq)]
enum Place {
    /// A key vault, in lower case: Azure does not tell names apart by case.
    KeyVault(String),
    /// A folder, by what the file system numbers it with.
    Folder(u64, u64),
    /// A folder that is not there yet.
    Path(PathBuf),
}

impl Ends<'_> {
    /// Fails where a vault that is written to is one that is read, or belongs to the source in
    /// another way.
    pub(super) fn require_other_places(&self, chosen: &[Environment]) -> Result<(), Failure> {
        let sources = self.source.settings.environments.iter();
        let sources: Vec<Place> =
            sources.flat_map(|(_, vault)| places(self.source, vault)).collect();
        for environment in chosen {
            let vault = self.destination.settings.vault(environment)?;
            let places = places(self.destination, vault);
            if places.iter().any(|place| sources.contains(place)) {
                return Err(Kind::CopySame(vault.to_owned()).into());
            }
        }
        Ok(())
    }

    /// Fails where the configurations do not agree on which environments share a pair.
    pub(super) fn require_groups(&self, chosen: &[Environment]) -> Result<(), Failure> {
        let (source, destination) = (self.source.settings, self.destination.settings);
        let is_known = |name: &&Environment| {
            source.names().contains(name) && destination.names().contains(name)
        };
        for environment in chosen {
            let groups = [source, destination].map(|settings| {
                let group = settings.policy.group_of(environment).unwrap_or_default();
                let mut group: Vec<_> = group.iter().filter(is_known).cloned().collect();
                group.sort();
                group
            });
            if groups.first() != groups.last() {
                return Err(Kind::CopyGroups(environment.clone()).into());
            }
        }
        Ok(())
    }

    /// Keeps runs off both sides. The source is locked without a mark in it, and where nobody has
    /// ever locked it, not at all: then looking at its versions has to do.
    pub(super) fn lock(&self) -> Result<(Lock, Option<Lock>), Failure> {
        let lock = self.destination.state.lock_store("store-copy")?;
        let (from, to) =
            (self.source.state.guarded_store(), self.destination.state.guarded_store());
        let shared = if from.is_same_file(&to) { None } else { Some(from.share()?) };
        Ok((lock, shared))
    }

    /// The source's folder of keys that were set aside, where it is not the destination's.
    pub(super) fn set_aside(&self) -> Option<PathBuf> {
        let [from, to] = [self.source, self.destination].map(|site| site.state.set_aside_folder());
        let is_same = identity(&from).is_some_and(|place| identity(&to) == Some(place));
        let holds_any = fs::read_dir(&from).is_ok_and(|mut entries| entries.next().is_some());
        (holds_any && !is_same && from != to).then_some(from)
    }
}

/// A vault, and the folders of its secrets, which may be links.
fn places(site: &Site<'_>, vault: &str) -> Vec<Place> {
    let Some(root) = site.store.folder() else {
        return vec![Place::KeyVault(vault.to_lowercase())];
    };
    let folder = root.join(vault);
    let secrets = site.settings.secrets().map(|secret| folder.join(secret));
    let place = |folder: &Path| identity(folder).unwrap_or_else(|| Place::Path(real(folder)));
    std::iter::once(&folder).chain(&secrets).map(|folder| place(folder)).collect()
}

#[cfg(unix)]
fn identity(folder: &Path) -> Option<Place> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(folder).ok()?;
    Some(Place::Folder(found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_folder: &Path) -> Option<Place> {
    None
}

/// A path without links, as far as its folders are there.
fn real(path: &Path) -> PathBuf {
    let path = files::absolute(path);
    for ancestor in path.ancestors() {
        if let Ok(found) = fs::canonicalize(ancestor) {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return found.join(rest);
        }
    }
    path
}
