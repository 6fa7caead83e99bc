//! `init` as it is typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Init {
    /// The folder to set up [default: the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Write the files of a deployment, too: recipes, compose files, Caddyfile, image
    ///
    /// They follow the self-hosting guide, and are yours from then on. No file that differs from what
    /// would be written is replaced.
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["keys_dir", "cli_toml"])]
    pub(crate) with: Option<With>,
    /// The environment whose keys this host mounts [default: local; with --with, that of a configuration that is there]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The database that is published here [default with --with: the configuration's, else app]
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// The folder of the server's keys, where several are found
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The SpacetimeDB CLI's file with the publisher token, where several are found
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// Make a first key pair, for a server that has none
    #[arg(long)]
    pub(crate) new_keys: bool,
    /// Print what would be written, change nothing
    #[arg(long, short = 'd')]
    pub(crate) dry_run: bool,
    /// Print how the files that are there differ from what would be written, change nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What is written beside the configuration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum With {
    /// A server in a container, with its recipes
    Deploy,
}
