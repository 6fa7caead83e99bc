//! Files read, with a limit.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::folder::is_leftover;
use super::owner::decides;
use crate::error::{Failure, Kind};

/// Larger files are none that is handled here.
pub const MAX_BYTES: u64 = 4 << 20;

/// A file's content, wiped when dropped; `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    open(path)?.map(|file| read_open(file, path)).transpose()
}

/// A file that is one; `None` if there is no such file.
fn open(path: &Path) -> Result<Option<File>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let is_absent = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
    // Looked at before it is opened: a device may do something when it is.
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Err(no_file(path, &metadata)),
        Err(error) if is_absent(&error) => return Ok(None),
        // What else is wrong with it, opening it says, too.
        Ok(_) | Err(_) => {}
    }
    let mut options = File::options();
    without_waiting(options.read(true));
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    // A program that exchanges it between the two looks cannot make this one wait.
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_file() { Ok(Some(file)) } else { Err(no_file(path, &metadata)) }
}

/// The failure of what is there, and is no file.
pub(crate) fn no_file(path: &Path, metadata: &fs::Metadata) -> Failure {
    if metadata.is_dir() {
        return Kind::IsFolder(path.to_owned()).into();
    }
    Kind::NotAFile { path: path.to_owned(), found: name_of(metadata.file_type()) }.into()
}

#[cfg(unix)]
fn name_of(found: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if found.is_fifo() {
        "a named pipe"
    } else if found.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn name_of(_found: fs::FileType) -> &'static str {
    "something else"
}

/// What an argument names: a file, or what this process was started with, such as the pipe of `<(…)`
/// or `/dev/stdin`. Another pipe would be waited for until somebody opens its other end: it is refused
/// like every other thing that is no file.
///
/// # Errors
/// [`Kind::IsFolder`], [`Kind::NotAFile`], [`Kind::Io`].
pub fn open_named(path: &Path) -> Result<File, Failure> {
    if !is_handed_over(path) {
        return open(path)?.ok_or_else(|| not_found(path));
    }
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let mut options = File::options();
    // The writer of the pipe may be done, and gone: to open it must not wait for another.
    without_waiting(options.read(true));
    let file = options.open(path).and_then(waiting_again).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_dir() { Err(no_file(path, &metadata)) } else { Ok(file) }
}

/// Whether a path is that of a descriptor of this process. By its name: what it leads to looks like any
/// other pipe.
pub fn is_handed_over(path: &Path) -> bool {
    cfg!(unix)
        && (path == Path::new("/dev/stdin")
            || path.starts_with("/dev/fd")
            || path.starts_with("/proc/self/fd"))
}

/// The content of a text file that was found, and that nobody named: only if `is_trusted` says so of
/// its owner, and if not everybody may write it; else the `refusal`. A symbolic link is judged, and
/// what it leads to. What is judged is what is read, even if the file is exchanged meanwhile.
pub(crate) fn read_unnamed(
    path: &Path,
    is_trusted: impl Fn(u32) -> bool,
    refusal: fn(PathBuf) -> Kind,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let Some(file) = open(path)? else { return Ok(None) };
    let link = fs::symlink_metadata(path).map_err(fail)?;
    let found = file.metadata().map_err(fail)?;
    if !decides(&link, &is_trusted) || !decides(&found, &is_trusted) {
        return Err(refusal(path.to_owned()).into());
    }
    as_text(&read_open(file, path)?, path).map(Some)
}

/// The rest of an open file, or of whatever stands for one.
///
/// # Errors
/// [`Kind::TooLarge`], [`Kind::Io`].
pub fn read_open(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let fail = |error: std::io::Error| Failure::io("reading", path, &error);
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_file() && metadata.len() > MAX_BYTES {
        return Err(Kind::TooLarge { path: path.to_owned(), size: Some(metadata.len()) }.into());
    }
    // Room for all at once: a growing buffer would leave copies of a key behind.
    let room = usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or_default();
    read_stream(file, room + 1, path)
}

/// What comes from a stream, up to the same limit. `room`: the bytes that are expected.
///
/// # Errors
/// [`Kind::TooLarge`], [`Kind::Io`].
pub fn read_stream(
    stream: impl Read,
    room: usize,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    let read = stream.take(MAX_BYTES + 1).read_to_end(&mut content);
    read.map_err(|error| Failure::io("reading", path, &error))?;
    if content.len() as u64 > MAX_BYTES {
        return Err(Kind::TooLarge { path: path.to_owned(), size: None }.into());
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

/// A file that was opened without waiting, to be read as it comes.
fn waiting_again(file: File) -> std::io::Result<File> {
    #[cfg(unix)]
    {
        let flags = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK)?;
    }
    Ok(file)
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
    read(path)?.map(|bytes| as_text(&bytes, path)).transpose()
}

/// A file's content, if it is text.
///
/// # Errors
/// [`Kind::NotUtf8`]
pub fn as_text(bytes: &[u8], path: &Path) -> Result<Zeroizing<String>, Failure> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Kind::NotUtf8(path.to_owned()).into()),
    }
}

/// A file's content as text; its absence is a failure.
pub fn read_existing_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    read_text(path)?.ok_or_else(|| not_found(path))
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
