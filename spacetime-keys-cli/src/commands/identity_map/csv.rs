//! Comma-separated values: RFC 4180, to the letter.
//!
//! The usual readers are lenient: after a quote that is not closed they take the rest of the file
//! for one value, and a stray quote they mend by guessing. Here either makes one bad *line*, and
//! the next is read as if nothing had been. A guessed subject would be a lost user.

use std::borrow::Cow;

use memchr::memchr;

use super::row::{BadRow, MAX_ROW_BYTES, Row, is_blank, lines_in};
use crate::failure::Failure;

/// How far a record reaches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// So many bytes, the line end among them.
    Record(usize),
    /// So many bytes, one line, are no record.
    Bad(usize, BadRow),
    /// More of the input is needed to tell.
    Open,
}

#[derive(Clone, Copy)]
enum State {
    /// Before a value.
    Start,
    /// In a value without quotes.
    Plain,
    /// In a value with quotes.
    Quoted,
    /// After a quote that ends the value, unless another one follows.
    Closed,
    /// After a CR behind that.
    Return,
}

/// The extent of the record at the beginning of a text. `ends`: no more follows.
pub(super) fn extent(text: &[u8], ends: bool) -> Extent {
    let line = match memchr(b'\n', text) {
        Some(end) => end + 1,
        None if ends => text.len(),
        None => return Extent::Open,
    };
    if line > MAX_ROW_BYTES {
        return Extent::Bad(line, BadRow::TooLong);
    }
    if memchr(b'"', text.get(..line).unwrap_or_default()).is_none() {
        return Extent::Record(line);
    }
    let mut state = State::Start;
    for (at, &byte) in text.iter().take(MAX_ROW_BYTES).enumerate() {
        state = match (state, byte) {
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) | (State::Start | State::Closed, b'"') => State::Quoted,
            (_, b'\n') => return Extent::Record(at + 1),
            (State::Start | State::Plain | State::Closed, b',') => State::Start,
            (State::Closed, b'\r') => State::Return,
            (State::Start | State::Plain, _) if byte != b'"' => State::Plain,
            _ => return Extent::Bad(line, BadRow::Quotes),
        };
    }
    // It is only here, and in quotes, that what follows may matter: line ends end all else. So a
    // text that was cut after a record is judged as the whole one was.
    match state {
        _ if text.len() > MAX_ROW_BYTES => Extent::Bad(line, BadRow::Quotes),
        _ if !ends => Extent::Open,
        State::Quoted => Extent::Bad(line, BadRow::Quotes),
        _ => Extent::Record(text.len()),
    }
}

/// Which columns the subjects are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    count: usize,
    old: usize,
    new: usize,
    /// The line with their names.
    header: Option<u64>,
}

const OLD_NAMES: [&str; 2] = ["old_subject", "old_sub"];
const NEW_NAMES: [&str; 2] = ["new_subject", "new_sub"];
const SAME_NAMES: [&str; 2] = ["subject", "sub"];

/// What other tables separate their columns with. Subjects may have the third in them
/// (`auth0|5f7c`): only a header tells.
const SEPARATORS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// What first lines are called that are no subjects, without the names above.
const OTHER_NAMES: [&str; 14] = [
    "id",
    "uid",
    "uuid",
    "user",
    "userid",
    "user_id",
    "user id",
    "username",
    "user_name",
    "name",
    "email",
    "mail",
    "subjects",
    "external_id",
];

impl Columns {
    /// One subject a row.
    pub(super) const ONE: Self = Self { count: 1, old: 0, new: 0, header: None };

    /// From the first record that can be read, in the beginning of an input. `None` if there is
    /// none. `ends`: no more follows.
    pub(super) fn find(text: &[u8], ends: bool) -> Result<Option<Self>, Failure> {
        let (mut rest, mut line) = (text, 1);
        while !rest.is_empty() {
            let (size, lines) = match extent(rest, ends) {
                Extent::Bad(size, _) => (size, 1),
                Extent::Record(size) => {
                    let whole = rest.get(..size).unwrap_or_default();
                    let record = without_line_end(whole);
                    if !is_blank(record)
                        && let Some((columns, is_header)) = Self::of(record)?
                    {
                        return Ok(Some(Self { header: is_header.then_some(line), ..columns }));
                    }
                    (size, lines_in(whole))
                }
                Extent::Open => return Ok(None),
            };
            rest = rest.get(size..).unwrap_or_default();
            line += lines;
        }
        Ok(None)
    }

    /// Whether a header was found.
    pub(super) const fn are_named(self) -> bool {
        self.header.is_some()
    }

    /// What is to be said of the first record where it is no header: it is taken for a user, and
    /// may be none.
    pub(super) fn doubt(self, text: &[u8]) -> Option<&'static str> {
        if self.are_named() {
            return None;
        }
        if self.count == 2 {
            return Some(
                "there is no header: the first row is taken for a user, the first column for the old subjects, the second for the new ones; a first line `old_subject,new_subject` says so",
            );
        }
        let mut lines = text.split(|&byte| byte == b'\n').map(without_line_end);
        let first = lines.find(|line| !is_blank(line))?;
        let first = str::from_utf8(first).ok()?.trim().trim_matches('"').to_ascii_lowercase();
        if OTHER_NAMES.contains(&first.as_str()) {
            return Some(
                "the first row looks like a header and is taken for a user: name the column `subject` if it is one",
            );
        }
        first.contains([';', '\t']).then_some(
            "the first row has a semicolon or a tab in it: each row is taken for one subject, for commas separate columns",
        )
    }

    /// From one record, and whether it is a header; `None` if it is not text.
    fn of(record: &[u8]) -> Result<Option<(Self, bool)>, Failure> {
        let fields = fields(record);
        let Ok(names) = fields
            .iter()
            .map(|field| str::from_utf8(field).map(|name| name.trim().to_ascii_lowercase()))
            .collect::<Result<Vec<_>, _>>()
        else {
            return Ok(None);
        };
        let count = names.len();
        let place = |wanted: [&str; 2]| {
            let mut places = (0..).zip(&names).filter(|(_, name)| wanted.contains(&name.as_str()));
            match (places.next(), places.next()) {
                (Some(_), Some(_)) => Err(bad_header("the header names a column twice")),
                (place, _) => Ok(place.map(|(place, _)| place)),
            }
        };
        let (old, new, same) = (place(OLD_NAMES)?, place(NEW_NAMES)?, place(SAME_NAMES)?);
        if let Some(separator) = names.iter().find_map(|name| other_separator(name)) {
            return Err(Failure::new(
                "ERR_INPUT_HEADER",
                format!("the header's columns are separated by {separator}, not by commas"),
                "save the table with commas (CSV, RFC 4180): a spreadsheet asks for the separator when it exports",
            ));
        }
        match (old, new, same) {
            (Some(old), Some(new), None) => {
                Ok(Some((Self { count, old, new, header: None }, true)))
            }
            (None, None, Some(same)) => {
                Ok(Some((Self { count, old: same, new: same, header: None }, true)))
            }
            (None, None, None) if count <= 2 => {
                Ok(Some((Self { count, old: 0, new: count - 1, header: None }, false)))
            }
            (None, None, None) => {
                Err(bad_header("more than two columns, and no header that says which ones count"))
            }
            _ => Err(bad_header("the header names neither one subject nor an old and a new one")),
        }
    }

    /// From a record without quotes.
    fn pick_plain(self, record: &[u8]) -> Result<(&[u8], &[u8]), BadRow> {
        if self.count != 1 {
            return self.pick(record.split(|&byte| byte == b','));
        }
        // By far the most, and quicker this way.
        if memchr(b',', record).is_none() { Ok((record, record)) } else { Err(BadRow::Columns) }
    }

    fn pick<'a>(
        self,
        fields: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(&'a [u8], &'a [u8]), BadRow> {
        let (mut old, mut new, mut count) = (None, None, 0);
        for field in fields {
            if count == self.old {
                old = Some(field);
            }
            if count == self.new {
                new = Some(field);
            }
            count += 1;
        }
        match (old, new) {
            (Some(old), Some(new)) if count == self.count => Ok((old, new)),
            _ => Err(BadRow::Columns),
        }
    }
}

/// What separates the columns of a header whose names are in one value.
fn other_separator(value: &str) -> Option<&'static str> {
    let is_known = |name: &str| {
        let name = name.trim().trim_matches('"');
        [OLD_NAMES, NEW_NAMES, SAME_NAMES].iter().any(|names| names.contains(&name))
    };
    let separates =
        |separator: char| value.contains(separator) && value.split(separator).any(is_known);
    SEPARATORS.iter().find(|(separator, _)| separates(*separator)).map(|(_, name)| *name)
}

fn bad_header(message: &str) -> Failure {
    Failure::new(
        "ERR_INPUT_HEADER",
        message,
        "name the columns in the first line: `subject`, or `old_subject` and `new_subject`; others are left alone",
    )
}

/// Calls `each` with the line number and the content of every row. How many lines are blank.
pub(super) fn rows(
    mut text: &[u8],
    mut line: u64,
    columns: Columns,
    mut each: impl FnMut(u64, Result<Row<'_>, BadRow>),
) -> u64 {
    let mut blank = 0;
    while !text.is_empty() {
        let (size, bad) = match extent(text, true) {
            Extent::Record(size) => (size, None),
            Extent::Bad(size, problem) => (size, Some(problem)),
            Extent::Open => (text.len(), Some(BadRow::Quotes)),
        };
        let (whole, rest) = text.split_at(size);
        let record = without_line_end(whole);
        let mut lines = 1;
        match bad {
            Some(problem) => each(line, Err(problem)),
            None if columns.header == Some(line) => lines = lines_in(whole),
            None if is_blank(record) => blank += 1,
            None if memchr(b'"', record).is_none() => {
                each(line, columns.pick_plain(record).and_then(as_row));
            }
            None => {
                lines = lines_in(whole);
                let fields = fields(record);
                let picked = columns.pick(fields.iter().map(|field| &**field));
                each(line, picked.and_then(as_row));
            }
        }
        line += lines;
        text = rest;
    }
    blank
}

fn as_row<'a>((old, new): (&'a [u8], &'a [u8])) -> Result<Row<'a>, BadRow> {
    let text = |bytes| str::from_utf8(bytes).map_err(|_| BadRow::Encoding);
    if std::ptr::eq(old, new) {
        // One column is both: it is looked at once.
        return text(old).map(Row::same);
    }
    Ok(Row::new(text(old)?, text(new)?))
}

fn without_line_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// The values of a record without its line end, of which [`extent`] says that it is one.
fn fields(record: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut fields = Vec::new();
    let mut rest = Some(record);
    while let Some(text) = rest {
        let (field, after) = if let Some(quoted) = text.strip_prefix(b"\"") {
            unquote(quoted)
        } else {
            let end = memchr(b',', text).unwrap_or(text.len());
            let (field, after) = text.split_at(end);
            (Cow::Borrowed(field), after)
        };
        fields.push(field);
        rest = after.strip_prefix(b",");
    }
    fields
}

/// The value after an opening quote, and what follows the closing one.
fn unquote(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        let end = memchr(b'"', rest).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let [b'"', b'"', more @ ..] = after else {
            let after = after.get(1..).unwrap_or_default();
            if value.is_empty() {
                return (Cow::Borrowed(piece), after);
            }
            value.extend_from_slice(piece);
            return (Cow::Owned(value), after);
        };
        value.extend_from_slice(piece);
        value.push(b'"');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (u64, Result<(String, String), BadRow>);

    fn read(text: &str) -> (Vec<Found>, u64) {
        let columns = Columns::find(text.as_bytes(), true).unwrap().unwrap();
        let mut found = Vec::new();
        let blank = rows(text.as_bytes(), 1, columns, |line, row| {
            found.push((line, row.map(|row| (row.old.to_owned(), row.new.to_owned()))));
        });
        (found, blank)
    }

    fn same(line: u64, subject: &str) -> Found {
        (line, Ok((subject.to_owned(), subject.to_owned())))
    }

    #[test]
    fn line_ends_blanks_and_quotes() {
        let (rows, blank) = read("a\r\n\n\"b\"\r\n  \n\"c,\"\"\nd\"\ne");
        let expected = [same(1, "a"), same(3, "b"), same(5, "c,\"\nd"), same(7, "e")];
        assert_eq!((rows.as_slice(), blank), (expected.as_slice(), 2));
    }

    #[test]
    fn a_bad_quote_takes_its_own_line_only() {
        for bad in ["\"open", "\"a\"b", "a\"b", "\"a\" ", "\"a\"\rb", "\"\"\"", "a,\"b\"c"] {
            let (rows, _) = read(&format!("first\n{bad}\nlast\n"));
            let expected = [same(1, "first"), (2, Err(BadRow::Quotes)), same(3, "last")];
            assert_eq!(rows, expected, "{bad}");
        }
    }

    #[test]
    fn an_end_within_quotes_is_bad_and_open_until_the_end() {
        assert_eq!(extent(b"\"a\nb", false), Extent::Open);
        assert_eq!(extent(b"\"a\nb", true), Extent::Bad(3, BadRow::Quotes));
        assert_eq!(extent(b"\"a\"", true), Extent::Record(3));
        assert_eq!(extent(b"\"a\"", false), Extent::Open);
        assert_eq!(extent(b"\"a\"\r", true), Extent::Record(4));
        let long = format!("\"a\n{}", "b".repeat(MAX_ROW_BYTES));
        assert_eq!(extent(long.as_bytes(), false), Extent::Bad(3, BadRow::Quotes));
        let line = "b".repeat(MAX_ROW_BYTES + 1);
        let size = line.len();
        assert_eq!(extent(line.as_bytes(), true), Extent::Bad(size, BadRow::TooLong));
    }

    #[test]
    fn headers_say_which_columns_count() {
        let columns = |count, old, new, header| Columns { count, old, new, header };
        for (text, expected) in [
            ("a", columns(1, 0, 0, None)),
            ("a,b", columns(2, 0, 1, None)),
            ("subject\na", columns(1, 0, 0, Some(1))),
            ("\n\"Sub\"\r\na", columns(1, 0, 0, Some(2))),
            ("name,sub,mail\na", columns(3, 1, 1, Some(1))),
            ("new_subject , OLD_SUBJECT\na", columns(2, 1, 0, Some(1))),
            ("\"open\nsub\na", columns(1, 0, 0, Some(2))),
            ("é\"\n\"sub\",\"a\nb\"\na,b", columns(2, 0, 0, Some(2))),
        ] {
            let found = Columns::find(text.as_bytes(), true).unwrap().unwrap();
            assert_eq!(found, expected, "{text:?}");
        }
        for bad in ["a,b,c", "sub,subject", "old_subject", "new_sub", "sub,old_sub,new_sub"] {
            assert!(Columns::find(bad.as_bytes(), true).is_err(), "{bad}");
        }
        let (rows, blank) = read("\"open\n\n\"sub\",\"a\nb\"\nx,y\nz\n");
        let expected = [(1, Err(BadRow::Quotes)), same(5, "x"), (6, Err(BadRow::Columns))];
        assert_eq!((rows.as_slice(), blank), (expected.as_slice(), 1));
        for none in ["", "\n\n", "\"open"] {
            assert!(Columns::find(none.as_bytes(), true).unwrap().is_none(), "{none:?}");
        }
    }

    #[test]
    fn a_header_with_other_separators_is_refused() {
        for (header, separator) in [
            ("old_subject;new_subject", "semicolons"),
            ("Old_Sub ; New_Sub", "semicolons"),
            ("subject;name", "semicolons"),
            ("name;sub,mail", "semicolons"),
            ("old_subject\tnew_subject", "tabs"),
            ("sub|name", "bars"),
        ] {
            let text = format!("{header}\nabc;u_1\n");
            let failure = Columns::find(text.as_bytes(), true).unwrap_err();
            assert!(failure.message.contains(separator), "{header}: {}", failure.message);
        }
        for subject in ["auth0|5f7c", "a;b", "a\tb"] {
            assert!(Columns::find(subject.as_bytes(), true).is_ok(), "{subject}");
        }
    }

    #[test]
    fn a_first_row_that_may_be_no_user_is_doubted() {
        for (text, word) in [
            ("id,username\na,b\n", "no header"),
            ("a,b\n", "no header"),
            ("id\na\n", "looks like a header"),
            ("\n\"User_ID\"\r\na\n", "looks like a header"),
            ("a;b\n", "semicolon"),
            ("a\tb\n", "tab"),
        ] {
            let columns = Columns::find(text.as_bytes(), true).unwrap().unwrap();
            let doubt = columns.doubt(text.as_bytes());
            assert!(doubt.is_some_and(|doubt| doubt.contains(word)), "{text:?}: {doubt:?}");
        }
        for text in ["subject\nid\n", "old_sub,new_sub\na,b\n", "auth0|5f7c\n", "a\n"] {
            let columns = Columns::find(text.as_bytes(), true).unwrap().unwrap();
            assert_eq!(columns.doubt(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn another_number_of_columns_is_a_bad_row() {
        let (rows, _) = read("old_subject,new_subject\na,b\nc\nd,e,f\n,g\n");
        let (ok, bad) = (Ok(("a".into(), "b".into())), Err(BadRow::Columns));
        let empty = Ok((String::new(), "g".into()));
        assert_eq!(rows, [(2, ok), (3, bad.clone()), (4, bad), (5, empty)]);
    }
}
