//! `rotate`, `resume`, `rollback`, `sync`.

use spacetime_keys_core::fleet::{Environment, Operation};

use super::Answer;
use crate::args::{self, HostFiles, HostOptions};
use crate::config::Config;
use crate::failure::Failure;
use crate::host::Paths;
use crate::output::Output;
use crate::rotation::{self, Site, Wish};
use crate::store;

/// The environment whose keys a host mounts when every group is rotated.
pub(super) const DEFAULT_HOST: &str = "local";

pub(super) fn rotate(
    config: &Config,
    args: &args::Rotate,
    output: &Output,
) -> Result<Answer, Failure> {
    let (environments, host) = if args.env == Environment::ALL {
        (config.names(), config.environment(DEFAULT_HOST).ok())
    } else {
        let environment = config.environment(&args.env)?;
        (vec![environment.clone()], Some(environment))
    };
    let host = host_environment(config, args.host_env.as_deref(), host)?;
    let wish = wish(config, Operation::Rotate, environments, host, &args.host);
    let (adopt_mounted, replace_lost_key) = (args.adopt_mounted, args.replace_lost_key);
    run(config, &Wish { adopt_mounted, replace_lost_key, ..wish }, output)
}

pub(super) fn resume(
    config: &Config,
    args: &args::Resume,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = args.env.as_deref().map(|name| config.environment(name)).transpose()?;
    let host = host_environment(config, args.host_env.as_deref(), environment.clone())?;
    let environments = environment.into_iter().collect();
    run(config, &wish(config, Operation::Resume, environments, host, &args.host), output)
}

pub(super) fn rollback(
    config: &Config,
    args: &args::Rollback,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = config.environment(&args.env)?;
    let host = host_environment(config, args.host_env.as_deref(), Some(environment.clone()))?;
    run(config, &wish(config, Operation::Rollback, vec![environment], host, &args.host), output)
}

pub(super) fn sync(config: &Config, args: &args::Sync, output: &Output) -> Result<Answer, Failure> {
    let environment = config.environment(&args.env)?;
    let host = Some(environment.clone());
    run(config, &wish(config, Operation::Sync, vec![environment], host, &args.host), output)
}

fn host_environment(
    config: &Config,
    named: Option<&str>,
    default: Option<Environment>,
) -> Result<Option<Environment>, Failure> {
    match named {
        Some(name) => config.environment(name).map(Some),
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

fn wish(
    config: &Config,
    operation: Operation,
    environments: Vec<Environment>,
    host: Option<Environment>,
    options: &HostOptions,
) -> Wish {
    Wish {
        operation,
        environments,
        host,
        paths: paths(config, &options.files),
        dry_run: options.dry_run,
        yes: options.yes,
        adopt_mounted: false,
        replace_lost_key: false,
        sync_mounted: !options.no_sync_mounted_keys,
        preserve_publisher: !options.no_preserve_publisher_token,
        expect_identity: options.trust.expect_identity,
        allow_unverified: options.trust.allow_unverified,
        allow_external_issuer: options.trust.allow_external_issuer,
    }
}

fn run(config: &Config, wish: &Wish, output: &Output) -> Result<Answer, Failure> {
    let store = store::open(config, output)?;
    rotation::run(&Site::new(config, &*store, output), wish)?;
    Ok(Answer::Yes)
}
