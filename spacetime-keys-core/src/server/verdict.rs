use std::fmt;

use super::remedy::Remedy;
use crate::{Error, Identity};

/// What a server answers to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the server takes it.
    pub accepted: bool,
    /// Whose it is, if it is accepted.
    pub identity: Option<Identity>,
    /// The HTTP status of a request that asks for no more than a valid token (`GET /v1/ping`).
    pub status: u16,
    /// Why it is refused; `None` if it is accepted.
    pub reason: Option<Reason>,
    /// What is wrong with the token's form, where the server's own words do not tell.
    pub cause: Option<Error>,
    /// What to do next; `None` if it is accepted.
    pub remedy: Option<Remedy>,
}

/// Why a server refuses a token.
///
/// `Display` gives the words that the server's own message begins with (in its log, and after
/// `TokenError(Error(` or `Invalid token: ` in its answer); never anything of the token.
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
    /// As `Display`.
    pub const fn as_str(self) -> &'static str {
        match self {
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
        // What a longer message wraps comes first.
        const WORDS: [(&str, Reason); 17] = [
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
            ("InvalidAlgorithm", Reason::InvalidAlgorithm),
            ("InvalidEcdsaKey", Reason::InvalidKey),
            ("malformed token", Reason::Missing),
            ("InvalidToken", Reason::InvalidToken),
            ("Base64", Reason::Base64),
        ];
        let known = WORDS.iter().find(|(words, _)| text.contains(words));
        let json = || text.to_ascii_lowercase().contains("json").then_some(Self::Json);
        known.map(|(_, reason)| *reason).or_else(json)
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
