//! A JSON value a line: `{"subject":"a"}`, `{"old_subject":"a","new_subject":"b"}` or `"a"`.

use std::borrow::Cow;

use memchr::memchr;
use serde::Deserialize;

use super::row::{BadRow, MAX_ROW_BYTES, Row, is_blank};

/// Borrowed from the line, unless there are escapes in it.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What we know of an object; other members are left alone, a member twice is an error.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, alias = "sub")]
    subject: Option<Text<'a>>,
    #[serde(borrow, alias = "old_sub")]
    old_subject: Option<Text<'a>>,
    #[serde(borrow, alias = "new_sub")]
    new_subject: Option<Text<'a>>,
}

/// Calls `each` with the line number and the content of every row. How many lines are blank.
pub(super) fn rows(
    mut text: &[u8],
    mut line_number: u64,
    mut each: impl FnMut(u64, Result<Row<'_>, BadRow>),
) -> u64 {
    let mut blank = 0;
    while !text.is_empty() {
        let end = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
        let (line, rest) = text.split_at(end);
        if line.len() > MAX_ROW_BYTES {
            each(line_number, Err(BadRow::TooLong));
        } else if is_blank(line) {
            blank += 1;
        } else {
            row(line, |row| each(line_number, row));
        }
        line_number += 1;
        text = rest;
    }
    blank
}

fn row(line: &[u8], each: impl FnOnce(Result<Row<'_>, BadRow>)) {
    let Ok(line) = str::from_utf8(line) else { return each(Err(BadRow::Encoding)) };
    if line.trim_ascii_start().starts_with('"') {
        return match serde_json::from_str(line) {
            Ok(Text(subject)) => each(Ok(Row::same(&subject))),
            Err(_) => each(Err(BadRow::Json)),
        };
    }
    match serde_json::from_str(line) {
        Ok(Object { subject: Some(Text(subject)), old_subject: None, new_subject: None }) => {
            each(Ok(Row::same(&subject)));
        }
        Ok(Object { subject: None, old_subject: Some(old), new_subject: Some(new) }) => {
            each(Ok(Row::new(&old.0, &new.0)));
        }
        Ok(_) => each(Err(BadRow::Members)),
        Err(_) => each(Err(BadRow::Json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_and_every_fault() {
        let same = |subject: &str| Ok((subject.to_owned(), subject.to_owned()));
        for (line, expected) in [
            (r#""a""#, same("a")),
            (r#" "a\n\u00e9\ud83d\ude00" "#, same("a\né😀")),
            (r#"{"subject":"a"}"#, same("a")),
            (r#"{"email":{"x":[1,null]},"sub":"a","n":1e400}"#, same("a")),
            (r#"{"new_subject":"b","old_subject":"a"}"#, Ok(("a".into(), "b".into()))),
            (r#"{"old_sub":"a","new_sub":"b"}"#, Ok(("a".into(), "b".into()))),
            (r#"{"old_subject":"a"}"#, Err(BadRow::Members)),
            (r#"{"old_subject":"a","new_subject":null}"#, Err(BadRow::Members)),
            (r#"{"subject":"a","new_subject":"b"}"#, Err(BadRow::Members)),
            ("{}", Err(BadRow::Members)),
            (r#"{"subject":"a","sub":"b"}"#, Err(BadRow::Json)),
            (r#"{"subject":"a","subject":"a"}"#, Err(BadRow::Json)),
            (r#"{"subject":5}"#, Err(BadRow::Json)),
            (r#"{"subject":"a"} x"#, Err(BadRow::Json)),
            (r#"{"subject":"a""#, Err(BadRow::Json)),
            (r#""\ud800""#, Err(BadRow::Json)),
            ("[\"a\"]", Err(BadRow::Json)),
            ("5", Err(BadRow::Json)),
            ("null", Err(BadRow::Json)),
            ("a", Err(BadRow::Json)),
        ] {
            let mut found = None;
            row(line.as_bytes(), |row| {
                found = Some(row.map(|row| (row.old.to_owned(), row.new.to_owned())));
            });
            assert_eq!(found, Some(expected), "{line}");
        }
        row(b"\"\xff\"", |row| assert_eq!(row.err(), Some(BadRow::Encoding)));
    }
}
