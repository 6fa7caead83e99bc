//! Servers by their names.

use std::path::Path;

use spacetime_keys_core::Error;
use spacetime_keys_core::doctor::{Servers, Source};
use spacetime_keys_core::printable::visible;

use crate::failure::Failure;
use crate::files;

/// The servers that a `cli.toml` knows. One that cannot be read knows none.
pub(crate) fn servers(cli_toml: &Path) -> Servers {
    let content = files::read(cli_toml);
    Servers::of(content.as_ref().map_or(Some(&[]), |content| content.as_deref().map(Vec::as_slice)))
}

/// A name that is no server's, and who has it.
pub(crate) fn no_url(source: Source, error: Error, servers: &Servers) -> Failure {
    let place = match source {
        Source::Configuration => "[host] server",
        Source::Project => "server of spacetime.json",
        Source::DefaultServer => "default_server of cli.toml",
        _ => "--server",
    };
    let failure = Failure::from(error).prefix(place);
    if error == Error::ProjectServer {
        return failure;
    }
    let hint = format!("{}{}", failure.hint, known(servers));
    failure.with_hint(hint).into_usage()
}

/// The servers that a nickname or a host stands for.
pub(crate) fn known(servers: &Servers) -> String {
    let names: Vec<&str> = servers.names().collect();
    if names.is_empty() {
        return String::new();
    }
    format!(". Known names: {}", visible(&names.join(", ")))
}
