//! The layout of a table: from flags, and from its first rows.

use std::borrow::Cow;

use super::columns::{Columns, Names};
use super::header::{self, NEW_NAMES, OLD_NAMES, SAME_NAMES};
use super::place::place;
use super::record::{Extent, extent, fields, without_line_end};
use super::separator;
use crate::args::Column;
use crate::commands::identity_map::row::{is_blank, lines_in};
use crate::failure::Failure;

/// What was said on the command line. Whatever was not is found out, or refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) separator: Option<u8>,
    /// Whether the first row has the columns' names.
    pub(crate) header: Option<bool>,
    /// The column with the subjects, or with the old ones.
    pub(crate) subject: Option<Column>,
    /// The column with the new subjects.
    pub(crate) new_subject: Option<Column>,
}

/// The columns of a table, and what is to be said of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) columns: Columns,
    pub(crate) doubt: Option<&'static str>,
}

/// The number of rows that are compared with the first one.
const SAMPLE: usize = 20;

type Record<'a> = Vec<Cow<'a, [u8]>>;

/// The reading of a table's beginning.
struct Head<'a> {
    separator: u8,
    /// Somebody has said so, or the table has.
    separator_is_said: bool,
    declaration: Option<u64>,
    /// The first record, its line, and some of those below.
    first: Record<'a>,
    line: u64,
    below: Vec<Record<'a>>,
    /// Whether a line before the first record is none: it may have been the header.
    bad_before: bool,
}

impl Layout {
    /// Whether it says anything that only tables have.
    pub(crate) const fn is_of_a_table(&self) -> bool {
        self.separator.is_some() || self.header.is_some()
    }

    /// Whether a text begins like a table with a header.
    pub(crate) fn sees_header(&self, text: &[u8]) -> bool {
        self.head(text, true).ok().flatten().is_some_and(|head| {
            head.declaration.is_some()
                || head.first.iter().any(|field| header::is_known(&header::name(field)))
                || header::is_likely(&head.first, &head.below)
        })
    }

    /// From the beginning of an input. `None` if no record is in it. `ends`: no more follows.
    pub(crate) fn find(&self, text: &[u8], ends: bool) -> Result<Option<Found>, Failure> {
        self.head(text, ends)?.map(|head| self.of(&head)).transpose()
    }

    fn head<'a>(&self, text: &'a [u8], ends: bool) -> Result<Option<Head<'a>>, Failure> {
        let (mut rest, mut line) = (text, 1);
        let mut separator = self.separator;
        let (mut declaration, mut bad_before) = (None, false);
        let mut records: Vec<(u64, Record<'a>)> = Vec::new();
        while !rest.is_empty() && records.len() <= SAMPLE {
            let used = separator.unwrap_or(b',');
            let (size, lines) = match extent(rest, ends, used) {
                Extent::Bad(size, _) => {
                    bad_before |= records.is_empty();
                    (size, 1)
                }
                Extent::Record(size) => {
                    let whole = rest.get(..size).unwrap_or_default();
                    let record = without_line_end(whole);
                    if let (true, Some(declared)) =
                        (records.is_empty(), separator::declared(record))
                    {
                        if separator.is_some_and(|said| said != declared) {
                            return Err(other_separator_is_declared());
                        }
                        (separator, declaration) = (Some(declared), Some(line));
                    } else if !is_blank(record) {
                        if records.is_empty()
                            && memchr::memchr(b'\r', record)
                                .is_some_and(|_| !record.contains(&b'"'))
                        {
                            return Err(lines_end_in_cr());
                        }
                        records.push((line, fields(record, used)));
                    }
                    (size, lines_in(whole))
                }
                Extent::Open => break,
            };
            rest = rest.get(size..).unwrap_or_default();
            line += lines;
        }
        let mut records = records.into_iter();
        Ok(records.next().map(|(line, first)| Head {
            separator: separator.unwrap_or(b','),
            separator_is_said: separator.is_some(),
            declaration,
            first,
            line,
            below: records.map(|(_, record)| record).collect(),
            bad_before,
        }))
    }

    fn of(&self, head: &Head<'_>) -> Result<Found, Failure> {
        let names: Vec<_> = head.first.iter().map(|field| header::name(field)).collect();
        let is_wanted = |name: &str| match (&self.subject, &self.new_subject) {
            (None, None) => header::is_known(name),
            wanted => {
                [wanted.0, wanted.1].into_iter().flatten().any(|column| column.has_name(name))
            }
        };
        if self.header != Some(false)
            && !head.separator_is_said
            && let Some(other) = names
                .iter()
                .filter(|name| !is_wanted(name))
                .find_map(|name| separator::in_header(name, head.separator, is_wanted))
        {
            return Err(Failure::new(
                "ERR_INPUT_HEADER",
                format!("the header's columns are separated by {}", other.name),
                format!("give `--separator {}`", other.argument),
            ));
        }
        let (old, new, has_header, doubt) = match &self.subject {
            Some(subject) => self.as_said(head, &names, subject)?,
            None => self.as_found(head, &names)?,
        };
        let columns = Columns {
            separator: head.separator,
            count: names.len(),
            old,
            new,
            header: has_header.then_some(head.line),
            declaration: head.declaration,
            names: has_header.then(|| Names::new(&names, old, new)).flatten(),
        };
        if !head.separator_is_said && (columns.count == 1 || !has_header) {
            let first = (!has_header).then_some(&head.first);
            let subjects = first.into_iter().chain(&head.below).filter_map(|row| row.get(old));
            if let Some(other) =
                subjects.into_iter().find_map(|value| separator::in_subject(value, head.separator))
            {
                return Err(Failure::new(
                    "ERR_INPUT_SEPARATOR",
                    format!(
                        "a subject in the first rows has {} in it, which may separate columns",
                        other.name
                    ),
                    format!(
                        "give `--separator {}` if they do, or `--separator ,` if they belong to the subjects",
                        other.argument
                    ),
                ));
            }
        }
        Ok(Found { columns, doubt })
    }

    /// The columns by what was said, the first row's part, and a doubt.
    fn as_said(
        &self,
        head: &Head<'_>,
        names: &[String],
        subject: &Column,
    ) -> Result<(usize, usize, bool, Option<&'static str>), Failure> {
        let old = place(subject, &head.first, names)?;
        let new =
            self.new_subject.as_ref().map_or(Ok(old), |new| place(new, &head.first, names))?;
        if self.new_subject.is_some() && old == new {
            return Err(Failure::usage(
                "--subject-column and --new-subject-column are the same column",
                "name two, or leave --new-subject-column away if the subjects stay",
            ));
        }
        let by_name = [Some(subject), self.new_subject.as_ref()]
            .into_iter()
            .flatten()
            .any(|column| matches!(column, Column::Name(_)));
        if by_name {
            return Ok((old, new, true, None));
        }
        let is_likely = names.iter().any(|name| header::is_known(name))
            || header::is_likely(&head.first, &head.below);
        Ok(match self.header {
            Some(said) => (old, new, said, None),
            None if is_likely => (
                old,
                new,
                true,
                Some(
                    "the first row is taken for a header, and no user; `--header yes` or `--header no` settles that",
                ),
            ),
            None => (
                old,
                new,
                false,
                Some(
                    "the first row is taken for a user, and no header; `--header no` or `--header yes` settles that",
                ),
            ),
        })
    }

    /// The columns by their known names; without, only what cannot be mistaken.
    fn as_found(
        &self,
        head: &Head<'_>,
        names: &[String],
    ) -> Result<(usize, usize, bool, Option<&'static str>), Failure> {
        let place = |wanted: [&str; 2]| {
            let mut places = (0..).zip(names).filter(|(_, name)| wanted.contains(&name.as_str()));
            match (places.next(), places.next()) {
                (Some(_), Some(_)) if self.header != Some(false) => {
                    Err(bad_header("the header names a column twice"))
                }
                (place, _) => Ok(place.map(|(place, _)| place)),
            }
        };
        let by_name = match self.header {
            Some(false) => (None, None, None),
            _ => (place(OLD_NAMES)?, place(NEW_NAMES)?, place(SAME_NAMES)?),
        };
        match by_name {
            (Some(old), Some(new), None) => Ok((old, new, true, None)),
            (None, None, Some(same)) => Ok((same, same, true, None)),
            (None, None, None) => self.without_names(head, names.len()),
            _ => Err(bad_header("the header names neither one subject nor an old and a new one")),
        }
    }

    fn without_names(
        &self,
        head: &Head<'_>,
        count: usize,
    ) -> Result<(usize, usize, bool, Option<&'static str>), Failure> {
        if self.header == Some(true) {
            return Err(bad_header(
                "the header has no name that says which column has the subjects",
            ));
        }
        if count > 2 {
            return Err(bad_header(
                "more than two columns, and no header that says which ones count",
            ));
        }
        if head.first.iter().any(|value| value.is_empty()) {
            return Err(bad_header(
                "one of the two columns is empty in the first row, and no header says which one counts",
            ));
        }
        if self.header.is_none() {
            if head.bad_before {
                return Err(bad_header(
                    "a line that cannot be read comes first: it may be the header",
                ));
            }
            if header::is_likely(&head.first, &head.below) {
                return Err(bad_header(
                    "the first row looks like a header, and has no name that says which column has the subjects",
                ));
            }
        }
        let doubt = "there is no header: the first row is taken for a user, the first column for the old subjects, the second for the new ones. To say so, use `--header no --subject-column 1 --new-subject-column 2` or a first line `old_subject,new_subject`";
        Ok((0, count - 1, false, (count == 2).then_some(doubt)))
    }
}

fn bad_header(message: &str) -> Failure {
    Failure::new(
        "ERR_INPUT_HEADER",
        message,
        "give `--subject-column NAME` (or a number from 1 on), and `--new-subject-column` if the subjects change. Or name the columns in the first line: `subject`, or `old_subject` and `new_subject`. `--header no` says that the first row is a user",
    )
}

fn other_separator_is_declared() -> Failure {
    Failure::usage(
        "the first line declares another separator than --separator",
        "leave --separator away, or remove that line",
    )
}

fn lines_end_in_cr() -> Failure {
    Failure::new(
        "ERR_INPUT_FORMAT",
        "the lines end in CR only",
        "`tr '\\r' '\\n' < FILE` makes lines of them",
    )
}
