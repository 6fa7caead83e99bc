//! Whole tokens: compact JWS (RFC 7515, section 7.1).

use zeroize::Zeroizing;

use super::MAX_LENGTH;
use crate::error::Algorithm;
use crate::jwt::Token;

/// Dots as a URL and a JSON string may have them.
const DOTS: [&[u8]; 5] = [b".", b"%2E", b"%2e", b"\\u002e", b"\\u002E"];
/// The digits of an ES256 signature: 64 bytes in base64url.
const ES256: usize = 86;

/// Headers are not longer, with a chain of certificates in them.
const HEADER: usize = 16 << 10;

/// The thing that begins at an anchor, and its end.
pub(super) enum Begun {
    /// A token.
    Token(usize, Zeroizing<String>),
    /// A text without a dot, in which no other token begins.
    Nothing(usize),
    /// Something else.
    Other,
}

/// The token at an anchor.
pub(super) fn whole(text: &[u8], at: usize) -> Begun {
    let text = text.get(..text.len().min(at.saturating_add(MAX_LENGTH))).unwrap_or_default();
    let (header, end) = part(text, at);
    match dot(text, end) {
        None => Begun::Nothing(end),
        Some(_) if header.len() > HEADER => Begun::Other,
        Some(next) => {
            let found = behind_header(text, header, next);
            found.map_or(Begun::Other, |(end, token)| Begun::Token(end, token))
        }
    }
}

fn behind_header(text: &[u8], header: &[u8], at: usize) -> Option<(usize, Zeroizing<String>)> {
    let (claims, at) = part(text, at);
    let at = dot(text, at)?;
    let (signature, end) = part(text, at);
    // In a binary file, whatever comes next may look like one more digit.
    if let Some(exact) = signature.get(..ES256).filter(|exact| exact.len() < signature.len())
        && let Some((token, Algorithm::Es256)) = joined([header, claims, exact])
    {
        return Some((at + ES256, token));
    }
    joined([header, claims, signature]).map(|(token, _)| (end, token))
}

/// A token of three parts, if it is one.
fn joined(parts: [&[u8]; 3]) -> Option<(Zeroizing<String>, Algorithm)> {
    let bytes = Zeroizing::new(parts.join(&b'.'));
    let token = Zeroizing::new(str::from_utf8(&bytes).ok()?.to_owned());
    let algorithm = Token::parse(&token).ok()?.algorithm();
    Some((token, algorithm))
}

/// The digits of base64url from there on, and where they end.
fn part(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = text.get(at..).unwrap_or_default();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = rest.iter().position(|byte| !is_digit(byte)).unwrap_or(rest.len());
    (rest.get(..length).unwrap_or_default(), at + length)
}

/// Behind a dot that stands there.
fn dot(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    DOTS.iter().find(|dot| rest.starts_with(dot)).map(|dot| at + dot.len())
}
