//! The files of a folder and of all folders in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// Something in a folder.
pub(super) enum Entry {
    /// A file.
    File(PathBuf),
    /// A link, a pipe, a socket or a device.
    Other,
    /// The places that could not be looked at.
    Unread(Failure),
}

/// Goes through a folder, by name: the same files in the same order each time.
pub(super) struct Walk {
    /// The rest of the walk, the next entry last.
    left: Vec<PathBuf>,
}

impl Walk {
    pub(super) fn new(folder: &Path) -> Self {
        Self { left: vec![folder.to_owned()] }
    }

    /// Puts what is in a folder before all that is left.
    fn enter(&mut self, folder: &Path) -> std::io::Result<()> {
        let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.sort_unstable_by(|a, b| b.cmp(a));
        self.left.append(&mut entries);
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            let path = self.left.pop()?;
            let fail = |error| Some(Entry::Unread(Failure::io("reading", &path, &error)));
            // Of a link, the link itself: what it leads to is searched where it is.
            let kind = match path.symlink_metadata() {
                Ok(metadata) => metadata.file_type(),
                Err(error) => return fail(error),
            };
            // The folder that was named may be a link.
            if kind.is_dir() || (kind.is_symlink() && self.left.is_empty() && path.is_dir()) {
                if is_made_by_kernel(&path) {
                    return Some(Entry::Other);
                }
                if let Err(error) = self.enter(&path) {
                    return fail(error);
                }
                continue;
            }
            return Some(if kind.is_file() { Entry::File(path) } else { Entry::Other });
        }
    }
}

/// Whether a folder is `/proc` or `/sys`: some files there never end, and others do something.
#[cfg(target_os = "linux")]
fn is_made_by_kernel(folder: &Path) -> bool {
    use rustix::fs::{FsWord, PROC_SUPER_MAGIC, statfs};
    const SYSFS_MAGIC: FsWord = 0x6265_6572;
    statfs(folder).is_ok_and(|found| [PROC_SUPER_MAGIC, SYSFS_MAGIC].contains(&found.f_type))
}

#[cfg(not(target_os = "linux"))]
const fn is_made_by_kernel(_folder: &Path) -> bool {
    false
}
