use std::fmt;

use super::Wording;
use super::remedy::Remedy;
use crate::advice::{Advice, NextStep};
use crate::{Error, Identity};

/// A server's answer to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the server takes it.
    pub accepted: bool,
    /// Whose it is, if it is accepted.
    pub identity: Option<Identity>,
    /// Whose key signed it, if it is accepted.
    pub key: Option<KeyOf>,
    /// The HTTP status of a request that asks for no more than a valid token (`GET /v1/ping`).
    pub status: u16,
    /// Why it is refused; `None` if it is accepted.
    pub reason: Option<Reason>,
    /// The same in this server's own words: a part of its answer.
    pub words: Option<&'static str>,
    /// The flaw in the token's form, where the server's own words do not tell.
    pub cause: Option<Error>,
    /// The next step; `None` if it is accepted.
    pub remedy: Option<Remedy>,
}

/// Whose key a token is accepted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOf {
    /// The server's own.
    Server,
    /// One of the token's issuer.
    Issuer,
}

impl Verdict {
    /// `key`: whose it is, where that is known.
    pub(crate) const fn accepted(identity: Option<Identity>, key: Option<KeyOf>) -> Self {
        Self { accepted: true, identity, key, ..Self::refused(200) }
    }

    /// For a reason that is not known.
    pub(crate) const fn refused(status: u16) -> Self {
        Self {
            accepted: false,
            identity: None,
            key: None,
            status,
            reason: None,
            words: None,
            cause: None,
            remedy: None,
        }
    }

    /// What has to be so for a token that is accepted, and was not looked at: that a server finds
    /// the issuer's keys where it looks for them.
    pub fn condition(&self) -> Option<Advice> {
        let by_issuer = self.key == Some(KeyOf::Issuer);
        by_issuer.then(|| {
            (
                "if servers find this set: they fetch only ISS/.well-known/openid-configuration, and then the set that its `jwks_uri` names (ISS: the token's `iss` without slashes at its end). {} with that URL goes the same way",
                [NextStep::TokenCheckIssuer],
            )
                .into()
        })
    }
}

/// Why a server refuses a token.
///
/// `Display` gives the words of the newest servers; [`Self::words`] those of a version. Never
/// anything of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No token at all, so no `Bearer` authorization.
    Missing,
    /// Not three parts.
    InvalidToken,
    /// A part is not base64url.
    Base64,
    /// Header or claims are not the JSON that the server wants.
    Json,
    /// An algorithm that the key, or the server, does not verify.
    InvalidAlgorithm,
    /// Not signed with the key at hand.
    InvalidSignature,
    /// Past its `exp`, and 60 seconds more.
    ExpiredSignature,
    /// `iss` or `sub` is not there in a second reading.
    MissingRequiredClaim,
    /// `iss` over 128 bytes.
    IssuerTooLong,
    /// `sub` over 128 bytes.
    SubjectTooLong,
    /// `iss` is `""`.
    IssuerEmpty,
    /// `sub` is `""`.
    SubjectEmpty,
    /// `hex_identity` is not what `iss` and `sub` give.
    IdentityMismatch,
    /// The issuer's key set cannot be read as a whole.
    IssuerKeys,
    /// The issuer's set has no key of this `kid`.
    KeyIdNotFound,
    /// The issuer's set has no key at all.
    NoKeys,
    /// The issuer's key is no point on the curve P-256.
    InvalidKey,
    /// Over 1 MiB: more than a server reads of a request's head.
    TooLarge,
}

impl Reason {
    /// The text, as `Display` prints it.
    pub const fn as_str(self) -> &'static str {
        self.words(Wording::Plain)
    }

    /// The words of the server's own message that say why: what comes before them (`TokenError(Error(`,
    /// `Invalid token: `) and after them is left out.
    pub const fn words(self, wording: Wording) -> &'static str {
        let plain = matches!(wording, Wording::Plain);
        match self {
            Self::Base64 if plain => "Base64 error",
            Self::Json if plain => "JSON error",
            Self::MissingRequiredClaim if plain => "Missing required claim",
            Self::KeyIdNotFound if plain => "Specified key ID not found in JWKs",
            Self::Missing => "Authorization is invalid: malformed token",
            Self::InvalidToken => "InvalidToken",
            Self::Base64 => "Base64",
            Self::Json => "Json",
            Self::InvalidAlgorithm => "InvalidAlgorithm",
            Self::InvalidSignature => "InvalidSignature",
            Self::ExpiredSignature => "ExpiredSignature",
            Self::MissingRequiredClaim => "MissingRequiredClaim",
            Self::IssuerTooLong => "Issuer too long",
            Self::SubjectTooLong => "Subject too long",
            Self::IssuerEmpty => "Issuer empty",
            Self::SubjectEmpty => "Subject empty",
            Self::IdentityMismatch => "Identity mismatch",
            Self::IssuerKeys => "Error fetching public key for issuer",
            Self::KeyIdNotFound => "KeyIDNotFound",
            Self::NoKeys => "No kid found",
            Self::InvalidKey => "InvalidEcdsaKey",
            Self::TooLarge => "Request Header Fields Too Large",
        }
    }

    /// The reason in a server's answer or log, if its words are known ones. Bodies are texts, and
    /// differ between versions: they are matched loosely.
    pub fn in_text(text: &str) -> Option<Self> {
        let known = Self::words_in(text).map(|(_, reason)| reason);
        let json = || text.to_ascii_lowercase().contains("json").then_some(Self::Json);
        known.or_else(json)
    }

    /// The same with the words that stand there.
    pub(crate) fn words_in(text: &str) -> Option<(&'static str, Self)> {
        // What a longer message wraps comes first.
        const WORDS: [(&str, Reason); 22] = [
            ("Error fetching public key for issuer", Reason::IssuerKeys),
            ("InvalidSignature", Reason::InvalidSignature),
            ("ExpiredSignature", Reason::ExpiredSignature),
            ("KeyIDNotFound", Reason::KeyIdNotFound),
            ("Specified key ID not found", Reason::KeyIdNotFound),
            ("No kid found", Reason::NoKeys),
            ("Identity mismatch", Reason::IdentityMismatch),
            ("Issuer too long", Reason::IssuerTooLong),
            ("Subject too long", Reason::SubjectTooLong),
            ("Issuer empty", Reason::IssuerEmpty),
            ("Subject empty", Reason::SubjectEmpty),
            ("MissingRequiredClaim", Reason::MissingRequiredClaim),
            ("Missing required claim", Reason::MissingRequiredClaim),
            ("InvalidAlgorithm", Reason::InvalidAlgorithm),
            ("InvalidEcdsaKey", Reason::InvalidKey),
            ("malformed token", Reason::Missing),
            ("InvalidToken", Reason::InvalidToken),
            ("Base64 error", Reason::Base64),
            ("Base64", Reason::Base64),
            ("JSON error", Reason::Json),
            ("Json(", Reason::Json),
            ("Request Header Fields Too Large", Reason::TooLarge),
        ];
        WORDS.iter().find(|(words, _)| text.contains(words)).copied()
    }

    /// The HTTP status that it comes with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Missing => 400,
            Self::TooLarge => 431,
            _ => 401,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
