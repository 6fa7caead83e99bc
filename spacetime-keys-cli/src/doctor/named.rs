//! Servers by their names.

use std::path::Path;

use spacetime_keys_core::Error;
use spacetime_keys_core::doctor::{Foreign, ServerSeen, Servers, Source, Unreached};
use spacetime_keys_core::printable::visible;

use super::Client;
use crate::failure::Failure;
use crate::files;

/// The servers that a `cli.toml` knows. One that cannot be read knows none.
pub(crate) fn servers(cli_toml: &Path) -> Servers {
    let content = files::read(cli_toml);
    Servers::of(content.as_ref().map_or(Some(&[]), |content| content.as_deref().map(Vec::as_slice)))
}

/// The URL of the server that an argument names, else the configuration; `None`: neither does.
pub(crate) fn server_url(
    argument: Option<&str>,
    configured: Option<&str>,
    servers: &Servers,
) -> Result<Option<String>, Failure> {
    let argument = argument.map(|name| (name, Source::Argument));
    let named = argument.or(configured.map(|name| (name, Source::Configuration)));
    let url = |(name, source)| servers.url(name).map_err(|error| no_url(source, error, servers));
    named.map(url).transpose()
}

/// A server's version and key. Fails where none answers, or something else does.
pub(crate) fn look(url: &str, client: &Client<'_>) -> Result<ServerSeen, Failure> {
    let seen = ServerSeen::look(client);
    if let Some(other) = seen.health.foreign() {
        return Err(foreign(url, other));
    }
    match seen.health.unreached() {
        Some(why) => Err(unreached(url, why)),
        None => Ok(seen),
    }
}

/// Why a server's answer is none of a SpacetimeDB server.
pub(crate) fn foreign(url: &str, foreign: Foreign) -> Failure {
    let failure = Failure::from(Error::ServerUnreached);
    failure.with_message(format!("{url}: {foreign}")).with_hint(foreign.advice(url).to_string())
}

/// Why there is no answer.
pub(crate) fn unreached(url: &str, why: Unreached) -> Failure {
    let failure = Failure::from(Error::ServerUnreached);
    failure.with_message(format!("{url}: {why}")).with_hint(why.advice().to_string())
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
