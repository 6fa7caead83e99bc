//! Subjects that a table has spoilt.

/// What a database, a spreadsheet or an export wrote in place of a subject. Identities of such
/// subjects belong to nobody. Only the text tells; a caller who has it from a source that keeps text
/// as it is, JSON for one, need not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// `NULL`, `\N`, `None`, `NaN`, `#N/A`.
    #[error("the word for an empty value stands where a subject should")]
    Empty,
    /// `1.23457E+17`, `4711.0`: digits and leading zeros may be lost.
    #[error(
        "a number as spreadsheets and data frames write it, in which digits are lost: export the column as text"
    )]
    Number,
    /// `'auth0|5f7c`, as exports write text that no spreadsheet shall take for a formula.
    #[error(
        "an apostrophe before the subject, with which exports guard text from spreadsheets: remove it, or export as JSON"
    )]
    Apostrophe,
    /// `="0042"`.
    #[error("a spreadsheet's formula around the subject: export the column as text")]
    Formula,
    /// `----+----`, as clients of databases draw tables.
    #[error("a line that frames a table on a terminal: have the table written as CSV")]
    Frame,
}

impl Damage {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "ERR_SUBJECT_NULL",
            Self::Number => "ERR_SUBJECT_NUMBER",
            Self::Apostrophe => "ERR_SUBJECT_APOSTROPHE",
            Self::Formula => "ERR_SUBJECT_FORMULA",
            Self::Frame => "ERR_ROW_FRAME",
        }
    }
}

const EMPTY: [&str; 17] = [
    "null",
    "none",
    "nan",
    "nil",
    "undefined",
    "n/a",
    "(null)",
    "<null>",
    "<na>",
    "\\n",
    "#n/a",
    "#name?",
    "#ref!",
    "#value!",
    "#null!",
    "#num!",
    "#div/0!",
];

/// The damage that a table has done to a subject, if it can be seen.
pub fn damage(subject: &str) -> Option<Damage> {
    let is = |found, damage| if found { Some(damage) } else { None };
    // The first byte clears nearly all: this is asked of every row.
    match *subject.as_bytes().first()? {
        b'0'..=b'9' => is(is_rewritten_number(subject.as_bytes()), Damage::Number),
        b'n' | b'N' | b'u' | b'U' | b'(' | b'<' | b'\\' | b'#' => {
            is(EMPTY.iter().any(|word| subject.eq_ignore_ascii_case(word)), Damage::Empty)
        }
        b'\'' => is(subject.len() > 1, Damage::Apostrophe),
        b'=' => is(subject.starts_with("=\""), Damage::Formula),
        b'-' | b'+' => is(
            subject.len() > 2 && subject.bytes().all(|byte| matches!(byte, b'-' | b'+')),
            Damage::Frame,
        ),
        _ => None,
    }
}

/// `1.5E+17`, `1,5E+17` and `4711.0`. Without the sign it may be a hexadecimal id: `15e17`.
fn is_rewritten_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (_, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest {
        [b'.' | b',', after @ ..] => after.split_at(digits(after)),
        _ => (&[][..], rest),
    };
    match rest {
        [b'e' | b'E', b'+', power @ ..] => !power.is_empty() && digits(power) == power.len(),
        [] => !fraction.is_empty() && text.contains(&b'.') && fraction.iter().all(|&b| b == b'0'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoilt_subjects_are_told_from_others() {
        for (subject, expected) in [
            ("NULL", Damage::Empty),
            ("\\N", Damage::Empty),
            ("None", Damage::Empty),
            ("nan", Damage::Empty),
            ("<NA>", Damage::Empty),
            ("#N/A", Damage::Empty),
            ("#NAME?", Damage::Empty),
            ("1.23457E+17", Damage::Number),
            ("4,687E+11", Damage::Number),
            ("1e+21", Damage::Number),
            ("4711.0", Damage::Number),
            ("4711.00", Damage::Number),
            ("'auth0|5f7c", Damage::Apostrophe),
            ("'0042", Damage::Apostrophe),
            ("=\"0042\"", Damage::Formula),
            ("----", Damage::Frame),
            ("------+-------", Damage::Frame),
            ("+----+", Damage::Frame),
        ] {
            assert_eq!(damage(subject), Some(expected), "{subject}");
        }
        for subject in [
            "",
            "4711",
            "0042",
            "15e17",
            "1e5",
            "1.5",
            "4711.5",
            "4711.",
            "1.2.0",
            "1E+",
            "1E+x",
            "nobody",
            "nullify",
            "Ulrich",
            "user:7",
            "#7",
            "(7)",
            "'",
            "=7",
            "--",
            "-7",
            "+4930",
            "auth0|5f7c",
            "2f6c6d0e-7b1c-4c5e-9a55-0d3c8f3f8a01",
            "1234567e-1b1c-4c5e",
            "\\u",
        ] {
            assert_eq!(damage(subject), None, "{subject}");
        }
    }
}
