//! `exchange` as it is typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(ClapArgs)]
pub(crate) struct Exchange {
    /// The server that it stands in front of: a URL, `HOST:PORT`, or a nickname that cli.toml has
    /// [default: the configuration's]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The address and port to listen on: let nobody but the proxy reach it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3010")]
    pub(crate) listen: SocketAddr,
    /// The folder that the server mounts its keys from, with retired-keys.json in it [default: the
    /// configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
}
