//! `promote` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Subcommand};
use spacetime_keys_core::promotion::Counted;

use super::HostFiles;
use super::values::time;

#[derive(Subcommand)]
pub(crate) enum Promote {
    /// Describe this source for the destination: a JSON document without a secret
    ///
    /// Asks the server for its version, its key, and the identity and owner of each database, with GET
    /// requests. With --count, it also asks for the number of rows of a table, as the publisher. The token
    /// goes only to a server whose key has signed it.
    Passport(Passport),
    /// Before you start the destination's server on the data: refuse what is unsafe, sign a token
    ///
    /// Refuses (exit code 3): data that goes up the order of environments; the same key on both sides; data
    /// that a running server uses; a private key or publisher token of the source in the data, the CLI's
    /// folder or the keys' folder. Then it stores the publisher's claims in this environment's own vault, and
    /// writes a token, signed with the mounted key, to cli.toml. The same command again changes nothing.
    Admit(Admit),
    /// After you started the destination's server on the data: check it against the passport
    ///
    /// Prints each check, and changes nothing. Exit codes: 0 all are good; 1 one is not.
    Accept(Accept),
}

#[derive(ClapArgs)]
pub(crate) struct Asked {
    /// The server: a URL, `HOST:PORT`, or a nickname that cli.toml has [default: the configuration's]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The time limit for all requests; one request may take half of it
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = time)]
    pub(crate) timeout: Duration,
    /// Allow plain http to another machine: anybody on the network path can read the token
    #[arg(long)]
    pub(crate) plain_http: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Passport {
    /// The environment of this host [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// A database, by name or identity; repeatable [default: the configuration's]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Vec<String>,
    /// Count the rows of this table, `TABLE` or `DATABASE.TABLE`; repeatable
    ///
    /// The destination must have the same number: name tables that nobody changes until the data is copied.
    #[arg(long, value_name = "TABLE", value_parser = Counted::parse)]
    pub(crate) count: Vec<Counted>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
}

#[derive(ClapArgs)]
pub(crate) struct Admit {
    /// The source's passport; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) passport: PathBuf,
    /// The environment of this host [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// The folder with the copied data; optional with --dry-run
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Check everything; change nothing
    #[arg(long, short = 'n', visible_short_alias = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Accept {
    /// The source's passport; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) passport: PathBuf,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Check this database of the passport; repeatable [default: all]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Vec<String>,
    /// Check this count of the passport; repeatable [default: all]
    #[arg(long, value_name = "TABLE", value_parser = Counted::parse)]
    pub(crate) count: Vec<Counted>,
    /// The folder of the data, to search it for secrets of the source [default: search only the CLI's and
    /// the keys' folders]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Retry until the server answers
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) wait: Option<Duration>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
}
