//! A SpacetimeDB identity, derived from a token's `iss` and `sub`.

use std::fmt;

use crate::{Error, Result, hex};

/// Who a token's bearer is to SpacetimeDB: 32 bytes, written as 64 lowercase hex digits.
///
/// It owns databases, and it depends on `iss` and `sub` alone, never on the key that signed the
/// token. It cannot be turned back into `sub`: losing `sub` loses the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity([u8; 32]);

/// The two bytes with which every identity derived from claims begins.
const PREFIX: [u8; 2] = [0xc2, 0x00];
const HASH_LEN: usize = 26;
/// BLAKE3's chunk: an input of at most this length is one call on the stack.
const ON_STACK: usize = 1024;

impl Identity {
    /// Derives the identity: `c2 00 ‖ check ‖ hash`, with `hash = blake3(iss | "|" | sub)[0..26]`
    /// and `check = blake3(c2 00 ‖ hash)[0..4]`.
    ///
    /// Any strings are taken; a server accepts `iss` and `sub` of 1 to 128 bytes. Note that the
    /// `|` is not escaped: (`a|b`, `c`) and (`a`, `b|c`) are one identity. An issuer with and
    /// without a slash at its end are two.
    pub fn from_claims(issuer: &str, subject: &str) -> Self {
        let (issuer, subject) = (issuer.as_bytes(), subject.as_bytes());
        let mut stack = [0; ON_STACK];
        let hash = if let Some(text) = stack.get_mut(..issuer.len() + 1 + subject.len()) {
            let (head, rest) = text.split_at_mut(issuer.len());
            let (separator, tail) = rest.split_at_mut(1);
            head.copy_from_slice(issuer);
            separator.copy_from_slice(b"|");
            tail.copy_from_slice(subject);
            blake3::hash(text)
        } else {
            blake3::Hasher::new().update(issuer).update(b"|").update(subject).finalize()
        };
        let mut tail = [0; HASH_LEN];
        tail.copy_from_slice(hash.as_bytes().first_chunk::<HASH_LEN>().unwrap_or(&[0; HASH_LEN]));
        Self::with_checksum(tail)
    }

    fn with_checksum(hash: [u8; HASH_LEN]) -> Self {
        let mut hashed = [0; 2 + HASH_LEN];
        let (prefix, tail) = hashed.split_at_mut(2);
        prefix.copy_from_slice(&PREFIX);
        tail.copy_from_slice(&hash);
        let check = blake3::hash(&hashed);

        let mut bytes = [0; 32];
        let (head, tail) = bytes.split_at_mut(6);
        let (prefix, checksum) = head.split_at_mut(2);
        prefix.copy_from_slice(&PREFIX);
        checksum.copy_from_slice(check.as_bytes().first_chunk::<4>().unwrap_or(&[0; 4]));
        tail.copy_from_slice(&hash);
        Self(bytes)
    }

    /// Reads 64 hex digits of either case and checks prefix and checksum.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::parse_unchecked(text).ok_or(Error::IdentityForm)?;
        let Some((head, hash)) = found.0.split_first_chunk::<6>() else {
            return Err(Error::IdentityForm);
        };
        if !head.starts_with(&PREFIX) {
            return Err(Error::IdentityPrefix);
        }
        let hash = hash.try_into().map_err(|_| Error::IdentityForm)?;
        if Self::with_checksum(hash) == found { Ok(found) } else { Err(Error::IdentityChecksum) }
    }

    /// Reads 64 hex digits of either case, whatever they say. `None` if they are not that.
    pub(crate) fn parse_unchecked(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    /// The 32 bytes, big-endian: in the order of the hex digits.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
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
    fn long_claims_take_the_streaming_path_and_agree() {
        for length in [0, 1, 1000, 1022, 1023, 1024, 1025, 5000] {
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
