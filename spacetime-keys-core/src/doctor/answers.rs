//! A server's answers, reduced to data at once: nothing of their text is kept.

use std::fmt;

use serde::Deserialize;

use crate::advice::{Advice, Choice, NextStep};
use crate::error::Found;
use crate::fleet::KeyState;
use crate::server::Reason;
use crate::{Error, Identity, PublicKey};

use super::version;

/// No server starts with a key that has no such line.
const PEM_BEGIN: &[u8] = b"-----BEGIN ";

/// An HTTP answer as it came.
///
/// Its header `spacetime-identity-token` echoes the token, so headers are not part of it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The header `content-type`; empty if there is none.
    pub content_type: &'a str,
    /// The body; `None`: it was larger than the reader allows.
    pub body: Option<&'a [u8]>,
}

/// The known part of the answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reply<T> {
    /// The question was not put.
    #[default]
    NotAsked,
    /// There was no answer.
    Unreached(Unreached),
    /// There was one, and not the server's.
    Foreign(Foreign),
    /// The server's answer.
    Is(T),
}

impl<T> Reply<T> {
    /// The server's answer, if there was one.
    pub const fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(answer) => Some(answer),
            _ => None,
        }
    }

    /// The thing that answered in the server's place.
    pub const fn foreign(&self) -> Option<Foreign> {
        match self {
            Self::Foreign(foreign) => Some(*foreign),
            _ => None,
        }
    }

    /// Why there was no answer.
    pub const fn unreached(&self) -> Option<Unreached> {
        match self {
            Self::Unreached(why) => Some(*why),
            _ => None,
        }
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreached {
    /// The name is unknown to the name service.
    NoSuchHost,
    /// No program listens there, or a firewall answers so.
    NoConnection,
    /// Nothing came within the time that was allowed.
    Timeout,
    /// The certificate is none that this machine trusts.
    Untrusted,
    /// No agreement on a TLS connection.
    Tls,
    /// Something came that is no TLS: a port for plain http, most likely.
    NoTls,
    /// The connection ended in the middle.
    Broken,
    /// The answer is no HTTP.
    NotHttp,
}

impl Unreached {
    /// The reason as a text, for messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchHost => "there is no such host",
            Self::NoConnection => "no connection",
            Self::Timeout => "no answer in time",
            Self::Untrusted => "TLS failed (its certificate is not trusted)",
            Self::Tls => "TLS failed (no agreement on a connection)",
            Self::NoTls => "this port does not speak https",
            Self::Broken => "the connection broke",
            Self::NotHttp => "this is no answer that can be read",
        }
    }

    /// The next step.
    pub fn advice(self) -> Advice {
        let text = match self {
            Self::Timeout => {
                return ("{} allows for more", [NextStep::Choose(Choice::Timeout)]).into();
            }
            Self::Untrusted | Self::Tls => {
                "its certificate must be one that this machine trusts; SSL_CERT_FILE names another authority"
            }
            Self::NoTls => "write http:// in place of https://, or name the port that speaks https",
            Self::NotHttp => {
                "if the port speaks https, write https:// in place of http://; else another program listens there"
            }
            Self::NoConnection => {
                "start the server; if it runs, look at name, port, proxy (HTTPS_PROXY) and firewall"
            }
            _ => "open the URL from this machine: name, port, proxy (HTTPS_PROXY) and firewall",
        };
        text.into()
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer that is not a SpacetimeDB server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its status.
    pub status: u16,
    /// The form of the answer.
    pub kind: ForeignKind,
}

impl Foreign {
    /// The next step, if it came from this URL.
    pub fn advice(self, url: &str) -> Advice {
        let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        match self.kind {
            ForeignKind::Redirect => {
                "name the URL that it redirects to; the token was not sent there, and a publish is not sent on, either"
            }
            ForeignKind::Gateway => {
                "the gateway is up and the server behind it is not: start it, or correct its address in the gateway"
            }
            _ if has_path => {
                "the URL has a path behind its host: name it without the path, unless a proxy serves the server there"
            }
            _ => {
                "a proxy, a login page or another program stands there: ask the server directly, or correct the proxy's rules for /v1/"
            }
        }
        .into()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} came instead of its answer ({})", self.kind.as_str(), self.status)
    }
}

/// The form of an answer that is not the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignKind {
    /// A redirect: servers send none.
    Redirect,
    /// A page for people.
    Html,
    /// More than any such answer of a server has.
    TooLarge,
    /// 502, 503 or 504: a gateway that cannot reach what is behind it.
    Gateway,
    /// Something else.
    Other,
}

impl ForeignKind {
    /// The reason as a text, for messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "a redirect",
            Self::Html => "an HTML page",
            Self::TooLarge => "far too large an answer",
            Self::Gateway => "a gateway's error",
            Self::Other => "something else",
        }
    }
}

/// The public key that a server shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedKey {
    /// The key, as a vault's or a file's.
    pub state: KeyState,
    /// The key itself, if it is one of P-256.
    pub key: Option<PublicKey>,
}

/// A server's answer about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAnswer {
    /// It takes it.
    Accepted,
    /// It takes it for another identity's than the one asked about.
    AnotherIdentity,
    /// It has not got it: something on the way takes the header `Authorization` out.
    NotReceived,
    /// It refuses it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The reason, where the words are known ones.
        reason: Option<Reason>,
    },
}

/// A server's answer about a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseAnswer {
    /// The database is there, and this identity owns it.
    OwnedBy(Identity),
    /// There is none of that name.
    Unknown,
    /// That is no name for a database.
    BadName,
    /// The question came without a token, and the server cannot issue one: its private key is in a
    /// form that it reads but cannot sign with.
    CannotIssue,
}

impl<'a> Answer<'a> {
    /// To `GET /v1/health`: the server's version.
    pub fn health(self) -> Reply<String> {
        #[derive(Deserialize)]
        struct Health {
            version: String,
        }
        self.of(200, |body| {
            let health: Health = serde_json::from_slice(body).ok()?;
            version::is_version(&health.version).then_some(health.version)
        })
    }

    /// To `GET /v1/identity/public-key`: the key, which is a PEM text.
    pub fn public_key(self) -> Reply<ServedKey> {
        self.of(200, |body| {
            let (state, key) = KeyState::of_public(body);
            // A key that is none of P-256 is a server's, too: such a server starts, but is broken.
            let is_pem = body.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN);
            // Servers read the key in a certificate, and we do not.
            let is_certificate = state == KeyState::Bad(Error::KeyUnsupported(Found::Certificate));
            (is_pem && !is_certificate).then_some(ServedKey { state, key })
        })
    }

    /// To `GET /v1/ping` or `GET /v1/identity/IDENTITY/verify` with the token.
    pub fn token(self) -> Reply<TokenAnswer> {
        let Ok(body) = self.text() else { return self.foreign() };
        Reply::Is(match self.status {
            200 | 204 => TokenAnswer::Accepted,
            400 if body.is_empty() => TokenAnswer::AnotherIdentity,
            401 if body.contains("Authorization required") => TokenAnswer::NotReceived,
            400 | 401 | 431 => {
                TokenAnswer::Refused { status: self.status, reason: Reason::in_text(&body) }
            }
            _ => return self.foreign(),
        })
    }

    /// To `GET /v1/database/NAME`.
    pub fn database(self) -> Reply<DatabaseAnswer> {
        let Ok(body) = self.text() else { return self.foreign() };
        Reply::Is(match self.status {
            200 => match owner(&body) {
                Some(owner) => DatabaseAnswer::OwnedBy(owner),
                None => return self.foreign(),
            },
            404 => DatabaseAnswer::Unknown,
            400 => DatabaseAnswer::BadName,
            500 if body.contains(Reason::InvalidKey.as_str()) => DatabaseAnswer::CannotIssue,
            _ => return self.foreign(),
        })
    }

    /// To `GET /v1/identity/IDENTITY/databases`: their identities, 64 lowercase hex digits each.
    pub fn databases(self) -> Reply<Vec<String>> {
        #[derive(Deserialize)]
        struct Databases {
            identities: Vec<String>,
        }
        self.of(200, |body| {
            let found: Databases = serde_json::from_slice(body).ok()?;
            found.identities.iter().map(|hex| Some(identity(hex)?.to_string())).collect()
        })
    }

    /// An answer of that status and of a form that `read` knows, or a foreign one.
    pub(crate) fn of<T>(self, status: u16, read: impl FnOnce(&[u8]) -> Option<T>) -> Reply<T> {
        let body = self.body.filter(|_| self.status == status && !self.is_html());
        body.and_then(read).map_or_else(|| self.foreign(), Reply::Is)
    }

    /// The body as text, unless it is a page or too large.
    fn text(self) -> Result<std::borrow::Cow<'a, str>, ()> {
        let body = self.body.filter(|_| !self.is_html()).ok_or(())?;
        Ok(String::from_utf8_lossy(body))
    }

    fn is_html(self) -> bool {
        let head = self.body.unwrap_or_default().trim_ascii_start();
        let head: Vec<u8> = head.iter().take(14).map(u8::to_ascii_lowercase).collect();
        self.content_type.to_ascii_lowercase().contains("html")
            || head.starts_with(b"<!doctype html")
            || head.starts_with(b"<html")
    }

    fn foreign<T>(self) -> Reply<T> {
        let kind = match self.status {
            300..=399 => ForeignKind::Redirect,
            502..=504 => ForeignKind::Gateway,
            _ if self.is_html() => ForeignKind::Html,
            _ if self.body.is_none() => ForeignKind::TooLarge,
            _ => ForeignKind::Other,
        };
        Reply::Foreign(Foreign { status: self.status, kind })
    }
}

fn owner(body: &str) -> Option<Identity> {
    #[derive(Deserialize)]
    struct Database {
        owner_identity: Written,
    }
    let database: Database = serde_json::from_str(body).ok()?;
    database.owner_identity.read()
}

/// An identity in an answer: `{"__identity__":"0x…"}`, or only the text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Written {
    Text(String),
    Object {
        #[serde(rename = "__identity__")]
        hex: String,
    },
}

impl Written {
    pub(crate) fn read(&self) -> Option<Identity> {
        let (Self::Text(hex) | Self::Object { hex }) = self;
        identity(hex)
    }
}

/// 64 hex digits, with `0x` before them or without.
fn identity(hex: &str) -> Option<Identity> {
    Identity::parse_unchecked(hex.strip_prefix("0x").unwrap_or(hex))
}
