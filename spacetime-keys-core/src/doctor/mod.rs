//! The answer that a publish would get, and why: observations in, diagnosis out.
//!
//! Nothing here asks a server or reads a file. The caller does ([`Ask`]), and reduces what came back to data
//! ([`Answer`], [`CliTomlSeen::of`], [`MountedSeen`], [`LogScanner`]), puts it into
//! [`Observations`], and [`diagnose`] says what a publish would get. What was *not* seen is part of
//! that: nothing is guessed from its absence.
//!
//! No remedy ever says to log in: a new login is a new `sub`, so another identity, and turns a
//! curable 401 into a lasting refusal.

mod anonymous;
mod answers;
mod ask;
mod asked;
mod check;
mod checks;
mod cli_toml;
mod command;
mod diagnosis;
mod difference;
mod fate;
mod from_log;
mod log;
mod observations;
mod outcome;
pub mod project;
mod remedy;
mod ruling;
mod servers;
mod serves;
pub(crate) mod shell;
mod version;
mod withheld;

pub(crate) use answers::Written;
pub use answers::{
    Answer, DatabaseAnswer, Foreign, ForeignKind, Reply, ServedKey, TokenAnswer, Unreached,
};
pub(crate) use ask::encoded;
pub use ask::{Ask, Came};
pub use asked::{Asked, Names, Source};
pub use check::{Check, CheckName, State};
pub use cli_toml::{CliTomlSeen, Known, ServerKeySeen, TokenFacts, TokenSeen};
pub use command::Command;
pub use diagnosis::{Diagnosis, Outcome};
pub use difference::Difference;
pub use log::{KeyFilesFault, LogEvent, LogHit, LogScanner, LogSeen};
pub use observations::{MountedSeen, Observations, Places, ProjectSeen, ServerSeen, Unread};
pub use ruling::{Ruling, Unruled};
pub use servers::Servers;
pub(crate) use servers::is_loopback;
pub use serves::Serves;
pub(crate) use version::is_version;
pub use withheld::Withheld;

/// Says what a publish would get, and why.
pub fn diagnose(seen: &Observations) -> Diagnosis {
    let (outcome, status) = outcome::foretell(seen);
    let checks = checks::all(seen);
    let accepted = fate::token(seen).is_accepted();
    let fine = match outcome {
        Some(Outcome::Updates) => true,
        // Without an accepted token, the server makes up an identity for one request. Nobody can use it again.
        Some(Outcome::Creates) => accepted || !seen.server.was_asked(),
        _ => false,
    };
    let (remedy, cures) = remedy::commands(seen, outcome);
    let nobodys = anonymous::foretell(seen);
    let told = outcome::verdict(seen, outcome, status);
    let (outcome, status, verdict) = match nobodys {
        Some((outcome, status, verdict)) => (Some(outcome), status, verdict),
        None => (outcome, status, told),
    };
    let ok = fine && !checks.iter().any(|check| check.state == State::Broken);
    Diagnosis {
        ok,
        outcome,
        status,
        verdict,
        server_version: seen.server.version().map(str::to_owned),
        identity: seen.identity(),
        owner: seen.owner(),
        token_withheld: seen.server.withheld,
        owns: seen.server.databases.as_ref().cloned().unwrap_or_default(),
        checks,
        cures: ok || (cures && !remedy.is_empty() && !seen.project.is_anonymous()),
        remedy,
    }
}
