//! `store` as it is typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Store {
    /// Copy all versions into another store: from a folder to Azure Key Vault, and back
    ///
    /// The source is the configuration's store, and is only read. Every version of private and public
    /// keys, of publishers' claims and of the list of retired keys is written in its order, with its
    /// tags and the time at which it was written first, then read back and compared. A copy that was cut
    /// short goes on when it is made again; what is there already is not written twice. A destination
    /// that holds anything else is refused, and left as it is.
    Copy(StoreCopy),
}

#[derive(ClapArgs)]
pub(crate) struct StoreCopy {
    /// The configuration of the destination: a spacetime-keys.toml that has the same environments
    #[arg(long, value_name = "CONFIG")]
    pub(crate) to: PathBuf,
    /// Copy this environment, or `all` [default: each one whose vault holds anything]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// Print the steps, change nothing
    #[arg(long, short = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
