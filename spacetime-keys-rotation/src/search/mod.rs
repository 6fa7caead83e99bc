//! Searching files and folders for what [`spacetime_keys_core::scan`] finds.
//!
//! Files of any size are read as they come. What gzip and zstd have packed is unpacked, also where one
//! stands in the other, and so are tables of `LevelDB`; archives that are not packed are read as they
//! are. Links within folders are not followed, and pipes, sockets and devices there are left alone.

mod content;
mod holes;
mod ring;
mod table;
mod unpack;
mod usual;
mod walk;

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use spacetime_keys_core::scan::{Found, Wanted};

use crate::error::Failure;
use crate::files;
use content::Content;
use walk::Walk;

pub use ring::ring_of;
pub use usual::usual_places;

/// The most unread files that are named; the rest is counted.
const NAMED: usize = 20;

/// The places to search.
pub enum Input {
    /// A file, a folder with all that is in it, or what [`files::open_named`] opens.
    Path(PathBuf),
    /// What comes from somewhere else, such as standard input; and what to call it.
    Stream(PathBuf, Box<dyn Read>),
}

/// Is told what is found.
pub trait Finder {
    /// Something was found in a file. [`ControlFlow::Break`] ends the search.
    fn found(&mut self, path: &Path, found: &Found) -> ControlFlow<()>;

    /// This many more bytes of a file have been searched.
    fn searched(&mut self, _path: &Path, _bytes: u64) {}
}

/// The totals of a search.
#[derive(Debug, Default)]
pub struct Searched {
    /// Files that were read.
    pub files: u64,
    /// Bytes that were searched, unpacked.
    pub bytes: u64,
    /// Links, pipes, sockets and devices within folders.
    pub skipped: u64,
    /// Files and folders that could not be read, or not to their end.
    pub unread: u64,
    /// Why; of the first of them.
    pub failures: Vec<Failure>,
}

impl Searched {
    fn fail(&mut self, failure: Failure) {
        self.unread += 1;
        if self.failures.len() < NAMED {
            self.failures.push(failure);
        }
    }
}

/// Searches in this order; within a folder, by name.
///
/// # Errors
/// What is named and is not there, or is a pipe, a socket or a device
/// ([`Kind::NotAFile`](crate::Kind::NotAFile)). What cannot be read within a folder ends nothing: it
/// is counted.
pub fn search(
    inputs: Vec<Input>,
    wanted: Wanted,
    finder: &mut dyn Finder,
) -> Result<Searched, Failure> {
    let mut searched = Searched::default();
    let mut content = Content::new(wanted);
    for input in inputs {
        let flow = match input {
            Input::Stream(name, stream) => content.stream(stream, &name, finder, &mut searched),
            Input::Path(path) if path.is_dir() => {
                folder(&path, &mut content, finder, &mut searched)
            }
            Input::Path(path) => {
                let file = files::open_named(&path)?;
                content.file(file, &path, finder, &mut searched)
            }
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(searched)
}

fn folder(
    path: &Path,
    content: &mut Content,
    finder: &mut dyn Finder,
    searched: &mut Searched,
) -> ControlFlow<()> {
    for entry in Walk::new(path) {
        match entry {
            walk::Entry::File(path) => match files::open_named(&path) {
                Ok(file) => content.file(file, &path, finder, searched)?,
                Err(failure) => searched.fail(failure),
            },
            walk::Entry::Other => searched.skipped += 1,
            walk::Entry::Unread(failure) => searched.fail(failure),
        }
    }
    ControlFlow::Continue(())
}
