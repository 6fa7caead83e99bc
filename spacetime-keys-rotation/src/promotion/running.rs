//! Whether a server runs on a data folder, which it shows by a lock.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::{Failure, Kind};
use crate::files;

/// Locked by a server (`flock`) for as long as it runs on the folder. The file outlives the lock.
const LOCKED: &str = "spacetime.pid";
/// The file in which a server keeps the list of its databases.
const CONTROL: &str = "control-db";

/// Others who look have the lock for a moment, too.
const TRIES: usize = 6;
const PAUSE: Duration = Duration::from_millis(40);

/// Whether a server runs on this data. Not to be trusted on a network's file system, nor where the server is in
/// a virtual machine of its own: there its lock may not be seen.
///
/// # Errors
/// A lock file that cannot be opened.
pub fn is_running(data: &Path) -> Result<bool, Failure> {
    let path = data.join(LOCKED);
    let fail = |error: std::io::Error| Failure::io("locking", &path, &error);
    let mut options = File::options();
    // A pipe in its place would wait for its other end.
    files::without_waiting(options.read(true));
    let file = match options.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(fail(error)),
    };
    for _ in 0..TRIES {
        // Shared, so that two that look do not take each other for a server. It ends with the file.
        match file.try_lock_shared() {
            Ok(()) => return Ok(false),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
    }
    Ok(true)
}

/// Fails where a server runs on this data.
///
/// # Errors
/// [`Kind::ServerRuns`], and those of [`is_running`].
pub fn require_stopped(data: &Path) -> Result<(), Failure> {
    if is_running(data)? { Err(Kind::ServerRuns(data.to_owned()).into()) } else { Ok(()) }
}

/// Fails where a folder is no server's data.
///
/// # Errors
/// [`Kind::NoData`]
pub fn require_data(data: &Path) -> Result<(), Failure> {
    let below = || -> Option<PathBuf> {
        let entries = std::fs::read_dir(data).ok()?;
        let mut folders = entries.flatten().map(|entry| entry.path());
        folders.find(|folder| folder.join(CONTROL).is_dir())
    };
    if data.join(CONTROL).is_dir() {
        return Ok(());
    }
    Err(Kind::NoData { folder: data.to_owned(), below: below() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_a_server_and_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_running(folder.path()).unwrap());
        let path = folder.path().join(LOCKED);
        std::fs::write(&path, "1").unwrap();
        assert!(!is_running(folder.path()).unwrap());
        let server = File::options().write(true).open(&path).unwrap();
        server.lock().unwrap();
        assert!(is_running(folder.path()).unwrap());
        let refused = require_stopped(folder.path()).unwrap_err();
        assert!(matches!(refused.kind(), Kind::ServerRuns(_)), "{refused}");
        server.unlock().unwrap();
        assert!(!is_running(folder.path()).unwrap());
    }

    #[test]
    fn data_that_lies_one_folder_further_down_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("data/control-db")).unwrap();
        require_data(&folder.path().join("data")).unwrap();
        let refused = require_data(folder.path()).unwrap_err();
        assert!(refused.to_string().ends_with("data"), "{refused}");
    }
}
