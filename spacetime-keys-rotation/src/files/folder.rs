//! Folders: made, flushed, cleared of what was left half-written.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::owner::give_folder_away;
use crate::error::Failure;
use crate::lock;

/// What a replacement that was cut short leaves behind begins with this.
pub(super) const TEMP_PREFIX: &str = ".spacetime-keys-tmp-";

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

/// Flushes a folder's entries: after this, a rename in it survives a power cut.
pub fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
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

pub(super) fn is_leftover(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) && !lock::is_note(&entry.path())
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
