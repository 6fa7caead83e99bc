//! The commands that cure it, in order.
//!
//! The goal is fixed: the server has sound files, and `cli.toml` holds a token of the database's
//! owner, signed with the key that the server has after the last step. A step is taken only where
//! the goal is not reached, and none that would cost an identity or a key.

mod convert;
mod files;
mod host;
mod token;

use crate::advice::{Choice, NextStep};
use crate::fleet::KeyState;

use super::fate::{self, TokenFate};
use super::shell::{path, quote};
use super::{Command, DatabaseAnswer, Observations, Outcome, Reply};
use files::FilePlan;
use host::{Files, Host};
use token::Token;

const RESTART: &str = "docker compose restart";

/// Commands, and whether they lead to a publish that works, as far as can be predicted.
pub(super) fn commands(seen: &Observations, outcome: Option<Outcome>) -> (Vec<Command>, bool) {
    if let Some(run) = &seen.unfinished {
        // It repairs keys and token; what is wrong beyond that shows afterwards.
        let resume = Command::Step(NextStep::FinishRun(config(seen).into_iter().collect()));
        return (if run.running { Vec::new() } else { vec![resume, restart(seen)] }, false);
    }
    let host = Host::of(seen, outcome);
    let mut plan = FilePlan::of(&host);
    match token::steps(&host, &mut plan) {
        Token::Right(token) => {
            let cures = is_in_our_hands(&host, &plan);
            (finish(&host, &plan, token, cures), cures)
        }
        Token::Stays(token) => (finish(&host, &plan, token, false), false),
        Token::Wrong => {
            // A new key would make what is left unusable, and bring nobody back.
            plan.drop_new_pair();
            (finish(&host, &plan, Vec::new(), false), false)
        }
    }
}

/// Whether keys and token are all that stands between a publish and its success.
fn is_in_our_hands(host: &Host<'_>, plan: &FilePlan) -> bool {
    let server = &host.seen.server;
    let bad_name = matches!(server.database, Reply::Is(DatabaseAnswer::BadName))
        || server.lacks_parent()
        || host.seen.needs_account();
    let sound = match host.files {
        // On another machine, unless they are here and cannot be read.
        Files::Unseen => host.seen.mounted.is_none() && !host.serves_broken && !host.cannot_issue,
        // The public key tells which key it is.
        Files::Contained(_) => plan.mends && plan.key.is_some(),
        Files::Empty | Files::PrivateLost | Files::Swapped(_) | Files::PrivateElsewhere(_) => {
            plan.mends
        }
        Files::Good(_) | Files::Odd(_) | Files::PublicLost(_) => true,
    };
    // The server could not say whether the name is valid, or who owns the database.
    let told = !host.cannot_issue || fate::token(host.seen).is_accepted();
    let comes_up = server.is_there() || (host.is_down() && plan.mends);
    let arrives = !matches!(
        fate::token(host.seen),
        TokenFate::TakenOut | TokenFate::Another | TokenFate::Foreign(_)
    );
    arrives && told && sound && comes_up && server.foreign().is_none() && !bad_name
}

fn finish(host: &Host<'_>, plan: &FilePlan, token: Vec<Command>, cures: bool) -> Vec<Command> {
    let seen = host.seen;
    let mut steps = modes(host);
    steps.extend(plan.steps.iter().cloned());
    steps.extend(token);
    if plan.restart {
        steps.push(restart(seen));
    }
    // The last polish, where the rest is done.
    steps.extend(refreshed_server_key(host, plan).filter(|_| cures));
    steps
}

fn modes(host: &Host<'_>) -> Vec<Command> {
    let Some(mounted) = &host.seen.mounted else { return Vec::new() };
    if matches!(host.files, Files::Swapped(_) | Files::PrivateElsewhere(_)) {
        // First the swapped files are put right, and their modes with them.
        return Vec::new();
    }
    let mut steps = Vec::new();
    if mounted.private_mode.is_some_and(|mode| mode & 0o007 != 0 || mode & 0o400 == 0) {
        steps.push(Command::Chmod { mode: 0o600, file: host.file("id_ecdsa") });
    }
    if mounted.public_mode.is_some_and(|mode| mode & 0o400 == 0) {
        steps.push(Command::Chmod { mode: 0o644, file: host.file("id_ecdsa.pub") });
    }
    // Where the server runs, it has read them, or other files.
    let unreadable = host.unreadable().filter(|_| host.is_down());
    steps.extend(unreadable.map(|unreadable| Command::Other(unreadable.command())));
    steps
}

/// `cli.toml` may remember a key that the server will not have at the end.
fn refreshed_server_key(host: &Host<'_>, plan: &FilePlan) -> Option<Command> {
    let url = host.seen.places.server.as_deref().filter(|_| host.seen.server.is_there())?;
    let mut of_this = host.seen.cli_toml.server_keys().iter().filter(|key| key.is_this_server);
    of_this.any(|remembered| Some(remembered.fingerprint) != plan.key).then(|| {
        let cli_toml = path(&host.seen.places.cli_toml);
        let url = quote(url);
        Command::Other(format!("spacetime --config-path {cli_toml} server fingerprint -y {url}"))
    })
}

fn restart(seen: &Observations) -> Command {
    let given = seen.places.restart.trim();
    Command::Restart(if given.is_empty() { RESTART } else { given }.to_owned())
}

/// The configuration, where it is not found by itself.
fn config(seen: &Observations) -> Option<Choice> {
    seen.places.config.clone().map(Choice::Config)
}

/// Whether a key file's text has to be repaired for a server.
fn is_odd(key: &KeyState) -> bool {
    key.effect() > crate::pem::Effect::Harmless
}
