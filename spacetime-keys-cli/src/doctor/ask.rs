//! The questions, in order. Each is one that only reads.

use std::fmt::Write as _;

use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::{
    CliTomlSeen, DatabaseAnswer, Reply, ServerSeen, TokenAnswer, TokenSeen, Unreached,
};

use super::client::{Came, Client};
use super::own_files::Content;

/// Version and key. Whoever is not there is asked once.
pub(super) fn who_are_you(client: &Client<'_>) -> ServerSeen {
    let health = put(client, "/v1/health", None, |came| came.as_answer().health());
    let gone = health.unreached().is_some_and(|why| why != Unreached::Timeout);
    let public_key = if gone {
        Reply::NotAsked
    } else {
        put(client, "/v1/identity/public-key", None, |came| came.as_answer().public_key())
    };
    ServerSeen { health, public_key, ..ServerSeen::default() }
}

/// Token and database. The token goes to what has shown that it is a SpacetimeDB server.
pub(super) fn about_the_token(
    client: &Client<'_>,
    server: &mut ServerSeen,
    content: &Content,
    cli_toml: &CliTomlSeen,
    database: Option<&str>,
) {
    if !server.is_there() {
        return;
    }
    let (identity, can_be_sent) = match cli_toml {
        CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => {
            (facts.identity, facts.can_be_sent && facts.is_ascii)
        }
        CliTomlSeen::Read { token: TokenSeen::Blank, .. } => (None, true),
        _ => (None, false),
    };
    let token = content.token().filter(|_| can_be_sent);
    let token = token.as_ref().map(|token| token.as_str());
    if token.is_some() {
        // Where the claims name somebody, the server is asked whether it takes the token for his.
        let path = identity.map_or_else(
            || "/v1/ping".to_owned(),
            |identity| format!("/v1/identity/{identity}/verify"),
        );
        server.token = put(client, &path, token, |came| came.as_answer().token());
    }
    if let Some(name) = database {
        // A server that cannot issue tokens answers nobody without one.
        let accepted = matches!(server.token, Reply::Is(TokenAnswer::Accepted));
        let path = format!("/v1/database/{}", encoded(name));
        let ask = |token| put(client, &path, token, |came| came.as_answer().database());
        server.database = ask(token.filter(|_| accepted));
        // A server whose private key cannot sign updates databases, and creates none. It says so to
        // whoever comes without a token alone.
        if accepted && server.database == Reply::Is(DatabaseAnswer::Unknown) {
            let without = ask(None);
            if without == Reply::Is(DatabaseAnswer::CannotIssue) {
                server.database = without;
            }
        }
    }
    if let Some(identity) = identity {
        server.databases = owned(client, identity);
    }
}

fn owned(client: &Client<'_>, identity: Identity) -> Reply<Vec<String>> {
    let path = format!("/v1/identity/{identity}/databases");
    put(client, &path, None, |came| came.as_answer().databases())
}

fn put<T>(
    client: &Client<'_>,
    path: &str,
    token: Option<&str>,
    read: impl FnOnce(&Came) -> Reply<T>,
) -> Reply<T> {
    match client.get(path, token) {
        Ok(came) => read(&came),
        Err(why) => Reply::Unreached(why),
    }
}

/// A name as one segment of a path (RFC 3986, section 3.3): all but unreserved characters escaped.
fn encoded(name: &str) -> String {
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
