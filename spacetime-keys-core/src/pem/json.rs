//! Keys in JSON: a JWK, a set of one, or a document with a key in one of its strings, such as
//! `az keyvault secret show` prints.

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::block::Block;
use super::{Oddity, armour, jwk, read};
use crate::error::{Encoding, Found};
use crate::jwt::Pairs;
use crate::{Error, Result};

/// Deeper than any document that holds a key on purpose.
const NESTING: u8 = 16;

/// What there is in a JSON text. `None`: it is no JSON. `depth`: how often a text in a string may be
/// wrapped in turn.
pub(super) fn read(json: &str, depth: u8) -> Option<Result<Block>> {
    let value: &RawValue = serde_json::from_str(json).ok()?;
    let mut seen = Seen::default();
    seen.look(value, depth, NESTING);
    let around = if json.starts_with('"') { Oddity::SurroundingText } else { Oddity::Json };
    Some(match (seen.key, seen.beside) {
        // A JWK is a document of its own.
        (Some(Ok(key)), _) if seen.is_whole => Ok(key),
        (Some(key), _) => key.map(|key| key.and(around)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(Error::PemEncoding(Encoding::Json)),
    })
}

/// The content of a document.
#[derive(Default)]
struct Seen {
    /// The key, or why what stands for one cannot be taken.
    key: Option<Result<Block>>,
    /// A value that may stand beside a key, such as its certificate.
    beside: Option<Error>,
    /// Whether the document is the key, and nothing more.
    is_whole: bool,
}

impl Seen {
    fn look(&mut self, value: &RawValue, depth: u8, nesting: u8) {
        let json = value.get();
        let Some(nesting) = nesting.checked_sub(1) else { return };
        if let Some(inner) = json.strip_prefix('"') {
            let inner = inner.strip_suffix('"').unwrap_or(inner);
            let text = unescaped(inner);
            let is_escaped = inner.len() != text.len() && escapes_a_block(inner);
            self.add(
                read::read(&text, depth).map(|block| {
                    if is_escaped { block.and(Oddity::EscapedNewlines) } else { block }
                }),
            );
        } else if let Ok(Pairs(members)) = serde_json::from_str(json) {
            if members.iter().any(|(name, _)| name == "kty") {
                self.is_whole = nesting + 1 == NESTING;
                self.add(jwk::read(&members));
            } else {
                for (_, value) in members {
                    self.look(value, depth, nesting);
                }
            }
        } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
            for item in items {
                self.look(item, depth, nesting);
            }
        }
    }

    fn add(&mut self, read: Result<Block>) {
        match read {
            Err(Error::PemMissing | Error::PemEmpty) => {}
            Err(
                error @ (Error::PemEncoding(_)
                | Error::KeyUnsupported(
                    Found::Certificate
                    | Found::CertificateRequest
                    | Found::ParametersOnly
                    | Found::OtherLabel,
                )),
            ) => self.beside = self.beside.or(Some(error)),
            read if self.key.is_none() => self.key = Some(read),
            _ => self.key = Some(Err(Error::JsonSeveral)),
        }
    }
}

/// Whether a server would meet an escape in the block itself.
fn escapes_a_block(inner: &str) -> bool {
    let from = inner.find(armour::BEGIN);
    from.and_then(|from| inner.get(from..)).is_some_and(|block| {
        let end = block.rfind(armour::END).unwrap_or(block.len());
        block.get(..end).is_some_and(|block| block.contains('\\'))
    })
}

/// A JSON string's text (RFC 8259, section 7). Not by the JSON library, whose buffers are not wiped.
pub(crate) fn unescaped(inner: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut rest = inner;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let mut after = escape.chars();
        let c = match after.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('f') => '\u{c}',
            Some('b') => '\u{8}',
            Some('u') => {
                let code = escape.get(1..5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                after = escape.get(5..).unwrap_or_default().chars();
                // Half of a character beyond Unicode's first plane: no key has one.
                code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            Some(c) => c,
            None => '\\',
        };
        text.push(c);
        rest = after.as_str();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::unescaped;

    proptest! {
        /// As the JSON library reads it, in the first plane of Unicode.
        #[test]
        fn a_string_is_read_as_it_was_written(text in "[\\x00-\\x7f\u{80}-\u{d7ff}]{0,40}") {
            let json = serde_json::to_string(&text).unwrap();
            let read = unescaped(&json[1..json.len() - 1]);
            prop_assert_eq!(read.as_str(), text);
        }
    }
}
