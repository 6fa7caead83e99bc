//! The fate of a token at a server.
//!
//! The server's own answer decides; what it should say of the token, by its version and key, stands
//! in only where it was not asked.

use crate::server::Reason;

use super::{
    CliTomlSeen, Foreign, ForeignKind, Observations, Reply, ServerSeen, TokenAnswer, TokenFacts,
    TokenSeen, Withheld,
};

/// The fate of the token.
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

/// The fate of the token at this server.
pub(super) fn token(seen: &Observations) -> TokenFate {
    let facts = match &seen.cli_toml {
        CliTomlSeen::NotLooked | CliTomlSeen::Unreadable => return TokenFate::Unknown,
        CliTomlSeen::Missing | CliTomlSeen::Read { token: TokenSeen::None, .. } => {
            return TokenFate::None;
        }
        CliTomlSeen::Bad(_) => return TokenFate::NeverSent,
        CliTomlSeen::Read { token: TokenSeen::Blank, .. } => None,
        CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => Some(&**facts),
    };
    of(facts, &seen.server)
}

/// The same of a token's facts; `None`: it is an empty one.
pub(super) fn of(facts: Option<&TokenFacts>, server: &ServerSeen) -> TokenFate {
    if facts.is_some_and(|facts| !facts.can_be_sent) {
        return TokenFate::NeverSent;
    }
    let no_bearer =
        TokenFate::Refused { status: Reason::Missing.status(), reason: Some(Reason::Missing) };
    if facts.is_some_and(|facts| !facts.is_ascii) {
        return no_bearer;
    }
    let expected = facts.and_then(|facts| facts.verdict);
    match server.token {
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
            // In a form that it shows, and cannot verify with, the key is no less another one.
            (_, None) if server.withheld == Some(Withheld::AnotherKey) => {
                let reason = Reason::InvalidSignature;
                TokenFate::Refused { status: reason.status(), reason: Some(reason) }
            }
            // A key of its issuer may have signed it, which only the server can fetch.
            (Some(facts), Some(verdict)) if facts.is_local || facts.flaw.is_some() => {
                TokenFate::Refused { status: verdict.status, reason: verdict.reason }
            }
            _ => TokenFate::Unknown,
        },
    }
}
