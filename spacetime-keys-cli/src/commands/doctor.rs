//! `doctor`: what a publish would answer, and why; with `--fix`, what cures it, done.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use spacetime_keys_core::doctor::{
    Ask, Asked, Diagnosis, LogSeen, Observations, Outcome, Places, diagnose,
};
use spacetime_keys_rotation::{Look, Site, observe, store};

use super::Answer;
use crate::args::{self, Global};
use crate::config::Config;
use crate::doctor::{self, Client, Fixed, Subject, Waiting};
use crate::failure::Failure;
use crate::here;
use crate::output::Output;
use crate::watcher::Watcher;
use crate::wrap::width_of_stdout;

/// How long a server that was restarted may take to answer.
const RESTART: Duration = Duration::from_mins(1);
const WAITED_FOR: &str = "an answer of the server";
/// How often a server that does not answer is asked.
const PAUSE: Duration = Duration::from_secs(1);

/// The diagnosis, and what it is about.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    asked: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a [Fixed]>,
}

/// What is looked at, as often as it is.
struct Doctor<'a> {
    args: &'a args::Doctor,
    site: &'a Site<'a>,
    subject: &'a Subject,
    places: Places,
    output: &'a Output,
}

pub(super) fn run(
    args: &args::Doctor,
    global: &Global,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let defaults = &config.defaults();
    let subject = Subject::find(args, config, defaults)?;
    if subject.asked.server.is_some() {
        here::say(config, &subject.paths, output);
    }
    subject.say(args, output);
    let watcher = Arc::new(Watcher::new(output));
    let store = store::open(&config.store, &(Arc::clone(&watcher) as _))?;
    let site = Site::new(&config.settings, &*store, &*watcher);
    let places = subject.places(args, config, global.config.as_deref(), defaults);
    let restarts = !places.restart.trim().is_empty();
    let doctor = Doctor { args, site: &site, subject: &subject, places, output };

    let log = args.logs.as_deref().map(|path| doctor::read(path, args.wait, output)).transpose()?;
    let mut diagnosis = diagnose(&doctor.look(log, args.wait)?);
    let mut fixed = None;
    if args.fix {
        let taken = if diagnosis.ok {
            Vec::new()
        } else {
            let told = (&*watcher, output);
            doctor::fix(&site, &subject.paths, &diagnosis, restarts, args.yes, told)?
        };
        if !taken.is_empty() {
            let restarted = taken.iter().any(|step| step.is_restart).then_some(RESTART);
            // What the log says was before.
            let log = log.filter(|_| subject.asked.server.is_none());
            diagnosis = diagnose(&doctor.look(log, args.wait.or(restarted))?);
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

impl Doctor<'_> {
    /// Looks at everything; for as long as it may, again and again until the server answers.
    fn look(&self, log: Option<LogSeen>, wait: Option<Duration>) -> Result<Observations, Failure> {
        let mut waiting = Waiting::new(wait.unwrap_or_default(), WAITED_FOR, self.output);
        loop {
            let timeout = wait
                .map_or(self.args.timeout, |_| self.args.timeout.min(waiting.left().max(PAUSE)));
            let seen = Observations { log, ..self.look_once(timeout)? };
            let unreached = seen.server.unreached().is_some()
                && diagnose(&seen).outcome == Some(Outcome::Unreachable);
            if !unreached || waiting.left().is_zero() {
                return Ok(seen);
            }
            waiting.sign();
            std::thread::sleep(PAUSE.min(waiting.left()));
        }
    }

    fn look_once(&self, timeout: Duration) -> Result<Observations, Failure> {
        let Asked { server, database } = &self.subject.asked;
        let client = server
            .as_ref()
            .map(|(url, _)| Client::new(url, timeout, self.args.plain_http, self.output));
        let look = Look {
            paths: &self.subject.paths,
            keys_are_named: self.args.keys_dir.is_some(),
            server: client.as_ref().map(|client| client as &dyn Ask),
            database: database.as_ref().map(|(name, _)| name.as_str()),
        };
        let seen = doctor::with_sign(WAITED_FOR, self.output, || {
            observe(self.site, &look, self.places.clone())
        })?;
        Ok(Observations { project: self.subject.project.clone(), ..seen })
    }
}
