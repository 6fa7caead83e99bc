//! What an exchange works with: the mounted private key, and the list of retired keys beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::exchange::{Exchange, RetiredKeys};
use spacetime_keys_core::{Error, PrivateKey};

use crate::error::{Failure, Kind};
use crate::files;
use crate::host::{private_key_in, retired_keys_in};

/// How the two files look without being read. They were replaced or written if it differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks([Option<Mark>; 2]);

/// Of one file; what `rename` brings has another inode, even within the clock's smallest step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    size: u64,
    written: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Marks {
    /// The keys of the files in a folder, as they are now.
    pub fn of(folder: &Path) -> Self {
        Self([private_key_in(folder), retired_keys_in(folder)].map(|path| Mark::of(&path)))
    }
}

impl Mark {
    fn of(path: &Path) -> Option<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        let file = fs::metadata(path).ok()?;
        Some(Self {
            size: file.len(),
            written: file.modified().ok(),
            #[cfg(unix)]
            inode: (file.dev(), file.ino()),
            #[cfg(unix)]
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// Reads the mounted private key and the list. Without a list, no key is retired.
///
/// A user who may write the list can make a key of their own valid: it must be this user's, root's, or
/// that of the owner of the private key, and not everybody may write it.
///
/// # Errors
/// What reading them comes to; [`Kind::NotTrusted`] of the list; the core's of their content, and
/// [`Error::KeyRevoked`].
pub fn load(folder: &Path) -> Result<Exchange, Failure> {
    let private = private_key_in(folder);
    let key = PrivateKey::from_pem(files::read_existing(&private)?.as_slice())
        .map_err(|error| Failure::in_file(&private, error))?;
    let path = retired_keys_in(folder);
    let of_key = files::owner(&private);
    let is_trusted = |user| user == 0 || Some(user) == of_key || files::is_this_user(user);
    let list = match files::read_unnamed(&path, is_trusted, Kind::NotTrusted)? {
        Some(json) => RetiredKeys::parse(&json).map_err(|error| Failure::in_file(&path, error))?,
        None => RetiredKeys::default(),
    };
    let signer = Signer::new(&key).map_err(|error| Failure::in_file(&private, error))?;
    Exchange::new(&list, signer).map_err(|error| Failure::in_file(&private, error))
}

/// The mounted private key's file, if others than its owner may write it, or others than owner and
/// group read it.
pub fn private_is_open(folder: &Path) -> Option<PathBuf> {
    Some(private_key_in(folder)).filter(|path| files::is_world_accessible(path))
}

/// Why there is nothing to exchange with, for clients outside: no path.
pub fn error_of(failure: &Failure) -> Error {
    match failure.kind() {
        Kind::Core(error) => *error,
        _ => Error::ExchangeKeys,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::host::write_private;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write_private(folder.path(), &PrivateKey::generate().unwrap()).unwrap();
        folder
    }

    #[test]
    fn a_file_that_was_replaced_by_its_like_is_another_one() {
        let folder = folder();
        let path = private_key_in(folder.path());
        let (before, content) = (Marks::of(folder.path()), fs::read(&path).unwrap());
        assert_eq!(Marks::of(folder.path()), before);
        fs::write(folder.path().join("new"), &content).unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        let replaced = Marks::of(folder.path());
        assert_ne!(replaced, before);
        fs::write(retired_keys_in(folder.path()), "").unwrap();
        assert_ne!(Marks::of(folder.path()), replaced);
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_path() {
        let error = |folder: &Path| error_of(&load(folder).unwrap_err());
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(error(empty.path()), Error::ExchangeKeys);

        let folder = folder();
        assert!(load(folder.path()).is_ok(), "without a list, no key is retired");
        let list = retired_keys_in(folder.path());
        fs::write(&list, "{}").unwrap();
        assert_eq!(error(folder.path()), Error::RetiredKeysDamaged);
        fs::write(&list, RetiredKeys::default().to_json()).unwrap();
        assert!(load(folder.path()).is_ok());
        fs::set_permissions(&list, Permissions::from_mode(0o646)).unwrap();
        let failure = load(folder.path()).unwrap_err();
        assert!(matches!(failure.kind(), Kind::NotTrusted(path) if *path == list));
        fs::write(private_key_in(folder.path()), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        assert_eq!(error(folder.path()), Error::PemCutOff);
    }

    #[test]
    fn a_private_key_that_others_can_read_is_named() {
        let folder = folder();
        assert_eq!(private_is_open(folder.path()), None);
        let private = private_key_in(folder.path());
        fs::set_permissions(&private, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(private_is_open(folder.path()), Some(private));
    }
}
