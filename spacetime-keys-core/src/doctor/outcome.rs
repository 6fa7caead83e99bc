//! What a publish would get: from what was seen, in the order in which a server looks at it.
//!
//! A server looks at the token first ([`fate`]), then at the name, then at the owner. Its own answers
//! decide.

use super::fate::{self, TokenFate};
use super::version::status_of_not_owner;
use super::{DatabaseAnswer, Observations, Outcome, Reply, from_log};

/// Outcome and status.
pub(super) fn foretell(seen: &Observations) -> (Option<Outcome>, Option<u16>) {
    if !seen.server.was_asked() {
        return seen.log.as_ref().map_or((None, None), from_log::foretell);
    }
    let (outcome, status) = from_server(seen);
    (Some(outcome), status)
}

fn from_server(seen: &Observations) -> (Outcome, Option<u16>) {
    let server = &seen.server;
    if !server.is_there() {
        return match server.foreign() {
            Some(foreign) => (Outcome::Proxy, Some(foreign.status)),
            None => (Outcome::Unreachable, None),
        };
    }
    let fate = fate::token(seen);
    match fate {
        TokenFate::NeverSent => return (Outcome::BadRequest, None),
        TokenFate::Refused { status: 401, .. } => return (Outcome::Unauthorized, Some(401)),
        TokenFate::Refused { status, .. } => return (Outcome::BadRequest, Some(status)),
        TokenFate::Foreign(foreign) => return (Outcome::Proxy, Some(foreign.status)),
        // The publish itself would go on without a token, to an end that nobody wants.
        TokenFate::TakenOut => return (Outcome::Proxy, Some(401)),
        TokenFate::Unknown => return (Outcome::Unreachable, None),
        TokenFate::None | TokenFate::Accepted | TokenFate::Another => {}
    }
    match &server.database {
        _ if seen.needs_account() => (Outcome::Unauthorized, Some(401)),
        Reply::Is(DatabaseAnswer::Unknown) if server.lacks_parent() => {
            (Outcome::BadRequest, Some(400))
        }
        Reply::NotAsked | Reply::Is(DatabaseAnswer::Unknown) => (Outcome::Creates, Some(200)),
        Reply::Is(DatabaseAnswer::BadName) => (Outcome::BadRequest, Some(400)),
        Reply::Is(DatabaseAnswer::OwnedBy(owner)) => {
            if fate.is_accepted() && seen.identity() == Some(*owner) {
                if server.lacks_parent() {
                    return (Outcome::BadRequest, Some(400));
                }
                (Outcome::Updates, Some(200))
            } else {
                (Outcome::NotOwner, status_of_not_owner(server.version()))
            }
        }
        // Asked without a token. To create a database takes such a key, too, with any token.
        Reply::Is(DatabaseAnswer::CannotIssue) => (Outcome::Unauthorized, Some(500)),
        Reply::Foreign(foreign) => (Outcome::Proxy, Some(foreign.status)),
        Reply::Unreached(_) => (Outcome::Unreachable, None),
    }
}

/// The verdict in one sentence.
pub(super) fn verdict(
    seen: &Observations,
    outcome: Option<Outcome>,
    status: Option<u16>,
) -> String {
    let Some(outcome) = outcome.filter(|_| seen.server.was_asked()) else {
        return seen.log.as_ref().map_or("nothing was asked".to_owned(), from_log::verdict);
    };
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    let fate = fate::token(seen);
    let words = match (outcome, fate) {
        (Outcome::Updates, _) => {
            "a publish would update the database, as far as permission goes".to_owned()
        }
        (Outcome::Creates, TokenFate::None) => {
            "a publish would create a database for a new identity, not for one that you have"
                .to_owned()
        }
        (Outcome::Creates, _) if matches!(seen.server.database, Reply::NotAsked) => {
            "the token is accepted: a publish would create its database, or update one of its own"
                .to_owned()
        }
        (Outcome::Creates, _) => {
            "a publish would create the database, which does not exist yet".to_owned()
        }
        (Outcome::Unauthorized, TokenFate::Refused { reason: Some(reason), .. }) => {
            let said = reason.words(seen.server.wording());
            format!("a publish would be refused: the token is not accepted, {said}")
        }
        (Outcome::Unauthorized, TokenFate::None | TokenFate::Accepted) if seen.needs_account() => {
            "a publish would be refused: this server lets only accounts of spacetimedb.com create databases"
                .to_owned()
        }
        (Outcome::Unauthorized, TokenFate::None) => {
            "a publish would fail: there is no token, and the server cannot issue one".to_owned()
        }
        (Outcome::Unauthorized, TokenFate::Accepted) => {
            "a publish would fail: there is no such database, and the server cannot create one with the private key that it has".to_owned()
        }
        (Outcome::Unauthorized, _) => {
            "a publish would be refused: the token is not accepted".to_owned()
        }
        (Outcome::NotOwner, TokenFate::Accepted) if seen.places.is_maincloud() => {
            "the database is another identity's: a publish would be refused, unless that is an organization to which the token's identity belongs"
                .to_owned()
        }
        (Outcome::NotOwner, TokenFate::None) => {
            "a publish would be refused: without a token it is a new identity's, and the database has an owner".to_owned()
        }
        (Outcome::NotOwner, _) => {
            "a publish would be refused: the database is another identity's".to_owned()
        }
        (Outcome::BadRequest, TokenFate::NeverSent) => {
            "a publish would not be sent: the SpacetimeDB CLI refuses what is in cli.toml".to_owned()
        }
        (Outcome::BadRequest, TokenFate::Refused { .. }) => {
            "a publish would be refused: what cli.toml holds is not sent as a token".to_owned()
        }
        (Outcome::BadRequest, _) if seen.server.lacks_parent() => {
            "a publish would be refused: its parent database is not there".to_owned()
        }
        (Outcome::BadRequest, _) => {
            "a publish would be refused: no database can have this name".to_owned()
        }
        (Outcome::Proxy, TokenFate::TakenOut) => {
            "something before the server takes the token out: a publish would be nobody's".to_owned()
        }
        (Outcome::Proxy, _) => {
            "something else answers in the server's place: a publish would not reach it".to_owned()
        }
        (Outcome::Unreachable, _) if !seen.server.is_there() => {
            "the server does not answer".to_owned()
        }
        (Outcome::Unreachable, _) => "what decides on a publish could not be seen".to_owned(),
    };
    format!("{words}{status}")
}
