//! Tokens as people have them in their `cli.toml`: good ones, old ones, and what never was one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{Identity, PrivateKey};

/// The issuer that a standalone server names in its own tokens.
const LOCALHOST: &str = "localhost";

/// Who somebody is, to the server.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

impl Person {
    pub(crate) fn local(subject: String) -> Self {
        Self { issuer: LOCALHOST.to_owned(), subject }
    }

    pub(crate) fn identity(&self) -> String {
        Identity::from_claims(&self.issuer, &self.subject).to_string()
    }

    /// The claims that a server would issue.
    fn claims(&self, now: i64) -> Value {
        json!({
            "hex_identity": self.identity(),
            "sub": self.subject,
            "iss": self.issuer,
            "aud": ["spacetimedb"],
            "iat": now - 3600,
            "exp": null,
        })
    }
}

/// Whose key a token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedBy {
    /// The key that the server verifies with.
    Served,
    /// The key before that.
    Older,
    /// The key that is mounted, and waits for a restart.
    Pending,
    /// A key that nobody knows.
    Foreign,
}

/// What is in the place of the publisher token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A server's own token, signed by one key or another.
    Local(SignedBy),
    /// The same, past its `exp` by an hour.
    Expired(SignedBy),
    /// Past its `exp` by less than the minute that servers allow.
    JustExpired,
    /// `exp` lies ahead.
    Lasting,
    /// `hex_identity` is somebody else's.
    WrongHexIdentity,
    /// Without `iat`, which servers want.
    NoIssueTime,
    /// `exp` is a text.
    TextExpiry,
    /// Only `iss`, `sub` and `iat`.
    Minimal,
    /// `iss` is longer than servers allow.
    LongIssuer,
    /// Not signed at all (`alg` is `none`).
    Unsigned,
    /// Signed with the served key, but with another issuer's name: another identity.
    OtherIssuerLocalKey,
    /// Of an issuer whose keys the server can fetch.
    External,
    /// Of that issuer, but its set does not have the key.
    ExternalUnknownKey,
    /// Of an issuer at which nobody answers.
    ExternalUnreachable,
    /// Of an issuer that is no URL.
    ExternalNoUrl,
    /// What other services hand out.
    Opaque,
    /// Cut off in the signature.
    CutOff,
    /// With quotes around it.
    Quoted,
    /// With a blank at its end, which HTTP drops.
    TrailingBlank,
    /// With a blank in the middle.
    BlankInside,
    /// With letters that are not ASCII.
    NotAscii,
    /// `""`.
    Empty,
    /// No `spacetimedb_token` in the file.
    Missing,
    /// No file.
    NoFile,
}

impl Kind {
    pub(crate) const ALL: [Self; 28] = [
        Self::Local(SignedBy::Served),
        Self::Local(SignedBy::Older),
        Self::Local(SignedBy::Pending),
        Self::Local(SignedBy::Foreign),
        Self::Expired(SignedBy::Served),
        Self::Expired(SignedBy::Older),
        Self::Expired(SignedBy::Foreign),
        Self::JustExpired,
        Self::Lasting,
        Self::WrongHexIdentity,
        Self::NoIssueTime,
        Self::TextExpiry,
        Self::Minimal,
        Self::LongIssuer,
        Self::Unsigned,
        Self::OtherIssuerLocalKey,
        Self::External,
        Self::ExternalUnknownKey,
        Self::ExternalUnreachable,
        Self::ExternalNoUrl,
        Self::Opaque,
        Self::CutOff,
        Self::Quoted,
        Self::TrailingBlank,
        Self::BlankInside,
        Self::NotAscii,
        Self::Empty,
        Self::Missing,
    ];
}

/// The private keys that tokens are signed with.
pub(crate) struct Signers<'a> {
    pub(crate) served: &'a PrivateKey,
    pub(crate) older: &'a PrivateKey,
    pub(crate) pending: &'a PrivateKey,
    pub(crate) foreign: &'a PrivateKey,
}

impl Signers<'_> {
    fn of(&self, by: SignedBy) -> &PrivateKey {
        match by {
            SignedBy::Served => self.served,
            SignedBy::Older => self.older,
            SignedBy::Pending => self.pending,
            SignedBy::Foreign => self.foreign,
        }
    }

    /// The text in the token's place, or `None` without one. `external` is a good token of an
    /// issuer that the server can reach, and one that its set does not have the key of.
    pub(crate) fn text(
        &self,
        kind: Kind,
        person: &Person,
        now: i64,
        external: &External,
    ) -> Option<String> {
        let mut claims = person.claims(now);
        let served = |claims: &Value| sign(self.served, claims);
        let set = |claims: &mut Value, name: &str, value: Value| {
            claims.as_object_mut().unwrap().insert(name.to_owned(), value);
        };
        let without = |claims: &mut Value, name: &str| {
            claims.as_object_mut().unwrap().shift_remove(name);
        };
        Some(match kind {
            Kind::Local(by) => sign(self.of(by), &claims),
            Kind::Expired(by) => {
                set(&mut claims, "exp", (now - 3600).into());
                sign(self.of(by), &claims)
            }
            Kind::JustExpired => {
                set(&mut claims, "exp", (now - 2).into());
                served(&claims)
            }
            Kind::Lasting => {
                set(&mut claims, "exp", (now + 86_400).into());
                served(&claims)
            }
            Kind::WrongHexIdentity => {
                let other = Person::local("somebody-else".to_owned());
                set(&mut claims, "hex_identity", other.identity().into());
                served(&claims)
            }
            Kind::NoIssueTime => {
                without(&mut claims, "iat");
                served(&claims)
            }
            Kind::TextExpiry => {
                set(&mut claims, "exp", "tomorrow".into());
                served(&claims)
            }
            Kind::Minimal => {
                served(&json!({ "iss": person.issuer, "sub": person.subject, "iat": now }))
            }
            Kind::LongIssuer => {
                served(&json!({ "iss": "i".repeat(129), "sub": person.subject, "iat": now }))
            }
            Kind::Unsigned => {
                let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
                format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
            }
            Kind::OtherIssuerLocalKey => {
                served(&json!({ "iss": "http://127.0.0.1:1", "sub": person.subject, "iat": now }))
            }
            Kind::External => external.good.clone(),
            Kind::ExternalUnknownKey => external.unknown_key.clone(),
            Kind::ExternalUnreachable | Kind::ExternalNoUrl => {
                let unreachable = kind == Kind::ExternalUnreachable;
                let issuer = if unreachable { "http://127.0.0.1:1" } else { "my-app" };
                let claims = json!({ "iss": issuer, "sub": person.subject, "iat": now });
                sign(self.foreign, &claims)
            }
            Kind::Opaque => "gho_throwaway0123456789abcdefghijkl".to_owned(),
            Kind::CutOff => {
                let whole = served(&claims);
                whole.get(..whole.len() - 20).unwrap().to_owned()
            }
            Kind::Quoted => format!("\"{}\"", served(&claims)),
            Kind::TrailingBlank => format!("{} ", served(&claims)),
            Kind::BlankInside => served(&claims).replacen('.', ". ", 1),
            Kind::NotAscii => format!("é{}", served(&claims)),
            Kind::Empty => String::new(),
            Kind::Missing | Kind::NoFile => return None,
        })
    }
}

/// Tokens of an issuer of our own.
pub(crate) struct External {
    pub(crate) person: Person,
    pub(crate) good: String,
    pub(crate) unknown_key: String,
}

/// Signs as a server signs its own.
pub(crate) fn sign(key: &PrivateKey, claims: &Value) -> String {
    sign_with_header(key, &json!({ "typ": "JWT", "alg": "ES256" }), claims)
}

pub(crate) fn sign_with_header(key: &PrivateKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = Signer::new(key).unwrap().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
