//! The file that az takes a secret from: 0600, in a folder of its own (0700), gone afterwards.
//!
//! Beside it lies a file that is locked as long as its owner lives. The lock ends with the process,
//! so whatever is found without one was left by a run that was killed. A process id would not do: in
//! another container, on the same folder, it means nothing.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Failure;
use crate::files;

/// The folder's name begins with this.
const PREFIX: &str = "spacetime-keys-az-";
/// So did the name of the bun script's own, until it had this engine. They had no lock, and az had an
/// hour at most.
const SCRIPT_PREFIX: &str = "spacetimedb-tooling-";
const SCRIPT_LIFETIME: Duration = Duration::from_hours(1);
const LOCK: &str = "lock";
const VALUE: &str = "value";
const FOLDER_MODE: u32 = 0o700;

/// How often somebody who removes leftovers may come between a folder and its lock.
const TRIES: usize = 8;

/// A secret in a file. Dropped, it is gone.
pub(super) struct SecretFile {
    folder: PathBuf,
    value: PathBuf,
    lock: Option<File>,
}

impl SecretFile {
    /// Writes a secret to a file in a new folder below `within`.
    pub(super) fn write(within: &Path, secret: &str) -> Result<Self, Failure> {
        let fail = |error: std::io::Error| Failure::io("writing to", within, &error);
        files::create_folder(within, FOLDER_MODE)?;
        for _ in 0..TRIES {
            let folder = new_folder(within).map_err(fail)?;
            let Some(lock) = lock(folder.path()).map_err(fail)? else { continue };
            let value = folder.path().join(VALUE);
            let folder = folder.keep();
            let this = Self { folder, value, lock: Some(lock) };
            create(&this.value)
                .and_then(|mut file| file.write_all(secret.as_bytes()))
                .map_err(fail)?;
            return Ok(this);
        }
        Err(fail(ErrorKind::ResourceBusy.into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.value
    }

    /// Removes it, and says so if that fails: nobody else would.
    pub(super) fn remove(mut self) -> Result<(), Failure> {
        let lock = self.lock.take();
        remove(&self.folder, lock).map_err(|error| Failure::io("removing", &self.folder, &error))
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if let Some(lock) = self.lock.take() {
            // What is left of it is removed by a later run.
            let _ = remove(&self.folder, Some(lock));
        }
    }
}

/// Removes what runs that were killed have left below `within`.
pub(super) fn remove_leftovers(within: &Path) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::io("cleaning up in", within, &error);
    let entries = match fs::read_dir(within) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(fail)?,
    };
    for entry in entries {
        let entry = entry.map_err(fail)?;
        if is_of_early_script(&entry) {
            remove(&entry.path(), None).map_err(fail)?;
            continue;
        }
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) || !is_ours(&entry.path()) {
            continue;
        }
        let folder = entry.path();
        let mut options = File::options();
        files::without_waiting(options.read(true));
        let lock = match options.open(folder.join(LOCK)) {
            Ok(lock) => lock,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Nothing is in it yet, or nothing any more. One that is not empty stays.
                let _ = fs::remove_dir(&folder);
                continue;
            }
            Err(error) => return Err(fail(error)),
        };
        match lock.try_lock() {
            Ok(()) => remove(&folder, Some(lock)).map_err(fail)?,
            // Its owner lives; or this file system has no locks, and nobody can tell.
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
    Ok(())
}

fn is_of_early_script(entry: &fs::DirEntry) -> bool {
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    entry.file_name().to_string_lossy().starts_with(SCRIPT_PREFIX)
        && is_ours(&entry.path())
        && age().is_some_and(|age| age > SCRIPT_LIFETIME)
}

fn new_folder(within: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(FOLDER_MODE));
    builder.tempdir_in(within)
}

/// Locks a folder. `None`: somebody has removed it meanwhile as one without a lock.
fn lock(folder: &Path) -> std::io::Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = match create(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    while let Err(error) = file.lock() {
        // A file system without locks: then no later run takes this for a leftover, either.
        if error.kind() != ErrorKind::Interrupted {
            break;
        }
    }
    Ok(path.try_exists()?.then_some(file))
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The secret first; the lock is held until it is gone.
fn remove(folder: &Path, lock: Option<File>) -> std::io::Result<()> {
    gone(fs::remove_file(folder.join(VALUE)))?;
    gone(fs::remove_file(folder.join(LOCK)))?;
    // Windows removes no folder with an open file in it.
    drop(lock);
    gone(fs::remove_dir(folder))
}

/// Two runs may remove the same leftover.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A folder (no link to one) of this user: the system's temporary folder is everybody's.
fn is_ours(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return false;
        }
    }
    metadata.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_is_gone_when_it_is_dropped_and_when_it_is_removed() {
        let within = tempfile::tempdir().unwrap();
        let file = SecretFile::write(within.path(), "secret").unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "secret");
        drop(file);
        assert!(names(within.path()).is_empty());
        SecretFile::write(within.path(), "secret").unwrap().remove().unwrap();
        assert!(names(within.path()).is_empty());
    }

    #[test]
    fn what_has_no_living_owner_is_a_leftover() {
        let within = tempfile::tempdir().unwrap();
        let alive = SecretFile::write(within.path(), "alive").unwrap();
        // Killed: the lock is gone, and nothing else.
        let mut killed = SecretFile::write(within.path(), "killed").unwrap();
        drop(killed.lock.take());
        fs::create_dir(within.path().join("spacetime-keys-az-begun")).unwrap();
        fs::create_dir(within.path().join("somebody-elses")).unwrap();
        fs::write(within.path().join("spacetime-keys-az-file"), "").unwrap();
        remove_leftovers(within.path()).unwrap();
        assert!(!killed.folder.exists());
        assert_eq!(fs::read_to_string(alive.path()).unwrap(), "alive");
        assert_eq!(names(within.path()).len(), 3);
        remove_leftovers(&within.path().join("missing")).unwrap();
    }

    #[test]
    fn what_an_early_script_has_left_goes_when_no_az_can_read_it_any_more() {
        let within = tempfile::tempdir().unwrap();
        let [old, new] = ["spacetimedb-tooling-7-a", "spacetimedb-tooling-8-b"]
            .map(|name| within.path().join(name));
        for folder in [&old, &new] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(VALUE), "secret").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - 2 * SCRIPT_LIFETIME;
        File::open(&old).unwrap().set_modified(long_ago).unwrap();
        remove_leftovers(within.path()).unwrap();
        assert_eq!((old.exists(), new.exists()), (false, true));
    }

    #[test]
    fn removing_leftovers_never_takes_a_living_file() {
        let within = tempfile::tempdir().unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let removers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        while !done.load(std::sync::atomic::Ordering::Relaxed) {
                            remove_leftovers(within.path()).unwrap();
                        }
                    })
                })
                .collect();
            for _ in 0..300 {
                // Only that somebody came between each time, eight times, would be no fault.
                let Ok(file) = SecretFile::write(within.path(), "secret") else { continue };
                assert_eq!(fs::read_to_string(file.path()).unwrap(), "secret");
                file.remove().unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            for remover in removers {
                remover.join().unwrap();
            }
        });
        remove_leftovers(within.path()).unwrap();
        assert!(names(within.path()).is_empty());
    }
}
