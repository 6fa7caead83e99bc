//! `doctor`: what a publish would answer, and why; with `--fix`, what cures it, done.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use spacetime_keys_core::doctor::{Diagnosis, diagnose};

use super::Answer;
use crate::args::{self, Global};
use crate::config::Config;
use crate::doctor::{self, Fixed, Inquiry, Subject, Wanted};
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;
use crate::wrap::width_of_stdout;

/// The time limit for the answer of a restarted server.
const RESTART: Duration = Duration::from_mins(1);

/// The diagnosis, and what it is about.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    asked: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a [Fixed]>,
}

pub(super) fn run(
    args: &args::Doctor,
    global: &Global,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let defaults = &config.defaults();
    let subject = Subject::find(&Wanted::from(args), config, defaults)?;
    if subject.asked.server.is_some() {
        here::say(config, &subject.paths, output);
    }
    subject.say(output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let restart = args.restart.as_ref().or(defaults.restart.as_ref());
    let places = subject.places(restart, config, global.config.as_deref());
    let restarts = !places.restart.trim().is_empty();
    let inquiry = Inquiry {
        site: &site,
        subject: &subject,
        places,
        keys_are_named: args.keys_dir.is_some(),
        timeout: args.timeout,
        plain_http: args.plain_http,
        output,
    };

    let log = args.logs.as_deref().map(|path| doctor::read(path, args.wait, output)).transpose()?;
    let mut diagnosis = diagnose(&inquiry.look(log, args.wait)?);
    let mut fixed = None;
    if args.fix {
        let taken = if diagnosis.ok {
            Vec::new()
        } else {
            let told = (&*opened.watcher, output);
            doctor::fix(&site, &subject.paths, &diagnosis, restarts, args.yes, told)?
        };
        if !taken.is_empty() {
            let restarted = taken.iter().any(|step| step.is_restart).then_some(RESTART);
            // What the log says was before.
            let log = log.filter(|_| subject.asked.server.is_none());
            diagnosis = diagnose(&inquiry.look(log, args.wait.or(restarted))?);
        }
        fixed = Some(taken);
    }
    let report =
        Report { diagnosis: &diagnosis, asked: subject.to_json(), fixed: fixed.as_deref() };
    output.result(&report, || {
        if output.is_quiet() {
            format!("{}\n", diagnosis.verdict)
        } else {
            doctor::to_text(&diagnosis, width_of_stdout())
        }
    });
    Ok(diagnosis.ok.into())
}
