//! Owners and modes.

#[cfg(unix)]
use std::fs;
use std::fs::{File, Metadata};
#[cfg(unix)]
use std::io::ErrorKind;
use std::path::Path;

#[cfg(unix)]
use super::folder::folder_of;
use crate::error::Failure;

/// The mode of a replaced file.
#[derive(Clone, Copy)]
pub enum Mode {
    /// Exactly this one.
    Set(u32),
    /// The one that it had; this one if it is new.
    KeepOr(u32),
}

#[cfg(unix)]
pub(super) fn keep_owner(new: &File, old: Option<&Metadata>) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Some(old) = old else { return Ok(()) };
    let now = new.metadata()?;
    if (now.uid(), now.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
pub(super) fn keep_owner(_new: &File, _old: Option<&Metadata>) -> std::io::Result<()> {
    Ok(())
}

/// Root works for others: what it makes belongs to the owner of the other key file or, where
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

#[cfg(not(unix))]
pub(crate) fn give_away(_new: &File, _path: &Path) -> std::io::Result<()> {
    Ok(())
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
pub(super) fn give_folder_away(folder: &Path) -> std::io::Result<()> {
    use rustix::fs::{Mode, OFlags, open};
    // By a descriptor: its name may lead elsewhere by now.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let made = File::from(open(folder, flags, Mode::empty())?);
    give_to(&made, fs::metadata(folder_of(folder)).ok().as_ref())
}

#[cfg(not(unix))]
pub(super) fn give_folder_away(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn set_mode(new: &File, old: Option<&Metadata>, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = match (mode, old) {
        (Mode::KeepOr(_), Some(old)) => old.permissions().mode() & 0o7777,
        (Mode::KeepOr(mode), None) | (Mode::Set(mode), _) => mode,
    };
    new.set_permissions(fs::Permissions::from_mode(bits))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_new: &File, _old: Option<&Metadata>, _mode: Mode) -> std::io::Result<()> {
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

/// Whether somebody who is trusted decides what stands in a file, and nobody else.
#[cfg(unix)]
pub(super) fn decides(file: &Metadata, is_trusted: impl Fn(u32) -> bool) -> bool {
    use std::os::unix::fs::MetadataExt;
    // A link's own mode says nothing.
    is_trusted(file.uid()) && (file.is_symlink() || file.mode() & 0o002 == 0)
}

#[cfg(not(unix))]
pub(super) fn decides(_file: &Metadata, _is_trusted: impl Fn(u32) -> bool) -> bool {
    true
}

/// Whether it is this user.
#[cfg(unix)]
pub(crate) fn is_this_user(user: u32) -> bool {
    rustix::process::geteuid().as_raw() == user
}

#[cfg(not(unix))]
pub(crate) fn is_this_user(_user: u32) -> bool {
    true
}

/// The user whom a file belongs to, where it belongs to one.
#[cfg(unix)]
pub(crate) fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
pub(crate) fn owner(_path: &Path) -> Option<u32> {
    None
}

/// Gives a file this mode.
#[cfg(unix)]
pub fn set_mode_of(path: &Path, mode: u32) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| Failure::io("changing the mode of", path, &error))
}

#[cfg(not(unix))]
pub fn set_mode_of(_path: &Path, _mode: u32) -> Result<(), Failure> {
    Ok(())
}
