//! A diagnosis' remedy, carried out: each of its commands by what it is, not by what it prints.
//!
//! None of them makes another identity, and none deletes: what stands in the way is kept under another
//! name, which must be free.

mod files;

use std::path::Path;

use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::advice::{Choice, NextStep, Run};
use spacetime_keys_core::doctor::Command;
use spacetime_keys_core::fleet::{Environment, Operation, Request};
use spacetime_keys_core::jwt::{Expiry, ResignOptions};

use crate::apply::{self, Job};
use crate::clock;
use crate::error::{Failure, Kind};
use crate::host::Paths;
use crate::lock::Guarded;
use crate::restart::restart;
use crate::site::Site;
use crate::token;

/// The commands of a remedy that [`carry_out`] takes, in their order. A command that somebody must type
/// ends them, where others of ours come after it: those may need what it does. So does the command before
/// it that only makes room for it: a key that is moved away, and nothing in its place, is worse than a
/// broken one.
pub fn steps(remedy: &[Command], restarts: bool) -> Vec<&Command> {
    let typed = |command: &Command| matches!(command, Command::Other(_));
    let of_ours = |command: &Command| is_ours(command, restarts);
    let end = remedy
        .iter()
        .enumerate()
        .find(|(at, command)| typed(command) && remedy.iter().skip(*at).any(of_ours))
        .map_or(remedy.len(), |(at, _)| {
            let before = remedy.iter().take(at);
            at - before.rev().take_while(|command| matches!(command, Command::Move { .. })).count()
        });
    remedy.iter().take(end).filter(|command| of_ours(command)).collect()
}

/// Whether [`carry_out`] can do what a command says. The rest is another program's, or wants the
/// consent of the operator (`restarts`).
fn is_ours(command: &Command, restarts: bool) -> bool {
    match command {
        Command::Step(step) => matches!(
            step,
            NextStep::FinishRun(_)
                | NextStep::Resume(_)
                | NextStep::Sync(_)
                | NextStep::Rotate(_)
                | NextStep::TokenRestore(_)
                | NextStep::TokenResign(_)
                | NextStep::KeyGenerate(Some(_))
                | NextStep::KeyRewrite(_)
        ),
        Command::Chmod { .. }
        | Command::Move { .. }
        | Command::Copy { .. }
        | Command::DerivePublic { .. } => true,
        Command::Restart(_) => restarts,
        Command::Other(_) => false,
    }
}

/// The environments whose keys a command touches.
pub fn environment(command: &Command) -> Option<&Environment> {
    match command {
        Command::Step(
            NextStep::Resume(run)
            | NextStep::Sync(run)
            | NextStep::Rotate(run)
            | NextStep::TokenRestore(run),
        ) => run.environment.as_ref(),
        _ => None,
    }
}

/// Does what a command says. Nobody is asked.
///
/// # Errors
/// What the operation refuses, and what fails; a name that should be free and is not;
/// [`Kind::Bug`] for a command that is not one of [`steps`].
pub fn carry_out(site: &Site<'_>, paths: &Paths, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Step(step) => take(site, paths, step),
        Command::Restart(line) => restart(line),
        _ => {
            let _lock = Guarded::of(paths, None).lock("fix")?;
            files::change(command)
        }
    }
}

fn take(site: &Site<'_>, paths: &Paths, step: &NextStep) -> Result<(), Failure> {
    let run = |operation, told: &Run| {
        let job = job(paths, operation, told.environment.clone(), &told.choices)?;
        apply::run(site, &job).map(|_| ())
    };
    match step {
        NextStep::FinishRun(choices) => {
            let job = job(paths, Operation::Resume, None, choices)?;
            apply::run(site, &job).map(|_| ())
        }
        NextStep::Resume(told) => run(Operation::Resume, told),
        NextStep::Sync(told) => run(Operation::Sync, told),
        NextStep::Rotate(told) => run(Operation::Rotate, told),
        NextStep::TokenRestore(told) => {
            let environment = told.environment.as_ref().ok_or(UNKNOWN)?;
            let job = job(paths, Operation::Sync, None, &told.choices)?;
            token::restore(site, environment, job.request.expect_identity, &job.paths).map(|_| ())
        }
        NextStep::TokenResign(choices) => resign(paths, choices),
        NextStep::KeyGenerate(Some(folder)) => {
            let _lock = Guarded::of(paths, None).lock("fix")?;
            files::generate(Path::new(folder))
        }
        NextStep::KeyRewrite(files) => {
            let _lock = Guarded::of(paths, None).lock("fix")?;
            files.iter().try_for_each(|file| files::rewrite(Path::new(file)))
        }
        _ => Err(UNKNOWN.into()),
    }
}

const UNKNOWN: Kind = Kind::Bug("a remedy holds a command that cannot be carried out");

/// A run, as its step is told.
fn job(
    paths: &Paths,
    operation: Operation,
    environment: Option<Environment>,
    choices: &[Choice],
) -> Result<Job, Failure> {
    let mut job = Job {
        request: Request {
            environments: environment.iter().cloned().collect(),
            host: environment,
            ..Request::new(operation)
        },
        paths: paths.clone(),
        dry_run: false,
        ask: false,
    };
    let request = &mut job.request;
    for choice in choices {
        match choice {
            Choice::ExpectIdentity(Some(identity)) => request.expect_identity = Some(*identity),
            Choice::LeaveToken => request.preserve_publisher = false,
            Choice::LeaveMountedKeys => request.sync_mounted = false,
            Choice::AllowExternalIssuer => request.allow_external_issuer = true,
            Choice::AdoptMounted => request.adopt_mounted = true,
            Choice::HostEnvironment(Some(host)) => {
                (request.host, request.host_is_named) = (Some(host.clone()), true);
            }
            Choice::CliToml(Some(file)) => job.paths.cli_toml = file.into(),
            Choice::MountedKeysDir(Some(folder)) => job.paths.mounted_keys_dir = folder.into(),
            // The site is that configuration's; and somebody has agreed.
            Choice::Config(_) | Choice::Yes => {}
            // What is not known must not be left out.
            _ => return Err(UNKNOWN.into()),
        }
    }
    Ok(job)
}

fn resign(paths: &Paths, choices: &[Choice]) -> Result<(), Failure> {
    let (mut cli_toml, mut private) = (paths.cli_toml.clone(), paths.private_key());
    let mut options = ResignOptions {
        now: clock::now(),
        expiry: Expiry::Clear,
        known_keys: &[],
        expect_identity: None,
        allow_unverified: false,
        allow_external_issuer: false,
    };
    for choice in choices {
        match choice {
            Choice::CliToml(Some(file)) => cli_toml = file.into(),
            Choice::PrivateKey(file) => private = file.into(),
            Choice::ExpectIdentity(Some(identity)) => options.expect_identity = Some(*identity),
            Choice::AllowExternalIssuer => options.allow_external_issuer = true,
            _ => return Err(UNKNOWN.into()),
        }
    }
    let content = crate::files::read_existing(&private)?;
    let key = PrivateKey::from_pem(&*content).map_err(|e| Failure::in_file(&private, e))?;
    token::resign(&cli_toml, &key, &options).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_begun_that_somebody_else_must_go_on_with() {
        let chmod = |file: &str| Command::Chmod { mode: 0o600, file: file.to_owned() };
        let away = || Command::Move { from: "key".to_owned(), to: "key.original".to_owned() };
        let typed = || Command::Other("a command that asks for a password".to_owned());
        let restart = || Command::Restart("docker compose restart".to_owned());

        let taken = [chmod("cli.toml"), away(), typed(), chmod("key"), restart()];
        assert_eq!(steps(&taken, true), [&chmod("cli.toml")]);
        // What comes last needs nobody to go on.
        let last = [away(), chmod("key"), restart(), typed()];
        assert_eq!(steps(&last, true), [&away(), &chmod("key"), &restart()]);
        assert_eq!(steps(&last, false), [&away(), &chmod("key")]);
        assert!(steps(&[typed()], true).is_empty());
    }

    #[test]
    fn a_step_is_told_all_that_it_says() {
        let paths = Paths { mounted_keys_dir: "keys".into(), cli_toml: "cli.toml".into() };
        let local = Environment::new("local").unwrap();
        let told = [
            Choice::LeaveToken,
            Choice::CliToml(Some("other.toml".to_owned())),
            Choice::MountedKeysDir(Some("other".to_owned())),
            Choice::Yes,
        ];
        let job = job(&paths, Operation::Sync, Some(local.clone()), &told).unwrap();
        assert_eq!(
            (job.request.environments, job.request.host),
            (vec![local.clone()], Some(local))
        );
        assert!(!job.request.preserve_publisher && job.request.sync_mounted && !job.ask);
        assert_eq!(job.paths.cli_toml, Path::new("other.toml"));
        assert_eq!(job.paths.mounted_keys_dir, Path::new("other"));
        // What is not known is not left out.
        let unknown = super::job(&paths, Operation::Sync, None, &[Choice::ReplaceLostKey]);
        assert!(matches!(unknown.unwrap_err().kind(), Kind::Bug(_)));
        assert!(resign(&paths, &[Choice::AllowUnverified]).is_err());
    }
}
