//! Files: read with a limit, replaced in one go.
//!
//! A replacement is written beside its target (mode 0600 from the start), flushed to the disk, and
//! renamed over it: whoever looks sees the old file or the new one. Owner and group are kept. A
//! target that is a symbolic link is refused: a rename would replace the link, and following it
//! would write where somebody else says.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::{Failure, Kind};
use crate::failpoint;
use crate::lock;

/// Larger files are none that is handled here.
pub const MAX_BYTES: u64 = 4 << 20;

/// What a replacement that was cut short leaves behind begins with this.
const TEMP_PREFIX: &str = ".spacetime-keys-tmp-";

/// Which mode a replaced file gets.
#[derive(Clone, Copy)]
pub enum Mode {
    /// Exactly this one.
    Set(u32),
    /// The one that it had; this one if it is new.
    KeepOr(u32),
}

/// A file's content, wiped when dropped; `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let mut options = File::options();
    without_waiting(options.read(true));
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_dir() {
        return Err(Kind::IsFolder(path.to_owned()).into());
    }
    if !metadata.is_file() {
        return Err(Kind::NotAFile(path.to_owned()).into());
    }
    read_open(file, path).map(Some)
}

/// The rest of an open file, or of whatever stands for one.
///
/// # Errors
/// [`Kind::TooLarge`], [`Kind::Io`].
pub fn read_open(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let metadata = file.metadata().map_err(fail)?;
    // Room for all at once: a growing buffer would leave copies of a key behind.
    let room = usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or_default();
    let mut content = Zeroizing::new(Vec::with_capacity(room + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(fail)?;
    if content.len() as u64 > MAX_BYTES {
        return Err(Kind::TooLarge(path.to_owned()).into());
    }
    Ok(content)
}

/// A pipe in a file's place is opened at once, and not when somebody opens its other end.
pub(crate) fn without_waiting(options: &mut fs::OpenOptions) {
    #[cfg(unix)]
    {
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// A file's content; its absence is a failure.
pub fn read_existing(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read(path)?.ok_or_else(|| not_found(path))
}

/// The failure of a file that is not there.
pub fn not_found(path: &Path) -> Failure {
    Failure::io("reading", path, &ErrorKind::NotFound.into())
}

/// A file's content as text.
pub fn read_text(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    match str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(Kind::NotUtf8(path.to_owned()).into()),
    }
}

/// A file's content as text; its absence is a failure.
pub fn read_existing_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    read_text(path)?.ok_or_else(|| not_found(path))
}

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

/// Whether a file of this folder has just this content.
pub fn contains(folder: &Path, content: &[u8]) -> Result<bool, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", folder, &error);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        let whole = !is_leftover(&entry) && path.is_file();
        if whole && read(&path)?.is_some_and(|found| *found == content) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_leftover(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) && !lock::is_note(&entry.path())
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

/// What replacements that were cut short have left in a folder.
pub fn leftovers(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        if is_leftover(&entry) {
            found.push(entry.path());
        }
    }
    Ok(found)
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

/// Makes a folder and its parents.
pub fn create_folder(path: &Path, mode: u32) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    // The last ancestor of a relative path is "", and was there.
    let new_folders = || missing.iter().copied().filter(|folder| !folder.as_os_str().is_empty());
    builder
        .create(path)
        .and_then(|()| new_folders().rev().try_for_each(give_folder_away))
        // A folder that a power cut takes away takes what is in it.
        .and_then(|()| missing.iter().try_for_each(|folder| sync_folder(folder_of(folder))))
        .map_err(|error| Failure::io("making the folder", path, &error))
}

/// Removes what an earlier, killed run left half-written in a folder. Only under the lock.
pub fn remove_leftovers(folder: &Path) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::io("cleaning up in", folder, &error);
    for path in leftovers(folder)? {
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            // The probe of another run, which is about to be refused.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => other.map_err(fail)?,
        }
    }
    Ok(())
}

/// Flushes a folder's entries: after this, a rename in it survives a power cut.
pub fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A temporary folder, for what consists of several files.
pub fn temp_folder_in(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let made = builder.tempdir_in(folder)?;
    give_folder_away(made.path())?;
    Ok(made)
}

/// `tempfile` makes it with mode 0600 and `O_EXCL`.
fn temp_in(folder: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(folder)
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn nearest_folder(folder: &Path) -> Result<&Path, Failure> {
    let found = folder.ancestors().find(|ancestor| ancestor.is_dir());
    // A relative path ends in "", the working directory.
    if let Some(blocked) = folder.ancestors().find(|ancestor| ancestor.is_file()) {
        return Err(Failure::io("making the folder", blocked, &ErrorKind::NotADirectory.into()));
    }
    Ok(found.unwrap_or(Path::new(".")))
}

/// The present target, which must be a file of its own.
fn target(path: &Path) -> Result<Option<Metadata>, Failure> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("writing", path, &error)),
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(metadata) if metadata.is_symlink() => Err(Kind::Symlink(path.to_owned()).into()),
        Ok(_) => Err(Kind::NotAFile(path.to_owned()).into()),
    }
}

#[cfg(unix)]
fn keep_owner(new: &File, old: Option<&Metadata>) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Some(old) = old else { return Ok(()) };
    let now = new.metadata()?;
    if (now.uid(), now.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_new: &File, _old: Option<&Metadata>) -> std::io::Result<()> {
    Ok(())
}

/// Root works for others: what it makes belongs to whoever the other key file belongs to or, where
/// there is none, the folder. Nobody else can give files away, and nobody else has to.
#[cfg(unix)]
pub(crate) fn give_away(new: &File, path: &Path) -> std::io::Result<()> {
    let sibling = match path.file_name().and_then(|name| name.to_str()) {
        Some("id_ecdsa") => Some("id_ecdsa.pub"),
        Some("id_ecdsa.pub") => Some("id_ecdsa"),
        _ => None,
    };
    let folder = folder_of(path);
    let sibling = sibling.and_then(|name| fs::symlink_metadata(folder.join(name)).ok());
    let model = sibling.filter(Metadata::is_file).or_else(|| fs::metadata(folder).ok());
    give_to(new, model.as_ref())
}

#[cfg(unix)]
fn give_to(new: &File, model: Option<&Metadata>) -> std::io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    match keep_owner(new, model) {
        // A root without that right, as in some containers.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

#[cfg(unix)]
fn give_folder_away(folder: &Path) -> std::io::Result<()> {
    use rustix::fs::{Mode, OFlags, open};
    // By a descriptor: its name may lead elsewhere by now.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let made = File::from(open(folder, flags, Mode::empty())?);
    give_to(&made, fs::metadata(folder_of(folder)).ok().as_ref())
}

#[cfg(not(unix))]
pub(crate) fn give_away(_new: &File, _path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn give_folder_away(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Keeps others out of a folder of ours, if it is there. One of another user stays as it is.
#[cfg(unix)]
pub(crate) fn close_folder(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let fail = |error: std::io::Error| Failure::io("closing to others", folder, &error);
    let Ok(metadata) = fs::symlink_metadata(folder) else { return Ok(()) };
    let is_open = metadata.permissions().mode() & 0o077 != 0;
    if !metadata.is_dir() || !is_open {
        return Ok(());
    }
    match fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        other => other.map_err(fail),
    }
}

#[cfg(not(unix))]
pub(crate) fn close_folder(_folder: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(unix)]
fn set_mode(new: &File, old: Option<&Metadata>, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = match (mode, old) {
        (Mode::KeepOr(_), Some(old)) => old.permissions().mode() & 0o7777,
        (Mode::KeepOr(mode), None) | (Mode::Set(mode), _) => mode,
    };
    new.set_permissions(fs::Permissions::from_mode(bits))
}

#[cfg(not(unix))]
fn set_mode(_new: &File, _old: Option<&Metadata>, _mode: Mode) -> std::io::Result<()> {
    Ok(())
}

/// Whether others than the owner may write the file, or others than owner and group use it.
pub fn is_world_accessible(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o027 != 0)
}

/// A file's permission bits, where it has such.
#[cfg(unix)]
pub fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub fn mode(_path: &Path) -> Option<u32> {
    None
}

/// An absolute path, whatever the working directory becomes.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
