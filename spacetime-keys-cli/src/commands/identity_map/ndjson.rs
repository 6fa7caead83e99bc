//! A JSON value a line: `{"subject":"a"}`, `{"old_subject":"a","new_subject":"b"}` or `"a"`.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::row::{BadRow, MAX_ROW_BYTES, Row, is_blank};

/// Borrowed from the line, unless there are escapes in it.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The known members of an object; others are skipped, a member twice is an error.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, alias = "sub")]
    subject: Option<Text<'a>>,
    #[serde(borrow, alias = "old_sub")]
    old_subject: Option<Text<'a>>,
    #[serde(borrow, alias = "new_sub")]
    new_subject: Option<Text<'a>>,
}

/// The members with the subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Members {
    /// `subject`, or `old_subject` and `new_subject`.
    Known,
    /// Those that were asked for. Without a new one, the subject stays.
    Named { subject: String, new_subject: Option<String> },
}

/// The subject, and the new one if it was asked for.
type Pair<'a> = (Option<Text<'a>>, Option<Text<'a>>);

/// Reads the named members of an object.
struct Named<'m> {
    subject: &'m str,
    new_subject: Option<&'m str>,
}

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = Pair<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Pair<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = Pair<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pair<'de>, A::Error> {
        let (mut old, mut new) = (None, None);
        while let Some(Text(name)) = map.next_key()? {
            let place = if name == self.subject {
                &mut old
            } else if self.new_subject.is_some_and(|wanted| name == wanted) {
                &mut new
            } else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if place.replace(map.next_value::<Option<Text<'de>>>()?).is_some() {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok((old.flatten(), new.flatten()))
    }
}

/// Calls `each` with the line number and the content of every row. How many lines are blank.
pub(super) fn rows(
    mut text: &[u8],
    mut line_number: u64,
    members: &Members,
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
            row(line, members, |row| each(line_number, row));
        }
        line_number += 1;
        text = rest;
    }
    blank
}

fn row(line: &[u8], members: &Members, each: impl FnOnce(Result<Row<'_>, BadRow>)) {
    let Ok(line) = str::from_utf8(line) else { return each(Err(BadRow::Encoding)) };
    match members {
        Members::Known => known(line, each),
        Members::Named { subject, new_subject } => {
            named(line, Named { subject, new_subject: new_subject.as_deref() }, each);
        }
    }
}

fn known(line: &str, each: impl FnOnce(Result<Row<'_>, BadRow>)) {
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

fn named(line: &str, members: Named<'_>, each: impl FnOnce(Result<Row<'_>, BadRow>)) {
    let changes = members.new_subject.is_some();
    let mut json = serde_json::Deserializer::from_str(line);
    match members.deserialize(&mut json).and_then(|pair| json.end().map(|()| pair)) {
        Ok((Some(Text(subject)), None)) if !changes => each(Ok(Row::same(&subject))),
        Ok((Some(old), Some(new))) => each(Ok(Row::new(&old.0, &new.0))),
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
            row(line.as_bytes(), &Members::Known, |row| {
                found = Some(row.map(|row| (row.old.to_owned(), row.new.to_owned())));
            });
            assert_eq!(found, Some(expected), "{line}");
        }
        row(b"\"\xff\"", &Members::Known, |row| assert_eq!(row.err(), Some(BadRow::Encoding)));
    }

    #[test]
    fn members_are_found_by_their_names() {
        let named = |subject: &str, new: Option<&str>| Members::Named {
            subject: subject.to_owned(),
            new_subject: new.map(str::to_owned),
        };
        let (one, two) = (named("user_id", None), named("id", Some("app_id")));
        for (members, line, expected) in [
            (&one, r#"{"email":"x","user_id":"auth0|1","sub":"y"}"#, Ok(("auth0|1", "auth0|1"))),
            (&one, r#"{"user\u005fid":"a"}"#, Ok(("a", "a"))),
            (&one, r#"{"sub":"y"}"#, Err(BadRow::Members)),
            (&one, r#"{"user_id":null}"#, Err(BadRow::Members)),
            (&one, r#"{"user_id":4711}"#, Err(BadRow::Json)),
            (&one, r#"{"user_id":"a","user_id":"a"}"#, Err(BadRow::Json)),
            (&one, r#"{"user_id":"a"} {}"#, Err(BadRow::Json)),
            (&one, r#"{"x":{"user_id":"a"}}"#, Err(BadRow::Members)),
            (&one, r#""a""#, Err(BadRow::Json)),
            (&two, r#"{"app_id":"b","id":"a"}"#, Ok(("a", "b"))),
            (&two, r#"{"id":"a"}"#, Err(BadRow::Members)),
            (&two, r#"{"app_id":"a"}"#, Err(BadRow::Members)),
        ] {
            let mut found = None;
            row(line.as_bytes(), members, |row| {
                found = Some(row.map(|row| (row.old.to_owned(), row.new.to_owned())));
            });
            let expected = expected.map(|(old, new)| (old.to_owned(), new.to_owned()));
            assert_eq!(found, Some(expected), "{line}");
        }
    }
}
