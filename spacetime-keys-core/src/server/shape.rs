//! Header and claims, in the shape that servers want them to have.
//!
//! Servers read both with `serde`, and so do we: what these types take or refuse (a known claim
//! twice, a float for a time, a number that no float can hold) is what servers take or refuse.
//! Where the three sets of rules differ, so do the types. `tests/oracle` holds them against the
//! servers' own. Members that are read only for their form have a leading underscore.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::jwks::shape::{Generation, JwkOfEleven, JwkOfNine};

/// The members of the header that count.
pub(super) struct Header {
    pub(super) alg: Alg,
    pub(super) kid: Option<String>,
}

/// The algorithms that servers know by name. Any other name is no header to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Alg {
    HS256,
    HS384,
    HS512,
    ES256,
    ES384,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// RFC 7515, section 4.1, without `crit`.
#[derive(Deserialize)]
struct HeaderOfNine {
    #[serde(rename = "typ")]
    _typ: Option<String>,
    alg: Alg,
    #[serde(rename = "cty")]
    _cty: Option<String>,
    #[serde(rename = "jku")]
    _jku: Option<String>,
    #[serde(rename = "jwk")]
    _jwk: Option<JwkOfNine>,
    kid: Option<String>,
    #[serde(rename = "x5u")]
    _x5u: Option<String>,
    #[serde(rename = "x5c")]
    _x5c: Option<Vec<String>>,
    #[serde(rename = "x5t")]
    _x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    _x5t_s256: Option<String>,
}

/// The newer generation knows more members, and keeps those that it does not know.
#[derive(Deserialize)]
struct HeaderOfEleven {
    #[serde(rename = "typ")]
    _typ: Option<String>,
    alg: Alg,
    #[serde(rename = "cty")]
    _cty: Option<String>,
    #[serde(rename = "jku")]
    _jku: Option<String>,
    #[serde(rename = "jwk")]
    _jwk: Option<JwkOfEleven>,
    kid: Option<String>,
    #[serde(rename = "x5u")]
    _x5u: Option<String>,
    #[serde(rename = "x5c")]
    _x5c: Option<Vec<String>>,
    #[serde(rename = "x5t")]
    _x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    _x5t_s256: Option<String>,
    #[serde(rename = "crit")]
    _crit: Option<Vec<String>>,
    #[serde(rename = "enc")]
    _enc: Option<String>,
    #[serde(rename = "zip")]
    _zip: Option<String>,
    #[serde(rename = "url")]
    _url: Option<String>,
    #[serde(rename = "nonce")]
    _nonce: Option<String>,
    #[serde(flatten)]
    _others: BTreeMap<String, serde_json::Value>,
}

impl Header {
    pub(super) fn parse(json: &[u8], generation: Generation) -> Option<Self> {
        match generation {
            Generation::Nine => serde_json::from_slice(json)
                .ok()
                .map(|HeaderOfNine { alg, kid, .. }| Self { alg, kid }),
            Generation::Eleven => serde_json::from_slice(json)
                .ok()
                .map(|HeaderOfEleven { alg, kid, .. }| Self { alg, kid }),
        }
    }
}

/// The claims that count.
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    /// Unix seconds.
    pub(super) exp: Option<i64>,
    pub(super) hex_identity: Option<[u8; 32]>,
}

/// Claims that the server does not know are skipped unread.
#[derive(Deserialize)]
struct ClaimsOnly {
    hex_identity: Option<IdentityBytes>,
    sub: String,
    iss: String,
    #[serde(rename = "aud", default)]
    _aud: Audience,
    #[serde(rename = "iat")]
    _iat: i64,
    #[serde(default)]
    exp: Option<i64>,
}

/// Claims that the server does not know are kept, and so must be JSON that it can keep.
#[derive(Deserialize)]
struct ClaimsAndOthers {
    hex_identity: Option<IdentityBytes>,
    sub: String,
    iss: String,
    #[serde(rename = "aud", default)]
    _aud: Audience,
    #[serde(rename = "iat")]
    _iat: i64,
    #[serde(default)]
    exp: Option<i64>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "a set would be read from an array")]
    _others: Option<HashMap<String, IgnoredAny>>,
}

impl Claims {
    /// `keeps_unknown`: see the two types above.
    pub(super) fn parse(json: &[u8], keeps_unknown: bool) -> Option<Self> {
        let (hex_identity, sub, iss, exp) = if keeps_unknown {
            let claims: ClaimsAndOthers = serde_json::from_slice(json).ok()?;
            (claims.hex_identity, claims.sub, claims.iss, claims.exp)
        } else {
            let claims: ClaimsOnly = serde_json::from_slice(json).ok()?;
            (claims.hex_identity, claims.sub, claims.iss, claims.exp)
        };
        Some(Self { iss, sub, exp, hex_identity: hex_identity.map(|bytes| bytes.0) })
    }
}

/// A string or an array of strings, or absent. Unlike others it may not be `null`.
#[derive(Default)]
struct Audience;

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StringOrStrings::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StringOrStrings {
    One(#[allow(dead_code)] String),
    Several(#[allow(dead_code)] Vec<String>),
}

/// `hex_identity`: 64 hex digits of either case, or an array of 32 numbers.
struct IdentityBytes([u8; 32]);

impl<'de> Deserialize<'de> for IdentityBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexOrBytes;
        impl<'de> Visitor<'de> for HexOrBytes {
            type Value = [u8; 32];

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte array or hex string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                crate::hex::decode(text).ok_or_else(|| E::custom("not 64 hex digits"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                bytes.try_into().map_err(|_| de::Error::custom("not 32 bytes"))
            }
        }
        deserializer.deserialize_any(HexOrBytes).map(Self)
    }
}

/// What the JWT library itself looks at, in a second reading of the same claims: their form, and
/// whether the two required ones are there.
#[derive(Deserialize)]
pub(super) struct LibraryClaims {
    #[serde(default, deserialize_with = "time")]
    exp: Tried<u64>,
    #[serde(rename = "nbf", default, deserialize_with = "time")]
    _nbf: Tried<u64>,
    sub: Tried<String>,
    iss: Tried<StringOrStrings>,
    #[serde(rename = "aud")]
    _aud: Tried<StringOrStrings>,
}

impl LibraryClaims {
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(super) const fn has_required(&self) -> bool {
        self.sub.0.is_some() && self.iss.0.is_some()
    }

    /// Unix seconds, rounded. `None` if it is absent or no number from 0 upwards.
    pub(super) const fn exp(&self) -> Option<u64> {
        self.exp.0
    }
}

/// What could be read of a member. One that could not is as good as absent.
struct Tried<T>(Option<T>);

impl<T> Default for Tried<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tried<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<T>::deserialize(deserializer).unwrap_or_default()))
    }
}

/// A number from 0 upwards, floats rounded. Anything else is as good as absent.
#[expect(clippy::unnecessary_wraps, reason = "what serde calls")]
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tried<u64>, D::Error> {
    struct Number;
    impl Visitor<'_> for Number {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number from 0 upwards")
        }

        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<u64, E> {
            if value.is_finite() && value >= 0.0 && value < u64::MAX as f64 {
                Ok(value.round() as u64)
            } else {
                Err(E::custom("out of range"))
            }
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }
    }
    Ok(Tried(deserializer.deserialize_any(Number).ok()))
}
