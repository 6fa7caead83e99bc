//! Hands the contents of a file to a scanner.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

use spacetime_keys_core::scan::{Found, Scanner, Wanted};
use zeroize::Zeroizing;

use super::holes::{is_sparse, next_data};
use super::table::Table;
use super::unpack::{Packing, Peek, Unpacked};
use super::{Finder, Searched};
use crate::error::Failure;

/// Read size in bytes.
const PIECE: usize = 256 << 10;
/// The deepest nesting of packed files.
const DEPTH: u8 = 3;
/// Unpacked bytes beyond which a file is given up that has grown a thousandfold and more by each packing.
const LARGE: u64 = 16 << 30;
const GROWTH: u64 = 10_000;

/// A scanner, and room to read into.
pub(super) struct Content {
    scanner: Scanner,
    piece: Zeroizing<Vec<u8>>,
}

/// The file that is read.
struct Place<'a> {
    path: &'a Path,
    finder: &'a mut dyn Finder,
    searched: &'a mut Searched,
    flow: ControlFlow<()>,
}

impl Place<'_> {
    fn found(&mut self, found: &Found) {
        if self.flow.is_continue() {
            self.flow = self.finder.found(self.path, found);
        }
    }

    fn read(&mut self, bytes: usize) {
        self.searched.bytes += bytes as u64;
        self.finder.searched(self.path, bytes as u64);
    }
}

impl Content {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { scanner: Scanner::new(wanted), piece: Zeroizing::new(vec![0; PIECE]) }
    }

    /// Searches a file. What cannot be read of it is noted.
    pub(super) fn file(
        &mut self,
        mut file: File,
        path: &Path,
        finder: &mut dyn Finder,
        searched: &mut Searched,
    ) -> ControlFlow<()> {
        let mut place = Place { path, finder, searched, flow: ControlFlow::Continue(()) };
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let read = if is_file {
            self.seekable(&mut file, &mut place)
        } else {
            self.packed(Box::new(file), &mut place)
        };
        self.end(read, place)
    }

    /// Searches what comes from somewhere else.
    pub(super) fn stream(
        &mut self,
        stream: Box<dyn Read>,
        path: &Path,
        finder: &mut dyn Finder,
        searched: &mut Searched,
    ) -> ControlFlow<()> {
        let mut place = Place { path, finder, searched, flow: ControlFlow::Continue(()) };
        let read = self.packed(stream, &mut place);
        self.end(read, place)
    }

    fn end(&mut self, read: io::Result<()>, mut place: Place<'_>) -> ControlFlow<()> {
        self.scanner.finish(&mut |found| place.found(&found));
        place.searched.files += 1;
        if let Err(error) = read {
            let doing = if is_damage(&error) { "unpacking" } else { "reading" };
            place.searched.fail(Failure::io(doing, place.path, &error));
        }
        place.flow
    }

    fn seekable(&mut self, file: &mut File, place: &mut Place<'_>) -> io::Result<()> {
        let mut head = Vec::new();
        file.take(Peek::<File>::LENGTH as u64).read_to_end(&mut head)?;
        file.rewind()?;
        let unpacked = if Packing::of(&head).is_some() {
            self.packed(Box::new(file.try_clone()?), place)
        } else if let Some(mut table) = Table::open(file).transpose() {
            table
                .as_mut()
                .map_or_else(|error| Err(error.kind().into()), |table| self.plain(table, place))
        } else {
            file.rewind()?;
            return if is_sparse(file) {
                self.sparse(file, place)
            } else {
                self.plain(file, place)
            };
        };
        // What only begins like something packed is searched as it stands; what is damaged, too: it
        // may not be packed to its end.
        match unpacked {
            Err(error) if is_damage(&error) => {
                self.scanner.finish(&mut |found| place.found(&found));
                file.rewind()?;
                self.plain(file, place)?;
                Err(error)
            }
            unpacked => unpacked,
        }
    }

    /// Reads to the end.
    fn plain(&mut self, reader: &mut dyn Read, place: &mut Place<'_>) -> io::Result<()> {
        while place.flow.is_continue() && self.step(reader, u64::MAX, place)? > 0 {}
        Ok(())
    }

    /// Reads a piece, of `most` bytes; 0 at the end.
    fn step(
        &mut self,
        reader: &mut dyn Read,
        most: u64,
        place: &mut Place<'_>,
    ) -> io::Result<usize> {
        let room = usize::try_from(most).unwrap_or(PIECE).min(PIECE);
        let room = self.piece.get_mut(..room).unwrap_or_default();
        let bytes = loop {
            match reader.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let piece = self.piece.get(..bytes).unwrap_or_default();
        self.scanner.feed(piece, &mut |found| place.found(&found));
        place.read(bytes);
        Ok(bytes)
    }

    /// Reads what a file has on the disk, and leaves its holes out.
    fn sparse(&mut self, file: &mut File, place: &mut Place<'_>) -> io::Result<()> {
        let mut at = 0;
        while let Some((start, end)) = next_data(file, at)? {
            self.scanner.skip(start - at, &mut |found| place.found(&found));
            file.seek(SeekFrom::Start(start))?;
            let mut left = end - start;
            while left > 0 && place.flow.is_continue() {
                match self.step(file, left, place)? {
                    0 => return Ok(()),
                    bytes => left -= bytes as u64,
                }
            }
            if place.flow.is_break() {
                break;
            }
            at = end;
        }
        Ok(())
    }

    /// Reads what may be packed, and what follows it unpacked.
    fn packed(&mut self, reader: Box<dyn Read>, place: &mut Place<'_>) -> io::Result<()> {
        let read = Rc::new(Cell::new(0));
        let counted = Counted { reader, read: Rc::clone(&read) };
        self.layer(Box::new(counted), DEPTH, &read, place)
    }

    fn layer(
        &mut self,
        reader: Box<dyn Read>,
        depth: u8,
        read: &Rc<Cell<u64>>,
        place: &mut Place<'_>,
    ) -> io::Result<()> {
        let mut reader = Peek::new(BufReader::new(reader));
        let packing = Packing::of(reader.peek()?);
        let (Some(_), Some(depth)) = (packing, depth.checked_sub(1)) else {
            let before = place.searched.bytes;
            while place.flow.is_continue() && self.step(&mut reader, u64::MAX, place)? > 0 {
                let unpacked = place.searched.bytes - before;
                if unpacked > LARGE && unpacked / GROWTH > read.get() {
                    return Err(io::Error::new(ErrorKind::FileTooLarge, "it grows without end"));
                }
            }
            return Ok(());
        };
        // The rest behind it comes through the same reader, when all of it has been unpacked.
        let rest = Rc::new(Cell::new(None));
        let unpacked = Unpacked::new(reader, Rc::clone(&rest));
        self.layer(Box::new(unpacked), depth, read, place)?;
        match rest.take() {
            Some(mut rest) if place.flow.is_continue() => self.plain(&mut rest, place),
            _ => Ok(()),
        }
    }
}

/// Whether what is packed is to blame, and not the disk.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof
    )
}

/// Counts what is read.
struct Counted {
    reader: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reader.read(room)?;
        self.read.set(self.read.get() + bytes as u64);
        Ok(bytes)
    }
}
