//! One function a command: arguments as typed → as meant → the core → output.

mod doctor;
mod identity;
mod identity_map;
mod jwks;
mod key;
mod rotation;
mod shell;
mod token;
mod verify;

use crate::args::{Args, Command};
use crate::config::Config;
use crate::doctor::Defaults;
use crate::failure::Failure;
use crate::output::Output;

/// What a command that ran to its end says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done; or the check says yes.
    Yes,
    /// The check says no: exit code 1.
    No,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Answer, Failure> {
    let config = || Config::load(args.global.config.as_deref());
    match &args.command {
        Command::Rotate(rotate) => rotation::rotate(&config()?, rotate, output),
        Command::Resume(resume) => rotation::resume(&config()?, resume, output),
        Command::Rollback(rollback) => rotation::rollback(&config()?, rollback, output),
        Command::Sync(sync) => rotation::sync(&config()?, sync, output),
        Command::Verify(verify) => verify::run(verify, config, output),
        Command::Doctor(doctor) => {
            doctor::run(doctor, &args.global, &config()?, &Defaults::default(), output)
        }
        Command::Key(key) => key::run(key, output),
        Command::Token(token) => token::run(token, config, output),
        Command::Identity(identity) => identity::run(identity, output),
        Command::Jwks(jwks) => jwks::run(jwks, output),
        Command::Completions { shell } => Ok(shell::completions(*shell, output)),
        Command::Man { out } => shell::man(out.as_deref(), output),
    }
}
