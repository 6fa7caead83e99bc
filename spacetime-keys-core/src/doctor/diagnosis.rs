use std::fmt;

use crate::Identity;

use super::{Check, Command, Withheld};

/// The outcome of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It updates the database.
    Updates,
    /// It creates one: the name is new, or none was given.
    Creates,
    /// The token is refused.
    Unauthorized,
    /// The token is taken, and the database is somebody else's.
    NotOwner,
    /// The request is none that the server understands.
    BadRequest,
    /// Something else answers in the server's place.
    Proxy,
    /// There is no answer, or none to what decides.
    Unreachable,
}

impl Outcome {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Updates => "updates",
            Self::Creates => "creates",
            Self::Unauthorized => "unauthorized",
            Self::NotOwner => "not_owner",
            Self::BadRequest => "bad_request",
            Self::Proxy => "proxy",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer that a publish would get, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnosis {
    /// Whether all is well: a publish updates, or creates for an identity whose token is at hand,
    /// and no check is broken.
    pub ok: bool,
    /// What a publish would come to. `None` where neither a server nor a log tells.
    pub outcome: Option<Outcome>,
    /// The HTTP status of that answer, of the step of a publish that decides. `None` where no
    /// answer would come, or the version that it depends on is not known.
    pub status: Option<u16>,
    /// The same in one sentence, for a person.
    pub verdict: String,
    /// The server's version.
    pub server_version: Option<String>,
    /// Whose token it is, by its claims.
    pub identity: Option<Identity>,
    /// The identity that owns the database.
    pub owner: Option<Identity>,
    /// Why the token was not sent to the server, if it was kept back: then what is said of it is what the
    /// server should answer.
    pub token_withheld: Option<Withheld>,
    /// The databases that the token's identity owns, and that would be lost with it: 64 hex digits
    /// each.
    pub owns: Vec<String>,
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// Commands that cure it, in order, each as it must be typed. Empty if nothing is to be done,
    /// or nothing is known that helps: then the checks' hints say where to look.
    pub remedy: Vec<Command>,
    /// Whether a publish should work after them. `false` where they repair a part, and the rest is
    /// for the hints to say.
    pub cures: bool,
}
