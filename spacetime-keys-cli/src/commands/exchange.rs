//! `exchange`: players' old tokens are honoured for a while.

use serde_json::json;
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
    let servers = doctor::servers(&files.paths.cli_toml);
    let configured = config.defaults().server;
    let url = doctor::server_url(args.server.as_deref(), configured.as_deref(), &servers)?;
    let url = url.ok_or_else(|| {
        Failure::usage(
            "no server is named",
            "name the one that the proxy leads to: `--server http://HOST:PORT`, or [host] server of the configuration",
        )
    })?;
    let (listener, address) = exchange::bind(args.listen)?;
    if !address.ip().to_canonical().is_loopback() {
        output.warn(&format!(
            "{address} can be reached from other machines: anyone with an old token can exchange it there, and anyone can read /metrics. Use a firewall or a container's network, so that only the proxy reaches it"
        ));
    }
    let report = json!({ "listening": address, "server": http::without_user(&url) });
    let shared = Shared::new(files.paths.mounted_keys_dir, Server::new(url, output), output);
    let begin = || {
        output.result(&report, || format!("listening on http://{address}\n"));
        // The program that started it waits for that line.
        output.finish()
    };
    exchange::serve(listener, &shared, output, begin)?;
    Ok(Answer::Yes)
}
