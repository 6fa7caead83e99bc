//! `rotate`, `resume`, `rollback`, `sync`.

use std::sync::Arc;

use spacetime_keys_core::fleet::{Environment, Operation, Request};
use spacetime_keys_rotation::store;
use spacetime_keys_rotation::{self as engine, Job, Outcome, Paths, Site};

use super::Answer;
use crate::args::{self, HostFiles, HostOptions};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;
use crate::rotation_report::{self, Report};
use crate::watcher::Watcher;

/// The environment whose keys a host mounts when every group is rotated.
pub(super) const DEFAULT_HOST: &str = "local";

pub(super) fn rotate(
    config: &Config,
    args: &args::Rotate,
    output: &Output,
) -> Result<Answer, Failure> {
    let (environments, host) = if args.env == Environment::ALL {
        (config.settings.names(), config.settings.environment(DEFAULT_HOST).ok())
    } else {
        let environment = config.settings.environment(&args.env)?;
        (vec![environment.clone()], Some(environment))
    };
    let host = host_environment(config, args.host_env.as_deref(), host)?;
    let mut job = job(config, Operation::Rotate, environments, host, &args.host);
    job.request.host_is_named = args.host_env.is_some();
    job.request.adopt_mounted = args.adopt_mounted;
    job.request.replace_lost_key = args.replace_lost_key;
    run(config, &job, output)
}

pub(super) fn resume(
    config: &Config,
    args: &args::Resume,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment =
        args.env.as_deref().map(|name| config.settings.environment(name)).transpose()?;
    let host = host_environment(config, args.host_env.as_deref(), environment.clone())?;
    let environments = environment.into_iter().collect();
    let mut job = job(config, Operation::Resume, environments, host, &args.host);
    job.request.host_is_named = args.host_env.is_some();
    run(config, &job, output)
}

pub(super) fn rollback(
    config: &Config,
    args: &args::Rollback,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = config.settings.environment(&args.env)?;
    let host = host_environment(config, args.host_env.as_deref(), Some(environment.clone()))?;
    let mut job = job(config, Operation::Rollback, vec![environment], host, &args.host);
    job.request.host_is_named = args.host_env.is_some();
    run(config, &job, output)
}

pub(super) fn sync(config: &Config, args: &args::Sync, output: &Output) -> Result<Answer, Failure> {
    let environment = config.settings.environment(&args.env)?;
    let host = Some(environment.clone());
    run(config, &job(config, Operation::Sync, vec![environment], host, &args.host), output)
}

fn host_environment(
    config: &Config,
    named: Option<&str>,
    default: Option<Environment>,
) -> Result<Option<Environment>, Failure> {
    match named {
        Some(name) => Ok(Some(config.settings.environment(name)?)),
        None => Ok(default),
    }
}

pub(super) fn paths(config: &Config, files: &HostFiles) -> Paths {
    let or = |given: &Option<_>, default: &std::path::PathBuf| {
        given.clone().unwrap_or_else(|| default.clone())
    };
    Paths {
        mounted_keys_dir: or(&files.mounted_keys_dir, &config.mounted_keys_dir),
        cli_toml: or(&files.cli_toml, &config.cli_toml),
    }
}

fn job(
    config: &Config,
    operation: Operation,
    environments: Vec<Environment>,
    host: Option<Environment>,
    options: &HostOptions,
) -> Job {
    let request = Request {
        environments,
        host,
        sync_mounted: !options.no_sync_mounted_keys,
        preserve_publisher: !options.no_preserve_publisher_token,
        expect_identity: options.trust.expect_identity,
        allow_unverified: options.trust.allow_unverified,
        allow_external_issuer: options.trust.allow_external_issuer,
        ..Request::new(operation)
    };
    Job {
        request,
        paths: paths(config, &options.files),
        dry_run: options.dry_run,
        ask: !options.yes,
    }
}

fn run(config: &Config, job: &Job, output: &Output) -> Result<Answer, Failure> {
    let watcher = Arc::new(Watcher::new(output));
    let store = store::open(&config.store, &(Arc::clone(&watcher) as _))?;
    let site = Site::new(&config.settings, &*store, &*watcher);
    match engine::run(&site, job).map_err(|failure| watcher.words(failure))? {
        Outcome::NothingToResume => {
            let text = "no run was interrupted; name an environment (--env E) to mend its group";
            output.result(&rotation_report::nothing(text), || format!("{text}\n"));
        }
        Outcome::Planned(planned) => show(&Report::planned(&planned), output),
        Outcome::Done(planned, done) => show(&Report::done(&planned, &done), output),
    }
    Ok(Answer::Yes)
}

fn show(report: &Report, output: &Output) {
    output.result(report, || report.to_text());
}
