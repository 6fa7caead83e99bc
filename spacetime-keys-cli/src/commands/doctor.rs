//! `doctor`: what a publish would answer, and why.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use spacetime_keys_core::doctor::{Ask, Check, Diagnosis, Observations, Places, State, diagnose};
use spacetime_keys_rotation::{Look, Site, observe, store};

use super::Answer;
use crate::args::{self, Global};
use crate::config::{Config, HostFiles};
use crate::doctor::{self, Client};
use crate::failure::Failure;
use crate::output::{BAD, BOLD, GOOD, Output, WARN, styled};
use crate::watcher::Watcher;

pub(super) fn run(
    args: &args::Doctor,
    global: &Global,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let HostFiles { paths, .. } =
        config.host_files(args.cli_toml.as_deref(), args.keys_dir.as_deref())?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let places = Places {
        cli_toml: text(&paths.cli_toml),
        keys_dir: text(&paths.mounted_keys_dir),
        are_configured: args.cli_toml.is_none() && args.keys_dir.is_none(),
        config: global.config.as_deref().map(text),
        environment: args
            .env
            .as_deref()
            .map(|name| config.settings.environment(name))
            .transpose()?,
        likely: config.settings.likely_host(),
        server: args.server.clone(),
        restart: args.restart.clone(),
    };
    let watcher = Arc::new(Watcher::new(output));
    let store = store::open(&config.store, &(Arc::clone(&watcher) as _))?;
    let site = Site::new(&config.settings, &*store, &*watcher);
    let log = args.logs.as_deref().map(doctor::read).transpose()?;
    let client = args.server.as_deref().map(|url| Client::new(url, args.timeout, output));
    let look = Look {
        paths: &paths,
        keys_are_named: args.keys_dir.is_some(),
        server: client.as_ref().map(|client| client as &dyn Ask),
        database: args.database.as_deref(),
    };
    let diagnosis = diagnose(&Observations { log, ..observe(&site, &look, places)? });
    output.result(&diagnosis, || to_text(&diagnosis));
    Ok(diagnosis.ok.into())
}

/// The verdict, the checks, the steps.
fn to_text(diagnosis: &Diagnosis) -> String {
    let style = if diagnosis.ok { GOOD } else { BAD };
    let mut text = format!("{}\n\n", styled(style, &diagnosis.verdict));
    let names: Vec<String> =
        diagnosis.checks.iter().map(|check| check.name.as_str().replace('_', " ")).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default();
    for (check, name) in diagnosis.checks.iter().zip(&names) {
        let _ = writeln!(text, "{} {name:<width$}  {}", mark(check), check.detail);
        if let Some(hint) = &check.hint {
            let _ = writeln!(text, "{:<1$}{hint}", "", 7 + width);
        }
    }
    if let (Some(identity), owned @ 1..) = (diagnosis.identity, diagnosis.owns.len()) {
        let databases = if owned == 1 { "database" } else { "databases" };
        let _ = writeln!(text, "\nwhoever loses {identity} loses {owned} {databases} here");
    }
    if !diagnosis.remedy.is_empty() {
        let _ = writeln!(text, "\n{}", styled(BOLD, "do this:"));
        for (number, command) in diagnosis.remedy.iter().enumerate() {
            let _ = writeln!(text, "  {}. {command}", number + 1);
        }
    }
    if !diagnosis.ok && !diagnosis.cures {
        let alone = if diagnosis.remedy.is_empty() {
            "no command cures"
        } else {
            "that alone does not cure"
        };
        let _ = writeln!(text, "\n{alone} this: see what is marked `no` above");
    }
    text
}

fn mark(check: &Check) -> String {
    match check.state {
        State::Good => styled(GOOD, "ok  "),
        State::Warning => styled(WARN, "warn"),
        State::Broken => styled(BAD, "no  "),
        State::Unseen => styled(WARN, "?   "),
    }
}
