//! `init` as it is typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Init {
    /// The folder to set up [default: the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Also write the files of a deployment: recipes, compose files, Caddyfile, image
    ///
    /// They follow the self-hosting guide, and are yours to edit. An existing file that differs is never
    /// replaced.
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["keys_dir", "cli_toml"])]
    pub(crate) with: Option<With>,
    /// The environment whose keys this host mounts [default: local; with --with, the one of an existing
    /// configuration]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// The database that you publish here [default with --with: the configuration's, else app]
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// The folder of the server's keys, if several are found
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The SpacetimeDB CLI's file with the publisher token, if several are found
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// Make a first key pair, for a server without one
    #[arg(long)]
    pub(crate) new_keys: bool,
    /// Print what would be written; change nothing
    #[arg(long, short = 'n', visible_short_alias = 'd')]
    pub(crate) dry_run: bool,
    /// Print how existing files differ from what would be written; change nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

/// What is written beside the configuration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum With {
    /// A server in a container, with its recipes
    Deploy,
}
