//! What a publish would get: from what was seen, in the order in which a server looks at it.
//!
//! A server looks at the token first, then at the name, then at the owner. Its own answers decide;
//! what it should say of a token, by its version and key, stands in only where it was not asked.

use crate::server::Reason;

use super::version::status_of_not_owner;
use super::{
    CliTomlSeen, DatabaseAnswer, Foreign, ForeignKind, Observations, Outcome, Reply, TokenAnswer,
    TokenSeen, from_log,
};

/// What becomes of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenFate {
    /// It was not looked at, or nobody can tell.
    Unknown,
    /// There is none.
    None,
    /// The CLI does not get as far as sending one.
    NeverSent,
    /// It is taken.
    Accepted,
    /// It is taken for somebody else's than its claims say.
    Another,
    /// It is refused.
    Refused { status: u16, reason: Option<Reason> },
    /// Something on the way takes it out.
    TakenOut,
    /// Something on the way answers to it.
    Foreign(Foreign),
}

impl TokenFate {
    pub(super) const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted)
    }
}

/// What becomes of the token at this server.
pub(super) fn token(seen: &Observations) -> TokenFate {
    let facts = match &seen.cli_toml {
        CliTomlSeen::NotLooked | CliTomlSeen::Unreadable => return TokenFate::Unknown,
        CliTomlSeen::Missing | CliTomlSeen::Read { token: TokenSeen::None, .. } => {
            return TokenFate::None;
        }
        CliTomlSeen::Bad(_) => return TokenFate::NeverSent,
        CliTomlSeen::Read { token: TokenSeen::Blank, .. } => None,
        CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => Some(facts),
    };
    if facts.is_some_and(|facts| !facts.can_be_sent) {
        return TokenFate::NeverSent;
    }
    let no_bearer =
        TokenFate::Refused { status: Reason::Missing.status(), reason: Some(Reason::Missing) };
    if facts.is_some_and(|facts| !facts.is_ascii) {
        return no_bearer;
    }
    let expected = facts.and_then(|facts| facts.verdict);
    match seen.server.token {
        Reply::Is(TokenAnswer::Accepted) => TokenFate::Accepted,
        Reply::Is(TokenAnswer::AnotherIdentity) => TokenFate::Another,
        Reply::Is(TokenAnswer::NotReceived) => TokenFate::TakenOut,
        // Words that no server has, against a token that this one must take: somebody else's.
        Reply::Is(TokenAnswer::Refused { status, reason: None })
            if expected.is_some_and(|verdict| verdict.accepted) =>
        {
            TokenFate::Foreign(Foreign { status, kind: ForeignKind::Other })
        }
        Reply::Is(TokenAnswer::Refused { status, reason }) => TokenFate::Refused { status, reason },
        Reply::Foreign(foreign) => TokenFate::Foreign(foreign),
        // A publish would wait at the same door.
        Reply::Unreached(_) => TokenFate::Unknown,
        Reply::NotAsked => match (facts, expected) {
            (None, _) => no_bearer,
            (_, Some(verdict)) if verdict.accepted => TokenFate::Accepted,
            // A key of its issuer may have signed it, which only the server can fetch.
            (Some(facts), Some(verdict)) if facts.is_local || facts.flaw.is_some() => {
                TokenFate::Refused { status: verdict.status, reason: verdict.reason }
            }
            _ => TokenFate::Unknown,
        },
    }
}

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
    let fate = token(seen);
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
        // Asked without a token. To create a database takes such a key, too, whoever asks.
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
    let fate = token(seen);
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
