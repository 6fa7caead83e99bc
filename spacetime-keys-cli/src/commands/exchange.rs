//! `exchange`: players' old tokens are honoured for a while.

use serde_json::json;
use spacetime_keys_core::doctor::{Servers, Source};
use spacetime_keys_rotation::host;

use super::Answer;
use crate::args;
use crate::config::Config;
use crate::exchange::{self, Server, Shared};
use crate::failure::Failure;
use crate::output::Output;
use crate::{doctor, http};

pub(super) fn run(
    args: &args::Exchange,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let files = config.host_files(None, args.keys_dir.as_deref())?;
    match args.keys_dir {
        Some(_) => host::require(&files.paths.mounted_keys_dir, Some("--keys-dir"))?,
        None => files.require_keys()?,
    }
    let url = server(args, config, &doctor::servers(&files.paths.cli_toml))?;
    let (listener, address) = exchange::bind(args.listen)?;
    if !address.ip().to_canonical().is_loopback() {
        output.warn(&format!(
            "{address} can be reached from other machines: whoever has an old token can exchange it there, and read /metrics; let a firewall or a container's network keep all but the proxy away"
        ));
    }
    let report = json!({ "listening": address, "server": http::without_user(&url) });
    let shared = Shared::new(files.paths.mounted_keys_dir, Server::new(url, output), output);
    let begin = || {
        output.result(&report, || format!("listening on http://{address}\n"));
        // Whoever started it waits for that line.
        output.finish()
    };
    exchange::serve(listener, &shared, output, begin)?;
    Ok(Answer::Yes)
}

/// The server's URL: the argument's, else the configuration's.
fn server(args: &args::Exchange, config: &Config, servers: &Servers) -> Result<String, Failure> {
    let configured = config.defaults().server;
    let (name, source) = match (&args.server, &configured) {
        (Some(name), _) => (name, Source::Argument),
        (None, Some(name)) => (name, Source::Configuration),
        (None, None) => {
            return Err(Failure::usage(
                "no server is named",
                "name the one that the proxy leads to: `--server http://HOST:PORT`, or [host] server of the configuration",
            ));
        }
    };
    servers.url(name).map_err(|error| doctor::no_url(source, error, servers))
}
