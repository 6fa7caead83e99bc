//! How a token is made: kept beside it, so that a case can be made smaller and signed again.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::hmac;

use crate::json::Json;
use crate::keys::{Key, LOCAL_PUBLIC_PEM};

#[derive(Clone, Debug)]
pub struct Recipe {
    pub header: Json,
    pub claims: Json,
    pub signature: Signature,
    pub encodings: Vec<Encoding>,
    /// What was done to it, for the record.
    pub tags: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub key: Key,
    pub change: Change,
}

/// What becomes of a signature. What is about `r` and `s` leaves that of an RSA key as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    None,
    Empty,
    OfAnotherMessage,
    Truncated(usize),
    Longer(u8),
    LeadingZero,
    Flipped(usize),
    /// ASN.1, as OpenSSL writes it.
    Der,
    /// `s` is replaced by `n - s`: as good a signature.
    Negated,
    /// `r`, `s` or both replaced by a number that no signature has.
    Special(Which, Number),
    Random(Vec<u8>),
    /// HMAC-SHA-256 with what is public of the key for its secret.
    Hmac(HmacKey),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    R,
    S,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    Zero,
    One,
    Order,
    Largest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HmacKey {
    Point,
    Pem,
    Empty,
}

/// What becomes of the encoded parts: 0 the header, 1 the claims, 2 the signature. The first two
/// are signed as they come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `=` at the end.
    Padded(usize),
    /// `+` and `/`.
    StandardAlphabet(usize),
    /// Unused bits of the last symbol are set.
    LastSymbol(usize),
    Insert(usize, usize, char),
    Remove(usize, usize),
    /// The part is left empty.
    Blank(usize),
    /// A dot more, in this part.
    Dot(usize, usize),
    /// The part is left out, with its dot.
    Drop(usize),
}

impl Recipe {
    /// The token.
    pub fn build(&self) -> String {
        let mut parts = vec![
            URL_SAFE_NO_PAD.encode(self.header.to_bytes()),
            URL_SAFE_NO_PAD.encode(self.claims.to_bytes()),
        ];
        for encoding in &self.encodings {
            encoding.apply(&mut parts);
        }
        let message = parts.join(".");
        parts.push(URL_SAFE_NO_PAD.encode(self.signature.of(message.as_bytes())));
        for encoding in &self.encodings {
            encoding.apply_to_whole(&mut parts);
        }
        // Blanks around it are no part of an HTTP header's value.
        parts.join(".").trim().to_owned()
    }

    /// How much there is to it. Smaller is better when it is made smaller.
    pub fn size(&self) -> usize {
        let change = match &self.signature.change {
            Change::None => 0,
            Change::Random(bytes) => 10 + bytes.len(),
            _ => 10,
        };
        self.header.to_bytes().len()
            + self.claims.to_bytes().len()
            + change
            + 10 * self.encodings.len()
    }
}

impl Encoding {
    fn apply(&self, parts: &mut [String]) {
        let (Self::Padded(part)
        | Self::StandardAlphabet(part)
        | Self::LastSymbol(part)
        | Self::Insert(part, ..)
        | Self::Remove(part, _)
        | Self::Blank(part)
        | Self::Dot(part, _)
        | Self::Drop(part)) = self;
        let Some(text) = parts.get_mut(*part) else { return };
        match self {
            Self::Padded(_) => text.push_str(if text.len() % 4 == 2 { "==" } else { "=" }),
            Self::StandardAlphabet(_) => {
                let bytes = URL_SAFE_NO_PAD.decode(&*text).unwrap_or_default();
                *text = STANDARD_NO_PAD.encode(bytes);
            }
            Self::LastSymbol(_) => {
                const SYMBOLS: &[u8; 64] =
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let last =
                    text.pop().and_then(|last| SYMBOLS.iter().position(|&s| s == last as u8));
                if let Some(last) = last {
                    text.push(SYMBOLS[last ^ 1] as char);
                }
            }
            Self::Insert(_, at, character) => text.insert(boundary(text, *at), *character),
            Self::Remove(_, at) => {
                if !text.is_empty() {
                    let at = boundary(text, at % text.len());
                    text.remove(at.min(text.len() - 1));
                }
            }
            Self::Blank(_) => text.clear(),
            Self::Dot(_, at) => text.insert(boundary(text, *at), '.'),
            Self::Drop(_) => {}
        }
    }

    fn apply_to_whole(&self, parts: &mut Vec<String>) {
        match *self {
            Self::Drop(part) if part < parts.len() => {
                parts.remove(part);
            }
            Self::Padded(2)
            | Self::StandardAlphabet(2)
            | Self::LastSymbol(2)
            | Self::Insert(2, ..)
            | Self::Remove(2, _)
            | Self::Blank(2)
            | Self::Dot(2, _) => self.apply(parts),
            _ => {}
        }
    }
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at % (text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Signature {
    pub fn by(key: Key) -> Self {
        Self { key, change: Change::None }
    }

    fn of(&self, message: &[u8]) -> Vec<u8> {
        match &self.change {
            Change::Empty => return Vec::new(),
            Change::Random(bytes) => return bytes.clone(),
            Change::OfAnotherMessage => return self.key.sign(&[message, b" "].concat()),
            Change::Hmac(key) => {
                let (x, y) = Key::Local.coordinates();
                let secret = match key {
                    HmacKey::Point => [&[4], x, y].concat(),
                    HmacKey::Pem => LOCAL_PUBLIC_PEM.as_bytes().to_vec(),
                    HmacKey::Empty => Vec::new(),
                };
                let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
                return hmac::sign(&key, message).as_ref().to_vec();
            }
            _ => {}
        }
        let mut signature = self.key.sign(message);
        match &self.change {
            Change::Truncated(by) => signature.truncate(signature.len().saturating_sub(*by)),
            Change::Longer(byte) => signature.push(*byte),
            Change::LeadingZero => signature.insert(0, 0),
            Change::Flipped(bit) => {
                let bit = bit % (signature.len() * 8);
                signature[bit / 8] ^= 1 << (bit % 8);
            }
            Change::Der if !self.key.is_rsa() => signature = der(&signature),
            Change::Negated if !self.key.is_rsa() => negate_s(&mut signature),
            Change::Special(which, number) if !self.key.is_rsa() => {
                if *which != Which::S {
                    signature[..32].copy_from_slice(&number.bytes());
                }
                if *which != Which::R {
                    signature[32..].copy_from_slice(&number.bytes());
                }
            }
            _ => {}
        }
        signature
    }
}

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

impl Number {
    fn bytes(self) -> [u8; 32] {
        match self {
            Self::Zero => [0; 32],
            Self::One => std::array::from_fn(|index| u8::from(index == 31)),
            Self::Order => ORDER,
            Self::Largest => [0xff; 32],
        }
    }
}

fn negate_s(signature: &mut [u8]) {
    let mut borrow = 0;
    for (digit, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(order) - i16::from(*digit) - borrow;
        borrow = i16::from(difference < 0);
        *digit = difference.rem_euclid(256) as u8;
    }
}

fn der(signature: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    for number in signature.chunks(32) {
        let start = number.iter().position(|&byte| byte != 0).unwrap_or(31);
        let zero = number[start] >= 0x80;
        inner.extend([2, (number.len() - start + usize::from(zero)) as u8]);
        inner.extend(zero.then_some(0));
        inner.extend_from_slice(&number[start..]);
    }
    let mut der = vec![0x30, inner.len() as u8];
    der.append(&mut inner);
    der
}
