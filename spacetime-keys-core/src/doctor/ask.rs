//! The questions to a server, in order. Each is one that only reads.

use std::fmt::Write as _;

use super::{
    Answer, CliTomlSeen, DatabaseAnswer, Reply, ServerSeen, TokenAnswer, TokenFacts, TokenSeen,
    Unreached, Withheld, version,
};
use crate::Identity;

/// Answered to everybody, unless a token that comes along is refused.
const PING: &str = "/v1/ping";

/// One server, asked by GET.
pub trait Ask {
    /// Asks for a path; with a token, as a publish would send it.
    ///
    /// # Errors
    /// Why there is no answer.
    fn get(&self, path: &str, token: Option<&str>) -> Result<Came, Unreached>;

    /// Whether nobody but the server reads what is sent, or somebody has agreed to that. Asked after the
    /// first question: only then it is known where a name leads.
    fn carries_tokens(&self) -> bool;
}

/// An answer. Of its headers nothing else is kept: one of them echoes the token.
pub struct Came {
    /// The status.
    pub status: u16,
    /// The header `content-type`; empty if there is none.
    pub content_type: String,
    /// The body; `None`: it was larger than the reader allows.
    pub body: Option<Vec<u8>>,
}

impl Came {
    /// The same, to be read.
    pub fn as_answer(&self) -> Answer<'_> {
        Answer { status: self.status, content_type: &self.content_type, body: self.body.as_deref() }
    }
}

fn put<T>(
    server: &dyn Ask,
    path: &str,
    token: Option<&str>,
    read: impl FnOnce(&Came) -> Reply<T>,
) -> Reply<T> {
    match server.get(path, token) {
        Ok(came) => read(&came),
        Err(why) => Reply::Unreached(why),
    }
}

fn ask_for(server: &dyn Ask, name: &str, token: Option<&str>) -> Reply<DatabaseAnswer> {
    let path = format!("/v1/database/{}", encoded(name));
    put(server, &path, token, |came| came.as_answer().database())
}

impl ServerSeen {
    /// Asks for version and key. A server that is not there is asked once.
    pub fn look(server: &dyn Ask) -> Self {
        let health = put(server, "/v1/health", None, |came| came.as_answer().health());
        let gone = health.unreached().is_some_and(|why| why != Unreached::Timeout);
        let public_key = if gone {
            Reply::NotAsked
        } else {
            put(server, "/v1/identity/public-key", None, |came| came.as_answer().public_key())
        };
        Self { health, public_key, ..Self::default() }
    }

    /// Asks what the server says of a token, whose facts are known. It is kept back from what has not
    /// shown that it is a SpacetimeDB server, and where [`Self::withheld`] says so.
    pub fn look_at_token(&mut self, server: &dyn Ask, facts: &TokenFacts, token: &str) {
        if !self.is_there() || !facts.can_be_sent || !facts.is_ascii {
            return;
        }
        self.withheld = Withheld::by(self, server, facts, token);
        if self.withheld.is_some() {
            return;
        }
        // Where the claims name somebody, the server is asked whether it takes the token for his.
        let path = facts
            .identity
            .map_or_else(|| PING.to_owned(), |identity| format!("/v1/identity/{identity}/verify"));
        self.token = put(server, &path, Some(token), |came| came.as_answer().token());
    }

    /// Asks about the token of `cli.toml` ([`Self::look_at_token`]) and a database.
    pub fn look_for(
        &mut self,
        server: &dyn Ask,
        cli_toml: &CliTomlSeen,
        token: Option<&str>,
        database: Option<&str>,
    ) {
        if !self.is_there() {
            return;
        }
        let identity = match (cli_toml.token(), token) {
            (Some(TokenSeen::Found(facts)), token) => {
                if let Some(token) = token {
                    self.look_at_token(server, facts, token);
                }
                facts.identity
            }
            (Some(TokenSeen::Blank), Some(blank)) => {
                self.token = put(server, PING, Some(blank), |came| came.as_answer().token());
                None
            }
            _ => None,
        };
        let name = database.map(|name| match version::parent_and_name(self.version(), name) {
            Some((parent, name)) => {
                self.parent = ask_for(server, parent, None);
                name
            }
            None => name,
        });
        if let Some(name) = name {
            // A server that cannot issue tokens answers nobody without one.
            let accepted = matches!(self.token, Reply::Is(TokenAnswer::Accepted));
            self.database = ask_for(server, name, token.filter(|_| accepted));
            // A server whose private key cannot sign updates databases, and creates none by a name:
            // it signs for their identities. It says so only to a request without a token.
            let is_new = self.database == Reply::Is(DatabaseAnswer::Unknown);
            if accepted && is_new && Identity::parse_unchecked(name).is_none() {
                let without = ask_for(server, name, None);
                if without == Reply::Is(DatabaseAnswer::CannotIssue) {
                    self.database = without;
                }
            }
        }
        if let Some(identity) = identity {
            let path = format!("/v1/identity/{identity}/databases");
            self.databases = put(server, &path, None, |came| came.as_answer().databases());
        }
    }
}

/// A name as one segment of a path (RFC 3986, section 3.3): all but unreserved characters escaped.
pub(crate) fn encoded(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            // Dots, too: `..` is no segment to a URL parser.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn names_stay_within_their_segment() {
        for (name, path) in [
            ("my-db-1", "my-db-1"),
            ("../x?y#z", "%2E%2E%2Fx%3Fy%23z"),
            ("a b\u{e9}\n", "a%20b%C3%A9%0A"),
        ] {
            assert_eq!(encoded(name), path);
        }
    }
}
