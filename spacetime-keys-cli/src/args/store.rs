//! `store` as it is typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Store {
    /// Copy every version to another store, such as from a folder to Azure Key Vault
    ///
    /// The source is the configuration's store; it is only read. The copy has every version of the keys, the
    /// publishers' claims and the list of retired keys, in order, with tags and original times. Each version
    /// is read back and compared. Run an interrupted copy again: it continues, and writes nothing twice. A
    /// destination that holds anything else is refused, and not changed.
    Copy(StoreCopy),
}

#[derive(ClapArgs)]
pub(crate) struct StoreCopy {
    /// The configuration of the destination: a spacetime-keys.toml with the same environments
    #[arg(long, value_name = "CONFIG")]
    pub(crate) to: PathBuf,
    /// Copy this environment, or `all` [default: each environment whose vault is not empty]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// Print the steps; change nothing
    #[arg(long, short = 'n', visible_short_alias = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}
