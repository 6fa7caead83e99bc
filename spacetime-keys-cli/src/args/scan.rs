//! `scan` and `token recover` as they are typed.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;
use spacetime_keys_core::Identity;

use super::{HostFiles, identity};

pub(super) const EXAMPLES: &str = "\
Examples:
  spacetime-keys scan backup.tar.gz ci-log.txt /srv/www
  git log -p --all | spacetime-keys scan -";

pub(super) const RECOVER_EXAMPLES: &str = "\
Examples:
  spacetime-keys token recover --server http://127.0.0.1:3000 --database app
  spacetime-keys token recover --identity HEX --dry-run /backup ~/.bash_history";

#[derive(ClapArgs)]
pub(crate) struct Scan {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) files: HostFiles,
}

#[derive(ClapArgs)]
pub(crate) struct Recover {
    /// Files and folders; `-` is standard input [default: what is there of cli.toml and its copies, the
    /// histories of shells, and the data folders of servers]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The owner's identity
    #[arg(long, value_name = "HEX", value_parser = identity, conflicts_with_all = ["server", "database"])]
    pub(crate) identity: Option<Identity>,
    /// The server that knows the owner: a URL, `HOST:PORT`, or a nickname that cli.toml has [default: the
    /// configuration's]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The owner's database on that server [default: the configuration's]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Option<String>,
    /// Also try this `iss` with each subject; may be given several times
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Vec<String>,
    /// Print the identities of all tokens and claims that are found, and change nothing
    #[arg(long, conflicts_with_all = ["identity", "server", "database", "dry_run", "yes"])]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Say what was found, change nothing
    #[arg(long, short = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}
