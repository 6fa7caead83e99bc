//! `doctor` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;

use super::time;

#[derive(ClapArgs)]
pub(crate) struct Doctor {
    /// The server: a URL, `HOST:PORT`, or a nickname that cli.toml has
    ///
    /// [default: the configuration's, else that of spacetime.json, else the `default_server` of cli.toml]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The database that would be published: its name, or its identity
    ///
    /// [default: the configuration's, else that of spacetime.json]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Option<String>,
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's, else the usual places]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// The folder that the server mounts its keys from [default: the configuration's, else the usual places]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The environment whose keys this host mounts [default: the one whose vault knows them]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The log of the server, or of compose, to look for past publishes in; `-` is standard input
    ///
    /// Without --server and --database no server is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Option<PathBuf>,
    /// How long asking may take in all; no request takes longer than half of it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) timeout: Duration,
    /// Send the token by plain http to another machine, too: whoever is on the way can read it
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Ask again until the server answers; with --logs, read on until the log tells of a publish
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) wait: Option<Duration>,
    /// Take the steps, then ask the server again
    ///
    /// Shows the steps and asks first. The server is restarted only where --restart or the
    /// configuration says how.
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix: do not ask
    #[arg(long, short = 'y', requires = "fix")]
    pub(crate) yes: bool,
    /// How the server is restarted [default: the configuration's; shown as `docker compose restart`]
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) restart: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("5m", 300), ("0", 0)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "soon", "-1", "1.5"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
