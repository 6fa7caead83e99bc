//! The place of the rows: standard output, or a file that appears when all are in it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::files::{Mode, Replacement};

/// A list of users is nobody else's business.
const MODE: Mode = Mode::KeepOr(0o600);

pub(super) enum Sink {
    Stdout {
        /// The reader went away, as `head` does: it has what it wanted.
        is_unread: bool,
    },
    File(Box<Replacement>),
    /// A device, such as `/dev/null`: it cannot be replaced.
    Device(PathBuf, File),
}

impl Sink {
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Stdout { is_unread: false }) };
        if !is_device(path) {
            return Ok(Self::File(Box::new(Replacement::begin(path)?)));
        }
        let file = File::options().write(true).open(path);
        let file = file.map_err(|error| Failure::io("writing", path, &error))?;
        Ok(Self::Device(path.to_owned(), file))
    }

    pub(super) fn write(&mut self, rows: &[u8]) -> Result<(), Failure> {
        match self {
            Self::File(file) => Ok(file.write(rows)?),
            Self::Device(path, file) => {
                file.write_all(rows).map_err(|error| Failure::io("writing", path, &error))
            }
            Self::Stdout { is_unread } => {
                let mut stdout = io::stdout().lock();
                match stdout.write_all(rows).and_then(|()| stdout.flush()) {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                        *is_unread = true;
                        Ok(())
                    }
                    written => written.map_err(|error| {
                        Failure::io("writing", Path::new("standard output"), &error)
                    }),
                }
            }
        }
    }

    /// Whether nobody reads what is written.
    pub(super) const fn is_unread(&self) -> bool {
        matches!(self, Self::Stdout { is_unread: true })
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::File(file) => Ok(file.finish(MODE)?),
            Self::Stdout { .. } | Self::Device(..) => Ok(()),
        }
    }
}

/// A named pipe is none: it would be waited for until somebody reads it.
#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.symlink_metadata().is_ok_and(|found| {
        let found = found.file_type();
        found.is_char_device() || found.is_block_device()
    })
}

#[cfg(not(unix))]
fn is_device(_path: &Path) -> bool {
    false
}
