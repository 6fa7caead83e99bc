//! `identity map`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, ValueEnum};

use super::values::Wanted;

/// List every user's old and new identity, for a change of issuer
///
/// Prints one row per user, in the order of the input. Bad rows, duplicates and collisions are reported
/// on stderr with their line numbers, and the other rows are written. The exit code is 1 if there were any.
#[derive(ClapArgs)]
pub(crate) struct Map {
    /// The old issuer: `iss` of the users' tokens until now
    #[arg(long, value_name = "ISS")]
    pub(crate) from_issuer: String,
    /// The new issuer: `iss` of their tokens from now on
    #[arg(long, value_name = "ISS")]
    pub(crate) to_issuer: String,
    /// The users, one per row: the subject, or the old and the new one; `-` is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) input: PathBuf,
    /// The format of the input [default: NDJSON if it begins with an object or a string, else CSV]
    #[arg(long, value_enum)]
    pub(crate) input_format: Option<InputFormat>,
    /// The column with the subjects, or with the old ones: its name, or its number from 1 on. In
    /// NDJSON, the member's name [default: `subject`, or `old_subject`]
    #[arg(long, value_name = "NAME|N")]
    pub(crate) subject_column: Option<Column>,
    /// The column with the new subjects, if they change [default: `new_subject`]
    #[arg(long, value_name = "NAME|N", requires = "subject_column")]
    pub(crate) new_subject_column: Option<Column>,
    /// What separates columns: `,` `;` `|` or `tab` [default: `,`]
    #[arg(long, value_name = "CHARACTER", value_parser = separator)]
    pub(crate) separator: Option<u8>,
    /// Whether the first row has the names of the columns [default: yes, if the names are known]
    #[arg(long, value_enum, value_name = "YES|NO", hide_possible_values = true)]
    pub(crate) header: Option<Header>,
    /// The format of the output
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: OutputFormat,
    /// The table that the SQL rows go into [default: `identity_links`]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Write the rows to this file once all are done [default: standard output]
    #[arg(long, short = 'o', alias = "output", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Do not search for duplicates and collisions; saves time and temporary files
    #[arg(long)]
    pub(crate) no_clash_check: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// Comma-separated values (RFC 4180), with or without a header
    Csv,
    /// A JSON object or string a line
    Ndjson,
}

/// A column of a table, or a member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Name(String),
    /// From 1 on.
    Number(usize),
}

impl Column {
    /// Whether this is its name, in either case.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(wanted) if wanted.to_lowercase() == name.to_lowercase())
    }
}

impl FromStr for Column {
    type Err = Wanted;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Wanted("a column's name, or its number from 1 on"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Name(text.to_owned()));
        }
        match text.parse() {
            Ok(number @ 1..) => Ok(Self::Number(number)),
            _ => Err(Wanted("a column's name, or its number from 1 on")),
        }
    }
}

fn separator(text: &str) -> Result<u8, Wanted> {
    match text {
        "," | "comma" => Ok(b','),
        ";" | "semicolon" => Ok(b';'),
        "|" | "bar" | "pipe" => Ok(b'|'),
        "\t" | "\\t" | "tab" => Ok(b'\t'),
        _ => Err(Wanted("`,` `;` `|` or `tab`")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Header {
    /// The first row has names
    Yes,
    /// The first row is a user
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Comma-separated values with a header
    Csv,
    /// A JSON object a line
    Ndjson,
    /// An INSERT a user, in one transaction
    Sql,
}
