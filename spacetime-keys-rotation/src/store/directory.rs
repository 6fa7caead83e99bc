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
use spacetime_keys_core::fleet::{Origin, Tags};
use zeroize::Zeroizing;

use super::{
    DamagedFile, History, KeyStore, NewSecret, Properties, Secret, tags_from, tags_to_pairs,
};
use crate::clock;
use crate::error::Failure;
use crate::failpoint;
use crate::files;

/// A folder as key store.
pub struct Directory {
    root: PathBuf,
}

/// The length of a version's name.
const DIGITS: usize = 8;
pub(crate) const VALUE: &str = "value";
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

impl PropertiesFile {
    fn tags(&self) -> Tags {
        tags_from(self.tags.iter().map(|(name, value)| (&**name, &**value)))
    }
}

impl Directory {
    /// The store in that folder, which need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn secret_folder(&self, vault: &str, secret: &str) -> PathBuf {
        self.root.join(vault).join(secret)
    }

    /// The numbers of a secret's versions.
    fn numbers(&self, vault: &str, secret: &str) -> Result<Vec<u64>, Failure> {
        let folder = self.secret_folder(vault, secret);
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

    fn properties_file(folder: &Path) -> Option<PropertiesFile> {
        let content = files::read(&folder.join(PROPERTIES)).ok()??;
        serde_json::from_slice(&content).ok()
    }

    /// What stands beside a value. Where that is missing or damaged, the version is one without tags,
    /// as old as its file: the key itself is whole.
    fn properties(&self, vault: &str, secret: &str, version: &str) -> Properties {
        let folder = self.secret_folder(vault, secret).join(version);
        let file = Self::properties_file(&folder);
        Properties {
            version: version.to_owned(),
            created: file.as_ref().map_or_else(|| modified(&folder), |file| file.created),
            position: version.parse().ok(),
            enabled: true,
            tags: file.as_ref().map(PropertiesFile::tags).unwrap_or_default(),
        }
    }

    /// Only folders of this store. A store may have been put into a folder that is in use otherwise,
    /// such as the working directory.
    fn close_folders(&self, vault: &str, secret: &str) -> Result<(), Failure> {
        if is_own_folder(&self.root) {
            files::close_folder(&self.root)?;
        }
        let folder = self.secret_folder(vault, secret);
        files::close_folder(&self.root.join(vault))?;
        files::close_folder(&folder)?;
        for number in self.numbers(vault, secret)? {
            files::close_folder(&folder.join(name_of(number)))?;
        }
        Ok(())
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
            tags: tags_to_pairs(&new.tags),
        };
        let json = serde_json::to_vec_pretty(&properties)
            .map_err(|_| Failure::bug("properties have no JSON form"))?;
        files::create(&temp.path().join(PROPERTIES), &json, FILE_MODE)?;
        failpoint::reached("store:properties-written")?;
        Ok(temp)
    }
}

/// Whether a folder is only a store's: the working directory and those around it are not.
pub(crate) fn is_own_folder(root: &Path) -> bool {
    let root = fs::canonicalize(root);
    let here = std::env::current_dir().and_then(fs::canonicalize);
    !matches!((&root, &here), (Ok(root), Ok(here)) if here.starts_with(root))
}

/// Why a version is written that is not whole yet, as far as it says so already.
pub(crate) fn half_written_origin(folder: &Path) -> Option<Origin> {
    Directory::properties_file(folder)?.tags().origin
}

/// When a version was written, as far as its files tell.
fn modified(folder: &Path) -> i64 {
    let metadata = fs::metadata(folder.join(VALUE)).or_else(|_| fs::metadata(folder));
    let time = metadata.and_then(|metadata| metadata.modified()).ok();
    let since = time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
}

fn name_of(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

impl KeyStore for Directory {
    fn is_remote(&self) -> bool {
        false
    }

    fn read(&self, vault: &str, secret: &str) -> Result<History, Failure> {
        let numbers = self.numbers(vault, secret)?;
        let newest = numbers.iter().max();
        let latest = newest.map(|number| self.get(vault, secret, &name_of(*number))).transpose()?;
        let versions = numbers
            .into_iter()
            .map(|number| self.properties(vault, secret, &name_of(number)))
            .collect();
        Ok(History { latest, versions })
    }

    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure> {
        let folder = self.secret_folder(vault, secret).join(version);
        let path = folder.join(VALUE);
        let bytes = match files::read(&path)? {
            Some(bytes) => bytes,
            // Somebody took the value away: no key, as an empty one would be.
            None if folder.is_dir() => Zeroizing::default(),
            None => return Err(files::not_found(&path)),
        };
        // What is not UTF-8 is no key: the parser says so.
        let value = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        Ok(Secret { value, properties: self.properties(vault, secret, version) })
    }

    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<String, Failure> {
        let folder = self.secret_folder(vault, secret);
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
        files::check_replaceable(&self.secret_folder(vault, secret).join(name_of(0)))
    }

    fn damaged(&self, vault: &str, secret: &str) -> Result<Vec<DamagedFile>, Failure> {
        let mut damaged = Vec::new();
        for number in self.numbers(vault, secret)? {
            let version = name_of(number);
            let folder = self.secret_folder(vault, secret).join(&version);
            let file = |name, is_value| DamagedFile {
                version: version.clone(),
                path: folder.join(name),
                is_value,
            };
            if !folder.join(VALUE).is_file() {
                damaged.push(file(VALUE, true));
            } else if Self::properties_file(&folder).is_none() {
                damaged.push(file(PROPERTIES, false));
            }
        }
        Ok(damaged)
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.root)
    }

    fn clean_up(&self, vault: &str, secret: &str) -> Result<(), Failure> {
        self.close_folders(vault, secret)?;
        files::remove_leftovers(&self.secret_folder(vault, secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
