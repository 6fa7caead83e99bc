//! Lowercase hex digits, and back.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two lowercase digits a byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.extend(DIGITS.get(usize::from(nibble)).map(|&digit| char::from(digit)));
        }
    }
    text
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
