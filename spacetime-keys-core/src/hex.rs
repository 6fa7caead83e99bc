//! Lowercase hex digits, and back.

/// Two lowercase digits a byte, as far as `text` reaches.
pub(crate) fn encode_into(bytes: &[u8], text: &mut [u8]) {
    // Computed, not looked up, so that the compiler does many at a time; and without a branch, for
    // builds that are made small: digits cannot be predicted. The sign of `9 - nibble` tells letters.
    let letters = b'a' - b'0' - 10;
    let digit = |nibble: u8| nibble + b'0' + (9_u8.wrapping_sub(nibble) >> 7) * letters;
    for (byte, digits) in bytes.iter().zip(text.chunks_exact_mut(2)) {
        digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
    }
}

/// Two lowercase digits a byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len() * 2];
    encode_into(bytes, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Exactly `2 * N` digits of either case; no prefix, no blanks.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for &digit in pair {
            let nibble = char::from(digit).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(nibble).ok()?;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let bytes: [u8; 4] = [0x00, 0x7f, 0xa0, 0xff];
        assert_eq!(encode(&bytes), "007fa0ff");
        assert_eq!(decode("007fA0Ff"), Some(bytes));
        for bad in ["", "007fa0f", "007fa0ff0", "0x7fa0ff", "007fa0f ", "00é0ff0"] {
            assert_eq!(decode::<4>(bad), None);
        }
    }
}
