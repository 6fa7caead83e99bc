//! Unpacking as it is read: gzip (RFC 1952) and zstd (RFC 8878), of as many members or frames as there
//! are. The segments of a SpacetimeDB commit log are zstd once they are full: a frame for each 4 KiB,
//! and a table of them in a frame that is skipped.

use std::cell::Cell;
use std::io::{self, BufRead, ErrorKind, Read};
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The format of a packed file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    /// A frame of zstd with no content.
    Skipped {
        /// Its bytes, with its head.
        length: u64,
    },
}

impl Packing {
    /// By the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] => {
                let length = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
                Some(Self::Skipped { length: length + Peek::<io::Empty>::LENGTH as u64 })
            }
            _ => None,
        }
    }
}

/// A reader whose next bytes can be looked at.
pub(super) struct Peek<R> {
    head: Vec<u8>,
    reader: R,
}

impl<R> Peek<R> {
    /// The number of bytes that are looked at.
    pub(super) const LENGTH: usize = 8;
}

impl<R: BufRead> Peek<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self { head: Vec::new(), reader }
    }

    /// The next bytes; fewer only at the end.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        let missing = Self::LENGTH - self.head.len();
        (&mut self.reader).take(missing as u64).read_to_end(&mut self.head)?;
        Ok(&self.head)
    }
}

impl<R: BufRead> BufRead for Peek<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.head.is_empty() { self.reader.fill_buf() } else { Ok(&self.head) }
    }

    fn consume(&mut self, bytes: usize) {
        if self.head.is_empty() {
            self.reader.consume(bytes);
        } else {
            self.head.drain(..bytes);
        }
    }
}

impl<R: BufRead> Read for Peek<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut now = self.fill_buf()?;
        let bytes = now.read(room)?;
        self.consume(bytes);
        Ok(bytes)
    }
}

enum State<R: BufRead> {
    /// At the beginning of a member, a frame, or of something else.
    Between(Peek<R>),
    Gzip(GzDecoder<Peek<R>>),
    Zstd(Peek<R>),
    Ended,
}

/// What is packed, unpacked. Ends where something else begins, and leaves the reader there.
pub(super) struct Unpacked<R: BufRead> {
    state: State<R>,
    /// Kept from frame to frame: its tables are large.
    zstd: Box<FrameDecoder>,
    rest: Rc<Cell<Option<Peek<R>>>>,
}

impl<R: BufRead> Unpacked<R> {
    /// `rest` gets the reader at the end.
    pub(super) fn new(reader: Peek<R>, rest: Rc<Cell<Option<Peek<R>>>>) -> Self {
        Self { state: State::Between(reader), zstd: Box::new(FrameDecoder::new()), rest }
    }

    /// Begins the next member or frame, or ends.
    fn begin(&mut self, mut reader: Peek<R>) -> io::Result<()> {
        self.state = match Packing::of(reader.peek()?) {
            Some(Packing::Gzip) => State::Gzip(GzDecoder::new(reader)),
            Some(Packing::Zstd) => {
                self.zstd.init(&mut reader).map_err(damaged)?;
                State::Zstd(reader)
            }
            Some(Packing::Skipped { length }) => {
                let skipped = io::copy(&mut (&mut reader).take(length), &mut io::sink())?;
                if skipped < length {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                State::Between(reader)
            }
            None => {
                self.rest.set(Some(reader));
                State::Ended
            }
        };
        Ok(())
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Between(reader) => self.begin(reader)?,
                State::Gzip(mut decoder) => match decoder.read(room)? {
                    0 => self.state = State::Between(decoder.into_inner()),
                    bytes => {
                        self.state = State::Gzip(decoder);
                        return Ok(bytes);
                    }
                },
                State::Zstd(mut reader) => {
                    let zstd = &mut self.zstd;
                    while zstd.can_collect() == 0 && !zstd.is_finished() {
                        zstd.decode_blocks(&mut reader, BlockDecodingStrategy::UptoBlocks(1))
                            .map_err(damaged)?;
                    }
                    let bytes = zstd.read(room)?;
                    self.state =
                        if bytes == 0 { State::Between(reader) } else { State::Zstd(reader) };
                    if bytes > 0 {
                        return Ok(bytes);
                    }
                }
                State::Ended => return Ok(0),
            }
        }
    }
}

fn damaged(_error: impl std::error::Error) -> io::Error {
    // The decoder's own words may tell of what it read.
    io::Error::new(ErrorKind::InvalidData, "the zstd data is damaged")
}
