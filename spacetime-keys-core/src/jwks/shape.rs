//! The shape that SpacetimeDB servers want a JWK to have.
//!
//! Two generations of one JWT library read it, with `serde`, and so do we: whatever JSON they take
//! or refuse (a member twice, an unknown `alg`, a number for a string), these types take and
//! refuse, too. The oracle (`tests/oracle`) holds the two against each other.

use serde::Deserialize;

/// The JWT library of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// `spacetimedb-jsonwebtoken` 9.3: servers up to 2.11.
    Nine,
    /// `jsonwebtoken` 11: servers from 2.12.
    Eleven,
}

/// One entry of a set, as far as servers look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Jwk {
    pub(crate) kid: Option<String>,
    pub(crate) material: Material,
}

/// The key itself: base64url texts, not decoded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// `kty` EC.
    Ec { curve: Curve, x: String, y: String },
    /// `kty` RSA.
    Rsa { n: String, e: String },
    /// `kty` oct: a shared secret.
    Octets { k: String },
    /// `kty` OKP.
    OctetKeyPair { x: String },
    /// Anything else: read by the newer generation, but no key to it either.
    Other,
}

/// Curves that both generations know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Curve {
    #[serde(rename = "P-256")]
    P256,
    #[serde(rename = "P-384")]
    P384,
    #[serde(rename = "P-521")]
    P521,
    Ed25519,
}

impl Generation {
    /// One entry, from its JSON text.
    pub(crate) fn jwk(self, json: &str) -> Option<Jwk> {
        match self {
            Self::Nine => serde_json::from_str::<JwkOfNine>(json).ok().map(Jwk::from),
            Self::Eleven => serde_json::from_str::<JwkOfEleven>(json).ok().map(Jwk::from),
        }
    }

    /// A whole set. `None` if this generation would refuse it for its form.
    pub(crate) fn set(self, json: &[u8]) -> Option<Vec<Jwk>> {
        #[derive(Deserialize)]
        struct Set<T> {
            keys: Vec<T>,
        }
        match self {
            Self::Nine => serde_json::from_slice::<Set<JwkOfNine>>(json)
                .ok()
                .map(|set| set.keys.into_iter().map(Jwk::from).collect()),
            Self::Eleven => serde_json::from_slice::<Set<JwkOfEleven>>(json)
                .ok()
                .map(|set| set.keys.into_iter().map(Jwk::from).collect()),
        }
    }
}

// Members that are read only for their form have a leading underscore.

/// RFC 7517, section 4. The two generations differ in how they read `alg`.
#[derive(Deserialize)]
struct Common<A> {
    #[serde(rename = "use", default)]
    _use: Option<String>,
    #[serde(rename = "key_ops", default)]
    _key_ops: Option<Vec<String>>,
    #[serde(rename = "alg", default = "none")]
    _alg: Option<A>,
    #[serde(default)]
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

/// `Option::default`, without asking for a default of what is inside.
fn none<T>() -> Option<T> {
    None
}

/// Enums, not strings: a servers' `alg` may have any form that `serde` takes for an enum.
#[derive(Deserialize)]
enum AlgOfNine {
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
    #[serde(rename = "RSA1_5")]
    Rsa15,
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

#[derive(Deserialize)]
enum AlgOfEleven {
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
    #[serde(rename = "RSA1_5")]
    Rsa15,
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
enum Ec {
    #[serde(rename = "EC")]
    Ec,
}

#[derive(Deserialize)]
enum Rsa {
    #[serde(rename = "RSA")]
    Rsa,
}

#[derive(Deserialize)]
enum Oct {
    #[serde(rename = "oct")]
    Oct,
}

#[derive(Deserialize)]
enum Okp {
    #[serde(rename = "OKP")]
    Okp,
}

#[derive(Deserialize)]
struct EcMembers {
    #[serde(rename = "kty")]
    _kty: Ec,
    crv: Curve,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct RsaMembers {
    #[serde(rename = "kty")]
    _kty: Rsa,
    n: String,
    e: String,
}

#[derive(Deserialize)]
struct OctMembers {
    #[serde(rename = "kty")]
    _kty: Oct,
    k: String,
}

#[derive(Deserialize)]
struct OkpMembers {
    #[serde(rename = "kty")]
    _kty: Okp,
    #[serde(rename = "crv")]
    _crv: Curve,
    x: String,
}

/// Tried in this order, as servers do.
#[derive(Deserialize)]
#[serde(untagged)]
enum MembersOfNine {
    Ec(EcMembers),
    Rsa(RsaMembers),
    Oct(OctMembers),
    Okp(OkpMembers),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MembersOfEleven {
    Known(MembersOfNine),
    Other {
        #[serde(flatten)]
        _members: std::collections::BTreeMap<String, serde_json::Value>,
    },
}

#[derive(Deserialize)]
pub(crate) struct JwkOfNine {
    #[serde(flatten)]
    common: Common<AlgOfNine>,
    #[serde(flatten)]
    members: MembersOfNine,
}

#[derive(Deserialize)]
pub(crate) struct JwkOfEleven {
    #[serde(flatten)]
    common: Common<AlgOfEleven>,
    #[serde(flatten)]
    members: MembersOfEleven,
}

impl From<MembersOfNine> for Material {
    fn from(members: MembersOfNine) -> Self {
        match members {
            MembersOfNine::Ec(EcMembers { crv, x, y, .. }) => Self::Ec { curve: crv, x, y },
            MembersOfNine::Rsa(RsaMembers { n, e, .. }) => Self::Rsa { n, e },
            MembersOfNine::Oct(OctMembers { k, .. }) => Self::Octets { k },
            MembersOfNine::Okp(OkpMembers { x, .. }) => Self::OctetKeyPair { x },
        }
    }
}

impl From<JwkOfNine> for Jwk {
    fn from(jwk: JwkOfNine) -> Self {
        Self { kid: jwk.common.kid, material: jwk.members.into() }
    }
}

impl From<JwkOfEleven> for Jwk {
    fn from(jwk: JwkOfEleven) -> Self {
        let material = match jwk.members {
            MembersOfEleven::Known(members) => members.into(),
            MembersOfEleven::Other { .. } => Material::Other,
        };
        Self { kid: jwk.common.kid, material }
    }
}
