//! What the SpacetimeDB CLI's file says: whose token, signed by whom, and which servers it knows.

use zeroize::Zeroizing;

use crate::cli_toml::{CliToml, check_types};
use crate::error::{Algorithm, TomlFlaw};
use crate::es256::Verifier;
use crate::jwt::{Kind, Publisher, Times, Token, examine};
use crate::server::{self, Rules, Server, Verdict};
use crate::{Error, Fingerprint, Identity, PublicKey};

/// The issuer of the tokens of accounts at spacetimedb.com.
const SPACETIMEDB_ISSUER: &str = "https://auth.spacetimedb.com";

/// The SpacetimeDB CLI's file.
#[derive(Debug, Default)]
pub enum CliTomlSeen {
    /// The file was not looked at.
    #[default]
    NotLooked,
    /// There is none.
    Missing,
    /// It is there, and this user may not read it.
    Unreadable,
    /// It is there, and the SpacetimeDB CLI refuses it as a whole.
    Bad(Error),
    /// It was read.
    Read {
        /// The token.
        token: TokenSeen,
        /// The keys that it remembers of servers.
        server_keys: Vec<ServerKeySeen>,
    },
}

/// The token in it.
#[derive(Debug, Default)]
pub enum TokenSeen {
    /// There is none.
    #[default]
    None,
    /// There is an empty one, which the CLI sends all the same.
    Blank,
    /// There is one.
    Found(Box<TokenFacts>),
}

/// A token's properties, without the token.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct TokenFacts {
    /// By the number of its parts.
    pub kind: Kind,
    /// Whose it is by its `iss` and `sub`, if it has them. Nothing was verified.
    pub identity: Option<Identity>,
    /// Whether its issuer is the server itself (`localhost`).
    pub is_local: bool,
    /// Whether its issuer is the makers' (`https://auth.spacetimedb.com`): an account of theirs.
    pub is_of_spacetimedb: bool,
    /// Whether an issuer of its own is named in it, whose keys a server may ask for.
    pub has_issuer: bool,
    /// Whether it can stand in an HTTP header: control characters cannot, not even at its end.
    pub can_be_sent: bool,
    /// Whether it is all ASCII. A server answers 400 to a `Bearer` token of other characters.
    pub is_ascii: bool,
    /// The flaw that it has under any signature.
    pub flaw: Option<Error>,
    /// `iat` and `exp`, if they can be read.
    pub times: Option<Times>,
    /// The known key that its signature verifies with.
    pub signed_by: Option<Fingerprint>,
    /// What the server should say of it, by its version and the key that it shows; `None` if that
    /// key is not known, or none that it can verify with.
    pub verdict: Option<Verdict>,
}

/// A public key that the file remembers of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerKeySeen {
    /// The key.
    pub fingerprint: Fingerprint,
    /// Whether it is remembered of the server that is asked about.
    pub is_this_server: bool,
}

/// What else is known when a `cli.toml` is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The public key that the server shows, if it can verify with that.
    pub served: Option<&'a PublicKey>,
    /// Other keys that may have signed the token: mounted ones, those of vaults.
    pub keys: &'a [PublicKey],
    /// The server's URL.
    pub server: Option<&'a str>,
    /// The server's version.
    pub version: Option<&'a str>,
    /// The present moment, in Unix seconds.
    pub now: i64,
}

impl CliTomlSeen {
    /// From the file's content; `None`: it is not there. The token is not kept.
    pub fn of(content: Option<&[u8]>, known: &Known<'_>) -> Self {
        let Some(content) = content else { return Self::Missing };
        let Ok(text) = str::from_utf8(content) else {
            return Self::Bad(Error::TomlSyntax(TomlFlaw::default()));
        };
        let parsed = match check_types(text).and_then(|()| CliToml::parse(text)) {
            Ok(parsed) => parsed,
            Err(error) => return Self::Bad(error),
        };
        let is_this = |host: Option<&str>| {
            host.zip(known.server).is_some_and(|(host, server)| names_server(host, server))
        };
        let server_keys = parsed
            .servers()
            .map(|(host, key)| ServerKeySeen {
                fingerprint: key.fingerprint(),
                is_this_server: is_this(host),
            })
            .collect();
        let remembered: Vec<PublicKey> = parsed.server_keys().cloned().collect();
        let token = match parsed.raw_token() {
            None => TokenSeen::None,
            Some(token) if token.trim_matches(' ').is_empty() => TokenSeen::Blank,
            Some(token) => TokenSeen::Found(Box::new(TokenFacts::of(token, &remembered, known))),
        };
        Self::Read { token, server_keys }
    }

    /// The token's text as the file has it, for the request that asks the server about it.
    pub fn token_text(content: &[u8]) -> Option<Zeroizing<String>> {
        let parsed = CliToml::parse(str::from_utf8(content).ok()?).ok()?;
        parsed.raw_token().map(|token| Zeroizing::new(token.to_owned()))
    }

    pub(super) fn token(&self) -> Option<&TokenSeen> {
        match self {
            Self::Read { token, .. } => Some(token),
            _ => None,
        }
    }

    pub(super) fn server_keys(&self) -> &[ServerKeySeen] {
        match self {
            Self::Read { server_keys, .. } => server_keys,
            _ => &[],
        }
    }
}

impl TokenFacts {
    /// For a token that is in no file.
    pub fn of_token(text: &str, known: &Known<'_>) -> Self {
        Self::of(text, &[], known)
    }

    fn of(text: &str, remembered: &[PublicKey], known: &Known<'_>) -> Self {
        let parsed = Token::parse(text);
        let rules = known.version.and_then(|version| Rules::of_version(version).ok());
        let rules = rules.unwrap_or_default();
        let claim = |name| parsed.as_ref().ok().and_then(|token| token.claims().get_str(name));
        let (issuer, subject) = (claim("iss"), claim("sub"));
        let publisher = issuer.as_deref().zip(subject.as_deref());
        let publisher = publisher.and_then(|(iss, sub)| Publisher::new(iss, sub).ok());
        // A server reads more than we do: an unknown claim twice, for one.
        let publisher = publisher
            .map(|publisher| (publisher.identity, publisher.is_local()))
            .or_else(|| server::reading(text, rules));
        let signs = |key: &&PublicKey| {
            Verifier::new(key).is_ok_and(|key| server::is_signed_by(text, rules, &key))
        };
        let keys = known.served.into_iter().chain(known.keys).chain(remembered);
        Self {
            kind: Kind::of(text.trim()),
            identity: publisher.map(|(identity, _)| identity),
            is_local: publisher.is_some_and(|(_, is_local)| is_local),
            has_issuer: publisher.is_some_and(|(_, is_local)| !is_local),
            is_of_spacetimedb: issuer
                .as_deref()
                .is_some_and(|issuer| issuer.trim_end_matches('/') == SPACETIMEDB_ISSUER),
            is_ascii: text.is_ascii(),
            can_be_sent: !text.chars().any(|c| c.is_ascii_control() && c != '\t'),
            flaw: flaw(&parsed),
            times: parsed.as_ref().ok().and_then(|token| Times::of(token).ok()),
            signed_by: keys.into_iter().find(signs).map(PublicKey::fingerprint),
            verdict: verdict(text, known),
        }
    }

    /// Whether it has expired, as servers count: they allow 60 seconds.
    pub fn has_expired(&self, now: i64) -> bool {
        let exp = self.times.and_then(|times| times.exp);
        exp.is_some_and(|exp| now.saturating_sub(exp) > 60)
    }
}

/// What no signature cures. RS256 is no flaw where an issuer's keys decide.
fn flaw(parsed: &Result<Token<'_>, Error>) -> Option<Error> {
    let token = match parsed {
        Ok(token) => token,
        Err(error) => return Some(*error),
    };
    match examine(token) {
        Ok((_, times)) if times.iat.is_none() => {
            Some(Error::ClaimMissing(crate::error::Claim::IssuedAt))
        }
        Ok(_) => crate::jwt::check_json(token.claims_json()).err(),
        Err(Error::TokenAlgorithm(Algorithm::Rs256)) => match Publisher::from_token(token) {
            // No server signs so, and no program signs it again.
            Ok(publisher) if publisher.is_local() => Some(Error::TokenAlgorithm(Algorithm::Rs256)),
            other => other.and_then(|_| Times::of(token)).err(),
        },
        Err(error) => Some(error),
    }
}

fn verdict(text: &str, known: &Known<'_>) -> Option<Verdict> {
    let server = known.version.and_then(|version| Server::of_version(version).ok());
    let server = server.unwrap_or_else(|| Server::new(Rules::default()));
    let server = server.with_local_key(known.served?).ok()?;
    Some(server.check(text, known.now))
}

/// Whether a `host` of cli.toml (`127.0.0.1:3000`) is the one of a URL. The names of the loopback
/// interface are one: the CLI writes what was typed.
fn names_server(host: &str, url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
    canonical(host, port) == canonical(authority, port)
}

fn canonical(authority: &str, default_port: &str) -> (String, String) {
    let authority = authority.to_ascii_lowercase();
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) => (name.to_owned(), port.to_owned()),
        _ => (authority, default_port.to_owned()),
    };
    let name = match name.as_str() {
        "127.0.0.1" | "[::1]" => "localhost".to_owned(),
        _ => name,
    };
    (name, port)
}

#[cfg(test)]
mod tests {
    use super::names_server;

    #[test]
    fn hosts_and_urls() {
        for (host, url, same) in [
            ("127.0.0.1:3000", "http://localhost:3000", true),
            ("localhost:3000", "http://[::1]:3000/", true),
            ("127.0.0.1:3001", "http://127.0.0.1:3000", false),
            ("db.example.com", "https://DB.example.com/x", true),
            ("db.example.com", "https://db.example.com:443", true),
            ("db.example.com", "http://db.example.com:443", false),
            ("", "http://localhost:3000", false),
        ] {
            assert_eq!(names_server(host, url), same, "{host} {url}");
        }
    }
}
