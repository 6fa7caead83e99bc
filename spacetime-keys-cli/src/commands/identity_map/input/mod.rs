//! The users' file: found, opened, recognized, and cut into pieces that end with a row.

mod form;
mod recognize;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use super::csv::{self, Columns, Extent, Found, Layout};
use super::row::{MAX_ROW_BYTES, lines_in};
use crate::args::InputFormat;
use crate::failure::Failure;
use crate::files;
pub(super) use form::Form;
use form::members;
use recognize::{Kind, foreign, recognize};

/// Read size in bytes. Small enough for a processor's cache, large
/// enough that handing a piece on costs nothing.
const PIECE: usize = 256 << 10;

/// How far into the input the first row may begin, in bytes.
const MAX_HEAD: usize = 16 << 20;

/// A byte order mark.
const BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// The input after its first piece has been looked at.
pub(super) struct Input {
    name: PathBuf,
    reader: Box<dyn Read + Send>,
    /// Bytes in all, where that is known.
    pub(super) size: Option<u64>,
    pub(super) form: Form,
    /// The note about its beginning.
    pub(super) doubt: Option<&'static str>,
    /// The bytes that were read and not handed out yet.
    ahead: Vec<u8>,
    line: u64,
    /// Nothing more comes from the reader.
    is_read: bool,
    /// The rest of a line that is too long is passed over.
    skipping: bool,
}

impl Input {
    pub(super) fn open(
        path: &Path,
        format: Option<InputFormat>,
        layout: &Layout,
    ) -> Result<Self, Failure> {
        let stdin = path == Path::new("-");
        let name = if stdin { PathBuf::from("standard input") } else { path.to_owned() };
        let fail = |error: io::Error| Failure::io("reading", &name, &error);
        let (reader, size): (Box<dyn Read + Send>, _) = if stdin {
            (Box::new(io::stdin()), None)
        } else {
            let file = files::open_argument(path)?;
            let metadata = file.metadata().map_err(fail)?;
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        };
        let mut input = Self::new(name, reader, size);
        input.look(format, layout)?;
        Ok(input)
    }

    fn new(name: PathBuf, reader: Box<dyn Read + Send>, size: Option<u64>) -> Self {
        Self {
            name,
            reader,
            size,
            form: Form::Csv(Columns::ONE),
            doubt: None,
            ahead: Vec::new(),
            line: 1,
            is_read: false,
            skipping: false,
        }
    }

    /// Looks at how it begins: byte order mark, format, header.
    fn look(&mut self, format: Option<InputFormat>, layout: &Layout) -> Result<(), Failure> {
        let mut head = Vec::new();
        self.fill(&mut head, PIECE)?;
        if let Some(refused) = foreign(&head) {
            return Err(self.named(refused));
        }
        // Once for each program that has put one there.
        while head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        let is_json = match format {
            Some(format) => format == InputFormat::Ndjson,
            None if layout.is_of_a_table() => false,
            None => recognize(&head, layout) == Kind::Json,
        };
        if is_json && let Some(refused) = recognize::document(&head, self.is_read) {
            return Err(self.named(refused));
        }
        self.form = if is_json {
            Form::Ndjson(members(layout)?)
        } else {
            let Found { columns, doubt } = self.find_columns(&mut head, layout)?;
            self.doubt = doubt;
            Form::Csv(columns)
        };
        self.ahead = head;
        Ok(())
    }

    /// By the first row that can be read, however many bad ones stand before it.
    fn find_columns(&mut self, head: &mut Vec<u8>, layout: &Layout) -> Result<Found, Failure> {
        loop {
            let found = layout
                .find(head, self.is_read)
                .map_err(|failure| failure.prefix(self.name.display()))?;
            match found {
                Some(found) => return Ok(found),
                None if self.is_read => return Ok(Found { columns: Columns::ONE, doubt: None }),
                None if head.len() >= MAX_HEAD => {
                    return Err(self.failure(
                        "ERR_INPUT_FORMAT",
                        &format!("has no row in its first {} MiB", MAX_HEAD >> 20),
                        "name the file with the users",
                    ));
                }
                None => self.fill(head, PIECE)?,
            }
        }
    }

    /// A failure that goes on where the input's name ends.
    fn named(&self, failure: Failure) -> Failure {
        let message = format!("{} {}", self.name.display(), failure.message);
        failure.with_message(message)
    }

    fn failure(&self, code: &'static str, what: &str, hint: &str) -> Failure {
        Failure::new(code, format!("{} {what}", self.name.display()), hint)
    }

    /// Adds so many bytes, or what there is.
    fn fill(&mut self, piece: &mut Vec<u8>, size: usize) -> Result<(), Failure> {
        let waiting = size.min(self.ahead.len());
        piece.extend(self.ahead.drain(..waiting));
        let missing = size - waiting;
        if missing > 0 && !self.is_read {
            let read = (&mut self.reader).take(missing as u64).read_to_end(piece);
            let read = read.map_err(|error| Failure::io("reading", &self.name, &error))?;
            self.is_read = read < missing;
        }
        Ok(())
    }

    /// The next piece, in place of what `piece` held, and the number of its first line. `None` at
    /// the end.
    pub(super) fn next(&mut self, piece: &mut Vec<u8>) -> Result<Option<u64>, Failure> {
        piece.clear();
        loop {
            self.fill(piece, PIECE.saturating_sub(piece.len()))?;
            let at_end = self.is_read && self.ahead.is_empty();
            if self.skipping {
                let line_end = memchr(b'\n', piece);
                piece.drain(..line_end.map_or(piece.len(), |end| end + 1));
                self.skipping = line_end.is_none();
                if !at_end {
                    continue;
                }
            }
            if piece.is_empty() {
                return Ok(None);
            }
            let mut cut = if at_end { piece.len() } else { self.last_end(piece) };
            if cut == 0 {
                // A line without end. What is left of it is too long, too, and the reader of it
                // says so.
                piece.truncate(MAX_ROW_BYTES + 1);
                piece.push(b'\n');
                self.skipping = true;
                cut = piece.len();
            }
            self.ahead.splice(..0, piece.drain(cut..));
            let line = self.line;
            self.line += lines_in(piece);
            return Ok(Some(line));
        }
    }

    /// The end of the last whole row, in the middle of an input.
    fn last_end(&self, piece: &[u8]) -> usize {
        // Without quotes, every line end ends a row.
        let separator = match &self.form {
            Form::Csv(columns) if memchr(b'"', piece).is_some() => columns.separator(),
            _ => return memrchr(b'\n', piece).map_or(0, |end| end + 1),
        };
        let mut end = 0;
        loop {
            match csv::extent(piece.get(end..).unwrap_or_default(), false, separator) {
                Extent::Record(size) | Extent::Bad(size, _) => end += size,
                Extent::Open => return end,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Column;

    #[test]
    fn pieces_end_with_rows_and_know_their_lines() {
        struct Dribble(io::Cursor<Vec<u8>>);
        impl Read for Dribble {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let some = into.len().min(70_001);
                self.0.read(into.get_mut(..some).unwrap_or_default())
            }
        }
        let row = format!("\"{}\n{}\"\n", "x".repeat(40), "y".repeat(33));
        let long = format!("{}\n", "z".repeat(3 * PIECE));
        let text = [row.repeat(9000), long.clone(), row.repeat(9000), "end".to_owned()].concat();
        let reader = Dribble(io::Cursor::new(text.clone().into_bytes()));
        let mut input = Input::new(PathBuf::new(), Box::new(reader), None);
        input.look(None, &Layout::default()).unwrap();
        let (mut piece, mut all, mut pieces) = (Vec::new(), Vec::new(), 0);
        while let Some(line) = input.next(&mut piece).unwrap() {
            assert_eq!(line, 1 + lines_in(&all));
            assert!(piece.len() <= PIECE);
            assert!(piece.ends_with(b"\"\n") || piece.ends_with(b"z\n") || piece.ends_with(b"end"));
            all.extend_from_slice(&piece);
            pieces += 1;
        }
        assert!(pieces > 5, "{pieces}");
        let cut = format!("{}\n", &long[..=MAX_ROW_BYTES]);
        assert!(String::from_utf8(all).unwrap() == text.replace(&long, &cut));
    }

    /// Whatever stands in it, an input in pieces has the rows of the input as a whole.
    #[test]
    fn pieces_have_the_rows_of_the_whole() {
        type Rows = Vec<(u64, Result<(String, String), super::super::row::BadRow>)>;
        fn add(rows: &mut Rows, text: &[u8], line: u64, columns: &Columns) -> u64 {
            csv::rows(text, line, columns, |line, row| {
                rows.push((line, row.map(|row| (row.old.to_owned(), row.new.to_owned()))));
            })
        }
        let (mut good, mut bad) = (0, 0);
        for seed in 1..=24_u64 {
            let mut state = seed;
            let mut random = |below: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state % below
            };
            let mut text = b"sub,x\n".to_vec();
            while text.len() < 3 * PIECE {
                match random(64) {
                    // Past what a row may have, in one line and in many.
                    0 if random(40) == 0 => text.resize(text.len() + MAX_ROW_BYTES + 1, b'l'),
                    1 if random(40) == 0 => text.extend(b"many,lines\n".repeat(7000)),
                    2..=9 => text.extend(b"\"ab\nc\",d\r\n"),
                    10..=19 => text.extend(b"\"\"\"\",\"e\"\n"),
                    20..=40 => text.extend(b"fg,h\n"),
                    kind => text.push(
                        b"\"\",\n\r i\"\n"
                            .get(usize::try_from(kind % 9).unwrap())
                            .copied()
                            .unwrap(),
                    ),
                }
            }
            let layout = Layout { subject: Some(Column::Name("sub".into())), ..Layout::default() };
            let columns = layout.find(&text, true).unwrap().unwrap().columns;
            let mut whole = Rows::new();
            let blank = add(&mut whole, &text, 1, &columns);
            let reader = Box::new(io::Cursor::new(text));
            let mut input = Input::new(PathBuf::new(), reader, None);
            input.look(Some(InputFormat::Csv), &layout).unwrap();
            let (mut piece, mut parts, mut blanks) = (Vec::new(), Rows::new(), 0);
            while let Some(line) = input.next(&mut piece).unwrap() {
                blanks += add(&mut parts, &piece, line, &columns);
            }
            assert_eq!(blanks, blank, "seed {seed}");
            assert!(parts == whole, "seed {seed}");
            good += whole.iter().filter(|(_, row)| row.is_ok()).count();
            bad += whole.iter().filter(|(_, row)| row.is_err()).count();
        }
        assert!(good > 100_000 && bad > 10_000, "{good} and {bad}");
    }
}
