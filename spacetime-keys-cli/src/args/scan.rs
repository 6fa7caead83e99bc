//! `scan` and `token recover` as they are typed.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;
use spacetime_keys_core::Identity;

use super::HostFiles;
use super::values::identity;

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
    /// Files and folders; `-` is standard input [default: cli.toml and its copies, shell histories, and the
    /// data folders of servers]
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
    /// Also try this `iss` with each subject; repeatable
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Vec<String>,
    /// Print the identity of every token and every pair of claims found; change nothing
    #[arg(long, conflicts_with_all = ["identity", "server", "database", "dry_run", "yes"])]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Print what was found; change nothing
    #[arg(long, short = 'n', visible_short_alias = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}
