//! The order in which a server looks at a token: the first flaw that it meets is the one it names.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::keys::{LocalKey, VerifyWith};
use super::shape::{Alg, Claims, Header, LibraryClaims};
use super::verdict::{KeyOf, Reason};
use super::{Issuer, Rules, Server};
use crate::Identity;
use crate::es256::Verifier;
use crate::jwks::shape::Generation;
use crate::jwt::{LOCAL_ISSUER, MAX_CLAIM_BYTES};

/// Seconds that a token is taken after its `exp`.
pub(crate) const LEEWAY: i64 = 60;

/// Whose token it is, and whose key says so; or why it is refused.
pub(super) fn judge(server: &Server, token: &str, now: i64) -> Result<(Identity, KeyOf), Reason> {
    let rules = server.rules;
    let Asked { parts, issuer, kid, local_reason } = match by_local_key(server, token, now)? {
        ByLocalKey::Accepted(identity) => return Ok((identity, KeyOf::Server)),
        ByLocalKey::Open(asked) => asked,
    };
    match &server.issuer {
        // A running server would now fetch the issuer's keys, and where it cannot, say only that.
        Issuer::Unknown => Err(local_reason),
        Issuer::Unreadable(_) => Err(Reason::IssuerKeys),
        Issuer::Known(_) if !can_be_fetched(&issuer, rules) => Err(Reason::IssuerKeys),
        Issuer::Known(keys) => keys
            .verify(rules.generation(), kid.as_deref(), |key| parts.verify(rules, key, now))
            .map(|identity| (identity, KeyOf::Issuer)),
    }
}

/// The issuer whose keys decide on a token, as far as its URL is one that a server would fetch from.
pub(super) fn issuer_asked(server: &Server, token: &str, now: i64) -> Option<String> {
    match by_local_key(server, token, now) {
        Ok(ByLocalKey::Open(asked)) => {
            Some(asked.issuer).filter(|issuer| can_be_fetched(issuer, server.rules))
        }
        _ => None,
    }
}

/// The judgement of a token by the server's own key.
enum ByLocalKey<'a> {
    /// It takes it.
    Accepted(Identity),
    /// Another issuer is named, and its keys are to decide.
    Open(Asked<'a>),
}

/// The judgement of a token by an issuer's keys.
struct Asked<'a> {
    parts: Parts<'a>,
    issuer: String,
    kid: Option<String>,
    /// Why the server's own key did not take the token.
    local_reason: Reason,
}

fn by_local_key<'a>(server: &Server, token: &'a str, now: i64) -> Result<ByLocalKey<'a>, Reason> {
    let rules = server.rules;
    let parts = Parts::split(token)?;
    let local = LocalKey(rules.generation(), server.local.as_ref());
    let local_reason = match parts.verify(rules, &local, now) {
        Ok(identity) => return Ok(ByLocalKey::Accepted(identity)),
        Err(reason) => reason,
    };
    // Only now does a server ask who the issuer is. The older generation reads the claims for that
    // with all its checks but the signature's, so that an expired token of another key is
    // "expired".
    let header = parts.header(rules)?;
    let json = decode(parts.claims)?;
    let claims = parse_claims(&json, rules)?;
    if rules.generation() == Generation::Nine {
        library_checks(&json, Some(now))?;
    }
    if claims.iss == LOCAL_ISSUER {
        return Err(local_reason);
    }
    Ok(ByLocalKey::Open(Asked { parts, issuer: claims.iss, kid: header.kid, local_reason }))
}

/// Whether a server would ask the network for the keys of this issuer. Where the rest of the URL
/// leads is not ours to say.
pub(super) fn can_be_fetched(issuer: &str, rules: Rules) -> bool {
    let url = format!("{}/", issuer.trim_end_matches('/'));
    match rules.generation() {
        // A URL parser's reading: blanks before it and capitals do no harm, slashes may be missing.
        Generation::Nine => {
            let url = url.trim_start_matches(|character| character <= ' ').to_ascii_lowercase();
            url.starts_with("http:") || url.starts_with("https:")
        }
        Generation::Eleven => url.starts_with("http://") || url.starts_with("https://"),
    }
}

/// Whose token it is to a server of these rules, and whether its issuer is the server itself, no matter who
/// signed it and whenever it expires. `None` if the server takes its claims from nobody.
pub(crate) fn reading(token: &str, rules: Rules) -> Option<(Identity, bool)> {
    let parts = Parts::split(token.trim()).ok()?;
    parts.header(rules).ok()?;
    let claims = parse_claims(&decode(parts.claims).ok()?, rules).ok()?;
    Some((whose(&claims).ok()?, claims.iss == LOCAL_ISSUER))
}

/// Whether a server of these rules would find the signature to be by this key.
pub(crate) fn is_signed_by(token: &str, rules: Rules, verifier: &Verifier) -> bool {
    Parts::split(token.trim()).is_ok_and(|parts| {
        let is_es256 = parts.header(rules).is_ok_and(|header| header.alg == Alg::ES256);
        let signature = decode(parts.signature);
        is_es256 && signature.is_ok_and(|bytes| verifier.verify(parts.message.as_bytes(), &bytes))
    })
}

/// A token's three parts, still encoded.
struct Parts<'a> {
    message: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    /// From the end: dots too many are in the header, which then is no base64url.
    fn split(token: &'a str) -> Result<Self, Reason> {
        let (message, signature) = token.rsplit_once('.').ok_or(Reason::InvalidToken)?;
        let (header, claims) = message.rsplit_once('.').ok_or(Reason::InvalidToken)?;
        Ok(Self { message, header, claims, signature })
    }

    fn header(&self, rules: Rules) -> Result<Header, Reason> {
        Header::parse(&decode(self.header)?, rules.generation()).ok_or(Reason::Json)
    }

    /// Everything that is asked of a token when the key is chosen.
    fn verify(&self, rules: Rules, key: &dyn VerifyWith, now: i64) -> Result<Identity, Reason> {
        let header = self.header(rules)?;
        key.verify(header.alg, self.message.as_bytes(), self.signature)?;
        let json = decode(self.claims)?;
        let claims = parse_claims(&json, rules)?;
        match rules.generation() {
            Generation::Nine => library_checks(&json, Some(now))?,
            Generation::Eleven => {
                library_checks(&json, None)?;
                if claims.exp.is_some_and(|exp| now.saturating_sub(exp) > LEEWAY) {
                    return Err(Reason::ExpiredSignature);
                }
            }
        }
        whose(&claims)
    }
}

fn parse_claims(json: &[u8], rules: Rules) -> Result<Claims, Reason> {
    Claims::parse(json, rules.keeps_unknown_claims()).ok_or(Reason::Json)
}

/// What the JWT library asks of the claims. The older generation's library also compares `exp`,
/// and so does not see a negative one.
fn library_checks(json: &[u8], now: Option<i64>) -> Result<(), Reason> {
    let claims = LibraryClaims::parse(json).ok_or(Reason::Json)?;
    if !claims.has_required() {
        return Err(Reason::MissingRequiredClaim);
    }
    let expired = now.zip(claims.exp()).is_some_and(|(now, exp)| {
        u64::try_from(now.saturating_sub(LEEWAY)).is_ok_and(|oldest| exp < oldest)
    });
    if expired { Err(Reason::ExpiredSignature) } else { Ok(()) }
}

/// SpacetimeDB's own conditions for the claims.
fn whose(claims: &Claims) -> Result<Identity, Reason> {
    if claims.iss.len() > MAX_CLAIM_BYTES {
        return Err(Reason::IssuerTooLong);
    }
    if claims.sub.len() > MAX_CLAIM_BYTES {
        return Err(Reason::SubjectTooLong);
    }
    if claims.iss.is_empty() {
        return Err(Reason::IssuerEmpty);
    }
    if claims.sub.is_empty() {
        return Err(Reason::SubjectEmpty);
    }
    let identity = Identity::from_claims(&claims.iss, &claims.sub);
    if claims.hex_identity.is_some_and(|stated| stated != *identity.as_bytes()) {
        return Err(Reason::IdentityMismatch);
    }
    Ok(identity)
}

fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::Base64)
}
