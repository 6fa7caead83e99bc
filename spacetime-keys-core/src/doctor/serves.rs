//! Whether a server has taken up the key that it was restarted for.

use std::fmt;

use crate::Fingerprint;

use super::{Foreign, Reply, ServerSeen, Unreached};

/// A server's answer to the question for its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// The key that is mounted, in a form that it verifies with.
    Mounted,
    /// Another key: it was not restarted, or reads other files.
    Another(Fingerprint),
    /// A key that it cannot verify with itself.
    Unusable,
    /// Something else answers in its place.
    Foreign(Foreign),
    /// No answer.
    Nothing(Option<Unreached>),
}

impl ServerSeen {
    /// The served key, compared with the fingerprint of the mounted one.
    pub fn serves(&self, mounted: Fingerprint) -> Serves {
        match &self.public_key {
            Reply::Is(_) => match self.verifying_key().map(crate::PublicKey::fingerprint) {
                Some(served) if served == mounted => Serves::Mounted,
                Some(served) => Serves::Another(served),
                None => Serves::Unusable,
            },
            Reply::Foreign(foreign) => Serves::Foreign(*foreign),
            Reply::Unreached(why) => Serves::Nothing(Some(*why)),
            Reply::NotAsked => match (self.health.foreign(), self.health.unreached()) {
                (Some(foreign), _) => Serves::Foreign(foreign),
                (None, why) => Serves::Nothing(why),
            },
        }
    }
}

/// Ends "the server …".
impl fmt::Display for Serves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mounted => f.write_str("serves the mounted key"),
            Self::Another(served) => {
                write!(f, "serves another key than the mounted one: {served}")
            }
            Self::Unusable => f.write_str("serves a key that it cannot verify with"),
            Self::Foreign(foreign) => write!(f, "is not what answers: {foreign}"),
            Self::Nothing(Some(why)) => write!(f, "does not answer: {why}"),
            Self::Nothing(None) => f.write_str("does not answer"),
        }
    }
}
