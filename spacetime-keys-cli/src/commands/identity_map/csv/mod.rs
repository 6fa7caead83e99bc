//! Tables: comma-separated values (RFC 4180), or with another separator.

mod columns;
mod header;
mod layout;
mod place;
mod record;
mod separator;

use memchr::memchr;
use spacetime_keys_core::migration::damage;

pub(super) use columns::Columns;
pub(super) use layout::{Found, Layout};
pub(super) use record::{Extent, extent};
use record::{fields, without_line_end};

use super::row::{BadRow, Row, is_blank, lines_in};

/// Calls `each` with the line number and the content of every row. How many lines are blank.
pub(super) fn rows(
    mut text: &[u8],
    mut line: u64,
    columns: &Columns,
    mut each: impl FnMut(u64, Result<Row<'_>, BadRow>),
) -> u64 {
    let separator = columns.separator();
    let mut blank = 0;
    while !text.is_empty() {
        let (size, bad) = match extent(text, true, separator) {
            Extent::Record(size) => (size, None),
            Extent::Bad(size, problem) => (size, Some(problem)),
            Extent::Open => (text.len(), Some(BadRow::Quotes)),
        };
        let (whole, rest) = text.split_at(size);
        let record = without_line_end(whole);
        let mut lines = 1;
        match bad {
            Some(problem) => each(line, Err(problem)),
            None if columns.is_told_by(line) => lines = lines_in(whole),
            None if is_blank(record) => blank += 1,
            None if memchr(b'"', record).is_none() => {
                each(line, columns.pick_plain(record).and_then(|picked| as_row(columns, picked)));
            }
            None => {
                lines = lines_in(whole);
                let fields = fields(record, separator);
                let picked = columns.pick(fields.iter().map(|field| &**field));
                each(line, picked.and_then(|picked| as_row(columns, picked)));
            }
        }
        line += lines;
        text = rest;
    }
    blank
}

fn as_row<'a>(columns: &Columns, (old, new): (&'a [u8], &'a [u8])) -> Result<Row<'a>, BadRow> {
    let text = |bytes| str::from_utf8(bytes).map_err(|_| BadRow::Encoding);
    // One column is both: it is looked at once.
    let row = if columns.subject_stays() {
        text(old).map(Row::same)?
    } else {
        Row::new(text(old)?, text(new)?)
    };
    if columns.is_header_again(row.old, row.new) {
        return Err(BadRow::Header);
    }
    let subjects = [Some(row.old), (!columns.subject_stays()).then_some(row.new)];
    for subject in subjects.into_iter().flatten() {
        if let Some(damage) = damage(subject) {
            return Err(BadRow::Damage(damage));
        }
        // Databases that separate by tabs escape with backslashes what would look like one.
        if columns.separator() == b'\t' && subject.contains('\\') {
            return Err(BadRow::Escape);
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Column;

    type Rows = Vec<(u64, Result<(String, String), BadRow>)>;

    fn read_as(layout: &Layout, text: &str) -> (Rows, u64) {
        let columns = layout.find(text.as_bytes(), true).unwrap().unwrap().columns;
        let mut found = Vec::new();
        let blank = rows(text.as_bytes(), 1, &columns, |line, row| {
            found.push((line, row.map(|row| (row.old.to_owned(), row.new.to_owned()))));
        });
        (found, blank)
    }

    fn read(text: &str) -> (Rows, u64) {
        read_as(&Layout::default(), text)
    }

    fn same(line: u64, subject: &str) -> (u64, Result<(String, String), BadRow>) {
        (line, Ok((subject.to_owned(), subject.to_owned())))
    }

    fn two(line: u64, old: &str, new: &str) -> (u64, Result<(String, String), BadRow>) {
        (line, Ok((old.to_owned(), new.to_owned())))
    }

    /// Which columns, with or without a header.
    fn places(layout: &Layout, text: &str) -> Result<(usize, usize, usize, Option<u64>), String> {
        match layout.find(text.as_bytes(), true) {
            Ok(found) => {
                let columns = found.unwrap().columns;
                let (count, old, new) = columns.numbers();
                Ok((count, old, new, columns.header()))
            }
            Err(failure) => Err(format!("{}; {}", failure.message, failure.hint)),
        }
    }

    fn layout(separator: Option<u8>, header: Option<bool>, subject: &str, new: &str) -> Layout {
        let column = |text: &str| (!text.is_empty()).then(|| text.parse::<Column>().unwrap());
        Layout { separator, header, subject: column(subject), new_subject: column(new) }
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
    fn headers_say_which_columns_count() {
        for (text, expected) in [
            ("a", (1, 1, 1, None)),
            ("a,b", (2, 1, 2, None)),
            ("subject\na", (1, 1, 1, Some(1))),
            ("\n\"Sub\"\r\na", (1, 1, 1, Some(2))),
            ("name,sub,mail\na", (3, 2, 2, Some(1))),
            ("new_subject , OLD_SUBJECT\na", (2, 2, 1, Some(1))),
            ("\"open\nsub\na", (1, 1, 1, Some(2))),
            ("é\"\n\"sub\",\"a\nb\"\na,b", (2, 1, 1, Some(2))),
            ("\u{feff}subject\na", (1, 1, 1, Some(1))),
            ("sep=;\r\nold_sub;x;new_sub\r\na;b;c\r\n", (3, 1, 3, Some(2))),
        ] {
            assert_eq!(places(&Layout::default(), text), Ok(expected), "{text:?}");
        }
        let (rows, blank) = read("\"open\n\n\"sub\",\"a\nb\"\nx,y\nz\n");
        let expected = [(1, Err(BadRow::Quotes)), same(5, "x"), (6, Err(BadRow::Columns))];
        assert_eq!((rows.as_slice(), blank), (expected.as_slice(), 1));
        for none in ["", "\n\n", "\"open", "sep=;\n"] {
            let found = Layout::default().find(none.as_bytes(), true).unwrap();
            assert!(found.is_none(), "{none:?}");
        }
    }

    #[test]
    fn a_header_in_another_encoding_has_its_known_names() {
        let text = b"sub,gr\xf6\xdfe\na,b\n";
        let columns = Layout::default().find(text, true).unwrap().unwrap().columns;
        assert_eq!((columns.numbers(), columns.header()), ((2, 1, 1), Some(1)));
    }

    #[test]
    fn no_column_is_guessed() {
        for (text, word) in [
            ("a,b,c", "more than two columns"),
            ("sub,subject", "twice"),
            ("old_subject", "neither"),
            ("new_sub", "neither"),
            ("sub,old_sub,new_sub", "neither"),
            ("id,username\na,b\n", "looks like a header"),
            ("id\na\n", "looks like a header"),
            ("\n\"User_ID\"\r\na\n", "looks like a header"),
            ("Kennung,Konto\na,1\nb,2\n", "looks like a header"),
            ("a,\nb,\n", "empty in the first row"),
            ("sub,\"x\"y\na,b\n", "may be the header"),
            ("a\rb\rc\r", "CR only"),
        ] {
            let refused = places(&Layout::default(), text).unwrap_err();
            assert!(refused.contains(word), "{text:?}: {refused}");
        }
    }

    #[test]
    fn other_separators_are_refused_by_name() {
        for (text, name, argument) in [
            ("old_subject;new_subject\na;b\n", "semicolons", "';'"),
            ("Old_Sub ; New_Sub\na;b\n", "semicolons", "';'"),
            ("subject;name\na;b\n", "semicolons", "';'"),
            ("name;sub,mail\na;b\n", "semicolons", "';'"),
            ("old_subject\tnew_subject\na\tb\n", "tabs", "tab"),
            ("sub|name\na|b\n", "bars", "'|'"),
            ("a;b\nc;d\n", "semicolons", "';'"),
            ("a;b,c\nd;e,f\n", "semicolons", "';'"),
            ("4711\ta@b.example\n", "tabs", "tab"),
            ("4711|a@b.example\n", "bars", "'|'"),
            ("auth0|1\nauth0|2|x\n", "bars", "'|'"),
            ("subject\n4711;a\n", "semicolons", "';'"),
        ] {
            let refused = places(&Layout::default(), text).unwrap_err();
            let hint = format!("--separator {argument}");
            assert!(refused.contains(name) && refused.contains(&hint), "{text:?}: {refused}");
            // It may be what the subjects look like: whoever says so is believed.
            let commas = Layout { separator: Some(b','), ..Layout::default() };
            let is_data =
                !text.to_ascii_lowercase().contains("sub") || text.starts_with("subject\n");
            assert_eq!(places(&commas, text).is_ok(), is_data, "{text:?}");
        }
        for (text, separator) in
            [("old_sub;new_sub\na;b\n", b';'), ("4711\ta\n", b'\t'), ("4711|a,b\n", b'|')]
        {
            let said = Layout { separator: Some(separator), ..Layout::default() };
            assert_eq!(places(&said, text).map(|(count, ..)| count), Ok(2), "{text:?}");
        }
        for subject in ["auth0|5f7c", "samlp|acme|jane", "cn=jane"] {
            assert!(places(&Layout::default(), subject).is_ok(), "{subject}");
        }
        let said = Layout { separator: Some(b','), ..Layout::default() };
        assert!(places(&said, "sep=;\na;b\n").unwrap_err().contains("declares another"));
    }

    #[test]
    fn columns_are_found_by_name_and_number() {
        let text = "id,user_id,User_ID,mail,mail,\n1,2,3,4,5,6\n";
        for (header, subject, new, expected) in [
            (None, "user_id", "", Ok((6, 2, 2, Some(1)))),
            (None, "User_ID", "", Ok((6, 3, 3, Some(1)))),
            (None, "ID", "user_id", Ok((6, 1, 2, Some(1)))),
            (None, "3", "id", Ok((6, 3, 1, Some(1)))),
            (Some(true), "6", "", Ok((6, 6, 6, Some(1)))),
            (Some(false), "6", "1", Ok((6, 6, 1, None))),
            (None, "2", "", Ok((6, 2, 2, Some(1)))),
            (None, "USER_ID", "", Err("two columns")),
            (None, "mail", "", Err("two columns")),
            (None, "sub", "", Err("6 columns, and none with the name")),
            (None, "7", "", Err("6 columns, and not the one")),
            (None, "id", "1", Err("the same column")),
        ] {
            let found = places(&layout(None, header, subject, new), text);
            match expected {
                Ok(expected) => assert_eq!(found, Ok(expected), "{subject} {new}"),
                Err(word) => assert!(found.unwrap_err().contains(word), "{subject} {new}"),
            }
        }
        let tabs = layout(Some(b'\t'), None, "user_id", "");
        assert_eq!(places(&tabs, "id\tuser_id\n1\t2\n"), Ok((2, 2, 2, Some(1))));
        let refused =
            places(&layout(None, None, "user_id", ""), "id\tuser_id\n1\t2\n").unwrap_err();
        assert!(refused.contains("--separator tab"), "{refused}");
        // Without a header, by number: what may be one is told.
        for (header, doubted) in [(None, true), (Some(false), false), (Some(true), false)] {
            for text in ["a,b,c\n", "id,b,c\n"] {
                let said = layout(None, header, "2", "");
                let found = said.find(text.as_bytes(), true).unwrap().unwrap();
                assert_eq!(found.doubt.is_some(), doubted, "{header:?} {text}");
            }
        }
    }

    #[test]
    fn two_columns_without_a_header_are_doubted() {
        let doubt = |layout: &Layout, text: &str| {
            layout.find(text.as_bytes(), true).unwrap().unwrap().doubt
        };
        assert!(
            doubt(&Layout::default(), "a,b\n").is_some_and(|doubt| doubt.contains("no header"))
        );
        for text in ["subject\nid\n", "old_sub,new_sub\na,b\n", "auth0|5f7c\n", "a\n"] {
            assert_eq!(doubt(&Layout::default(), text), None, "{text:?}");
        }
        assert_eq!(doubt(&layout(None, Some(false), "1", "2"), "a,b\n"), None);
    }

    #[test]
    fn another_number_of_columns_is_a_bad_row() {
        let (rows, _) = read("old_subject,new_subject\na,b\nc\nd,e,f\n,g\n");
        let bad = Err(BadRow::Columns);
        assert_eq!(rows, [two(2, "a", "b"), (3, bad.clone()), (4, bad), two(5, "", "g")]);
    }

    #[test]
    fn a_header_within_and_spoilt_subjects_are_bad_rows() {
        use spacetime_keys_core::migration::Damage;

        let (rows, _) = read("Subject\na\nsubject\nNULL\n\"=\"\"1\"\"\"\n1E+20\n");
        let damaged = |line, damage| (line, Err(BadRow::Damage(damage)));
        let expected = [
            same(2, "a"),
            (3, Err(BadRow::Header)),
            damaged(4, Damage::Empty),
            damaged(5, Damage::Formula),
            damaged(6, Damage::Number),
        ];
        assert_eq!(rows, expected);
        let said = layout(None, None, "uid", "");
        let (rows, _) = read_as(&said, "uid,x\na,NULL\nUID,x\n");
        assert_eq!(rows, [same(2, "a"), (3, Err(BadRow::Header))]);
        let (rows, _) = read("a\n\u{feff}subject\nb\n");
        assert_eq!(rows, [same(1, "a"), (2, Err(BadRow::Header)), same(3, "b")]);
        let (rows, _) = read("old_subject,new_subject\na,null\n");
        assert_eq!(rows, [damaged(2, Damage::Empty)]);
    }

    #[test]
    fn a_backslash_between_tabs_is_an_escape() {
        let said = layout(Some(b'\t'), Some(false), "1", "");
        let (rows, _) = read_as(&said, "a\tx\\ty\nb\\\\c\tx\n\\N\tx\n\"d\"\tx\n");
        let expected = [same(1, "a"), (2, Err(BadRow::Escape))];
        assert_eq!(rows.get(..2), Some(expected.as_slice()));
        assert!(matches!(rows.get(2), Some((3, Err(BadRow::Damage(_))))), "{rows:?}");
        assert_eq!(read("a\\b\n").0, [same(1, "a\\b")]);
    }
}
