//! `--restart`: the server takes up what a run has mounted, and is asked whether it did.

use std::convert::Infallible;
use std::time::Duration;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::doctor::{ServerSeen, Serves, diagnose};
use spacetime_keys_core::fleet::{Operation, Request};
use spacetime_keys_rotation::{self as engine, Done, Job, Outcome, Planned, Site, restart};

use crate::args::RestartOptions;
use crate::config::Config;
use crate::core_dumps;
use crate::doctor::{Inquiry, Subject, Waiting, Wanted};
use crate::failure::Failure;
use crate::output::Output;
use crate::rotation_report::{Report, RolledBack, ServerReport};

/// The default time for a restarted server to answer.
const WAIT: Duration = Duration::from_mins(1);
/// The time limit of one look at a server.
const TIMEOUT: Duration = Duration::from_secs(10);
const WAITED_FOR: &str = "the server with the mounted key";

/// The server of this host, as a run restarts it.
pub(super) struct Restart<'a> {
    command: String,
    wait: Duration,
    rolls_back: bool,
    subject: Subject,
    config: &'a Config,
    output: &'a Output,
}

impl<'a> Restart<'a> {
    /// What was asked for, if anything. Nothing has been changed yet.
    pub(super) fn wanted(
        config: &'a Config,
        job: &Job,
        options: &RestartOptions,
        rolls_back: bool,
        output: &'a Output,
    ) -> Result<Option<Self>, Failure> {
        let Some(command) = &options.restart else { return Ok(None) };
        let defaults = config.defaults();
        let mut commands = [Some(command), defaults.restart.as_ref()].into_iter().flatten();
        let command = commands.find(|command| !command.trim().is_empty()).ok_or_else(|| {
            Failure::usage(
                "it is not known how to restart the server",
                "name the command: `--restart COMMAND`, or `[host] restart` in spacetime-keys.toml",
            )
        })?;
        let wanted = Wanted {
            cli_toml: Some(&job.paths.cli_toml),
            keys_dir: Some(&job.paths.mounted_keys_dir),
            ..Wanted::default()
        };
        Ok(Some(Self {
            command: command.clone(),
            wait: options.wait.unwrap_or(WAIT),
            rolls_back,
            subject: Subject::find(&wanted, config, &defaults)?,
            config,
            output,
        }))
    }

    /// The plan, in one sentence.
    pub(super) fn plan(&self) -> String {
        let (command, url, wait) =
            (&self.command, self.url(), humantime::format_duration(self.wait));
        format!(
            "Then `{command}` restarts the server, and {url} is asked for up to {wait} whether it has the mounted key."
        )
    }

    fn url(&self) -> &str {
        self.subject.asked.server.as_ref().map_or("", |(url, _)| url)
    }

    /// Restarts the server, unless it has the mounted key already, and asks it. Where it does not come
    /// up with that key and somebody has said so, the pair before is brought back, and the server is
    /// restarted once more.
    pub(super) fn follow(&self, site: &Site<'_>, ran: (&Planned, &Done), report: &mut Report) {
        let (planned, done) = ran;
        let Some(server) = self.restart(site, planned, done) else {
            self.output.warn("this run has left this host to another one: no server was restarted");
            return;
        };
        let is_up = server.serves_mounted();
        report.server = Some(server);
        if is_up {
            return;
        }
        if self.rolls_back {
            self.output
                .warn("the server did not start with the new key: going back to the previous pair");
            report.rolled_back = Some(self.roll_back(site, planned));
        } else {
            report.next.insert(0, way_back(planned));
        }
    }

    fn restart(&self, site: &Site<'_>, planned: &Planned, done: &Done) -> Option<ServerReport> {
        let (_, target) = planned.plan.host.as_ref()?;
        let mounted = *done.pairs.get(*target)?;
        let inquiry = Inquiry {
            site,
            subject: &self.subject,
            places: self.subject.places(Some(&self.command), self.config, None),
            keys_are_named: true,
            timeout: TIMEOUT,
            plain_http: false,
            output: self.output,
        };
        let mut report = ServerReport::new(self.url(), mounted);
        let mut seen = inquiry.server(TIMEOUT);
        if seen.serves(mounted) != Serves::Mounted {
            self.output.note(&format!("restarting the server: {}", self.command));
            report.restarted = true;
            match core_dumps::for_others(|| restart(&self.command)) {
                Ok(()) => seen = self.wait_for(&inquiry, mounted),
                // It may run all the same, or not any more.
                Err(failure) => {
                    report.failed = Some(Failure::from(failure).message);
                    seen = inquiry.server(TIMEOUT);
                }
            }
        }
        report.saw(&seen);
        if report.serves_mounted() && planned.request.preserve_publisher {
            foretell(&inquiry, &mut report);
        }
        Some(report)
    }

    /// Asks again and again until the server has the key, as long as it may.
    fn wait_for(&self, inquiry: &Inquiry<'_>, mounted: Fingerprint) -> ServerSeen {
        let has_key = |seen: &ServerSeen| seen.serves(mounted) == Serves::Mounted;
        let ask = |left: Duration| Ok::<_, Infallible>(inquiry.server(TIMEOUT.min(left)));
        let Ok(seen) = Waiting::new(self.wait, WAITED_FOR, self.output).until(ask, has_key);
        seen
    }

    fn roll_back(&self, site: &Site<'_>, planned: &Planned) -> RolledBack {
        let Request { environments, host, host_is_named, preserve_publisher, .. } =
            &planned.request;
        let request = Request {
            environments: environments.clone(),
            host: host.clone(),
            host_is_named: *host_is_named,
            preserve_publisher: *preserve_publisher,
            ..Request::new(Operation::Rollback)
        };
        let paths = planned.paths.clone();
        let job = Job { request, paths, dry_run: false, ask: false };
        match engine::run(site, &job) {
            Ok(Outcome::Done(planned, done)) => {
                let mut report = Report::done(&planned, &done, true);
                report.server = self.restart(site, &planned, &done);
                RolledBack::Done(Box::new(report))
            }
            Ok(_) => RolledBack::of(&Failure::bug("a rollback that is to be done was not done")),
            Err(failure) => RolledBack::of(&failure.into()),
        }
    }
}

/// The answer that a publish would get now: the last proof, if there is a token to publish with.
fn foretell(inquiry: &Inquiry<'_>, report: &mut ServerReport) {
    match inquiry.look(None, None) {
        Ok(seen) if seen.identity().is_some() => report.foretold(&diagnose(&seen)),
        Ok(_) => {}
        Err(failure) => report.failed = Some(failure.message),
    }
}

/// The next step if the server did not start with the mounted key.
fn way_back(planned: &Planned) -> String {
    let look = "Look at the server's log; `spacetime-keys doctor` says what is wrong.";
    let request = &planned.request;
    let environment = request.host.as_ref().or(request.environments.first());
    let had_pair = planned.previous.iter().any(Option::is_some);
    match environment {
        // Nobody goes back to a pair that has leaked.
        Some(environment)
            if request.operation == Operation::Rotate && !request.compromised && had_pair =>
        {
            format!(
                "{look} `spacetime-keys rollback --env {environment} --restart` returns to the previous pair."
            )
        }
        _ => look.to_owned(),
    }
}
