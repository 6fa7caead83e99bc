//! What a store holds, read without the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::world::SECRETS;
use crate::key_vault::fleet::{Fleet, VAULTS};

/// A version: its value, and the tags that tell what it is.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) tags: BTreeMap<String, String>,
    /// When it was written first.
    pub(super) created: i64,
    position: Option<String>,
}

/// Its place is the copy's own.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (&self.value, &self.tags, self.created) == (&other.value, &other.tags, other.created)
    }
}

/// Without the value, which may be a key.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of {}, {:?}", self.value.len(), self.created, self.tags)
    }
}

fn entry(value: String, mut tags: BTreeMap<String, String>, created: i64) -> Entry {
    let created = tags.remove("copied-created").map_or(created, |text| text.parse().unwrap());
    let position = tags.remove("copied-position");
    // It names the program that wrote this very version.
    tags.remove("tool-version");
    tags.remove("file-encoding");
    Entry { value, tags, created, position }
}

/// The versions of a secret in a folder, the first one first.
pub(super) fn in_folder(store: &Path, vault: &str, secret: &str) -> Vec<Entry> {
    let folder = store.join(vault).join(secret);
    let Ok(found) = fs::read_dir(&folder) else { return Vec::new() };
    let mut names: Vec<_> =
        found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_digit()));
    names.sort();
    let read = |name: &String| {
        let properties = fs::read(folder.join(name).join("properties.json")).unwrap();
        let properties: Value = serde_json::from_slice(&properties).unwrap();
        let tags = serde_json::from_value(properties["tags"].clone()).unwrap();
        let value = fs::read_to_string(folder.join(name).join("value")).unwrap();
        entry(value, tags, properties["created"].as_i64().unwrap())
    };
    names.iter().map(read).collect()
}

/// The versions of a secret in a vault, the first one first. Of two with one place, which a write
/// makes that is sent again, the first.
pub(super) fn in_vault(fleet: &Fleet, vault: &str, secret: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for version in fleet.stand_in.secret(vault, secret).unwrap_or_default() {
        let found = entry(version.value, version.tags, version.created.try_into().unwrap());
        let is_again = found.position.is_some()
            && entries.iter().any(|known| known.position == found.position && *known == found);
        if !is_again {
            entries.push(found);
        }
    }
    entries
}

/// The destination holds a beginning of the source; how many versions that is.
#[track_caller]
pub(super) fn is_a_beginning(source: &[Entry], destination: &[Entry], context: &str) -> usize {
    assert!(destination.len() <= source.len(), "{context}: too much");
    for (place, (one, other)) in source.iter().zip(destination).enumerate() {
        assert!(one == other, "{context}: {place}: {one:?} became {other:?}");
    }
    destination.len()
}

/// A folder's four vaults are in the stand-in: all of them, or a beginning of each.
#[track_caller]
pub(super) fn vaults_hold(fleet: &Fleet, store: &Path, whole: bool, context: &str) {
    for vault in VAULTS {
        for secret in SECRETS {
            let (source, copy) = (in_folder(store, vault, secret), in_vault(fleet, vault, secret));
            let context = format!("{context}: {vault} {secret}");
            let found = is_a_beginning(&source, &copy, &context);
            if whole {
                assert_eq!(found, source.len(), "{context}");
                let all = fleet.stand_in.secret(vault, secret).unwrap_or_default();
                let latest = all.last().map(|latest| latest.value.clone());
                assert_eq!(latest, source.last().map(|last| last.value.clone()), "{context}");
            }
        }
    }
}

/// A folder's vaults are in another folder.
#[track_caller]
pub(super) fn folder_holds(store: &Path, copy: &Path, whole: bool, context: &str) {
    for vault in VAULTS {
        for secret in SECRETS {
            let (source, copy) = (in_folder(store, vault, secret), in_folder(copy, vault, secret));
            let context = format!("{context}: {vault} {secret}");
            let found = is_a_beginning(&source, &copy, &context);
            assert!(!whole || found == source.len(), "{context}: {found} of {}", source.len());
        }
    }
}
