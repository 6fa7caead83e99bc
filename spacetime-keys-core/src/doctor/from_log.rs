//! What a log by itself tells: how the last publish ended. The next one ends the same way if nothing changes.

use super::{KeyFilesFault, LogEvent, LogSeen, Outcome};
use crate::server::Reason;

/// Outcome and status.
pub(super) fn foretell(log: &LogSeen) -> (Option<Outcome>, Option<u16>) {
    let (outcome, status) = match (log.last.map(|last| last.event), log.cause()) {
        (Some(LogEvent::Created), _) => (Outcome::Creates, Some(200)),
        (Some(LogEvent::Updated | LogEvent::PublishSuccess), _) => (Outcome::Updates, Some(200)),
        (_, Some(cause)) => match of_cause(cause) {
            Some(found) => found,
            None => return (None, None),
        },
        _ => return (None, None),
    };
    (Some(outcome), status)
}

fn of_cause(cause: LogEvent) -> Option<(Outcome, Option<u16>)> {
    let (outcome, status) = match cause {
        LogEvent::Refused(reason) if reason.status() == 401 => (Outcome::Unauthorized, 401),
        LogEvent::Refused(reason) => (Outcome::BadRequest, reason.status()),
        LogEvent::NotAuthorized => (Outcome::NotOwner, 403),
        LogEvent::NotOwner => (Outcome::NotOwner, 500),
        LogEvent::NameOfAnother => (Outcome::NotOwner, 401),
        LogEvent::AccountNeeded | LogEvent::Status(401) => (Outcome::Unauthorized, 401),
        LogEvent::CannotIssue => (Outcome::Unauthorized, 500),
        // Token and owner are good: what is asked for is not done.
        LogEvent::Locked => (Outcome::BadRequest, 403),
        LogEvent::EnvironmentMissing => (Outcome::BadRequest, 400),
        LogEvent::ModuleChanged => (Outcome::BadRequest, 409),
        // A server has words for its 403, and no gateway's status.
        LogEvent::Status(status @ (403 | 502..=504)) => (Outcome::Proxy, status),
        LogEvent::KeyFiles(_) | LogEvent::NoConnection => {
            return Some((Outcome::Unreachable, None));
        }
        _ => return None,
    };
    Some((outcome, Some(status)))
}

/// The same in one sentence.
pub(super) fn verdict(log: &LogSeen) -> String {
    let Some(last) = log.last else { return "the log says nothing of a publish".to_owned() };
    let what = match (last.event, log.cause()) {
        (LogEvent::Created, _) => "the last publish in the log created a database",
        (event, _) if event.is_success() => "the last publish in the log succeeded",
        (_, Some(cause)) => match of_failure(cause) {
            Some(what) => what,
            None => return without_cause(last.event, cause),
        },
        _ => return without_cause(last.event, last.event),
    };
    match foretell(log).1 {
        Some(status) => format!("{what} ({status})"),
        None => what.to_owned(),
    }
}

const fn of_failure(cause: LogEvent) -> Option<&'static str> {
    Some(match cause {
        LogEvent::Refused(reason) => of_reason(reason),
        LogEvent::NotAuthorized | LogEvent::NotOwner => {
            "the last publish in the log was refused: another identity owns the database"
        }
        LogEvent::NameOfAnother => {
            "the last publish in the log was refused: another identity owns the name"
        }
        LogEvent::AccountNeeded => {
            "the last publish in the log was refused: this server lets only accounts of spacetimedb.com create databases"
        }
        LogEvent::Locked => {
            "the last publish in the log was refused: the database is locked, and the publish would delete its data"
        }
        LogEvent::EnvironmentMissing => {
            "the last publish in the log was refused: the module needs environment values that were not given"
        }
        LogEvent::ModuleChanged => {
            "the last publish in the log was refused: somebody else published at the same time"
        }
        LogEvent::CannotIssue => {
            "the last publish in the log failed: the server cannot sign with its private key"
        }
        LogEvent::KeyFiles(KeyFilesFault::NotNamed) => {
            "the server in the log did not start: it was not told where its key files are"
        }
        LogEvent::KeyFiles(_) => "the server in the log did not start: it cannot use its key files",
        LogEvent::NoConnection => "the last publish in the log did not reach the server",
        LogEvent::NoAccess => "a program in the log could not read or write a file",
        LogEvent::Status(401) => {
            "the last publish in the log was refused: the token is not accepted, and the log does not say why"
        }
        LogEvent::Status(403 | 502..=504) => {
            "something else answered the last publish in the log in the server's place"
        }
        _ => return None,
    })
}

const fn of_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::InvalidSignature => {
            "the last publish in the log was refused: the token is signed by another key"
        }
        Reason::ExpiredSignature => {
            "the last publish in the log was refused: the token has expired"
        }
        Reason::IssuerKeys => {
            "the last publish in the log was refused: the server could not read the keys of the token's issuer"
        }
        Reason::KeyIdNotFound | Reason::NoKeys | Reason::InvalidKey => {
            "the last publish in the log was refused: the server has no key of the token's issuer for it"
        }
        Reason::Missing => {
            "the last publish in the log was refused: what cli.toml holds was not sent as a token"
        }
        _ => "the last publish in the log was refused: the token's form is not accepted",
    }
}

fn without_cause(last: LogEvent, cause: LogEvent) -> String {
    match (last, cause) {
        (_, LogEvent::Status(status)) => format!(
            "the last publish in the log failed ({status}), and its words say nothing of token, owner or keys"
        ),
        (LogEvent::PublishFailed, _) => {
            "the last publish in the log failed, and the log does not say why".to_owned()
        }
        _ => {
            "the log ends in an error, and its words say nothing of token, owner or keys".to_owned()
        }
    }
}
