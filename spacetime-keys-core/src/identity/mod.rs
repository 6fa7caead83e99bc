//! A SpacetimeDB identity, derived from a token's `iss` and `sub`.

mod lanes;
mod many;

use std::fmt;

use crate::{Error, Result, hex};

/// The user of a token, as SpacetimeDB knows them: 32 bytes, written as 64 lowercase hex digits.
///
/// It owns databases, and it depends only on `iss` and `sub`, never on the key that signed the
/// token. It cannot be turned back into `sub`: losing `sub` loses the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity([u8; 32]);

/// The two bytes with which every identity derived from claims begins.
const PREFIX: [u8; 2] = [0xc2, 0x00];
const HASH_LEN: usize = 26;
const CHECK_LEN: usize = 4;

impl Identity {
    /// Derives the identity: `c2 00 ‖ check ‖ hash`, with `hash = blake3(iss | "|" | sub)[0..26]`
    /// and `check = blake3(c2 00 ‖ hash)[0..4]`.
    ///
    /// Any strings are taken; a server accepts `iss` and `sub` of 1 to 128 bytes. Note that the
    /// `|` is not escaped: (`a|b`, `c`) and (`a`, `b|c`) are one identity. An issuer with and
    /// without a slash at its end are two.
    pub fn from_claims(issuer: &str, subject: &str) -> Self {
        let (issuer, subject) = (issuer.as_bytes(), subject.as_bytes());
        // Most claims fit into one BLAKE3 block, and all that a server takes into 128 bytes each.
        // Clearing a larger buffer than needed would cost a measurable part of the hashing.
        let hash = hash_on_stack::<64>(issuer, subject)
            .or_else(|| hash_on_stack::<257>(issuer, subject))
            .unwrap_or_else(|| {
                blake3::Hasher::new().update(issuer).update(b"|").update(subject).finalize()
            });
        Self::with_checksum(hash.as_bytes())
    }

    /// From a hash, of which the first 26 bytes count.
    fn with_checksum(hash: &[u8; 32]) -> Self {
        // Copied whole, for a fixed length is copied faster; the rest is not read.
        let mut hashed = [0; PREFIX.len() + 32];
        let (prefix, tail) = hashed.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(&PREFIX);
        tail.copy_from_slice(hash);
        let check = blake3::hash(hashed.get(..PREFIX.len() + HASH_LEN).unwrap_or_default());

        let mut bytes = [0; 32];
        let (head, tail) = bytes.split_at_mut(PREFIX.len() + CHECK_LEN);
        let (prefix, checksum) = head.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(&PREFIX);
        checksum.copy_from_slice(check.as_bytes().get(..CHECK_LEN).unwrap_or(&[0; CHECK_LEN]));
        tail.copy_from_slice(hash.get(..HASH_LEN).unwrap_or(&[0; HASH_LEN]));
        Self(bytes)
    }

    /// Reads 64 hex digits of either case and checks prefix and checksum.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::parse_unchecked(text).ok_or(Error::IdentityForm)?;
        if !found.0.starts_with(&PREFIX) {
            return Err(Error::IdentityPrefix);
        }
        let (_, tail) = found.0.split_at(PREFIX.len() + CHECK_LEN);
        let mut hash = [0; 32];
        hash.split_at_mut(HASH_LEN).0.copy_from_slice(tail);
        if Self::with_checksum(&hash) == found { Ok(found) } else { Err(Error::IdentityChecksum) }
    }

    /// Reads 64 hex digits of either case, whatever they say. `None` if they are not that.
    pub(crate) fn parse_unchecked(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    /// The 32 bytes, big-endian: in the order of the hex digits.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 lowercase hex digits, as ASCII: what [`Display`](fmt::Display) writes, for those who
    /// write millions.
    pub fn to_hex(&self) -> [u8; 64] {
        let mut digits = [0; 64];
        hex::encode_into(&self.0, &mut digits);
        digits
    }
}

/// `blake3(issuer | "|" | subject)`, if that is at most `N` bytes. In one piece it is hashed faster
/// than in three.
fn hash_on_stack<const N: usize>(issuer: &[u8], subject: &[u8]) -> Option<blake3::Hash> {
    let mut stack = [0; N];
    let text = stack.get_mut(..issuer.len() + 1 + subject.len())?;
    let (head, rest) = text.split_at_mut(issuer.len());
    let (separator, tail) = rest.split_at_mut(1);
    head.copy_from_slice(issuer);
    separator.copy_from_slice(b"|");
    tail.copy_from_slice(subject);
    Some(blake3::hash(text))
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.to_hex()).unwrap_or_default())
    }
}

impl serde::Serialize for Identity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens that real servers issued.
    const REAL: [(&str, &str); 3] = [
        (
            "37f0c23f-a152-43b9-8728-c04a94a51ed9",
            "c200e88a146b9b7d6af0197da75677fa7cb054226572632330abf8f9cdd5271a",
        ),
        (
            "5fc4710d-c991-4ff0-805e-03cb70013bc0",
            "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad",
        ),
        (
            "6d4b5430-00cf-4a99-932c-ad2d07bab841",
            "c200483152d642c7d402de06cacc36dcb0c2a1f2bbeb8e7d5a673f2435cca975",
        ),
    ];

    #[test]
    fn real_tokens() {
        for (subject, expected) in REAL {
            let identity = Identity::from_claims("localhost", subject);
            assert_eq!(identity.to_string(), expected);
            assert_eq!(Identity::parse(&expected.to_uppercase()), Ok(identity));
        }
    }

    #[test]
    fn the_separator_is_not_escaped() {
        assert_eq!(Identity::from_claims("a|b", "c"), Identity::from_claims("a", "b|c"));
        assert_ne!(Identity::from_claims("http://a", "c"), Identity::from_claims("http://a/", "c"));
    }

    #[test]
    fn claims_of_every_length_agree_with_the_plain_hash() {
        for length in [0, 1, 61, 62, 63, 254, 255, 256, 1022, 1023, 5000] {
            let subject = "s".repeat(length);
            let mut hasher = blake3::Hasher::new();
            hasher.update(format!("i|{subject}").as_bytes());
            let hash = hasher.finalize();
            let identity = Identity::from_claims("i", &subject);
            assert_eq!(&identity.as_bytes()[6..], &hash.as_bytes()[..26], "length {length}");
        }
    }

    #[test]
    fn every_damage_is_named() {
        let good = REAL[0].1;
        assert_eq!(Identity::parse(&good[1..]), Err(Error::IdentityForm));
        assert_eq!(Identity::parse(&format!("0x{good}")), Err(Error::IdentityForm));
        assert_eq!(Identity::parse(&good.replacen("c2", "c3", 1)), Err(Error::IdentityPrefix));
        for position in 4..64 {
            let mut damaged = good.as_bytes().to_vec();
            damaged[position] = if damaged[position] == b'0' { b'1' } else { b'0' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(Identity::parse(&damaged), Err(Error::IdentityChecksum));
        }
    }
}
