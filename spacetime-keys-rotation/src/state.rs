//! What runs leave behind in a store's `.state`: the lock, the notes of unfinished runs, and what was
//! set aside. None but the last holds a secret.
//!
//! `unfinished.json` says what a run set out to do, and is removed when it has been proven. Several
//! hosts may share a store: where that note is another machine's, a run leaves its own beside it.

use std::path::{Path, PathBuf};

use crate::error::{Failure, Kind};
use crate::failpoint;
use crate::files::{self, Mode};
use crate::host::Paths;
use crate::journal::{self, Journal};
use crate::lock::{Guarded, Lock};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The folder in which runs leave their marks.
pub(crate) struct State {
    folder: PathBuf,
}

impl State {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The note of the run that was begun first.
    fn first_note(&self) -> PathBuf {
        self.folder.join("unfinished.json")
    }

    /// This host's note, where the first is of a run that another host has to finish.
    fn own_note(&self, paths: &Paths) -> PathBuf {
        self.folder.join(format!("unfinished.{}.json", journal::host_id(paths)))
    }

    /// The place of this host's note.
    fn note(&self, paths: &Paths) -> Result<PathBuf, Failure> {
        let (first, own) = (self.first_note(), self.own_note(paths));
        let is_first = !own.exists()
            && read_note(&first)?.is_none_or(|journal| journal.is_for_this_host(paths));
        Ok(if is_first { first } else { own })
    }

    pub(crate) fn set_aside_folder(&self) -> PathBuf {
        self.folder.join("set-aside")
    }

    /// The places that a run on this host's files guards.
    pub(crate) fn guarded<'a>(&self, paths: &'a Paths) -> Guarded<'a> {
        Guarded::of(paths, Some(self.folder.join("lock")))
    }

    /// Whether a run is at work. Looks without leaving a trace.
    pub(crate) fn is_locked(&self, paths: &Paths) -> bool {
        self.guarded(paths).is_locked()
    }

    /// Takes the lock of a host's files and of the store's marks.
    pub(crate) fn lock(&self, paths: &Paths, doing: &str) -> Result<Lock, Failure> {
        self.make_folder()?;
        self.guarded(paths).lock(doing)
    }

    /// The places that a run guards if it works only on the store.
    pub(crate) fn guarded_store(&self) -> Guarded<'static> {
        Guarded { file: Some(self.folder.join("lock")), folders: Vec::new() }
    }

    /// Takes only the lock of the store's marks.
    pub(crate) fn lock_store(&self, doing: &str) -> Result<Lock, Failure> {
        self.make_folder()?;
        self.guarded_store().lock(doing)
    }

    fn make_folder(&self) -> Result<(), Failure> {
        let store = files::folder_of(&self.folder);
        // One that was there may hold other things than keys.
        let made = (!store.exists()).then_some(store);
        files::create_folder(&self.folder, FOLDER_MODE)?;
        for folder in made.into_iter().chain([self.folder.as_path()]) {
            let ignore = folder.join(".gitignore");
            if !ignore.exists() {
                // Keys are here, and this may be a work tree. A run that cannot say so is none the
                // worse.
                let _ = files::create_new(&ignore, b"*\n", FILE_MODE);
            }
        }
        Ok(())
    }

    /// Fails where a run could not leave its marks.
    pub(crate) fn check_writable(&self, paths: &Paths) -> Result<(), Failure> {
        files::check_replaceable(&self.note(paths)?)
    }

    /// Fails where a mounted key could not be set aside.
    pub(crate) fn check_set_aside(&self) -> Result<(), Failure> {
        files::check_replaceable(&self.set_aside_folder().join("id_ecdsa"))
    }

    /// The task of an interrupted run of this host, or of the one at work.
    pub(crate) fn unfinished(&self, paths: &Paths) -> Result<Option<Journal>, Failure> {
        read_note(&self.note(paths)?)
    }

    /// The task of an interrupted run of another host.
    pub(crate) fn unfinished_elsewhere(&self, paths: &Paths) -> Result<Option<Journal>, Failure> {
        Ok(read_note(&self.first_note())?.filter(|journal| !journal.is_for_this_host(paths)))
    }

    /// Says what this run sets out to do. Only under the lock.
    pub(crate) fn begin(
        &self,
        _lock: &Lock,
        paths: &Paths,
        journal: &Journal,
    ) -> Result<(), Failure> {
        for folder in [&self.folder, &self.set_aside_folder()] {
            files::close_folder(folder)?;
            files::remove_leftovers(folder)?;
        }
        write_note(&self.note(paths)?, journal)
    }

    /// The vaults' part of a run is done; the rest is for the host that began it. Only under the lock.
    ///
    /// The first note may be another run's by now: that one stays, and of this run nothing is left to
    /// say. Its host shows as one that is behind its vault.
    pub(crate) fn leave(
        &self,
        lock: &Lock,
        paths: &Paths,
        journal: Journal,
    ) -> Result<(), Failure> {
        let (first, rotation_id) = (self.first_note(), journal.rotation_id.clone());
        let is_other = |journal: Journal| journal.rotation_id != rotation_id;
        if read_note(&first)?.is_some_and(is_other) {
            return self.end(lock, paths, &rotation_id);
        }
        write_note(&first, &journal.left())?;
        self.remove(&[self.own_note(paths)], &rotation_id)
    }

    /// The run has been proven. Only under the lock.
    pub(crate) fn end(
        &self,
        _lock: &Lock,
        paths: &Paths,
        rotation_id: &str,
    ) -> Result<(), Failure> {
        failpoint::reached("journal:before-removal")?;
        self.remove(&[self.own_note(paths), self.first_note()], rotation_id)
    }

    /// Removes those notes that are this run's.
    fn remove(&self, notes: &[PathBuf], rotation_id: &str) -> Result<(), Failure> {
        for path in notes {
            let fail = |error: std::io::Error| Failure::io("removing", path, &error);
            if read_note(path)?.is_some_and(|journal| journal.rotation_id == rotation_id) {
                std::fs::remove_file(path).map_err(fail)?;
            }
        }
        let fail = |error: std::io::Error| Failure::io("removing in", &self.folder, &error);
        files::sync_folder(&self.folder).map_err(fail)
    }

    /// Keeps what stood in a mounted file, under a name that is new. `None` if it is kept already.
    pub(crate) fn set_aside(
        &self,
        name: &str,
        content: &[u8],
        rotation_id: &str,
    ) -> Result<Option<PathBuf>, Failure> {
        let folder = self.set_aside_folder();
        files::create_folder(&folder, FOLDER_MODE)?;
        if files::contains(&folder, content)? {
            return Ok(None);
        }
        for number in 1_u32.. {
            let path = match number {
                1 => folder.join(format!("{name}.{rotation_id}")),
                _ => folder.join(format!("{name}.{rotation_id}.{number}")),
            };
            // Another may be there, from a run under this very id. It stays.
            if files::create_new(&path, content, FILE_MODE)? {
                return Ok(Some(path));
            }
        }
        Err(Failure::bug("no name is left for what is set aside"))
    }
}

/// The run whose id is in such a name.
pub(crate) fn run_of(name: &str) -> Option<String> {
    let is_run = |part: &&str| part.contains('-') && part.starts_with(|c: char| c.is_ascii_digit());
    name.split('.').find(is_run).map(str::to_owned)
}

fn read_note(path: &Path) -> Result<Option<Journal>, Failure> {
    let Some(content) = files::read(path)? else { return Ok(None) };
    let journal = Journal::parse(&content);
    journal.map(Some).ok_or_else(|| Kind::JournalDamaged(path.to_owned()).into())
}

fn write_note(path: &Path, journal: &Journal) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(journal)
        .map_err(|_| Failure::bug("the journal has no JSON form"))?;
    files::replace(path, &json, Mode::Set(FILE_MODE))
}
