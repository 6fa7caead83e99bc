//! One entry of a set.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Defect, Pairs, keeps};
use crate::PublicKey;
use crate::error::NoSet;
use crate::jwks::shape::{Curve, Generation, Jwk, Material};
use crate::key::rsa;

/// What servers read of an entry. Others stand there for people, or for other programs.
const READ_BY_SERVERS: [&str; 15] = [
    "kty", "use", "key_ops", "alg", "kid", "x5u", "x5c", "x5t", "x5t#S256", "crv", "x", "y", "n",
    "e", "k",
];

/// RFC 7518, section 6.2.2, 6.3.2 and 6.4.1.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// As the `alg` of the older generation's entries. The newer one takes any name.
const ALGORITHMS: [&str; 15] = [
    "HS256",
    "HS384",
    "HS512",
    "ES256",
    "ES384",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "EdDSA",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
];

/// The entry, as the first generation that can reads it.
pub(super) fn read(json: &str) -> Option<Jwk> {
    Generation::Nine.jwk(json).or_else(|| Generation::Eleven.jwk(json))
}

/// Whether servers can decode the key's numbers.
pub(super) fn decodes(material: &Material) -> bool {
    let texts = match material {
        Material::Ec { x, y, .. } => [x.as_str(), y.as_str()],
        Material::Rsa { n, e } => [n.as_str(), e.as_str()],
        Material::Octets { k: only } | Material::OctetKeyPair { x: only } => [only.as_str(), ""],
        Material::Other => return false,
    };
    texts.iter().all(|text| decode(text).is_some())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(super) fn defects(json: &str) -> Vec<Defect> {
    let Ok(pairs) = serde_json::from_str::<Pairs<'_>>(json) else {
        return vec![Defect::Malformed(NoSet::Entry)];
    };
    let is_taken = [Generation::Nine, Generation::Eleven]
        .iter()
        .all(|generation| generation.jwk(json).is_some_and(|jwk| keeps(*generation, &jwk)));
    let mut defects = if is_taken { Vec::new() } else { refusals(&pairs) };
    let jwk = read(json);
    if let Some(jwk) = &jwk {
        defects.extend(numbers(&jwk.material));
    }
    defects.extend(secrets(&pairs));
    // Nothing else says why: whatever a server's library dislikes, it is not passed over here.
    if !is_taken && defects.is_empty() {
        defects.push(Defect::EntryRefused);
    }
    if !defects.contains(&Defect::DuplicateMember) && !pairs.names_twice().is_empty() {
        defects.push(Defect::IgnoredMemberTwice);
    }
    if let Some(jwk) = jwk.filter(|jwk| decodes(&jwk.material)) {
        defects.extend(unfit(&pairs, &jwk.material));
    }
    defects
}

/// Why a server cannot read an entry. Only asked where one cannot.
fn refusals(pairs: &Pairs<'_>) -> Vec<Defect> {
    let mut defects = Vec::new();
    if pairs.names_twice().iter().any(|name| READ_BY_SERVERS.contains(name)) {
        defects.push(Defect::DuplicateMember);
    }
    match Member::of(pairs, "kid") {
        Member::Absent | Member::Null => defects.push(Defect::KidMissing),
        Member::Text(_) => {}
        Member::Other => defects.push(Defect::MemberType),
    }
    let kty = Member::of(pairs, "kty");
    defects.extend(kty.must_be_one_of(&["EC", "RSA", "oct", "OKP"], Defect::KeyType));
    let (has_curve, numbers): (bool, &[&str]) = match kty.text() {
        Some("EC") => (true, &["x", "y"]),
        Some("RSA") => (false, &["n", "e"]),
        Some("oct") => (false, &["k"]),
        Some("OKP") => (true, &["x"]),
        _ => (false, &[]),
    };
    if has_curve {
        let curves = ["P-256", "P-384", "P-521", "Ed25519"];
        defects.extend(Member::of(pairs, "crv").must_be_one_of(&curves, Defect::Curve));
    }
    for name in numbers {
        defects.extend(match Member::of(pairs, name) {
            Member::Absent => Some(Defect::MemberMissing),
            Member::Null | Member::Other => Some(Defect::MemberType),
            Member::Text(text) => decode(&text).is_none().then_some(Defect::Base64),
        });
    }
    defects.extend(match Member::of(pairs, "alg") {
        Member::Absent | Member::Null => None,
        alg => alg.must_be_one_of(&ALGORITHMS, Defect::Algorithm),
    });
    let is_text_or_null = |name| !matches!(Member::of(pairs, name), Member::Other);
    let is_list_or_null = |name| {
        pairs.get(name).is_none_or(|json| serde_json::from_str::<Option<Vec<String>>>(json).is_ok())
    };
    if !["use", "x5u", "x5t", "x5t#S256"].into_iter().all(is_text_or_null)
        || !["key_ops", "x5c"].into_iter().all(is_list_or_null)
    {
        defects.push(Defect::MemberType);
    }
    defects.sort_unstable_by_key(|defect| defect.code());
    defects.dedup();
    defects
}

/// The value of a member.
enum Member {
    Absent,
    Null,
    Text(String),
    Other,
}

impl Member {
    fn of(pairs: &Pairs<'_>, name: &str) -> Self {
        match pairs.get(name) {
            None => Self::Absent,
            Some("null") => Self::Null,
            Some(json) => serde_json::from_str(json).map_or(Self::Other, Self::Text),
        }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn must_be_one_of(&self, known: &[&str], unknown: Defect) -> Option<Defect> {
        match self {
            Self::Absent => Some(Defect::MemberMissing),
            Self::Null | Self::Other => Some(Defect::MemberType),
            Self::Text(text) => (!known.contains(&text.as_str())).then_some(unknown),
        }
    }
}

/// Whether a signature can verify with the key, where servers verify at all.
fn numbers(material: &Material) -> Option<Defect> {
    match material {
        Material::Ec { curve: Curve::P256, x, y } => {
            let (x, y) = (decode(x)?, decode(y)?);
            if x.len() != 32 || y.len() != 32 {
                return Some(Defect::CoordinateLength);
            }
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            PublicKey::from_sec1_bytes(&point).is_err().then_some(Defect::NotOnCurve)
        }
        Material::Rsa { n, e } => rsa_numbers(&decode(n)?, &decode(e)?),
        _ => None,
    }
}

/// Whether servers verify with keys of this kind, or may: nobody knows what an entry that cannot be
/// read was to be. Numbers that make no key are a defect of their own.
pub(super) fn may_verify(json: &str) -> bool {
    read(json).is_none_or(|jwk| {
        matches!(jwk.material, Material::Ec { curve: Curve::P256, .. } | Material::Rsa { .. })
    })
}

/// What `ring` (older servers) and the `rsa` crate (newer ones) both verify with.
fn rsa_numbers(n: &[u8], e: &[u8]) -> Option<Defect> {
    const MAX_BITS: usize = 4096; // `rsa`; `ring` has 8192
    const MIN_BYTES: usize = 256; // `ring` counts whole bytes; `rsa` has no minimum
    let is_even = |number: &[u8]| number.last().is_none_or(|byte| byte & 1 == 0);
    if n.first() == Some(&0) || e.first() == Some(&0) {
        Some(Defect::RsaLeadingZero)
    } else if n.len() < MIN_BYTES || rsa::bits(n) > MAX_BITS {
        Some(Defect::RsaSize)
    } else if is_even(n) || is_even(e) || !rsa::exponent_in_range(e) {
        Some(Defect::RsaNumbers)
    } else {
        None
    }
}

/// Only by name: a member that should not be there is not looked into.
fn secrets(pairs: &Pairs<'_>) -> Option<Defect> {
    if Member::of(pairs, "kty").text() == Some("oct") {
        return Some(Defect::SharedSecret);
    }
    pairs.names().any(|name| PRIVATE.contains(&name)).then_some(Defect::PrivateMember)
}

/// An entry that servers skip.
fn unfit(pairs: &Pairs<'_>, material: &Material) -> Vec<Defect> {
    let alg = match material {
        Material::Ec { curve: Curve::P256, .. } => "ES256",
        Material::Rsa { .. } => "RS256",
        Material::Ec { .. } | Material::OctetKeyPair { .. } => return vec![Defect::NeverVerifies],
        Material::Octets { .. } | Material::Other => return Vec::new(),
    };
    let mut defects = Vec::new();
    let is_unfit = |text: &str| text != alg && ALGORITHMS.contains(&text);
    if Member::of(pairs, "alg").text().is_some_and(is_unfit) {
        defects.push(Defect::AlgorithmUnfit);
    }
    let operations = pairs.get("key_ops").and_then(|json| serde_json::from_str(json).ok());
    let not_to_verify = |operations: Vec<String>| operations.iter().all(|name| name != "verify");
    if Member::of(pairs, "use").text().is_some_and(|purpose| purpose != "sig")
        || operations.is_some_and(not_to_verify)
    {
        defects.push(Defect::NotForSignatures);
    }
    defects
}
