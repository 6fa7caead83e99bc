//! Holes of sparse files, which take no place on the disk and read as zeros.

use std::fs::File;
use std::io;

/// Whether a file has holes.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn is_sparse(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    /// Of a block, whatever the file system's is (stat(2)).
    const BLOCK: u64 = 512;
    file.metadata().is_ok_and(|found| found.blocks().saturating_mul(BLOCK) < found.len())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) const fn is_sparse(_file: &File) -> bool {
    false
}

/// The beginning and end of the next bytes that are no hole.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn next_data(file: &File, at: u64) -> io::Result<Option<(u64, u64)>> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;

    let start = match seek(file, SeekFrom::Data(at)) {
        Ok(start) => start,
        // There are none.
        Err(Errno::NXIO) => return Ok(None),
        // A file system that knows no holes.
        Err(Errno::INVAL) => return Ok((at == 0).then_some((0, u64::MAX))),
        Err(error) => return Err(error.into()),
    };
    Ok(Some((start, seek(file, SeekFrom::Hole(start))?)))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn next_data(_file: &File, at: u64) -> io::Result<Option<(u64, u64)>> {
    Ok((at == 0).then_some((0, u64::MAX)))
}
