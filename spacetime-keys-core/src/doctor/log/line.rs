//! A line's kind and origin, beside its words.

use crate::Identity;

/// The first identity in a line: who was refused is named before the database.
pub(super) fn identity_in(text: &str) -> Option<Identity> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| word.strip_prefix("0x").unwrap_or(word))
        .find_map(|word| Identity::parse(word).ok())
}

/// Whether a server notes something in passing, of whichever request: its levels below an error.
pub(super) fn is_note(text: &str) -> bool {
    let mut words = text.split_whitespace().take(8);
    words.any(|word| matches!(word, "WARN" | "INFO" | "DEBUG" | "TRACE"))
}

/// Without the escape sequences of terminals (ECMA-48, section 5.4).
pub(super) fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == 0x1b && bytes.peek() == Some(&b'[') {
            bytes.next();
            // Parameters, up to the letter that ends them.
            while bytes.next().is_some_and(|byte| !(0x40..=0x7e).contains(&byte)) {}
        } else {
            plain.push(byte);
        }
    }
    plain
}
