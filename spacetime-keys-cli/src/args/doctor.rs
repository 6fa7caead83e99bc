//! `doctor` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args as ClapArgs};

use crate::http;

#[derive(ClapArgs)]
#[command(group(ArgGroup::new("asked").args(["server", "logs"]).required(true).multiple(true)))]
pub(crate) struct Doctor {
    /// The server's URL; not needed with --logs
    #[arg(long, value_name = "URL", value_parser = server_url)]
    pub(crate) server: Option<String>,
    /// The database that would be published: its name, or its identity
    #[arg(long, value_name = "NAME", requires = "server", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Option<String>,
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// The folder that the server mounts its keys from [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The environment whose keys this host mounts [default: the one whose vault knows them]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The log of the server, or of compose, to look for past publishes in; `-` is standard input.
    /// Alone, or beside --server
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Option<PathBuf>,
    /// How long asking may take in all; no request takes longer than half of it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
    /// How the server is restarted, for the steps
    #[arg(long, value_name = "COMMAND", default_value = "docker compose restart", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) restart: String,
}

/// A URL whose paths begin with `/v1/`. Slashes at its end are cut off.
fn server_url(text: &str) -> Result<String, &'static str> {
    let url = text.trim_end_matches('/');
    let uri: ureq::http::Uri = url.parse().map_err(|_| "a URL")?;
    let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && uri.query().is_none()
        && !url.contains('#');
    if http::is_url(url) && plain {
        Ok(url.to_owned())
    } else {
        Err("http://HOST:PORT or https://HOST, without user, query or fragment")
    }
}

#[cfg(test)]
mod tests {
    use super::server_url;

    #[test]
    fn urls_of_servers() {
        for url in ["http://localhost:3000", "https://db.example.com/base", "http://[::1]:3000/"] {
            assert_eq!(server_url(url).as_deref(), Ok(url.trim_end_matches('/')));
        }
        for bad in [
            "",
            "localhost:3000",
            "ftp://a",
            "http://",
            "http://me:pass@a",
            "http://a/?x",
            "http://a/#x",
        ] {
            assert!(server_url(bad).is_err(), "{bad}");
        }
    }
}
