//! Reading DER (X.690): just what key containers need, and strictly.
//!
//! Writing is for RSA public keys and for what comes as a JWK: the P-256 containers that we write
//! ourselves have a fixed length and need no encoder. See [`crate::key`].

use zeroize::Zeroizing;

/// Tags of the types that occur in key containers.
pub(crate) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const SEQUENCE: u8 = 0x30;
    /// `[0]`, constructed.
    pub(crate) const CONTEXT_0: u8 = 0xa0;
    /// `[1]`, constructed.
    pub(crate) const CONTEXT_1: u8 = 0xa1;
    /// `[1]`, primitive (IMPLICIT BIT STRING in RFC 5958).
    pub(crate) const CONTEXT_1_PRIMITIVE: u8 = 0x81;
}

/// Reads values one after the other. `None` always means: not DER, or not what was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next value's tag and content.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Long form. Two bytes are plenty for a key; DER wants the shortest form.
            0x81 => {
                let (&low, rest) = rest.split_first()?;
                (low >= 0x80).then_some((usize::from(low), rest))?
            }
            0x82 => {
                let (bytes, rest) = rest.split_first_chunk::<2>()?;
                let length = u16::from_be_bytes(*bytes);
                (length > 0xff).then_some((usize::from(length), rest))?
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The next value, if it has this tag; else nothing is consumed.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.any()?;
        (found == tag).then(|| {
            *self = ahead;
            content
        })
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.optional(tag)
    }

    /// A constructed value, as a reader of its content.
    pub(crate) fn nested(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.expect(tag).map(Reader)
    }

    /// A BIT STRING of whole bytes.
    pub(crate) fn bit_string(&mut self) -> Option<&'a [u8]> {
        match self.expect(tag::BIT_STRING)?.split_first()? {
            (0, bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An INTEGER that is not negative, without its sign byte.
    pub(crate) fn unsigned(&mut self) -> Option<&'a [u8]> {
        let content = self.expect(tag::INTEGER)?;
        match content {
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Some(rest),
            // Empty, not the shortest form, or negative.
            [] | [0, _, ..] | [0x80..=0xff, ..] => None,
            _ => Some(content),
        }
    }
}

/// A value of these parts, its length in the shortest form. Up to 65,535 bytes. Wiped when dropped.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let [.., high, low] = length.to_be_bytes();
    // Room for all at once: a buffer that grows leaves copies behind.
    let mut value = Zeroizing::new(Vec::with_capacity(length + 4));
    value.push(tag);
    match (high, low) {
        (0, 0..=0x7f) => value.push(low),
        (0, _) => value.extend([0x81, low]),
        _ => value.extend([0x82, high, low]),
    }
    for part in parts {
        value.extend_from_slice(part);
    }
    value
}

/// An INTEGER that is not negative, from big-endian bytes without leading zeros.
pub(crate) fn write_unsigned(number: &[u8]) -> Zeroizing<Vec<u8>> {
    let negative = number.first().is_some_and(|byte| byte & 0x80 != 0);
    write(tag::INTEGER, &[if negative { &[0] } else { &[] }, number])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_strict() {
        // Long form where the short one would do, indefinite length, and a content cut off.
        for bad in [&[0x04, 0x81, 0x01, 0x00][..], &[0x30, 0x80, 0, 0], &[0x04, 0x02, 0x00]] {
            assert!(Reader::new(bad).any().is_none());
        }
        let mut long = vec![0x04, 0x82, 0x01, 0x00];
        long.extend([7; 256]);
        assert_eq!(Reader::new(&long).any().unwrap().1.len(), 256);
    }

    #[test]
    fn integers_are_minimal_and_not_negative() {
        for bad in [&[0x02, 0x00][..], &[0x02, 0x02, 0x00, 0x01], &[0x02, 0x01, 0x80]] {
            assert!(Reader::new(bad).unsigned().is_none());
        }
        assert_eq!(Reader::new(&[0x02, 0x02, 0x00, 0x80]).unsigned(), Some(&[0x80][..]));
    }
}
