//! A folder as key store: `STORE/VAULT/SECRET/VERSION/{value,properties.json}`.
//!
//! Versions are numbered from `00000001`. A version is a folder that is filled under another name
//! and then renamed: it is there as a whole or not at all, and it never changes again. `value` is
//! the secret itself, as a file, so that in an emergency no tool is needed to get at a key.
//! Folders 0700, files 0600.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{History, KeyStore, NewSecret, Properties, Secret, tags_from, tags_to_pairs};
use crate::clock;
use crate::error::{Failure, Kind};
use crate::failpoint;
use crate::files;

/// A folder as key store.
pub struct Directory {
    root: PathBuf,
}

/// Of a version's name.
const DIGITS: usize = 8;
const VALUE: &str = "value";
const PROPERTIES: &str = "properties.json";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// `properties.json`.
#[derive(Serialize, Deserialize)]
struct PropertiesFile {
    created: i64,
    content_type: String,
    tags: BTreeMap<String, String>,
}

impl Directory {
    /// The store in that folder, which need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, vault: &str, secret: &str) -> PathBuf {
        self.root.join(vault).join(secret)
    }

    /// The numbers of a secret's versions.
    fn numbers(&self, vault: &str, secret: &str) -> Result<Vec<u64>, Failure> {
        let folder = self.folder(vault, secret);
        let fail = |error: std::io::Error| Failure::io("reading", &folder, &error);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fail(error)),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            // Half-written versions, and whatever a person put here, have other names.
            let name = entry.map_err(fail)?.file_name();
            let number = name.to_str().filter(|name| name.len() == DIGITS);
            let number = number.and_then(|name| name.parse().ok());
            numbers.extend(number.filter(|number| name == name_of(*number).as_str()));
        }
        Ok(numbers)
    }

    fn properties(&self, vault: &str, secret: &str, version: &str) -> Result<Properties, Failure> {
        let path = self.folder(vault, secret).join(version).join(PROPERTIES);
        let file: Option<PropertiesFile> =
            files::read(&path)?.and_then(|content| serde_json::from_slice(&content).ok());
        let file = file.ok_or_else(|| Failure::from(Kind::StoreDamaged(path)))?;
        Ok(Properties {
            version: version.to_owned(),
            created: file.created,
            enabled: true,
            tags: tags_from(|name| file.tags.get(name).map(String::as_str)),
        })
    }

    /// Fills a version's folder under a temporary name.
    fn fill(
        folder: &Path,
        new: &NewSecret<'_>,
        created: i64,
    ) -> Result<tempfile::TempDir, Failure> {
        let fail = |error: std::io::Error| Failure::io("writing to", folder, &error);
        let temp = files::temp_folder_in(folder).map_err(fail)?;
        files::create(&temp.path().join(VALUE), new.value.as_bytes(), FILE_MODE)?;
        failpoint::reached("store:value-written")?;
        let properties = PropertiesFile {
            created,
            content_type: new.content_type.to_owned(),
            tags: tags_to_pairs(&new.tags).into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        };
        let json = serde_json::to_vec_pretty(&properties)
            .map_err(|_| Failure::bug("properties have no JSON form"))?;
        files::create(&temp.path().join(PROPERTIES), &json, FILE_MODE)?;
        failpoint::reached("store:properties-written")?;
        Ok(temp)
    }
}

fn name_of(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

impl KeyStore for Directory {
    fn is_remote(&self) -> bool {
        false
    }

    fn is_there(&self) -> bool {
        self.root.is_dir()
    }

    fn read(&self, vault: &str, secret: &str) -> Result<History, Failure> {
        let numbers = self.numbers(vault, secret)?;
        let newest = numbers.iter().max();
        let latest = newest.map(|number| self.get(vault, secret, &name_of(*number))).transpose()?;
        let versions = numbers
            .into_iter()
            .map(|number| self.properties(vault, secret, &name_of(number)))
            .collect::<Result<_, _>>()?;
        Ok(History { latest, versions })
    }

    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure> {
        let path = self.folder(vault, secret).join(version).join(VALUE);
        let bytes = files::read_existing(&path)?;
        // What is not UTF-8 is no key: whoever parses it says so.
        let value = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        Ok(Secret { value, properties: self.properties(vault, secret, version)? })
    }

    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<String, Failure> {
        let folder = self.folder(vault, secret);
        let fail = |error: std::io::Error| Failure::io("writing to", &folder, &error);
        files::create_folder(&folder, FOLDER_MODE)?;
        failpoint::reached("store:folder-made")?;
        let created = clock::now();
        let temp = Self::fill(&folder, new, created)?;
        files::sync_folder(temp.path()).map_err(fail)?;
        let number = self.numbers(vault, secret)?.into_iter().max().unwrap_or(0) + 1;
        let version = name_of(number);
        // Fails if somebody else made this number meanwhile: a version is never replaced.
        fs::rename(temp.path(), folder.join(&version)).map_err(fail)?;
        // The folder has another name now: there is nothing left to remove.
        let _ = temp.keep();
        failpoint::reached("store:renamed")?;
        files::sync_folder(&folder).map_err(fail)?;
        Ok(version)
    }

    fn check_writable(&self, vault: &str, secret: &str) -> Result<(), Failure> {
        files::check_replaceable(&self.folder(vault, secret).join(name_of(0)))
    }

    fn clean_up(&self, vault: &str, secret: &str) -> Result<(), Failure> {
        files::remove_leftovers(&self.folder(vault, secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spacetime_keys_core::fleet::{Origin, Tags};

    fn new(value: &str) -> NewSecret<'_> {
        let tags = Tags {
            rotation_id: Some("r1".into()),
            origin: Some(Origin::Rotate),
            ..Tags::default()
        };
        NewSecret { value, content_type: super::super::PEM, tags }
    }

    #[test]
    fn versions_are_kept_and_the_last_one_is_latest() {
        let root = tempfile::tempdir().unwrap();
        let store = Directory::new(root.path().join("store"));
        assert!(store.read("v", "s").unwrap().latest.is_none());
        for value in ["one", "two", "three"] {
            store.put("v", "s", &new(value)).unwrap();
        }
        let History { latest, mut versions } = store.read("v", "s").unwrap();
        let latest = latest.unwrap();
        assert_eq!(latest.value.as_str(), "three");
        assert!(latest.properties.tags.is_of("r1", Origin::Rotate));
        versions.sort_by(|a, b| a.version.cmp(&b.version));
        assert_eq!(store.get("v", "s", &versions[0].version).unwrap().value.as_str(), "one");
        assert!(store.read("other", "s").unwrap().latest.is_none());
    }

    #[test]
    fn leftovers_and_strange_names_are_no_versions() {
        let root = tempfile::tempdir().unwrap();
        let store = Directory::new(root.path());
        store.put("v", "s", &new("one")).unwrap();
        for strange in [".spacetime-keys-tmp-x", "2", "00000002~", "note.txt"] {
            fs::create_dir(root.path().join("v/s").join(strange)).unwrap();
        }
        assert_eq!(store.read("v", "s").unwrap().versions.len(), 1);
        store.clean_up("v", "s").unwrap();
        assert!(!root.path().join("v/s/.spacetime-keys-tmp-x").exists());
        assert!(root.path().join("v/s/note.txt").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let store = Directory::new(root.path().join("store"));
        store.put("v", "s", &new("one")).unwrap();
        for (path, mode) in [
            ("store", 0o700),
            ("store/v", 0o700),
            ("store/v/s", 0o700),
            ("store/v/s/00000001", 0o700),
            ("store/v/s/00000001/value", 0o600),
            ("store/v/s/00000001/properties.json", 0o600),
        ] {
            let found = fs::metadata(root.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{path}");
        }
    }
}
