use std::fmt;

use crate::advice::{Advice, NextStep};
use crate::error::{DiscoveryFlaw, NoSet, advice};
use crate::fleet::Severity;

/// A defect of a JWK set, or a fact worth knowing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    // ---- Servers refuse the whole set ----------------------------------------------------------
    /// The text is no set, or an entry no object.
    Malformed(NoSet),
    /// The discovery document leads to no set.
    Discovery(DiscoveryFlaw),
    /// A member that servers read stands twice in one object.
    DuplicateMember,
    /// An entry without `kid`.
    KidMissing,
    /// A member that this kind of key needs is absent.
    MemberMissing,
    /// A member of the wrong JSON type.
    MemberType,
    /// A `kty` that servers do not know.
    KeyType,
    /// A `crv` that servers do not know.
    Curve,
    /// An `alg` that servers do not know.
    Algorithm,
    /// A number that is not base64url without padding.
    Base64,
    /// Refused by a server's JWT library for another reason.
    EntryRefused,

    // ---- An entry is lost, or no signature verifies with it ------------------------------------
    /// A `kid` that an earlier entry has.
    KidTwice,
    /// `x` or `y` is not 32 bytes long.
    CoordinateLength,
    /// The point is not on P-256.
    NotOnCurve,
    /// A modulus outside 2048 to 4096 bits.
    RsaSize,
    /// A zero byte at the front of `n` or `e`.
    RsaLeadingZero,
    /// RSA numbers with which no server verifies.
    RsaNumbers,

    // ---- Secrets ------------------------------------------------------------------------------
    /// An `oct` key.
    SharedSecret,
    /// A private number stands in the entry.
    PrivateMember,

    // ---- Taken, and of no use -------------------------------------------------------------------
    /// There is no entry.
    Empty,
    /// There are entries, and no token passes by any of them.
    NoKeyVerifies,

    // ---- Worth knowing ------------------------------------------------------------------------
    /// Over 1 MiB.
    Large,
    /// Servers take the set's text, though RFC 7517 has it otherwise.
    Form,
    /// A member that servers do not read stands twice in one object.
    IgnoredMemberTwice,
    /// Keys of several types in one set.
    MixedKeyTypes,
    /// There is an RSA key.
    RsaKey,
    /// A curve with which servers verify nothing.
    NeverVerifies,
    /// An `alg` that is not the key's.
    AlgorithmUnfit,
    /// The entry is said to be for something else than signatures.
    NotForSignatures,
}

impl Defect {
    /// Every defect, for tables; of documents in a set's place, one of each kind.
    pub const ALL: [Self; 29] = [
        Self::Malformed(NoSet::Form),
        Self::Discovery(DiscoveryFlaw::NoUri),
        Self::DuplicateMember,
        Self::KidMissing,
        Self::MemberMissing,
        Self::MemberType,
        Self::KeyType,
        Self::Curve,
        Self::Algorithm,
        Self::Base64,
        Self::EntryRefused,
        Self::KidTwice,
        Self::CoordinateLength,
        Self::NotOnCurve,
        Self::RsaSize,
        Self::RsaLeadingZero,
        Self::RsaNumbers,
        Self::SharedSecret,
        Self::PrivateMember,
        Self::Empty,
        Self::NoKeyVerifies,
        Self::Large,
        Self::Form,
        Self::IgnoredMemberTwice,
        Self::MixedKeyTypes,
        Self::RsaKey,
        Self::NeverVerifies,
        Self::AlgorithmUnfit,
        Self::NotForSignatures,
    ];

    /// A stable name for programs: `ERR_…`, or `WARN_…` for what leaves the set good.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "ERR_JWKS_MALFORMED",
            Self::Discovery(_) => "ERR_JWKS_DISCOVERY",
            Self::DuplicateMember => "ERR_JWKS_DUPLICATE_MEMBER",
            Self::KidMissing => "ERR_JWKS_KID_MISSING",
            Self::MemberMissing => "ERR_JWKS_MEMBER_MISSING",
            Self::MemberType => "ERR_JWKS_MEMBER_TYPE",
            Self::KeyType => "ERR_JWKS_KEY_TYPE",
            Self::Curve => "ERR_JWKS_CURVE",
            Self::Algorithm => "ERR_JWKS_ALGORITHM",
            Self::Base64 => "ERR_JWKS_BASE64",
            Self::EntryRefused => "ERR_JWKS_ENTRY_REFUSED",
            Self::KidTwice => "ERR_JWKS_KID_TWICE",
            Self::CoordinateLength => "ERR_JWKS_COORDINATE_LENGTH",
            Self::NotOnCurve => "ERR_JWKS_NOT_ON_CURVE",
            Self::RsaSize => "ERR_JWKS_RSA_SIZE",
            Self::RsaLeadingZero => "ERR_JWKS_RSA_LEADING_ZERO",
            Self::RsaNumbers => "ERR_JWKS_RSA_NUMBERS",
            Self::SharedSecret => "ERR_JWKS_SHARED_SECRET",
            Self::PrivateMember => "ERR_JWKS_PRIVATE_MEMBER",
            Self::Empty => "ERR_JWKS_EMPTY",
            Self::NoKeyVerifies => "ERR_JWKS_NO_KEY_VERIFIES",
            Self::Large => "WARN_JWKS_LARGE",
            Self::Form => "WARN_JWKS_FORM",
            Self::IgnoredMemberTwice => "WARN_JWKS_MEMBER_TWICE",
            Self::MixedKeyTypes => "WARN_JWKS_MIXED_KEY_TYPES",
            Self::RsaKey => "WARN_JWKS_RSA_KEY",
            Self::NeverVerifies => "WARN_JWKS_NEVER_VERIFIES",
            Self::AlgorithmUnfit => "WARN_JWKS_ALGORITHM_UNFIT",
            Self::NotForSignatures => "WARN_JWKS_NOT_FOR_SIGNATURES",
        }
    }

    /// How bad it is: an error if some server does not take all of the set, or if no token passes by
    /// it.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Large
            | Self::Form
            | Self::IgnoredMemberTwice
            | Self::MixedKeyTypes
            | Self::RsaKey
            | Self::NeverVerifies
            | Self::AlgorithmUnfit
            | Self::NotForSignatures => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The next step.
    pub fn advice(self) -> Advice {
        let text = match self {
            Self::Malformed(NoSet::Form) | Self::Form => {
                "publish a JSON object with an array of objects: {\"keys\": [ … ]}"
            }
            Self::Malformed(found) => return advice::of_no_set(found),
            Self::Discovery(flaw) => return advice::of_discovery(flaw),
            Self::DuplicateMember | Self::IgnoredMemberTwice => "leave each member in once",
            Self::KidMissing => {
                let text =
                    "give the entry a `kid` (its RFC 7638 thumbprint: {}), and tokens the same";
                return (text, [NextStep::KeyFingerprint]).into();
            }
            Self::MemberMissing => {
                "rewrite the entry: kty, crv, x and y for EC; kty, n and e for RSA"
            }
            Self::MemberType => {
                "members are strings; key_ops and x5c are arrays of strings (RFC 7517, section 4)"
            }
            Self::KeyType | Self::Curve => {
                "take the entry out, or publish it in a set that servers do not read"
            }
            Self::Algorithm => {
                "leave `alg` away, or take the entry out if it is not for signatures"
            }
            Self::Base64 => "encode the bytes as base64url, without `=`, `+`, `/` and line ends",
            Self::EntryRefused => "rewrite the entry, with members of RFC 7517 only",
            Self::KidTwice => "give each key a `kid` of its own, such as its RFC 7638 thumbprint",
            Self::CoordinateLength => "pad the coordinate with zeros at the front to 32 bytes",
            Self::NotOnCurve => "take the coordinates from the key itself again",
            Self::RsaSize => "replace the key by a P-256 key, or by an RSA key of 2048 bits",
            Self::RsaLeadingZero => "strip the zero bytes at the front before encoding",
            Self::RsaNumbers => "take `n` and `e` from the key itself again; `e` is AQAB as a rule",
            Self::SharedSecret => {
                "DANGER: the secret is public now; replace it wherever it is in use, and take the entry out"
            }
            Self::PrivateMember => {
                "DANGER: the private key is public now; make a new one, and take this one out of use"
            }
            Self::Empty => "add the public keys that tokens are signed for",
            Self::Large => "take entries out that are no longer in use",
            Self::MixedKeyTypes => "keep one key type per set, EC if there is a choice",
            Self::RsaKey => {
                "prefer EC; else set `kid` in every token, keep RSA in a set of its own, and update to 2.12 or later"
            }
            Self::NoKeyVerifies => {
                "have the issuer sign with ES256 (or RS256) and publish that key. Its default may be another: Better Auth signs with EdDSA unless `jwks.keyPairConfig.alg` is `ES256`, Logto with ES384"
            }
            Self::NeverVerifies => {
                "it does no harm beside a key that verifies; sign tokens with that, a P-256 key (ES256)"
            }
            Self::AlgorithmUnfit => "write ES256 for a P-256 key and RS256 for an RSA key",
            Self::NotForSignatures => "take the entry out if tokens must not be verified with it",
        };
        text.into()
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(found) => return write!(f, "not a JWK set: {found}"),
            Self::Discovery(flaw) => return flaw.fmt(f),
            Self::DuplicateMember => "a member stands twice: servers refuse the whole set",
            Self::KidMissing => "no `kid`: servers before 2.12 refuse the whole set",
            Self::MemberMissing => "a member that this key needs is missing: servers refuse the whole set",
            Self::MemberType => "a member has the wrong JSON type: servers refuse the whole set",
            Self::KeyType => "a `kty` that servers do not know: they refuse the whole set",
            Self::Curve => "a `crv` that servers do not know: they refuse the whole set",
            Self::Algorithm => {
                "an `alg` that servers before 2.12 do not know: they refuse the whole set"
            }
            Self::Base64 => {
                "a number is not base64url without padding: servers refuse the whole set"
            }
            Self::EntryRefused => "some servers cannot read this entry: they refuse the whole set",
            Self::KidTwice => "an earlier entry has the same `kid`: servers use one of the two",
            Self::CoordinateLength => {
                "a coordinate is not 32 bytes long: no signature verifies with this key"
            }
            Self::NotOnCurve => "the point is not on P-256: no signature verifies with this key",
            Self::RsaSize => {
                "the modulus is outside 2048 to 4096 bits: some servers verify nothing with this key"
            }
            Self::RsaLeadingZero => {
                "an RSA number begins with a zero byte: servers before 2.12 verify nothing with this key"
            }
            Self::RsaNumbers => {
                "the RSA numbers are no valid key: no signature verifies with it"
            }
            Self::SharedSecret => "a shared secret stands in a public document",
            Self::PrivateMember => "a private number stands in a public document",
            Self::Empty => "the set has no key: no token passes",
            Self::NoKeyVerifies => {
                "no key of the set verifies a token: servers verify with P-256 and RSA keys only"
            }
            Self::Large => "the set is larger than 1 MiB",
            Self::Form => "servers read this text as a set, but RFC 7517 has it otherwise",
            Self::IgnoredMemberTwice => "a member that servers do not read stands twice",
            Self::MixedKeyTypes => "the set mixes key types, a hazard for servers before 2.12",
            Self::RsaKey => "the set has RSA keys, a hazard for servers before 2.12",
            Self::NeverVerifies => {
                "servers read this key, but verify with P-256 and RSA keys only"
            }
            Self::AlgorithmUnfit => "`alg` is not this key's; servers do not look at it",
            Self::NotForSignatures => {
                "`use` or `key_ops` says that it is not for verifying; servers do not look at them"
            }
        })
    }
}
