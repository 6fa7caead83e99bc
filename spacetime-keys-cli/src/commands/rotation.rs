//! `rotate`, `resume`, `rollback`, `sync`.

use spacetime_keys_core::fleet::{Environment, Operation, Request};
use spacetime_keys_rotation::{self as engine, Job, Outcome};

use super::Answer;
use super::restarting::Restart;
use crate::args::{self, HostFiles, HostOptions};
use crate::config::Config;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;
use crate::rotation_report::{self, Report};

pub(super) fn rotate(
    config: &Config,
    args: &args::Rotate,
    output: &Output,
) -> Result<Answer, Failure> {
    if args.compromised && args.honor_old_tokens.is_some_and(|seconds| seconds > 0) {
        return Err(Failure::usage(
            "what a key has signed that has leaked is not honoured",
            "leave --honor-old-tokens out; or say --honor-old-tokens 0, which ends it for all earlier pairs, too",
        ));
    }
    let name = config.environment_name(args.env.as_deref())?;
    let (environments, host) = config.settings.rotated(&name)?;
    let named = args.host_env.as_deref();
    let mut job = job(config, Operation::Rotate, environments, host, named, &args.host)?;
    job.request.adopt_mounted = args.adopt_mounted;
    job.request.replace_lost_key = args.replace_lost_key;
    job.request.honor_old_tokens = args.honor_old_tokens;
    job.request.compromised = args.compromised;
    run(config, &job, (&args.host, args.rollback_on_failure), output)
}

pub(super) fn resume(
    config: &Config,
    args: &args::Resume,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment =
        args.env.as_deref().map(|name| config.settings.environment(name)).transpose()?;
    let environments = environment.iter().cloned().collect();
    let named = args.host_env.as_deref();
    let job = job(config, Operation::Resume, environments, environment, named, &args.host)?;
    run(config, &job, (&args.host, false), output)
}

pub(super) fn rollback(
    config: &Config,
    args: &args::Rollback,
    output: &Output,
) -> Result<Answer, Failure> {
    let name = config.environment(args.env.as_deref())?;
    let (environments, host) = config.settings.rotated(name.as_str())?;
    let named = args.host_env.as_deref();
    let job = job(config, Operation::Rollback, environments, host, named, &args.host)?;
    run(config, &job, (&args.host, false), output)
}

pub(super) fn sync(config: &Config, args: &args::Sync, output: &Output) -> Result<Answer, Failure> {
    let environment = config.environment(args.env.as_deref())?;
    let (environments, host) = (vec![environment.clone()], Some(environment));
    let job = job(config, Operation::Sync, environments, host, None, &args.host)?;
    run(config, &job, (&args.host, false), output)
}

/// `host` is what this host mounts, unless an environment is `named` for that.
fn job(
    config: &Config,
    operation: Operation,
    environments: Vec<Environment>,
    host: Option<Environment>,
    named: Option<&str>,
    options: &HostOptions,
) -> Result<Job, Failure> {
    let named = named.map(|name| config.settings.environment(name)).transpose()?;
    let request = Request {
        environments,
        host_is_named: named.is_some(),
        host: named.or(host),
        sync_mounted: !options.no_sync_mounted_keys,
        preserve_publisher: !options.no_preserve_publisher_token,
        expect_identity: options.trust.expect_identity,
        allow_unverified: options.trust.allow_unverified,
        allow_external_issuer: options.trust.allow_external_issuer,
        ..Request::new(operation)
    };
    let HostFiles { cli_toml, keys_dir } = &options.files;
    let files = config.host_files(cli_toml.as_deref(), keys_dir.as_deref())?;
    if !options.no_sync_mounted_keys {
        files.require_keys()?;
    }
    if !options.no_preserve_publisher_token {
        files.require_cli_toml()?;
    }
    let paths = files.paths;
    Ok(Job { request, paths, dry_run: options.dry_run, ask: !options.yes })
}

/// Does the job; then the server is restarted, where somebody asked for that, and where a restart fails
/// (`rolls_back`), the pair before is brought back.
fn run(
    config: &Config,
    job: &Job,
    (options, rolls_back): (&HostOptions, bool),
    output: &Output,
) -> Result<Answer, Failure> {
    let restart = Restart::wanted(config, job, &options.restart, rolls_back, output)?;
    here::say(config, &job.paths, output);
    let opened = Opened::new(config, output)?;
    let (site, watcher) = (&opened.site(), &opened.watcher);
    let outcome = engine::run(site, job).map_err(|failure| watcher.words(failure))?;
    let mut report = match &outcome {
        Outcome::NothingToResume => {
            let text = "no run was interrupted; name an environment (--env E) to mend its group";
            output.result(&rotation_report::nothing(text), || format!("{text}\n"));
            return Ok(Answer::Yes);
        }
        Outcome::Planned(planned) => {
            watcher.tell(planned);
            let mut report = Report::planned(planned);
            report.next.extend(restart.iter().map(Restart::plan));
            report
        }
        Outcome::Done(planned, done) => Report::done(planned, done, restart.is_some()),
    };
    if let (Outcome::Done(planned, done), Some(restart)) = (&outcome, &restart) {
        restart.follow(site, (planned, done), &mut report);
    }
    output.result(&report, || if output.is_quiet() { report.verdict() } else { report.to_text() });
    Ok(report.is_well().into())
}
