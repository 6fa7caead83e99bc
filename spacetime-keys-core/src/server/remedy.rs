//! The flaw in a refused token, beyond the server's words, and the next step.
//!
//! Never "log in again" where that would give another identity: the databases belong to the old one.

use std::fmt;

use super::judge::can_be_fetched;
use super::{Issuer, Reason, Server};
use crate::advice::{Advice, Choice, NextStep as Step};
use crate::error::{Algorithm, Claim, SignatureFlaw, advice as texts};
use crate::jwt::{Kind, Publisher, Times, Token};
use crate::{Error, Identity};

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// There is no token.
    SendToken,
    /// The token is too large.
    Shorten,
    /// An opaque or encrypted token.
    AskForJwt,
    /// A part is damaged.
    CopyAgain,
    /// The issuer pads the parts with `=`.
    SendUnpadded,
    /// The issuer writes base64 of the usual alphabet.
    SendBase64Url,
    /// An ECDSA signature in DER.
    ConvertSignature,
    /// An access token for Microsoft Graph.
    AskForOwnAudience,
    /// A token with which one database calls another.
    NotForClients,
    /// An HMAC, or no signature at all.
    Danger,
    /// An HMAC of an issuer that has a set.
    SignWithAKey,
    /// An algorithm that servers do not verify, or a key that is none for it.
    ChangeAlgorithm,
    /// A server's own token, signed by another key or expired.
    Resign,
    /// An issuer's token that has expired.
    Refresh,
    /// A server's own token, and nothing is known of the server's key.
    NameLocalKey,
    /// The local key did not sign it, and nothing is known of the issuer's keys.
    NameIssuerKeys,
    /// The issuer is no URL that keys could be fetched from.
    MendIssuer,
    /// The issuer's set spoils.
    MendIssuerKeys,
    /// The issuer serves something else in the place of a set.
    MendIssuerDocument,
    /// The set's key is none.
    MendIssuerKey,
    /// The issuer's set lacks the key.
    PublishKey,
    /// The issuer's key did not sign this.
    CompareIssuerKeys,
    /// A server's own token with other claims than it issued.
    RestoreClaims,
    /// An issuer's token without the claims that servers want.
    MendClaims,
}

impl Remedy {
    /// A stable name, for programs.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The step for a person.
    pub fn advice(self) -> Advice {
        self.row().1
    }

    /// The table: a stable name for programs, and the step for a person.
    fn row(self) -> (&'static str, Advice) {
        match self {
            Self::SendToken => (
                "send-token",
                "send the token as `Authorization: Bearer TOKEN`".into(),
            ),
            Self::Shorten => (
                "shorten",
                "leave claims out: a token should have a few hundred bytes".into(),
            ),
            Self::AskForJwt => (
                "ask-for-jwt",
                "ask the issuer for a signed JWT (with OIDC: request a `resource` audience, and send the access token, not the code or the refresh token)".into(),
            ),
            Self::CopyAgain => (
                "copy-again",
                "copy the whole token again: three parts of base64url with dots between them".into(),
            ),
            Self::SendUnpadded => ("send-unpadded", texts::PADDED.into()),
            Self::SendBase64Url => ("send-base64url", texts::ALPHABET.into()),
            Self::ConvertSignature => ("convert-signature", texts::DER_SIGNATURE.into()),
            Self::AskForOwnAudience => ("ask-for-own-audience", texts::OF_GRAPH.into()),
            Self::NotForClients => (
                "not-for-clients",
                "a server makes such a token for one call from a database to another, and refuses it elsewhere. Send a user's or a publisher's token".into(),
            ),
            Self::Danger => (
                "danger",
                "DANGER: anyone who knows a public text can make such a token. Find out who issued it; servers before 2.12 do not refuse HS256 up front: upgrade them".into(),
            ),
            Self::SignWithAKey => (
                "sign-with-a-key",
                "servers verify no shared secret: have the issuer sign with ES256 or RS256, and publish that key in its set (Supabase: change the project to JWT signing keys). DANGER if this issuer does not use a shared secret: anyone who knows a public text can make such a token. Find out who issued it".into(),
            ),
            Self::ChangeAlgorithm => (
                "change-algorithm",
                "have the issuer sign with ES256 (or RS256) and publish the key of that kind: servers verify nothing else".into(),
            ),
            Self::Resign => (
                "resign",
                ("re-sign your token with the server's current key: {}. Do not log in again: that gives another `sub`, so another identity, which does not own the database", [resign_here()]).into(),
            ),
            Self::Refresh => (
                "refresh",
                "get a fresh token of the same user from its issuer: the same `iss` and `sub` are the same identity".into(),
            ),
            Self::NameLocalKey => (
                "name-local-key",
                ("its issuer is the server itself (`localhost`), so the server's own key decides: pass that with {} or {}", [Step::Choose(Choice::PublicKey), Step::Choose(Choice::KeysDir)]).into(),
            ),
            Self::NameIssuerKeys => (
                "name-issuer-keys",
                ("the server's own key did not sign it, so the issuer's keys decide: pass the issuer's set with {}. If the server says this itself, it could not fetch the set: open ISSUER/.well-known/openid-configuration from where the server runs", [Step::Choose(Choice::Jwks)]).into(),
            ),
            Self::MendIssuer => (
                "mend-issuer",
                "servers fetch an issuer's keys by its URL, and this `iss` is none: it must begin with https:// (or http://), and ISS/.well-known/openid-configuration must be there".into(),
            ),
            Self::MendIssuerKeys => (
                "mend-issuer-keys",
                ("servers of this version cannot read the issuer's JWK set, and one bad entry spoils all of it: {} names the entry", [Step::JwksLint]).into(),
            ),
            Self::MendIssuerDocument => (
                "mend-issuer-document",
                "have the issuer serve what servers fetch: a JSON object with `jwks_uri` at ISS/.well-known/openid-configuration, and the JWK set at that URL. Both must be public, without a login".into(),
            ),
            Self::MendIssuerKey => (
                "mend-issuer-key",
                ("the issuer's set has the key of this token, but its numbers are no point on P-256 (a coordinate without its leading zero, or of another curve). {} names the entry. Have the issuer publish `x` and `y` with 32 bytes each", [Step::JwksLint]).into(),
            ),
            Self::PublishKey => (
                "publish-key",
                "publish the key under this `kid` in the issuer's set, and wait 10 minutes before signing with it: servers fetch the set every 5 minutes".into(),
            ),
            Self::CompareIssuerKeys => (
                "compare-issuer-keys",
                "the issuer's published key did not sign this: compare the `kid` of token and set. Check that the set is this issuer's: test and production have their own".into(),
            ),
            Self::RestoreClaims => (
                "restore-claims",
                ("these are not the claims that the server issued: take the token from a backup of cli.toml, or its claims from escrow ({}). Do not log in again: that gives another identity", [Step::TOKEN_RESTORE]).into(),
            ),
            Self::MendClaims => (
                "mend-claims",
                "have the issuer write the claims that servers want: `iss` and `sub` of 1 to 128 bytes, `iat` and `exp` in whole seconds, `aud` as a string or strings".into(),
            ),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.advice().fmt(f)
    }
}

impl serde::Serialize for Remedy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.advice().serialize(serializer)
    }
}

fn resign_here() -> Step {
    let file = |name: &str| name.to_owned();
    Step::TOKEN_RESIGN
        .with(Choice::CliToml(Some(file("cli.toml"))))
        .with(Choice::PrivateKey(file("id_ecdsa")))
}

/// The flaw of a token's form, where the reason leaves open which it is.
pub(super) fn cause(server: &Server, token: &str, reason: Reason) -> Option<Error> {
    match reason {
        Reason::KeyIdNotFound => danger(token).or_else(|| {
            let graph = Error::TokenSignatureForm(SignatureFlaw::Graph);
            Token::parse(token).ok()?.is_of_graph().then_some(graph)
        }),
        Reason::IssuerKeys => danger(token).or_else(|| match server.issuer {
            Issuer::Unreadable(why) if may_be_fetched(server, token) => why,
            _ => None,
        }),
        Reason::Missing | Reason::ExpiredSignature | Reason::NoKeys | Reason::InvalidKey => {
            danger(token)
        }
        Reason::InvalidSignature => danger(token).or_else(|| {
            let flaw = Token::parse(token).ok()?.signature_flaw()?;
            Some(Error::TokenSignatureForm(flaw))
        }),
        _ => flaw(token).err(),
    }
}

fn danger(token: &str) -> Option<Error> {
    let algorithm = Token::parse(token).ok()?.algorithm();
    matches!(algorithm, Algorithm::Hmac | Algorithm::None)
        .then_some(Error::TokenAlgorithm(algorithm))
}

/// The first flaw, by our own reading.
fn flaw(token: &str) -> Result<Identity, Error> {
    let token = Token::parse(token)?;
    match token.algorithm() {
        Algorithm::Es256 | Algorithm::Rs256 => {}
        other => return Err(Error::TokenAlgorithm(other)),
    }
    let publisher = Publisher::from_token(&token)?;
    if Times::of(&token)?.iat.is_none() {
        return Err(Error::ClaimMissing(Claim::IssuedAt));
    }
    crate::jwt::check_json(token.claims_json())?;
    Ok(publisher.identity)
}

pub(super) fn remedy(server: &Server, token: &str, reason: Reason, cause: Option<Error>) -> Remedy {
    let issuer = Token::parse(token).ok().and_then(|token| token.claims().get_str("iss"));
    let issued_here = issuer.as_deref().is_none_or(|issuer| issuer == crate::jwt::LOCAL_ISSUER);
    match cause {
        Some(Error::TokenAlgorithm(Algorithm::Hmac))
            if !issued_here && !matches!(server.issuer, Issuer::Unknown) =>
        {
            return Remedy::SignWithAKey;
        }
        Some(Error::TokenAlgorithm(Algorithm::Hmac | Algorithm::None)) => return Remedy::Danger,
        Some(Error::TokenOfDatabase) => return Remedy::NotForClients,
        Some(Error::TokenPadded(_)) => return Remedy::SendUnpadded,
        Some(Error::TokenAlphabet(_)) => return Remedy::SendBase64Url,
        Some(Error::TokenOtherFormat(_)) => return Remedy::AskForJwt,
        Some(Error::TokenSignatureForm(SignatureFlaw::Der)) => return Remedy::ConvertSignature,
        Some(Error::TokenSignatureForm(SignatureFlaw::Graph)) => {
            return Remedy::AskForOwnAudience;
        }
        Some(Error::TokenElided | Error::TokenSignatureForm(SignatureFlaw::CutOff)) => {
            return Remedy::CopyAgain;
        }
        _ if Kind::of(token) != Kind::Jwt && reason != Reason::Missing => return Remedy::AskForJwt,
        _ => {}
    }
    match reason {
        Reason::Missing => Remedy::SendToken,
        Reason::TooLarge => Remedy::Shorten,
        Reason::InvalidToken | Reason::Base64 => Remedy::CopyAgain,
        Reason::InvalidAlgorithm => Remedy::ChangeAlgorithm,
        Reason::InvalidKey => Remedy::MendIssuerKey,
        Reason::Json if matches!(cause, Some(Error::TokenAlgorithm(_))) => Remedy::ChangeAlgorithm,
        Reason::Json if matches!(cause, Some(Error::TokenMalformed(_))) => Remedy::CopyAgain,
        Reason::InvalidSignature if issued_here && server.local.is_none() => Remedy::NameLocalKey,
        Reason::ExpiredSignature | Reason::InvalidSignature if issued_here => Remedy::Resign,
        Reason::ExpiredSignature => Remedy::Refresh,
        Reason::InvalidSignature if matches!(server.issuer, Issuer::Unknown) => {
            Remedy::NameIssuerKeys
        }
        Reason::InvalidSignature if is_by_no_point(server, token) => Remedy::MendIssuerKey,
        Reason::InvalidSignature => Remedy::CompareIssuerKeys,
        Reason::KeyIdNotFound | Reason::NoKeys => Remedy::PublishKey,
        Reason::IssuerKeys if !may_be_fetched(server, token) => Remedy::MendIssuer,
        Reason::IssuerKeys if cause.is_some() => Remedy::MendIssuerDocument,
        Reason::IssuerKeys => Remedy::MendIssuerKeys,
        _ if issued_here => Remedy::RestoreClaims,
        _ => Remedy::MendClaims,
    }
}

/// Whether a server would ask for the keys of the token's issuer.
fn may_be_fetched(server: &Server, token: &str) -> bool {
    let issuer = Token::parse(token).ok().and_then(|token| token.claims().get_str("iss"));
    issuer.is_none_or(|issuer| can_be_fetched(&issuer, server.rules))
}

/// Whether the set's key for the token is one of EC, and no point on P-256. Older servers then find
/// the signature bad; newer ones name the key.
fn is_by_no_point(server: &Server, token: &str) -> bool {
    let (Issuer::Known(keys), Ok(token)) = (&server.issuer, Token::parse(token)) else {
        return false;
    };
    let kid = token.header().get_str("kid");
    token.algorithm() == Algorithm::Es256 && kid.is_some_and(|kid| keys.have_no_point(&kid))
}
