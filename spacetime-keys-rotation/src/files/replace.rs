//! Files that are replaced in one go, and new ones.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::folder::{TEMP_PREFIX, folder_of, nearest_folder, sync_folder};
use super::owner::{Mode, give_away, keep_owner, set_mode};
use super::read::{no_file, read, read_existing};
use crate::error::{Failure, Kind};
use crate::failpoint;

/// Replaces a file, or creates it.
pub fn replace(path: &Path, content: &[u8], mode: Mode) -> Result<(), Failure> {
    let mut replacement = Replacement::begin(path)?;
    replacement.write(content)?;
    replacement.finish(mode)
}

/// A file that takes another's place when it is whole: [`replace`] for what comes in pieces.
/// Dropped before its end, it is gone, and nothing has changed.
pub struct Replacement {
    path: PathBuf,
    old: Option<Metadata>,
    temp: NamedTempFile,
}

impl Replacement {
    /// Begins one, beside the file that it will replace.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let old = target(path)?;
        let temp =
            temp_in(folder_of(path)).map_err(|error| Failure::io("writing", path, &error))?;
        Ok(Self { path: path.to_owned(), old, temp })
    }

    /// Adds to it.
    pub fn write(&mut self, content: &[u8]) -> Result<(), Failure> {
        self.temp.write_all(content).map_err(|error| Failure::io("writing", &self.path, &error))
    }

    /// Puts it in the file's place.
    pub fn finish(self, mode: Mode) -> Result<(), Failure> {
        self.prepare(mode)?;
        let Self { path, temp, .. } = self;
        let fail = |error: std::io::Error| Failure::io("writing", &path, &error);
        temp.persist(&path).map_err(|error| fail(error.error))?;
        failpoint::reached("file:renamed")?;
        sync_folder(folder_of(&path)).map_err(fail)
    }

    /// As [`Self::finish`], where what is replaced may have to be kept: `look` is shown what stood
    /// there at the very moment of the replacement. If that fails, it stands there again.
    ///
    /// Gives `false`, and has changed nothing, if a file came or went meanwhile.
    pub fn finish_looking(
        self,
        mode: Mode,
        look: impl Fn(&[u8]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        self.prepare(mode)?;
        let Self { path, old, temp } = self;
        let fail = |error: std::io::Error| Failure::io("writing", &path, &error);
        if old.is_none() {
            match temp.persist_noclobber(&path) {
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
                other => drop(other.map_err(|error| fail(error.error))?),
            }
        } else {
            match exchange(temp.path(), &path) {
                Ok(()) => {
                    let shown = target(temp.path())
                        .and_then(|_| read_existing(temp.path()))
                        .and_then(|old| look(&old));
                    if let Err(failure) = shown {
                        if exchange(temp.path(), &path).is_err() {
                            // What stood there has the temporary name now, and must not go with it.
                            // The next run looks at it.
                            let _ = temp.into_temp_path().keep();
                        }
                        return Err(failure);
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                // This file system, or this machine, cannot: the last look is directly before.
                Err(error) if cannot_exchange(&error) => {
                    let Some(old) = read(&path)? else { return Ok(false) };
                    look(&old)?;
                    temp.persist(&path).map_err(|error| fail(error.error))?;
                }
                Err(error) => return Err(fail(error)),
            }
        }
        failpoint::reached("file:renamed")?;
        sync_folder(folder_of(&path)).map_err(fail)?;
        Ok(true)
    }

    /// Owner, mode and content are on the disk.
    fn prepare(&self, mode: Mode) -> Result<(), Failure> {
        let Self { path, old, temp } = self;
        let fail = |error: std::io::Error| Failure::io("writing", path, &error);
        failpoint::reached("file:written")?;
        keep_owner(temp.as_file(), old.as_ref()).map_err(fail)?;
        if old.is_none() {
            give_away(temp.as_file(), path).map_err(fail)?;
        }
        set_mode(temp.as_file(), old.as_ref(), mode).map_err(fail)?;
        temp.as_file().sync_all().map_err(fail)?;
        failpoint::reached("file:synced")
    }
}

/// Each of two files takes the other's name, at once.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_one: &Path, _other: &Path) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Whether an exchange failed for want of support: `EINVAL`, `ENOSYS` or `ENOTSUP`.
fn cannot_exchange(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
}

/// Creates a file that must not be there yet.
pub fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    if create_new(path, content, mode)? {
        return Ok(());
    }
    Err(Failure::io("writing", path, &ErrorKind::AlreadyExists.into()))
}

/// Creates a file. `false` if there is one of that name, which stays as it is.
pub fn create_new(path: &Path, content: &[u8], mode: u32) -> Result<bool, Failure> {
    let fail = |error: std::io::Error| Failure::io("writing", path, &error);
    let folder = folder_of(path);
    let mut temp = temp_in(folder).map_err(fail)?;
    temp.write_all(content).map_err(fail)?;
    give_away(temp.as_file(), path).map_err(fail)?;
    set_mode(temp.as_file(), None, Mode::Set(mode)).map_err(fail)?;
    temp.as_file().sync_all().map_err(fail)?;
    match temp.persist_noclobber(path) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        other => drop(other.map_err(|error| fail(error.error))?),
    }
    sync_folder(folder).map_err(fail)?;
    Ok(true)
}

/// Writes a note for people, which may be lost: it is not flushed.
pub(crate) fn write_note(path: &Path, content: &[u8], mode: u32) -> std::io::Result<()> {
    // What stands there is an earlier one, or what somebody wants to be written through.
    let _ = fs::remove_file(path);
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(content)
}

/// Fails where [`replace`] would, without changing anything: the folder (or the nearest one that
/// exists) takes a new file, and the target itself is writable and can keep its owner.
pub fn check_replaceable(path: &Path) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::io("writing", path, &error);
    let old = target(path)?;
    if old.is_some() {
        // Opened, not written: says so if the file is read-only or immutable.
        File::options().write(true).open(path).map_err(fail)?;
    }
    let probe = temp_in(nearest_folder(folder_of(path))?).map_err(fail)?;
    keep_owner(probe.as_file(), old.as_ref()).map_err(fail)
}

/// `tempfile` makes it with mode 0600 and `O_EXCL`.
pub(super) fn temp_in(folder: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(folder)
}

/// The present target, which must be a file of its own.
fn target(path: &Path) -> Result<Option<Metadata>, Failure> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("writing", path, &error)),
        Ok(metadata) if metadata.is_file() => {
            if is_mount_point(path) {
                return Err(Kind::MountPoint(path.to_owned()).into());
            }
            Ok(Some(metadata))
        }
        Ok(metadata) if metadata.is_symlink() => Err(Kind::Symlink(path.to_owned()).into()),
        Ok(metadata) => Err(no_file(path, &metadata)),
    }
}

/// Whether a file is mounted by itself: the system refuses a rename over it, to root, too.
#[cfg(target_os = "linux")]
fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let known = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
    // Systems before Linux 5.8 do not tell; there the rename itself fails.
    known.is_ok_and(|found| {
        found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT)
            && found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
    })
}

#[cfg(not(target_os = "linux"))]
fn is_mount_point(_path: &Path) -> bool {
    false
}
