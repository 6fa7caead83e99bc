//! Which columns the subjects are in, and how a record is cut.

use memchr::memchr;

use super::super::row::BadRow;
use super::header;

/// A table's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(super) separator: u8,
    pub(super) count: usize,
    pub(super) old: usize,
    pub(super) new: usize,
    /// The line with their names.
    pub(super) header: Option<u64>,
    /// The line `sep=`.
    pub(super) declaration: Option<u64>,
    /// The header's own, if it has one.
    pub(super) names: Option<Names>,
}

/// The header's names of the two columns, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    old: String,
    new: String,
}

impl Names {
    /// `None` where a name is empty: an empty value tells nothing.
    pub(super) fn new(names: &[String], old: usize, new: usize) -> Option<Self> {
        let name = |place: usize| names.get(place).filter(|name| !name.is_empty()).cloned();
        Some(Self { old: name(old)?, new: name(new)? })
    }
}

impl Columns {
    /// One subject a row.
    pub(crate) const ONE: Self = Self {
        separator: b',',
        count: 1,
        old: 0,
        new: 0,
        header: None,
        declaration: None,
        names: None,
    };

    /// Whether the subjects are one column, and stay.
    pub(crate) const fn subject_stays(&self) -> bool {
        self.old == self.new
    }

    pub(crate) const fn separator(&self) -> u8 {
        self.separator
    }

    /// Number of columns, and the places of the old and the new subject, from 1 on.
    pub(crate) const fn numbers(&self) -> (usize, usize, usize) {
        (self.count, self.old + 1, self.new + 1)
    }

    /// The header's line.
    pub(crate) const fn header(&self) -> Option<u64> {
        self.header
    }

    /// Whether a line is no row, but tells how to read the others.
    pub(super) fn is_told_by(&self, line: u64) -> bool {
        self.header == Some(line) || self.declaration == Some(line)
    }

    /// From a record without quotes.
    pub(super) fn pick_plain<'a>(&self, record: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), BadRow> {
        if self.count != 1 {
            return self.pick(record.split(|&byte| byte == self.separator));
        }
        // By far the most, and quicker this way.
        if memchr(self.separator, record).is_none() {
            Ok((record, record))
        } else {
            Err(BadRow::Columns)
        }
    }

    pub(super) fn pick<'a>(
        &self,
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

    /// Whether a row is a header again, as where files were put together with theirs.
    pub(super) fn is_header_again(&self, old: &str, new: &str) -> bool {
        match &self.names {
            Some(names) => {
                old.len() == names.old.len()
                    && old.eq_ignore_ascii_case(&names.old)
                    && new.eq_ignore_ascii_case(&names.new)
            }
            // The first file had none.
            None => {
                self.header.is_none()
                    && old.len() <= LONGEST_NAME
                    && header::is_known(&header::name(old.as_bytes()))
            }
        }
    }
}

/// `old_subject`, and a byte order mark before it.
const LONGEST_NAME: usize = 14;
