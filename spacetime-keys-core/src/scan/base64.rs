//! Base64 in a text, of either alphabet, in one line or many.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::MAX_LENGTH;

/// Whether a byte is a digit of base64 or base64url.
pub(super) const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The digits from there on, over line ends (also where they are escaped), as the usual alphabet has
/// them; and where they end. At most `limit`.
pub(super) fn digits(text: &[u8], from: usize, limit: usize) -> (usize, Zeroizing<String>) {
    let (count, end) = extent(text, from, limit);
    // Room for all at once: a growing string would leave copies behind.
    let mut digits = Zeroizing::new(String::with_capacity(count));
    let run = text.get(from..end).unwrap_or_default();
    let mut is_escape = false;
    for &byte in run {
        if !std::mem::take(&mut is_escape) && is_digit(byte) {
            digits.push(match byte {
                b'-' => '+',
                b'_' => '/',
                digit => char::from(digit),
            });
        }
        is_escape = byte == b'\\';
    }
    (end, digits)
}

/// How many digits there are, and where they end.
fn extent(text: &[u8], from: usize, limit: usize) -> (usize, usize) {
    let mut count = 0;
    let mut at = from;
    let end = from.saturating_add(MAX_LENGTH);
    while count < limit && at < end {
        match text.get(at..).unwrap_or_default() {
            [digit, ..] if is_digit(*digit) => {
                count += 1;
                at += 1;
            }
            [b'\r' | b'\n', ..] => at += 1,
            [b'\\', b'r' | b'n', ..] => at += 2,
            _ => break,
        }
    }
    (count, at)
}

/// What the digits from there on stand for, as far as they make whole groups; and where they end.
pub(super) fn decoded(text: &[u8], from: usize) -> (usize, Zeroizing<Vec<u8>>) {
    let (end, digits) = digits(text, from, MAX_LENGTH);
    // One digit of a group is not a whole byte, and the last bits of others may be no zeros.
    let whole = digits.len() - digits.len() % 4;
    let groups = digits.get(..whole).unwrap_or_default();
    let mut bytes = Zeroizing::new(STANDARD_NO_PAD.decode(groups).unwrap_or_default());
    let mut rest = Zeroizing::new(digits.get(whole..).unwrap_or_default().to_owned());
    if rest.len() > 1 {
        // The bits that are missing are zeros.
        while rest.len() < 4 {
            rest.push('A');
        }
        let last = Zeroizing::new(STANDARD_NO_PAD.decode(&*rest).unwrap_or_default());
        bytes.extend_from_slice(last.get(..(digits.len() - whole) - 1).unwrap_or_default());
    }
    (end, bytes)
}

/// The place so many digits before another.
pub(super) fn back(text: &[u8], from: usize, count: usize) -> Option<usize> {
    let start = from.checked_sub(count)?;
    text.get(start..from)?.iter().copied().all(is_digit).then_some(start)
}
