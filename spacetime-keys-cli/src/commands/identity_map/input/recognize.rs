//! The kind of an input, told by its beginning.

use serde::de::IgnoredAny;

use super::super::csv::Layout;
use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Csv,
}

/// By the first byte that is not blank. A value in quotes can begin either: read as JSON, a header
/// would be a user.
pub(super) fn recognize(head: &[u8], layout: &Layout) -> Kind {
    let text = head.trim_ascii_start();
    let is_json = match text.first() {
        Some(b'{' | b'[') => true,
        Some(b'"') => {
            let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
            serde_json::from_slice::<String>(line).is_ok()
                && layout.subject.is_none()
                && !layout.sees_header(text)
        }
        _ => false,
    };
    if is_json { Kind::Json } else { Kind::Csv }
}

fn format(message: &str, hint: &str) -> Failure {
    Failure::new("ERR_INPUT_FORMAT", message, hint)
}

/// Members that lists are in: of Keycloak's and Firebase's exports, of Cognito's, of web APIs.
const LISTS: [&str; 8] =
    ["users", "Users", "data", "items", "Items", "results", "records", "value"];

/// Refuses JSON that is one document, and not a value a line. `ends`: the head is all there is.
pub(super) fn document(head: &[u8], ends: bool) -> Option<Failure> {
    let text = head.trim_ascii_start();
    if text.first() == Some(&b'[') {
        return Some(format(
            "is a JSON array; a JSON value a line is wanted",
            "`jq -c '.[]' FILE` makes that of it",
        ));
    }
    if text.first() != Some(&b'{') {
        return None;
    }
    let end = memchr::memchr(b'\n', text);
    let (line, rest) = text.split_at(end.unwrap_or(text.len()));
    let is_last = rest.trim_ascii().is_empty();
    let is_document =
        match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line) {
            Ok(object) => {
                is_last
                    && ends
                    && LISTS
                        .iter()
                        .any(|list| object.get(*list).is_some_and(serde_json::Value::is_array))
            }
            // In the middle of a value the line ends, or what was read of it.
            Err(_) if end.is_none() && !ends => true,
            Err(_) => {
                !is_last
                    && serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
            }
        };
    if !is_document {
        return None;
    }
    let has = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    let jq = if has("\"localId\"") {
        ".users[] | {subject: .localId}"
    } else if has("\"Attributes\"") {
        ".Users[].Attributes[] | select(.Name == \"sub\").Value"
    } else {
        ".users[] | {subject: .id}"
    };
    Some(format(
        "is a JSON document; a JSON value a line is wanted",
        &format!(
            "`jq -c '{jq}' FILE` makes that of it, with the list's and the id's names as they are there"
        ),
    ))
}

/// Refuses what is no text in UTF-8, and names it.
pub(super) fn foreign(head: &[u8]) -> Option<Failure> {
    let encoding = |name: &str| {
        Failure::new(
            "ERR_NOT_UTF8",
            format!("is text in {name}"),
            format!("convert it: `iconv -f {name} -t UTF-8 FILE`"),
        )
    };
    let packed = |name: &str, program: &str| {
        format(
            &format!("is packed by {name}"),
            &format!("`{program} FILE | spacetime-keys identity map …`"),
        )
    };
    Some(match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => encoding("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => encoding("UTF-16"),
        [one, 0, two, 0, ..] if *one != 0 && *two != 0 => encoding("UTF-16LE"),
        [0, one, 0, two, ..] if *one != 0 && *two != 0 => encoding("UTF-16BE"),
        [0x1f, 0x8b, ..] => packed("gzip", "zcat"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("zstd", "zstdcat"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => packed("xz", "xzcat"),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => packed("bzip2", "bzcat"),
        [b'P', b'K', 3, 4, ..] => format(
            "is a spreadsheet, or another zip archive",
            "save the table as CSV; `unzip -p FILE` prints what is in an archive",
        ),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => format("is a spreadsheet", "save the table as CSV"),
        [b'P', b'A', b'R', b'1', ..] => {
            format("is Parquet", "have the table written as CSV or NDJSON")
        }
        [b'P', b'G', b'D', b'M', b'P', ..] => format(
            "is a dump of PostgreSQL",
            "have the table written as CSV: `psql -c '\\copy (SELECT …) TO STDOUT (FORMAT csv, HEADER)'`",
        ),
        head if head.starts_with(b"SQLite format 3\0") => format(
            "is a database of SQLite",
            "have the table written as CSV: `sqlite3 -csv -header FILE 'SELECT …'`",
        ),
        head if is_markup(head) => {
            format("is a page or document in HTML or XML", "export the users as CSV or JSON")
        }
        _ => return None,
    })
}

fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(super::BOM).unwrap_or(head).trim_ascii_start();
    let begins =
        |with: &[u8]| text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    begins(b"<!doctype") || begins(b"<html") || begins(b"<?xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognized_by_how_they_begin() {
        for (text, expected) in [
            ("a\n", Kind::Csv),
            ("", Kind::Csv),
            ("\n {\"sub\":\"a\"}\n", Kind::Json),
            ("{", Kind::Json),
            ("[{\"sub\":\"a\"}]", Kind::Json),
            ("\"a\"\n\"b\"\n", Kind::Json),
            ("\"a\\n\"\r\n", Kind::Json),
            ("\"subject\"\n\"b\"\n", Kind::Csv),
            ("\"user_id\"\n\"b\"\n", Kind::Csv),
            ("\"Kennung\"\n\"4711\"\n", Kind::Csv),
            ("\"sep=;\"\n\"b\"\n", Kind::Csv),
            ("\"a\",\"b\"\n", Kind::Csv),
            ("\"a\"\"b\"\n", Kind::Csv),
            ("\"a\nb\"\n", Kind::Csv),
        ] {
            assert_eq!(recognize(text.as_bytes(), &Layout::default()), expected, "{text}");
        }
        let named = Layout { subject: Some("x".parse().unwrap()), ..Layout::default() };
        assert_eq!(recognize(b"\"x\"\n\"b\"\n", &named), Kind::Csv);
        assert_eq!(recognize(b"{\"x\":\"b\"}\n", &named), Kind::Json);
    }

    #[test]
    fn a_document_is_told_from_lines() {
        let list = r#"{"realm":"app","users":[{"id":"a"}]}"#;
        let pretty = "{\n  \"users\": [\n    {\n      \"localId\": \"a\"\n";
        for (text, ends, word) in [
            ("[\"a\"]", true, "'.[]'"),
            (list, true, ".users[] | {subject: .id}"),
            (pretty, true, ".localId"),
            ("{ \"Users\": [\n {\"Attributes\": [", true, "Name == \"sub\""),
            ("{\"users\":[{\"id\":\"a\"},", false, ".users[]"),
        ] {
            let refused = document(text.as_bytes(), ends).map(|failure| failure.hint);
            assert!(
                refused.as_ref().is_some_and(|hint| hint.contains(word)),
                "{text}: {refused:?}"
            );
        }
        let auth0 = r#"{"user_id":"auth0|1","identities":[{"provider":"auth0"}]}"#;
        for (text, ends) in [
            ("{\"sub\":\"a\"}\n{\"sub\":\"b\"}\n", true),
            (auth0, true),
            ("{\"sub\":\"a\"", true),
            ("{\"sub\":a}\n{\"sub\":\"b\"}\n", true),
            ("a", true),
            (&format!("{list}\n{list}\n"), true),
            (&format!("{list}\n"), false),
        ] {
            assert!(document(text.as_bytes(), ends).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let utf_16: Vec<u8> = "subject\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (head, word) in [
            (&b"\xff\xfea\0"[..], "UTF-16"),
            (b"\xfe\xff\0a", "UTF-16"),
            (b"\xff\xfe\0\0", "UTF-32"),
            (&utf_16, "UTF-16LE"),
            (b"\0s\0u", "UTF-16BE"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"PK\x03\x04", "spreadsheet"),
            (b"\xd0\xcf\x11\xe0", "spreadsheet"),
            (b"PAR1", "Parquet"),
            (b"PGDMP", "PostgreSQL"),
            (b"SQLite format 3\0", "SQLite"),
            (b"\xef\xbb\xbf<!DOCTYPE html>", "HTML"),
        ] {
            let refused = foreign(head).map(|failure| failure.message);
            assert!(
                refused.as_ref().is_some_and(|message| message.contains(word)),
                "{word}: {refused:?}"
            );
        }
        for text in ["", "a", "PK", "BZh1", "PAR", "<NULL>", "a\0", "\u{feff}subject"] {
            assert!(foreign(text.as_bytes()).is_none(), "{text}");
        }
    }
}
