//! The servers that get no token.

use std::fmt;

use crate::advice::{Advice, Choice, NextStep};
use crate::error::advice::PLAIN_HTTP;
use crate::es256::Verifier;
use crate::server::{self, Rules};

use super::{Ask, ServerSeen, TokenFacts};

/// Why a token was not sent to a server.
///
/// A publisher's token is good for as long as its key is, often for ever: it goes to the server that it
/// is for, and there unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Withheld {
    /// The server shows a key that has not signed it, and no issuer's key could have: it is another
    /// server's, or an older one of this server's. The answer is known.
    AnotherKey,
    /// Plain http leads to another machine: anybody on the way could read it.
    PlainHttp,
}

impl Withheld {
    /// Why this token is kept back from a server that has shown itself, if it is.
    pub(super) fn by(
        seen: &ServerSeen,
        server: &dyn Ask,
        facts: &TokenFacts,
        token: &str,
    ) -> Option<Self> {
        // Whatever names no issuer only the server's own key could vouch for. By whose rules the claims
        // are read, the server says; so what cannot be read counts as its own.
        if !facts.has_issuer
            && let Some(served) = seen.served_key()
        {
            let rules = seen.version().and_then(|version| Rules::of_version(version).ok());
            let is_by =
                |key: &Verifier| server::is_signed_by(token, rules.unwrap_or_default(), key);
            if !Verifier::new(served).is_ok_and(|key| is_by(&key)) {
                return Some(Self::AnotherKey);
            }
        }
        (!server.carries_tokens()).then_some(Self::PlainHttp)
    }

    /// The reason as a text, for messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnotherKey => {
                "the token was not sent there: the key that the server shows has not signed it"
            }
            Self::PlainHttp => {
                "the token was not sent there: over plain http, anyone on the network path could read it"
            }
        }
    }

    /// The next step.
    pub fn advice(self) -> Advice {
        match self {
            Self::AnotherKey => {
                "if this is another server than the one that the token is of, name that one".into()
            }
            Self::PlainHttp => (PLAIN_HTTP, [NextStep::Choose(Choice::PlainHttp)]).into(),
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
