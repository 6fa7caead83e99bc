//! `identity map`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

/// Every user's old and new identity, when the issuer changes.
///
/// One row a user on stdout, in the order of the input. Bad rows, duplicates and collisions are
/// reported on stderr by their line numbers, and do not stop the rest: exit code 1 says that there
/// were some.
#[derive(ClapArgs)]
pub(crate) struct Map {
    /// The issuer that is left: `iss` of the users' tokens until now
    #[arg(long, value_name = "ISS")]
    pub(crate) from_issuer: String,
    /// The issuer that follows: `iss` of their tokens from now on
    #[arg(long, value_name = "ISS")]
    pub(crate) to_issuer: String,
    /// The users, a row each: the subject, or the old and the new one; `-` is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) input: PathBuf,
    /// What the input is [default: NDJSON if it begins with an object or a string, else CSV]
    #[arg(long, value_enum)]
    pub(crate) input_format: Option<InputFormat>,
    /// What to write
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: OutputFormat,
    /// The table that the SQL rows go into [default: `identity_links`]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Write the rows into this file when all are done [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Do not look for duplicates and collisions: saves the time and the temporary files
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Comma-separated values with a header
    Csv,
    /// A JSON object a line
    Ndjson,
    /// An INSERT a user, in one transaction
    Sql,
}
