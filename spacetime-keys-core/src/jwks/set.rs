use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::value::RawValue;

use crate::error::{Algorithm, NoSet};
use crate::jwt::{Flaw, Members};
use crate::{Error, PublicKey, Result, RsaPublicKey, VerificationKey};

/// The largest set that is read, in bytes.
pub const MAX_JWKS_BYTES: usize = 1 << 20;

/// The keys of a JWK set that a token can be verified with.
///
/// Strict about the form of the set, lenient about its entries: providers publish keys for other
/// purposes beside those for signing, and these are passed over.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<SetKey>,
    skipped: Skipped,
}

/// One usable key of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetKey {
    /// The entry's own `kid`, if it has one. Whatever text the issuer chose.
    pub kid: Option<String>,
    /// The key.
    pub key: VerificationKey,
}

/// How many entries of a set were passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Made for something else: another key type, curve or algorithm, encryption, a shared secret.
    pub foreign: usize,
    /// Said to be a P-256 or RSA key for signatures, and is none: a member is missing or of the
    /// wrong type, the numbers do not make a key, or it is of a size that is not taken.
    pub unusable: usize,
}

impl JwkSet {
    /// Reads the JSON text of a set.
    ///
    /// # Errors
    /// [`Error::JwksTooLarge`], [`Error::JwksMalformed`], and [`Error::JwksDuplicateMember`] if the
    /// set or one of its entries has a member twice.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > MAX_JWKS_BYTES {
            return Err(Error::JwksTooLarge);
        }
        let no_set = || Error::JwksMalformed(super::no_set(json));
        let text = str::from_utf8(json).map_err(|_| no_set())?;
        let set = members(text, no_set)?;
        let entries = set.get("keys").ok_or_else(no_set)?;
        let entries: Vec<&RawValue> = serde_json::from_str(entries).map_err(|_| no_set())?;
        let mut keys = Vec::new();
        let mut skipped = Skipped::default();
        for entry in entries {
            match read(&members(entry.get(), || Error::JwksMalformed(NoSet::Entry))?) {
                Entry::Usable(key) => keys.push(key),
                Entry::Foreign => skipped.foreign += 1,
                Entry::Unusable => skipped.unusable += 1,
            }
        }
        Ok(Self { keys, skipped })
    }

    /// The usable keys, in the order of the set.
    pub fn keys(&self) -> &[SetKey] {
        &self.keys
    }

    /// The keys with this `kid`. More than one if the issuer uses it twice.
    pub fn find(&self, kid: &str) -> impl Iterator<Item = &SetKey> {
        self.keys.iter().filter(move |key| key.kid.as_deref() == Some(kid))
    }

    /// The entries that were skipped.
    pub const fn skipped(&self) -> Skipped {
        self.skipped
    }
}

fn members(json: &str, otherwise: impl FnOnce() -> Error) -> Result<Members> {
    Members::parse(json).map_err(|flaw| match flaw {
        Flaw::NotAnObject => otherwise(),
        Flaw::Duplicate => Error::JwksDuplicateMember,
    })
}

enum Entry {
    Usable(SetKey),
    Foreign,
    Unusable,
}

fn read(jwk: &Members) -> Entry {
    let kid = jwk.get_str("kid");
    let (Some(kty), false) = (jwk.get_str("kty"), kid.is_none() && jwk.get("kid").is_some()) else {
        return Entry::Unusable;
    };
    let key = match kty.as_str() {
        "EC" if is(jwk, "crv", "P-256") => p256(jwk).map(VerificationKey::Es256),
        "RSA" => rsa(jwk).map(VerificationKey::Rs256),
        _ => return Entry::Foreign,
    };
    let alg = if kty == "RSA" { Algorithm::Rs256 } else { Algorithm::Es256 };
    if !is_for_verifying(jwk, alg) {
        return Entry::Foreign;
    }
    key.map_or(Entry::Unusable, |key| Entry::Usable(SetKey { kid, key }))
}

/// RFC 7517, section 4.2 to 4.4: what an entry does not say, it does not forbid.
fn is_for_verifying(jwk: &Members, alg: Algorithm) -> bool {
    let name = if alg == Algorithm::Rs256 { "RS256" } else { "ES256" };
    let absent_or = |member: &str, value: &str| jwk.get(member).is_none() || is(jwk, member, value);
    let operations: Option<Vec<String>> =
        jwk.get("key_ops").map(|json| serde_json::from_str(json).unwrap_or_default());
    absent_or("use", "sig")
        && absent_or("alg", name)
        && operations.is_none_or(|all| all.iter().any(|operation| operation == "verify"))
}

fn is(jwk: &Members, member: &str, value: &str) -> bool {
    jwk.get_str(member).as_deref() == Some(value)
}

/// RFC 7518, section 6.2.1: both coordinates in full length.
fn p256(jwk: &Members) -> Option<PublicKey> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != 32 || y.len() != 32 {
        return None;
    }
    PublicKey::from_sec1_bytes(&[&[4], x.as_slice(), y.as_slice()].concat()).ok()
}

/// RFC 7518, section 6.3.1.
fn rsa(jwk: &Members) -> Option<RsaPublicKey> {
    RsaPublicKey::from_components(&bytes(jwk, "n")?, &bytes(jwk, "e")?).ok()
}

fn bytes(jwk: &Members, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk.get_str(member)?).ok()
}
