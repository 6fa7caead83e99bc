//! The owner of a database: named to `token recover`, or asked of a server.

use std::time::Duration;

use spacetime_keys_core::doctor::{CliTomlSeen, DatabaseAnswer, Reply};
use spacetime_keys_core::{Error, Identity};
use spacetime_keys_rotation::Paths;

use crate::args::Recover;
use crate::config::Config;
use crate::doctor::{self, Client};
use crate::failure::Failure;
use crate::output::Output;

/// The time limit for a server's answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The identity that was named, or that of the database's owner. The server is asked without a token.
pub(super) fn owner(
    args: &Recover,
    config: &Config,
    paths: &Paths,
    output: &Output,
) -> Result<Identity, Failure> {
    if let Some(identity) = args.identity {
        return Ok(identity);
    }
    let defaults = config.defaults();
    let database = args.database.as_ref().or(defaults.database.as_ref()).ok_or_else(nobody)?;
    let servers = doctor::servers(&paths.cli_toml);
    let url = doctor::server_url(args.server.as_deref(), defaults.server.as_deref(), &servers)?;
    let url = url.ok_or_else(nobody)?;
    let seen = doctor::with_sign("an answer of the server", output, || {
        // No token is sent: what is there is not the owner's.
        let client = Client::new(&url, TIMEOUT, false, output);
        let mut seen = doctor::look(&url, &client)?;
        seen.look_for(&client, &CliTomlSeen::default(), None, Some(database));
        Ok::<_, Failure>(seen)
    })?;
    match seen.database {
        Reply::Is(DatabaseAnswer::OwnedBy(owner)) => Ok(owner),
        _ => Err(Failure::from(Error::OwnerUnknown).prefix(url)),
    }
}

fn nobody() -> Failure {
    Failure::usage(
        "whose token is lost? nothing says it",
        "--identity HEX, or --server URL and --database NAME for the owner of a database; --list shows whom there is",
    )
}
