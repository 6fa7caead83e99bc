//! A running server's answer to one token, compared with the expected one.

use crate::server::{Reason, Server, Verdict};

use super::fate::{self, TokenFate};
use super::{Difference, Foreign, ForeignKind, Reply, ServerSeen, TokenFacts, Unreached, Withheld};

/// A server's judgement of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The answer that counts: the server's or, where it was not asked, the expected one.
    pub verdict: Verdict,
    /// Whether that is the server's own answer.
    pub was_asked: bool,
    /// Why the token was not sent there, if it was kept back.
    pub withheld: Option<Withheld>,
    /// What the server should answer, by its version, its key and the keys of the token's issuer; `None`
    /// where those are not all known.
    pub expected: Option<Verdict>,
    /// The difference from the expected answer, if there is one.
    pub difference: Option<Difference>,
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unruled {
    /// There is no answer.
    Unreached(Unreached),
    /// The thing that answers is no SpacetimeDB server.
    Foreign(Foreign),
    /// The token was not sent there, and what decides on it is not known here.
    Withheld(Withheld),
}

impl Ruling {
    /// Of a server that was asked about a token ([`ServerSeen::look_at_token`]). `server` is the same one
    /// as far as it could be seen: its version, its key, and the keys of the token's issuer.
    ///
    /// # Errors
    /// [`Unruled`]: there is no answer, and none can be predicted.
    pub fn of(
        seen: &ServerSeen,
        server: &Server,
        facts: &TokenFacts,
        token: &str,
        now: i64,
    ) -> Result<Self, Unruled> {
        let unreached = || Unruled::Unreached(seen.unreached().unwrap_or(Unreached::NotHttp));
        if !seen.is_there() {
            return Err(seen.foreign().map_or_else(unreached, Unruled::Foreign));
        }
        let expected = server.check_known(token, now);
        let facts = TokenFacts { verdict: expected, ..*facts };
        let fate = fate::of(Some(&facts), seen);
        let verdict = match fate {
            TokenFate::Accepted => Verdict::accepted(facts.identity, None),
            // As it stands, no client can send it.
            TokenFate::NeverSent => server.refusal(token, Reason::Missing),
            TokenFate::Refused { status, reason: Some(reason) } => {
                Verdict { status, ..server.refusal(token, reason) }
            }
            TokenFate::Refused { status, reason: None } => Verdict::refused(status),
            TokenFate::TakenOut => Verdict::refused(401),
            TokenFate::Another => Verdict::refused(400),
            TokenFate::Foreign(foreign) if foreign.kind == ForeignKind::Gateway => {
                return Err(Unruled::Foreign(foreign));
            }
            TokenFate::Foreign(foreign) => Verdict::refused(foreign.status),
            // What its issuer's keys make of it is known, though it was kept back.
            TokenFate::Unknown | TokenFate::None => match (expected, seen.withheld) {
                (Some(verdict), Some(_)) => verdict,
                (None, Some(why)) => return Err(Unruled::Withheld(why)),
                (_, None) => return Err(unreached()),
            },
        };
        let was_asked = matches!(seen.token, Reply::Is(_) | Reply::Foreign(_));
        let difference = Difference::between(fate, expected.as_ref(), &facts);
        let difference = difference.filter(|_| was_asked);
        // What cures the reason does not cure a server that has it for no good one.
        let remedy = verdict.remedy.filter(|_| difference.is_none());
        let verdict = Verdict { remedy, ..verdict };
        Ok(Self { verdict, was_asked, withheld: seen.withheld, expected, difference })
    }
}
