//! One function a command: arguments as typed → as meant → the core → output.

mod config;
mod doctor;
mod exchange;
mod history;
mod identity;
mod identity_map;
mod init;
mod jwks;
mod key;
mod promote;
mod restarting;
mod rotation;
mod scan;
mod searching;
mod shell;
mod store;
mod token;
mod verify;

use crate::args::{self, Args, Command};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;

/// The answer of a command that ran to its end.
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
    let load = || Config::load(args.global.config.as_deref());
    match &args.command {
        Command::Init(init) => init::run(init, output),
        Command::Rotate(rotate) => rotation::rotate(&load()?, rotate, output),
        Command::Resume(resume) => rotation::resume(&load()?, resume, output),
        Command::Rollback(rollback) => rotation::rollback(&load()?, rollback, output),
        Command::Sync(sync) => rotation::sync(&load()?, sync, output),
        Command::Verify(verify) => verify::run(verify, load, output),
        Command::History(history) => history::run(history, &load()?, output),
        Command::Doctor(doctor) => doctor::run(doctor, &args.global, &load()?, output),
        Command::Exchange(exchange) => exchange::run(exchange, &load()?, output),
        Command::Promote(promote) => promote::run(promote, &load()?, output),
        Command::Scan(scan) => scan::run(scan, &load()?, output),
        Command::Store(store) => store::run(store, &load()?, output),
        Command::Config(args::ConfigCommand::Show) => Ok(config::show(&load()?, output)),
        Command::Key(key) => key::run(key, output),
        Command::Token(token) => token::run(token, load, output),
        Command::Identity(identity) => identity::run(identity, output),
        Command::Jwks(jwks) => jwks::run(jwks, output),
        Command::Completions { shell } => Ok(shell::completions(*shell, output)),
        Command::Man { out } => shell::man(out.as_deref(), output),
    }
}
