//! `promote` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Subcommand};
use spacetime_keys_core::promotion::Counted;

use super::{HostFiles, time};

#[derive(Subcommand)]
pub(crate) enum Promote {
    /// What the destination has to know of this source: a JSON document without a secret
    ///
    /// Asks the source's server for its version, its key, and each database's identity and owner, by GET.
    /// With --count it also asks how many rows a table has, as the publisher: the token goes to a server
    /// alone whose key has signed it.
    #[command(after_help = PASSPORT)]
    Passport(Passport),
    /// Before the destination's server is started on the data: refuse what must not be, sign a token
    ///
    /// Refuses (exit code 3) data that goes up the order of environments, the same key on both sides, data
    /// on which a server runs, and any private key and publisher's token of the source in the data, or in
    /// the files, the CLI's folder and the keys' folder beside it. Then it keeps the publisher's claims in
    /// this environment's own vault, and puts a token, signed by the mounted key, into cli.toml. The same
    /// command again changes nothing.
    #[command(after_help = ADMIT)]
    Admit(Admit),
    /// After the destination's server was started on the data: is it what the passport says?
    ///
    /// Prints each gate, and changes nothing. Exit codes: 0 all are well; 1 one is not.
    #[command(after_help = ACCEPT)]
    Accept(Accept),
}

const PASSPORT: &str = "\
Example:
  spacetime-keys promote passport --env prod --server http://127.0.0.1:3000 --database app > passport.json";

const ADMIT: &str = "\
Examples:
  spacetime-keys promote admit --passport passport.json --env test --dry-run
  spacetime-keys promote admit --passport passport.json --env test --data data/server --yes";

const ACCEPT: &str = "\
Example:
  spacetime-keys promote accept --passport passport.json --server http://127.0.0.1:3000 --wait 1m";

#[derive(ClapArgs)]
pub(crate) struct Asked {
    /// The server: a URL, `HOST:PORT`, or a nickname that cli.toml has [default: the configuration's]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// How long asking may take in all; no request takes longer than half of it
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = time)]
    pub(crate) timeout: Duration,
    /// Send the token by plain http to another machine, too: whoever is on the way can read it
    #[arg(long)]
    pub(crate) plain_http: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Passport {
    /// The environment of this host [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// A database: its name, or its identity; may be given several times [default: the configuration's]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Vec<String>,
    /// Count the rows of this table, `TABLE` or `DATABASE.TABLE`; may be given several times
    ///
    /// The destination must have as many: name tables that nobody writes until the data is copied.
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
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The folder that the data was copied to; with --dry-run, it may be left out
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Look at everything, change nothing
    #[arg(long, short = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask
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
    /// Look at this database of the passport; may be given several times [default: all]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Vec<String>,
    /// Of the passport's counts, look at this one; may be given several times [default: all]
    #[arg(long, value_name = "TABLE", value_parser = Counted::parse)]
    pub(crate) count: Vec<Counted>,
    /// The folder of the data, to be searched for secrets of the source [default: only the CLI's and the
    /// keys' folders are]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Ask again until the server answers
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) wait: Option<Duration>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
}
