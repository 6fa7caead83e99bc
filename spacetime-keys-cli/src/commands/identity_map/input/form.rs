//! The form of rows, found out or given.

use serde_json::{Value, json};

use super::super::csv::{Columns, Layout};
use super::super::ndjson::Members;
use crate::args::Column;
use crate::failure::Failure;

/// The form of rows.
#[derive(Clone)]
pub(crate) enum Form {
    Csv(Columns),
    Ndjson(Members),
}

impl Form {
    /// The form as a text, for a person.
    pub(crate) fn words(&self) -> String {
        let columns = match self {
            Self::Csv(columns) => columns,
            Self::Ndjson(_) => return "the input is NDJSON".to_owned(),
        };
        let (count, old, new) = columns.numbers();
        let subjects = if columns.subject_stays() {
            format!("the subject in column {old}")
        } else {
            format!("the old subject in column {old}, the new one in column {new}")
        };
        let header = columns
            .header()
            .map_or_else(|| "no header".to_owned(), |line| format!("the header in line {line}"));
        let separator = char::from(columns.separator()).escape_default();
        format!(
            "the input is a table separated by `{separator}`: columns: {count}, {header}, {subjects}"
        )
    }

    /// The form as JSON, for a program.
    pub(crate) fn json(&self) -> Value {
        let columns = match self {
            Self::Csv(columns) => columns,
            Self::Ndjson(_) => return json!({ "format": "ndjson" }),
        };
        let (count, old, new) = columns.numbers();
        json!({
            "format": "csv",
            "separator": char::from(columns.separator()).to_string(),
            "columns": count,
            "header_line": columns.header(),
            "subject_column": old,
            "new_subject_column": (!columns.subject_stays()).then_some(new),
        })
    }
}

/// The members that were asked for.
pub(super) fn members(layout: &Layout) -> Result<Members, Failure> {
    if layout.is_of_a_table() {
        return Err(Failure::usage(
            "--separator and --header are for tables, and this is NDJSON",
            "leave them away",
        ));
    }
    let name = |column: &Column| match column {
        Column::Name(name) => Ok(name.clone()),
        Column::Number(_) => Err(Failure::usage(
            "a column's number is for tables, and this is NDJSON",
            "give the member's name",
        )),
    };
    let Some(subject) = &layout.subject else { return Ok(Members::Known) };
    let subject = name(subject)?;
    let new_subject = layout.new_subject.as_ref().map(name).transpose()?;
    if new_subject.as_ref() == Some(&subject) {
        return Err(Failure::usage(
            "--subject-column and --new-subject-column are the same member",
            "name two, or leave --new-subject-column away if the subjects stay",
        ));
    }
    Ok(Members::Named { subject, new_subject })
}
