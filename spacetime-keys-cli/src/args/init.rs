//! `init` as it is typed.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Init {
    /// The folder to set up [default: the working directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The environment whose keys this host mounts
    #[arg(long, value_name = "E", default_value = "local")]
    pub(crate) env: String,
    /// The database that is published here
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
