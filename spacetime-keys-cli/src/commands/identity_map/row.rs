//! A row of the input, and what can be wrong with it.

use spacetime_keys_core::migration::{Damage, SubjectProblem};

/// A longer row is none: no server takes subjects of more than 128 bytes.
pub(super) const MAX_ROW_BYTES: usize = 64 << 10;

/// A user.
pub(super) struct Row<'a> {
    pub(super) old: &'a str,
    pub(super) new: &'a str,
    /// Whether the two differ.
    pub(super) changes: bool,
}

impl<'a> Row<'a> {
    pub(super) const fn same(subject: &'a str) -> Self {
        Self { old: subject, new: subject, changes: false }
    }

    pub(super) fn new(old: &'a str, new: &'a str) -> Self {
        Self { old, new, changes: old != new }
    }
}

/// Why a row cannot be mapped. What stands in it is not repeated: it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    #[error(transparent)]
    Subject(#[from] SubjectProblem),
    #[error(transparent)]
    Damage(Damage),
    #[error("not text in UTF-8")]
    Encoding,
    #[error("more than {} KiB in one row", MAX_ROW_BYTES >> 10)]
    TooLong,
    #[error("not as many columns as in the first row")]
    Columns,
    #[error("the header once more")]
    Header,
    #[error(
        "a backslash in a table of tabs, which databases write for another character: have it written as CSV"
    )]
    Escape,
    #[error("a quoted value that does not end, or a quote inside a value that is not quoted")]
    Quotes,
    #[error("neither a JSON string nor an object with strings")]
    Json,
    #[error(
        "no member that is wanted: `subject`, or `old_subject` and `new_subject`, or those that --subject-column and --new-subject-column name"
    )]
    Members,
}

impl BadRow {
    /// A stable name for programs.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Subject(problem) => problem.code(),
            Self::Damage(damage) => damage.code(),
            Self::Header => "ERR_ROW_HEADER",
            Self::Escape => "ERR_ROW_ESCAPE",
            Self::Encoding => "ERR_ROW_ENCODING",
            Self::TooLong => "ERR_ROW_TOO_LONG",
            Self::Columns => "ERR_ROW_COLUMNS",
            Self::Quotes => "ERR_ROW_QUOTES",
            Self::Json => "ERR_ROW_JSON",
            Self::Members => "ERR_ROW_MEMBERS",
        }
    }
}

/// The number of line ends in a text.
pub(super) fn lines_in(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// Whether a line has nothing in it.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}
