use std::fmt;

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::json::check_distinct;
use super::members::Flaw;
use super::token::sign_with;
use super::{LOCAL_ISSUER, Members, Publisher, TokenSigner};
use crate::error::{Algorithm, MintClaim, TokenPart};
use crate::{Error, Identity, Result, jwks};

/// How long a token lives unless something else is said: 15 minutes.
pub const DEFAULT_TTL_SECONDS: u32 = 15 * 60;

/// The longest life of a minted token: 24 hours.
pub const MAX_TTL_SECONDS: u32 = 24 * 60 * 60;

/// Whom a token is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// A user of an app. `sub` is the user's id there, which never changes.
    #[default]
    App,
    /// A program. `sub` is `robot:` and its id.
    Robot,
    /// A user for whom another acts: `act` says who (RFC 8693, section 4.1).
    Delegated,
    /// A publisher: `iss` is `localhost`, as in the tokens of the server itself. With the URL of an OIDC
    /// issuer, the server's key signs in that issuer's place, for an owner who cannot log in there
    /// now (break-glass): `sub` is the one that the issuer gives, whatever it looks like.
    Owner,
}

/// The environment that a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Production: an issuer on this machine, or without TLS, is refused, and so is an owner's token in
    /// the place of an OIDC issuer's.
    Prod,
    /// Any other.
    Other,
}

/// A claim beside those that [`mint`] sets itself.
#[derive(Clone)]
pub struct FreeClaim {
    name: String,
    value: Box<RawValue>,
}

/// Claims of the contract that are strings, whatever their text looks like.
const STRINGS: [&str; 7] = ["azp", "token_type", "sid", "tenant_id", "actor_ref", "scope", "jti"];

/// Claims that [`mint`] sets itself, or that would contradict it.
const RESERVED: [&str; 7] = ["iss", "sub", "aud", "iat", "exp", "nbf", "hex_identity"];

impl FreeClaim {
    /// From the text of a JSON object: one claim a member, in their order.
    ///
    /// # Errors
    /// As [`Self::from_json`]; also for a text that is no such object.
    pub fn all_from_json(json: &str) -> Result<Vec<Self>> {
        let members = Members::parse(json).map_err(|flaw| {
            Error::MintClaim(match flaw {
                Flaw::NotAnObject => MintClaim::Value,
                Flaw::Duplicate => MintClaim::Twice,
            })
        })?;
        members.iter().map(|(name, value)| Self::from_json(name, value)).collect()
    }

    /// From a text: JSON as it is, anything else as a string. `azp`, `token_type`, `sid`,
    /// `tenant_id`, `actor_ref`, `scope` and `jti` are strings in any case.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_text(name: &str, text: &str) -> Result<Self> {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        let is_string = is_json && text.trim_start().starts_with('"');
        if is_string || (is_json && !STRINGS.contains(&name)) {
            return Self::from_json(name, text);
        }
        // A string always has a JSON form.
        Self::from_json(name, &serde_json::to_string(text).unwrap_or_default())
    }

    /// From a JSON text.
    ///
    /// # Errors
    /// [`Error::MintClaim`] if the name is one that [`mint`] sets itself, or if the value is no
    /// JSON that every reader reads alike, or not of the type that the claim contract gives it.
    pub fn from_json(name: &str, json: &str) -> Result<Self> {
        if RESERVED.contains(&name) {
            return Err(Error::MintClaim(MintClaim::Reserved));
        }
        let bad_value = Error::MintClaim(MintClaim::Value);
        check_distinct(json, TokenPart::Claims).map_err(|_| bad_value)?;
        let value: &RawValue = serde_json::from_str(json).map_err(|_| bad_value)?;
        let fits = match name {
            "act" => is_actor(json),
            "membership_version" => serde_json::from_str::<u64>(json).is_ok(),
            _ if STRINGS.contains(&name) => serde_json::from_str::<String>(json).is_ok(),
            _ => true,
        };
        if fits {
            Ok(Self { name: name.to_owned(), value: value.to_owned() })
        } else {
            Err(bad_value)
        }
    }
}

/// Its name: values may be personal.
impl fmt::Debug for FreeClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The content of a token to mint.
#[derive(Clone, Debug)]
pub struct MintOptions<'a> {
    /// `iss`, 1 to 128 bytes: the URL that the app publishes its keys under; for
    /// [`Purpose::Owner`] `localhost`, or the URL of the issuer that it stands in for.
    pub issuer: &'a str,
    /// `sub`, 1 to 128 bytes.
    pub subject: &'a str,
    /// `aud`. Without any, `spacetimedb`, as servers write it.
    pub audience: &'a [&'a str],
    /// Whom it is for.
    pub purpose: Purpose,
    /// Its purpose.
    pub target: Target,
    /// The present moment, in Unix seconds: `iat`.
    pub now: i64,
    /// Seconds until `exp`: 1 to [`MAX_TTL_SECONDS`].
    pub ttl: u32,
    /// Further claims, in this order.
    pub claims: &'a [FreeClaim],
}

/// A minted token.
#[derive(Debug)]
pub struct Minted {
    /// The token: a compact JWS whose header has `typ`, `alg` and `kid`.
    pub token: Zeroizing<String>,
    /// The token's identity.
    pub identity: Identity,
    /// `exp`, in Unix seconds.
    pub expires_at: i64,
}

/// Mints a token by the claim contract of apps that issue their own tokens: `iss`, `sub`, `aud`,
/// `iat`, `exp`, then the free claims. Every SpacetimeDB server that knows the key takes it.
///
/// # Errors
/// [`Error::MintLifetime`] and the errors after it, [`Error::ClaimInvalid`] for `iss` and `sub`.
pub fn mint(signer: &TokenSigner, options: &MintOptions<'_>) -> Result<Minted> {
    if !(1..=MAX_TTL_SECONDS).contains(&options.ttl) {
        return Err(Error::MintLifetime);
    }
    let publisher = Publisher::new(options.issuer, options.subject)?;
    check_purpose(signer, options)?;
    if options.target == Target::Prod && options.purpose != Purpose::Owner {
        check_public_issuer(options.issuer)?;
    }

    let expires_at = options.now.saturating_add(i64::from(options.ttl));
    let mut claims = Members::default();
    if options.purpose == Purpose::Owner && publisher.is_local() {
        // As the server writes its own tokens; no OIDC issuer knows the claim.
        claims.set("hex_identity", &publisher.identity);
    }
    claims.set("iss", &options.issuer);
    claims.set("sub", &options.subject);
    let audience = if options.audience.is_empty() { &["spacetimedb"] } else { options.audience };
    claims.set("aud", &audience);
    claims.set("iat", &options.now);
    claims.set("exp", &expires_at);
    for claim in options.claims {
        if claims.get(&claim.name).is_some() {
            return Err(Error::MintClaim(MintClaim::Twice));
        }
        claims.set(&claim.name, &claim.value);
    }
    let token = sign_with(signer.header(), &claims, signer.signature_size(), |message| {
        signer.sign(message)
    })?;
    Ok(Minted { token, identity: publisher.identity, expires_at })
}

fn check_purpose(signer: &TokenSigner, options: &MintOptions<'_>) -> Result<()> {
    let owner = options.purpose == Purpose::Owner;
    let stands_in = owner && options.issuer != LOCAL_ISSUER;
    if stands_in && jwks::check_issuer(options.issuer).is_err() {
        return Err(Error::MintOwner);
    }
    if stands_in && options.target == Target::Prod {
        return Err(Error::MintBreakGlass);
    }
    let robot = options.subject.strip_prefix("robot:");
    let fits = match options.purpose {
        Purpose::Robot => robot.is_some_and(|id| !id.is_empty()),
        _ => robot.is_none(),
    };
    // Its subject is what the issuer made it, and decides whose token it is.
    if !fits && !stands_in {
        return Err(Error::MintRobot);
    }
    if is_email(options.subject) && !stands_in {
        return Err(Error::MintEmail);
    }
    let names_actor = options.claims.iter().any(|claim| claim.name == "act");
    if names_actor != (options.purpose == Purpose::Delegated) {
        return Err(Error::MintActor);
    }
    // A server's own tokens are verified with its own key, and that is P-256.
    if owner && signer.algorithm() != Algorithm::Es256 {
        return Err(Error::TokenKeyType(signer.algorithm()));
    }
    Ok(())
}

/// An object with a `sub` that is a string (RFC 8693, section 4.1).
fn is_actor(json: &str) -> bool {
    Members::parse(json)
        .ok()
        .and_then(|actor| actor.get_str("sub"))
        .is_some_and(|subject| !subject.is_empty())
}

/// Whether a text looks like one: some characters, one `@`, more with a dot, and no blanks.
fn is_email(subject: &str) -> bool {
    subject.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && !subject.contains([' ', '/', ':'])
            && !domain.contains('@')
            && domain.trim_matches('.').contains('.')
    })
}

/// An https URL whose host is another machine, or at least not obviously this one.
fn check_public_issuer(issuer: &str) -> Result<()> {
    jwks::check_issuer(issuer).map_err(|_| Error::MintIssuer)?;
    let rest = issuer.strip_prefix("https://").ok_or(Error::MintIssuer)?;
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') || is_this_machine(authority) {
        return Err(Error::MintIssuer);
    }
    Ok(())
}

/// Loopback and unspecified addresses, `localhost` and what ends with it, and every host whose
/// last label is a number but that is no address in the usual form: URL parsers read `127.1` and
/// `0x7f000001` as addresses, too.
fn is_this_machine(authority: &str) -> bool {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let v4 = |address: Ipv4Addr| address.is_loopback() || address.octets()[0] == 0;
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed
            .split(']')
            .next()
            .and_then(|host| host.parse::<Ipv6Addr>().ok())
            .is_none_or(|address| {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.to_ipv4_mapped().is_some_and(v4)
            });
    }
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let last = host.rsplit('.').next().unwrap_or_default();
    if last == "localhost" || host.is_empty() || host.contains('%') {
        return true;
    }
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    is_number && host.parse::<Ipv4Addr>().map_or(true, v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_for_production() {
        for good in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com:8443/tenants/a",
            "https://10.0.0.5",
            "https://[2001:db8::1]",
            "https://localhost.example.com",
        ] {
            assert_eq!(check_public_issuer(good), Ok(()), "{good}");
        }
        for bad in [
            "localhost",
            "app",
            "http://app.example.com",
            "HTTPS://app.example.com",
            "https://",
            "https://localhost",
            "https://LOCALHOST:3000",
            "https://localhost.",
            "https://app.localhost",
            "https://127.0.0.1",
            "https://127.8.9.1:80/x",
            "https://127.1",
            "https://0x7f000001",
            "https://0x7f.1",
            "https://2130706433",
            "https://0177.0.0.1",
            "https://0.0.0.0",
            "https://0",
            "https://[::1]",
            "https://[::1]:443",
            "https://[::]",
            "https://[::ffff:127.0.0.1]",
            "https://[nonsense]",
            "https://app.example.com@localhost",
            "https://user@app.example.com",
            "https://%6cocalhost",
            "https://app.example.com?x",
        ] {
            assert_eq!(check_public_issuer(bad), Err(Error::MintIssuer), "{bad}");
        }
    }

    #[test]
    fn addresses_are_told_from_ids() {
        for email in ["a@b.c", "first.last@mail.example.com", "ä@bücher.de"] {
            assert!(is_email(email), "{email}");
        }
        for id in ["u_1", "@a.b", "a@", "a@b", "acct:a@b.c", "robot:x", "a b@c.d", ""] {
            assert!(!is_email(id), "{id}");
        }
    }

    #[test]
    fn free_claims() {
        let json = |name: &str, text: &str| {
            FreeClaim::from_text(name, text).map(|claim| claim.value.get().to_owned())
        };
        assert_eq!(json("tenant_id", "42"), Ok(r#""42""#.to_owned()));
        assert_eq!(json("tenant_id", r#""42""#), Ok(r#""42""#.to_owned()));
        assert_eq!(json("membership_version", "42"), Ok("42".to_owned()));
        assert_eq!(json("x", "1.50"), Ok("1.50".to_owned()));
        assert_eq!(json("x", "a b"), Ok(r#""a b""#.to_owned()));
        assert_eq!(json("x", "{bad"), Ok(r#""{bad""#.to_owned()));
        assert_eq!(json("act", r#"{"sub":"robot:x"}"#), Ok(r#"{"sub":"robot:x"}"#.to_owned()));
        for name in RESERVED {
            assert_eq!(json(name, "x"), Err(Error::MintClaim(MintClaim::Reserved)));
        }
        for (name, text) in [
            ("act", "robot:x"),
            ("act", r#"{"sub":1}"#),
            ("act", r#"{"sub":"a","sub":"b"}"#),
            ("membership_version", "-1"),
            ("membership_version", "one"),
            ("x", r#""\ud800""#),
            ("x", "1e999"),
        ] {
            assert_eq!(json(name, text), Err(Error::MintClaim(MintClaim::Value)), "{name} {text}");
        }
    }
}
