//! Where a server's answer to a token is not the one that was predicted.

use crate::advice::Advice;
use crate::error::{Algorithm, Error};
use crate::server::{Reason, Verdict};

use super::fate::TokenFate;
use super::{Foreign, TokenFacts};

/// Why a server answers otherwise than its version and its keys predict. Its answer counts all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Something on the way takes the token out.
    TakenOut,
    /// Something on the way answers in its place.
    Foreign(Foreign),
    /// It takes the token for another identity's.
    AnotherIdentity,
    /// The clocks are not together.
    Clocks,
    /// It has other keys of the issuer than the issuer shows now.
    KeptKeys,
    /// It cannot get at the issuer's keys, and this machine can.
    IssuerUnreached,
    /// It takes a token, or refuses one, against the key that it shows.
    SeveralServers,
    /// It takes an HMAC for a signature.
    Hmac,
    /// Nothing that is known explains it.
    Unexplained,
}

impl Difference {
    /// Between what became of a token and what should have; `None`: that is not known.
    pub(super) fn between(
        fate: TokenFate,
        expected: Option<&Verdict>,
        facts: &TokenFacts,
    ) -> Option<Self> {
        match fate {
            TokenFate::TakenOut => return Some(Self::TakenOut),
            TokenFate::Foreign(foreign) => return Some(Self::Foreign(foreign)),
            TokenFate::Another => return Some(Self::AnotherIdentity),
            _ => {}
        }
        let expected = expected?;
        let told = match fate {
            TokenFate::Accepted if expected.accepted => return None,
            TokenFate::Accepted => {
                if expected.cause == Some(Error::TokenAlgorithm(Algorithm::Hmac)) {
                    return Some(Self::Hmac);
                }
                expected.reason
            }
            TokenFate::Refused { reason, .. } if reason == expected.reason => return None,
            // For a reason of its own, and refused all the same.
            TokenFate::Refused { reason: None, .. } if !expected.accepted => return None,
            TokenFate::Refused { reason, .. } => reason,
            _ => return None,
        };
        let (told, is_refused) = (told?, matches!(fate, TokenFate::Refused { .. }));
        let foretold = expected.reason;
        Some(match told {
            _ if told == Reason::ExpiredSignature || foretold == Some(Reason::ExpiredSignature) => {
                Self::Clocks
            }
            Reason::IssuerKeys if is_refused => Self::IssuerUnreached,
            Reason::IssuerKeys
            | Reason::KeyIdNotFound
            | Reason::NoKeys
            | Reason::InvalidKey
            | Reason::InvalidSignature
                if facts.has_issuer =>
            {
                Self::KeptKeys
            }
            Reason::InvalidSignature => Self::SeveralServers,
            _ => Self::Unexplained,
        })
    }

    /// A stable name, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TakenOut => "taken_out",
            Self::Foreign(_) => "proxy",
            Self::AnotherIdentity => "another_identity",
            Self::Clocks => "clocks",
            Self::KeptKeys => "kept_keys",
            Self::IssuerUnreached => "issuer_unreached",
            Self::SeveralServers => "several_servers",
            Self::Hmac => "hmac",
            Self::Unexplained => "unexplained",
        }
    }

    /// The difference as a text, for messages.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::TakenOut => "the token does not arrive: the server says that there is none",
            Self::Foreign(_) => "something else answers in the server's place",
            Self::AnotherIdentity => {
                "the server takes it for another identity than its claims give"
            }
            Self::Clocks => {
                "whether it has expired depends on the clock: the server's is another one"
            }
            Self::KeptKeys => {
                "the server has other keys of the issuer than the issuer shows now: it keeps a set for five minutes"
            }
            Self::IssuerUnreached => {
                "the issuer's keys can be had from this machine, and the server cannot get at them"
            }
            Self::SeveralServers => "the server judges by another key than the one that it shows",
            Self::Hmac => {
                "the server takes an HMAC for a signature: anyone who knows a public text can make such tokens"
            }
            Self::Unexplained => "nothing that is known of its version explains that",
        }
    }

    /// The next step.
    pub fn advice(self) -> Advice {
        match self {
            Self::TakenOut => {
                "a proxy before it takes the header `Authorization` out: have it passed on"
            }
            Self::Foreign(foreign) => return foreign.advice(""),
            Self::AnotherIdentity => {
                "this server derives identities in another way than those known: report this, with its version"
            }
            Self::Clocks => "compare the two: `date -u` on both machines",
            Self::KeptKeys => {
                "ask again in five minutes; publish a new key ten minutes before the first token that it signs. If it stays, the server finds another issuer under that name: open its URL from the server's machine"
            }
            Self::IssuerUnreached => {
                "from the server's machine, or in its container, open ISSUER/.well-known/openid-configuration: name, certificate and firewall; `localhost` is the container itself there. The server says the same of every other fault of such a token"
            }
            Self::SeveralServers => {
                "are there two servers behind this URL? Ask each by itself; a server reads its key files at start-up only"
            }
            Self::Hmac => "upgrade the server: from 2.12 on none takes it",
            Self::Unexplained => "its answer counts; report this, with its version",
        }
        .into()
    }
}
