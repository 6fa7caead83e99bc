//! A record's extent and its values: RFC 4180, to the letter, with any separator.
//!
//! Other readers are lenient: after a quote that is not closed, they take the rest of the file
//! for one value, and they guess what a stray quote means. Here each makes one bad *line*, and
//! the next is read as if nothing had been. A guessed subject would be a lost user.

use std::borrow::Cow;

use memchr::memchr;

use super::super::row::{BadRow, MAX_ROW_BYTES};

/// The extent of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A record of this many bytes, with its line end.
    Record(usize),
    /// A line of this many bytes that is no record.
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
pub(crate) fn extent(text: &[u8], ends: bool, separator: u8) -> Extent {
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
    // Programs that separate by tabs or bars quote nothing: a quote is one, and a value that begins
    // with one must not take the rows below for its own.
    let quotes_seldom = matches!(separator, b'\t' | b'|');
    let mut state = State::Start;
    for (at, &byte) in text.iter().take(MAX_ROW_BYTES).enumerate() {
        state = match (state, byte) {
            (State::Quoted, b'\n') if quotes_seldom => return Extent::Bad(line, BadRow::Quotes),
            (State::Plain, b'"') if quotes_seldom => State::Plain,
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) | (State::Start | State::Closed, b'"') => State::Quoted,
            (_, b'\n') => return Extent::Record(at + 1),
            (State::Start | State::Plain | State::Closed, _) if byte == separator => State::Start,
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

/// Without LF or CRLF at its end.
pub(super) fn without_line_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// The values of a record without its line end, of which [`extent`] says that it is one.
pub(super) fn fields(record: &[u8], separator: u8) -> Vec<Cow<'_, [u8]>> {
    let mut fields = Vec::new();
    let mut rest = Some(record);
    while let Some(text) = rest {
        let (field, after) = if let Some(quoted) = text.strip_prefix(b"\"") {
            unquote(quoted)
        } else {
            let end = memchr(separator, text).unwrap_or(text.len());
            let (field, after) = text.split_at(end);
            (Cow::Borrowed(field), after)
        };
        fields.push(field);
        rest = after.strip_prefix(&[separator]);
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

    #[test]
    fn an_end_within_quotes_is_bad_and_open_until_the_end() {
        let extent = |text, ends| extent(text, ends, b',');
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
    fn only_the_separator_ends_a_value() {
        assert_eq!(extent(b"\"a\";\"b\"\n", true, b';'), Extent::Record(8));
        assert_eq!(extent(b"\"a\",\"b\"\n", true, b';'), Extent::Bad(8, BadRow::Quotes));
        for separator in [b'\t', b'|'] {
            let text = b"1\t\"a\n2\tb\"\n".map(|byte| if byte == b'\t' { separator } else { byte });
            assert_eq!(extent(&text, true, separator), Extent::Bad(5, BadRow::Quotes));
            let text = b"1\tsay \"a\"\n".map(|byte| if byte == b'\t' { separator } else { byte });
            assert_eq!(extent(&text, true, separator), Extent::Record(10));
        }
        let texts = |record, separator| {
            let texts = |field: Cow<'_, [u8]>| String::from_utf8(field.into_owned()).unwrap();
            fields(record, separator).into_iter().map(texts).collect::<Vec<_>>()
        };
        assert_eq!(texts(b"a,b;\"c;\"\"d\";", b';'), ["a,b", "c;\"d", ""]);
        assert_eq!(texts(b"a\tb", b'\t'), ["a", "b"]);
    }
}
