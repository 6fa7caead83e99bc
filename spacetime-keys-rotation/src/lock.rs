//! One run at a time.
//!
//! The lock belongs to what it guards: the folder of the mounted keys, the folder of `cli.toml`, and
//! the store's marks. A run that works on one of them meets it, whatever the working directory, the
//! configuration or the container. It is the operating system's (`flock`), and ends with its process.
//! A note beside it tells whose it is; the note by itself locks nothing.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::error::{Failure, Kind};
use crate::files;
use crate::host::Paths;

const FILE_MODE: u32 = 0o600;
/// A note holds no secret: it is shown to a run that is refused.
const NOTE_MODE: u32 = 0o644;

/// Named like what replacements leave behind, so that the next run removes what a killed one left.
const NOTE: &str = ".spacetime-keys-tmp-holder";

/// A command that only looks holds the lock for a moment, too: a run tries again before it gives up.
const TRIES: usize = 6;
const PAUSE: Duration = Duration::from_millis(40);

/// The run that holds the lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// Its operation, such as `rotate`.
    pub doing: String,
    /// Since when, in Unix seconds.
    pub since: i64,
    /// Its process, as its own machine or container counts.
    pub process: u32,
}

/// Held while a run changes something.
pub(crate) struct Lock {
    held: Vec<File>,
    notes: Vec<PathBuf>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        for note in &self.notes {
            // What is left of it is removed by the next run.
            let _ = fs::remove_file(note);
        }
        // Closing would not be enough: a program that another thread starts at this moment has these
        // files too, until it is what it is to be.
        for file in &self.held {
            let _ = file.unlock();
        }
    }
}

/// The lock of a host's files, for programs that change them by other means than this engine. It ends when
/// this is dropped.
pub struct HostLock {
    _lock: Lock,
}

impl HostLock {
    /// Takes the lock. `doing` is what a run that is refused is told, such as `rotate`.
    ///
    /// # Errors
    /// [`Kind::Locked`] where another run is at work on one of them; [`Kind::Io`].
    pub fn take(paths: &Paths, doing: &str) -> Result<Self, Failure> {
        Guarded::of(paths, None).lock(doing).map(|lock| Self { _lock: lock })
    }
}

impl std::fmt::Debug for HostLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostLock")
    }
}

/// The places that a run guards.
pub(crate) struct Guarded<'a> {
    /// The file of a store's marks.
    pub(crate) file: Option<PathBuf>,
    /// Folders of the host's files. One that is not there yet is guarded by the nearest that is.
    pub(crate) folders: Vec<&'a Path>,
}

impl<'a> Guarded<'a> {
    /// A host's files, and the file of a store's marks where there is one.
    pub(crate) fn of(paths: &'a Paths, file: Option<PathBuf>) -> Self {
        let folders = vec![paths.mounted_keys_dir.as_path(), files::folder_of(&paths.cli_toml)];
        Self { file, folders }
    }

    /// Takes the lock.
    pub(crate) fn lock(&self, doing: &str) -> Result<Lock, Failure> {
        self.folders.iter().try_for_each(|folder| heed_script(folder))?;
        let mut held = Vec::new();
        for (path, file) in self.open(true)? {
            if try_often(&file, File::try_lock).map_err(|error| fail(&path, &error))? {
                held.push(file);
            } else {
                return Err(self.busy());
            }
        }
        let holder =
            Holder { doing: doing.to_owned(), since: clock::now(), process: std::process::id() };
        let notes = self.notes();
        for (note, mode) in &notes {
            // It is for people. A run that cannot leave one is none the worse.
            let _ = serde_json::to_vec(&holder).map(|json| files::write_note(note, &json, *mode));
        }
        let notes = notes.into_iter().map(|(note, _)| note).collect();
        Ok(Lock { held, notes })
    }

    /// Keeps others from taking the lock, and writes nothing: for commands that only read. What was never
    /// locked has nothing to hold.
    pub(crate) fn share(&self) -> Result<Lock, Failure> {
        let mut held = Vec::new();
        for (path, file) in self.open(false)? {
            if try_often(&file, File::try_lock_shared).map_err(|error| fail(&path, &error))? {
                held.push(file);
            } else {
                return Err(self.busy());
            }
        }
        Ok(Lock { held, notes: Vec::new() })
    }

    /// Whether both lock the same file.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        let identity = |guarded: &Self| {
            let file = File::open(guarded.file.as_ref()?).ok()?;
            identity(&file).ok()
        };
        let same = self.file == other.file;
        same || identity(self).is_some_and(|this| identity(other) == Some(this)) && cfg!(unix)
    }

    /// Whether a run is at work. Leaves no trace.
    pub(crate) fn is_locked(&self) -> bool {
        let files = self.open(false).unwrap_or_default();
        files.iter().any(|(_, file)| {
            let looked = file.try_lock_shared();
            // As at a lock's end.
            let _ = file.unlock();
            matches!(looked, Err(TryLockError::WouldBlock))
        })
    }

    /// The refusal, with the name of the run that left a note.
    pub(crate) fn busy(&self) -> Failure {
        let holder = self.notes().iter().find_map(|(note, _)| {
            let content = files::read(note).ok()??;
            serde_json::from_slice(&content).ok()
        });
        Kind::Locked(holder).into()
    }

    /// Each thing that is locked, once: the same folder may go by several names.
    fn open(&self, create: bool) -> Result<Vec<(PathBuf, File)>, Failure> {
        let mut opened: Vec<(PathBuf, File)> = Vec::new();
        let mut known = Vec::new();
        if let Some(path) = &self.file {
            if let Ok(found) = fs::metadata(path)
                && !found.is_file()
            {
                return Err(files::no_file(path, &found));
            }
            match open_file(path, create) {
                Ok(file) => {
                    if create {
                        files::give_away(&file, path).map_err(|error| fail(path, &error))?;
                    }
                    opened.push((path.clone(), file));
                }
                Err(error) if !create && error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(fail(path, &error)),
            }
        }
        if cfg!(unix) {
            for folder in &self.folders {
                let folder = files::nearest_folder(folder)?;
                let file = File::open(folder).map_err(|error| fail(folder, &error))?;
                let identity = identity(&file).map_err(|error| fail(folder, &error))?;
                if !known.contains(&identity) {
                    known.push(identity);
                    opened.push((folder.to_owned(), file));
                }
            }
        }
        Ok(opened)
    }

    /// Beside what is locked. The store is nobody else's.
    fn notes(&self) -> Vec<(PathBuf, u32)> {
        let beside = self.file.as_deref().map(|file| (files::folder_of(file), FILE_MODE));
        let folders = self.folders.iter().map(|folder| (*folder, NOTE_MODE)).chain(beside);
        let there = folders.filter(|(folder, _)| folder.is_dir());
        there.map(|(folder, mode)| (folder.join(NOTE), mode)).collect()
    }
}

/// Early versions of the bun script wrote their process into a file beside the mounted folder, and
/// took no other lock.
#[cfg(unix)]
fn heed_script(keys: &Path) -> Result<(), Failure> {
    use rustix::process::{Pid, test_kill_process};
    let path = files::folder_of(&files::absolute(keys)).join(".spacetimedb-tooling.lock");
    let Ok(Some(content)) = files::read(&path) else { return Ok(()) };
    let process = std::str::from_utf8(&content).ok().and_then(|text| text.trim().parse().ok());
    let is_alive = process
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH));
    match process {
        Some(process) if is_alive => Err(Kind::LockedByScript { process, path }.into()),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn heed_script(_keys: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Whether this is the note of a run, which other runs leave alone.
pub(crate) fn is_note(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == NOTE)
}

fn fail(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io("locking", path, error)
}

fn open_file(path: &Path, create: bool) -> std::io::Result<File> {
    let mut options = File::options();
    if create {
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    } else {
        options.read(true);
    }
    // A pipe in its place would wait for its other end.
    files::without_waiting(&mut options);
    options.open(path)
}

/// `false` if somebody else holds it.
fn try_often(
    file: &File,
    lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> std::io::Result<bool> {
    for _ in 0..TRIES {
        match lock(file) {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            // A network's file system may lock only files. The store's lock is left.
            Err(TryLockError::Error(error)) if cannot_lock(file, &error) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

fn cannot_lock(file: &File, error: &std::io::Error) -> bool {
    const BAD_FILE: i32 = 9;
    let unfit = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
        || error.raw_os_error() == Some(BAD_FILE);
    unfit && file.metadata().is_ok_and(|metadata| metadata.is_dir())
}

#[cfg(unix)]
fn identity(file: &File) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    file.metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_file: &File) -> std::io::Result<(u64, u64)> {
    Ok((0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded<'a>(folders: &[&'a Path]) -> Guarded<'a> {
        Guarded { file: None, folders: folders.to_vec() }
    }

    #[test]
    fn a_folder_is_held_once_whatever_it_is_called() {
        let root = tempfile::tempdir().unwrap();
        let (keys, cli) = (root.path().join("keys"), root.path().join("cli"));
        fs::create_dir(&keys).unwrap();
        fs::create_dir(&cli).unwrap();
        let other_name = root.path().join("cli/../keys");
        // The same folder twice is no reason to wait for oneself.
        let lock = guarded(&[&keys, &other_name]).lock("rotate").unwrap();
        assert!(guarded(&[&keys]).is_locked());
        assert!(!guarded(&[&cli]).is_locked());
        let refused = guarded(&[&cli, &other_name]).lock("sync").err().unwrap();
        match refused.kind() {
            Kind::Locked(Some(holder)) => {
                assert_eq!((&*holder.doing, holder.process), ("rotate", std::process::id()));
            }
            kind => panic!("{kind:?}"),
        }
        drop(lock);
        assert!(!guarded(&[&keys]).is_locked());
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 0, "no note is left");
        guarded(&[&cli, &keys]).lock("sync").unwrap();
    }

    #[test]
    fn a_lock_ends_although_a_program_that_is_being_started_has_its_files() {
        let root = tempfile::tempdir().unwrap();
        let lock = guarded(&[root.path()]).lock("rotate").unwrap();
        // Between fork and exec a child has them so.
        let inherited: Vec<_> = lock.held.iter().map(|file| file.try_clone().unwrap()).collect();
        assert!(guarded(&[root.path()]).is_locked());
        drop(lock);
        assert!(!guarded(&[root.path()]).is_locked());
        drop(inherited);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_guarded_too() {
        let root = tempfile::tempdir().unwrap();
        let keys = root.path().join("a/b/keys");
        let _lock = guarded(&[&keys]).lock("rotate").unwrap();
        assert!(guarded(&[&keys]).is_locked());
        assert!(!root.path().join("a").exists());
    }
}
