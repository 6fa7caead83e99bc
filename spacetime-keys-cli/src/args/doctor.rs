//! `doctor` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;

use super::values::time;

#[derive(ClapArgs)]
pub(crate) struct Doctor {
    /// The server: a URL, `HOST:PORT`, or a nickname of cli.toml
    ///
    /// [default: the configuration's, else that of spacetime.json, else the `default_server` of cli.toml]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The database to publish, by name or identity
    ///
    /// [default: the configuration's, else that of spacetime.json]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) database: Option<String>,
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's, else the usual places]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// The folder that the server mounts its keys from [default: the configuration's, else the usual places]
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The environment whose keys this host mounts [default: the one whose vault has them]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// Look for failed publishes in this log of the server or of compose; `-` is standard input
    ///
    /// Without --server and --database, no server is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Option<PathBuf>,
    /// The time limit for all requests; one request may take half of it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) timeout: Duration,
    /// Allow plain http to another machine: anybody on the network path can read the token
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Retry until the server answers; with --logs, read on until the log has a publish
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) wait: Option<Duration>,
    /// Carry out the steps, then ask the server again
    ///
    /// Shows the steps and asks first. Restarts the server only if --restart or the configuration says
    /// how.
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix: do not ask for confirmation
    #[arg(long, short = 'y', requires = "fix")]
    pub(crate) yes: bool,
    /// The command that restarts the server [default: the configuration's; shown as `docker compose restart`]
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) restart: Option<String>,
}
