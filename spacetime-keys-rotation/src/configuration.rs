//! Where `spacetime-keys.toml` is: looked for in a folder and in those above it.
//!
//! A file that is found, and that nobody named, decides which keys are replaced. One that somebody
//! else can write is refused.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Failure, Kind};

/// The name that is looked for.
pub const FILE_NAME: &str = "spacetime-keys.toml";

/// The nearest `spacetime-keys.toml`: in `folder`, else in the folders above it.
///
/// # Errors
/// [`Kind::Untrusted`] where the nearest one is another user's, or everybody may write it;
/// [`Kind::Io`] where a folder cannot be searched.
pub fn find(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    for folder in std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).ancestors() {
        let path = folder.join(FILE_NAME);
        match std::fs::symlink_metadata(&path) {
            Ok(found) => {
                require_ours(&path, &found)?;
                return Ok(Some(path));
            }
            Err(error) if is_absent(error.kind()) => {}
            Err(error) => return Err(Failure::io("reading", &path, &error)),
        }
    }
    Ok(None)
}

/// Folders above this one may be closed to this user: nothing of theirs is there.
fn is_absent(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied)
}

#[cfg(unix)]
fn require_ours(path: &Path, found: &std::fs::Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let is_ours = |metadata: &std::fs::Metadata| {
        // A link's own mode says nothing.
        let is_open = !metadata.is_symlink() && metadata.mode() & 0o002 != 0;
        is_trusted(metadata.uid()) && !is_open
    };
    // A link is judged, and what it leads to.
    let target = std::fs::metadata(path).map_err(|error| Failure::io("reading", path, &error))?;
    if is_ours(found) && is_ours(&target) {
        return Ok(());
    }
    Err(Kind::Untrusted(path.to_owned()).into())
}

/// This user; for root, also the user who became root by `sudo`.
#[cfg(unix)]
fn is_trusted(owner: u32) -> bool {
    let this = rustix::process::geteuid();
    let became_root = || std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
    owner == this.as_raw() || this.is_root() && became_root() == Some(owner)
}

#[cfg(not(unix))]
fn require_ours(_path: &Path, _found: &std::fs::Metadata) -> Result<(), Failure> {
    Ok(())
}
