//! `promote accept`: the gates.

use std::convert::Infallible;
use std::path::Path;

use serde_json::json;
use spacetime_keys_core::doctor::Places;
use spacetime_keys_core::promotion::{Database, Passport};
use spacetime_keys_rotation::Paths;
use spacetime_keys_rotation::promotion::{self, Acceptance};

use super::gates;
use crate::args;
use crate::commands::Answer;
use crate::config::Config;
use crate::doctor::{self, Client, Waiting};
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::{BAD, GOOD, Output, styled};
use crate::wrap::width_of_stdout;

pub(super) fn run(
    args: &args::Accept,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let passport = super::read(&args.passport)?;
    let databases = databases(args, &passport)?;
    let files =
        config.host_files(args.files.cli_toml.as_deref(), args.files.keys_dir.as_deref())?;
    let paths = &files.paths;
    let url = super::server(&args.asked, config, &paths.cli_toml)?;
    here::say(config, paths, output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let client = || Client::new(&url, args.asked.timeout, args.asked.plain_http, output);
    if let Some(time) = args.wait {
        // Whatever is still wrong then is a gate.
        let ask = |_| Ok::<_, Infallible>(doctor::look(&url, &client()));
        let _ = Waiting::new(time, "an answer of the server", output).until(ask, Result::is_ok);
    }
    let client = client();
    let acceptance = Acceptance {
        passport: &passport,
        paths,
        server: &client,
        data: args.data.as_deref(),
        databases,
        counts: &args.count,
        places: places(config, paths, &url),
    };
    let gates = doctor::with_sign("the gates", output, || promotion::accept(&site, &acceptance))?;
    let ok = gates.iter().all(|gate| gate.ok);
    output.result(&json!({ "ok": ok, "gates": gates }), || {
        let verdict = if ok { styled(GOOD, "accepted") } else { styled(BAD, "not accepted") };
        if output.is_quiet() {
            return verdict + "\n";
        }
        format!("{}{verdict}\n", gates::to_text(&gates, width_of_stdout()))
    });
    Ok(ok.into())
}

/// The databases that are named, else all.
fn databases<'a>(
    args: &args::Accept,
    passport: &'a Passport,
) -> Result<Vec<&'a Database>, Failure> {
    if args.database.is_empty() {
        return Ok(passport.databases.iter().collect());
    }
    let find = |name: &String| {
        passport.database(name).ok_or_else(|| {
            Failure::usage("--database: the passport has no such database", "leave it out for all")
        })
    };
    args.database.iter().map(find).collect()
}

/// Names for the commands of a diagnosis.
fn places(config: &Config, paths: &Paths, url: &str) -> Places {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Places {
        cli_toml: text(&paths.cli_toml),
        keys_dir: text(&paths.mounted_keys_dir),
        are_configured: false,
        config: None,
        environment: config.settings.host.clone(),
        likely: config.settings.likely_host(),
        server: Some(url.to_owned()),
        restart: config.defaults().restart.unwrap_or_default(),
    }
}
