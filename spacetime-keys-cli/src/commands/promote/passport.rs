//! `promote passport`: what a source says of itself.

use serde_json::json;
use spacetime_keys_core::printable::json_document;
use spacetime_keys_rotation::promotion::{self, Subject};

use crate::args;
use crate::commands::Answer;
use crate::config::Config;
use crate::doctor::{self, Client};
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;

pub(super) fn run(
    args: &args::Passport,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = config.environment(args.env.as_deref())?;
    let files =
        config.host_files(args.files.cli_toml.as_deref(), args.files.keys_dir.as_deref())?;
    files.require_keys()?;
    files.require_cli_toml()?;
    let paths = &files.paths;
    let mut databases = args.database.clone();
    if databases.is_empty() {
        databases.extend(config.defaults().database);
    }
    if databases.is_empty() {
        let hint = "--database NAME, or [host] database in the configuration";
        return Err(Failure::usage("no database is named", hint));
    }
    let url = super::server(&args.asked, config, &paths.cli_toml)?;
    here::say(config, paths, output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let client = Client::new(&url, args.asked.timeout, args.asked.plain_http, output);
    let passport = doctor::with_sign("the server's answers", output, || {
        let seen = doctor::look(&url, &client)?;
        let subject = Subject {
            environment: &environment,
            paths,
            server: (&client, &url),
            databases: &databases,
            counts: &args.count,
        };
        Ok::<_, Failure>(promotion::passport(&site, &subject, seen)?)
    })?;
    output.result(&json!({ "passport": passport }), || {
        // For a file: what `--passport` reads.
        json_document(&passport).unwrap_or_default()
    });
    Ok(Answer::Yes)
}
