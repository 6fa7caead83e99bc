//! Where `spacetime-keys.toml` is: looked for in a folder and in those above it.
//!
//! A file that is found, and that nobody named, decides which keys are replaced. One that somebody
//! else can write is refused.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Failure, Kind};
use crate::files;

/// The name that is looked for.
pub const FILE_NAME: &str = "spacetime-keys.toml";

/// A configuration that was found.
#[derive(Debug)]
pub struct Configuration {
    /// Its file.
    pub path: PathBuf,
    /// Its content.
    pub text: Zeroizing<String>,
}

/// The nearest `spacetime-keys.toml`: in `folder`, else in the folders above it.
///
/// # Errors
/// [`Kind::Untrusted`] where the nearest one is another user's, or everybody may write it;
/// [`Kind::Io`] where a folder cannot be searched, or the file not be read.
pub fn find(folder: &Path) -> Result<Option<Configuration>, Failure> {
    for folder in files::absolute(folder).ancestors() {
        let path = folder.join(FILE_NAME);
        match std::fs::symlink_metadata(&path) {
            Ok(_) => {
                let text = files::read_unnamed(&path, is_trusted, Kind::Untrusted)?;
                let text = text.ok_or_else(|| files::not_found(&path))?;
                return Ok(Some(Configuration { path, text }));
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

/// This user; for root, also the user who became root by `sudo`.
fn is_trusted(owner: u32) -> bool {
    let became_root = || std::env::var("SUDO_UID").ok().and_then(|user| user.parse().ok());
    files::is_this_user(owner) || files::is_this_user(0) && became_root() == Some(owner)
}
