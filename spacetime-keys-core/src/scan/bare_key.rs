//! Private keys in DER without armour, as base64 or as bytes: P-256, found by the number in them.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::base64::{digits, is_digit};
use super::key::{Placed, private};

/// Bytes of a container before its number: PKCS#8 has 31 at most, attributes come behind.
const HEAD: usize = 48;
/// Larger than any container of such a key, with the curve's parameters written out.
const LARGEST: usize = 1 << 10;

/// The tag of SEQUENCE, with which every container begins.
const SEQUENCE: u8 = 0x30;

/// The key around an anchor in base64.
pub(super) fn base64(text: &[u8], at: usize) -> Option<Placed> {
    let nearest = at.saturating_sub(HEAD * 4 / 3);
    let mut start = at;
    // The containers within each other all begin with a SEQUENCE: the outermost is the key.
    let mut found = None;
    while start > nearest && text.get(start - 1).copied().is_some_and(is_digit) {
        start -= 1;
        // Six bits of the tag.
        if text.get(start) == Some(&b'M') {
            found = from_base64(text, start).or(found);
        }
    }
    found
}

fn from_base64(text: &[u8], start: usize) -> Option<Placed> {
    let (_, head) = digits(text, start, 8);
    let head = Zeroizing::new(STANDARD_NO_PAD.decode(&*head).ok()?);
    let bytes = length(&head)?;
    let (end, body) = digits(text, start, (bytes * 4).div_ceil(3));
    let key = private(&body)?;
    Some((start..end, key))
}

/// The key around an anchor in bytes.
pub(super) fn der(text: &[u8], at: usize) -> Option<Placed> {
    let nearest = at.saturating_sub(HEAD);
    let mut starts = (nearest..at).filter(|&start| text.get(start) == Some(&SEQUENCE));
    starts.find_map(|start| {
        let range = start..start + length(text.get(start..)?)?;
        let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(text.get(range.clone())?));
        Some((range, private(&encoded)?))
    })
}

/// The length of DER that begins so, with its head.
fn length(head: &[u8]) -> Option<usize> {
    let (head, content) = match head {
        [SEQUENCE, length @ ..=0x7f, ..] => (2, usize::from(*length)),
        [SEQUENCE, 0x81, length, ..] => (3, usize::from(*length)),
        [SEQUENCE, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    Some(head + content).filter(|length| *length <= LARGEST)
}
