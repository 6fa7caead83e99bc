//! `exchange` as it is typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::values::Wanted;

#[derive(ClapArgs)]
pub(crate) struct Exchange {
    /// The server behind the proxy: a URL, `HOST:PORT`, or a nickname of cli.toml [default: the
    /// configuration's]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The address and port to listen on; only the proxy should reach it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3010", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The folder that the server mounts its keys from, with retired-keys.json in it [default: the
    /// configuration's]
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
}

fn address(text: &str) -> Result<SocketAddr, Wanted> {
    text.parse().map_err(|_| Wanted("an address and a port, such as 127.0.0.1:3010"))
}
