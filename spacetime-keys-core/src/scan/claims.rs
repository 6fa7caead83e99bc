//! A subject behind its name, and the issuer near it: `"sub":"…"`, as the commit log of a SpacetimeDB
//! has claims, and the same as other programs print it.

use super::reading::{readings, utf8};
use crate::jwt::MAX_CLAIM_BYTES;

/// The greatest distance between a subject and its issuer.
const NEAR: usize = 2 << 10;
/// Room for a value with escapes, and for what stands before it.
const ROOM: usize = 6 * MAX_CLAIM_BYTES + 64;

/// Quotes, as they are or escaped. Backslashes before them are looked at apart.
const QUOTES: [&[u8]; 7] = [b"\"", b"'", b"%22", b"%27", b"&quot;", b"&#34;", b"u0022"];

/// The issuer and the subject at the anchor `sub`.
pub(super) fn at(text: &[u8], at: usize) -> Option<(Option<String>, String)> {
    let subject = named(text, at, &[b"subject", b"sub"])?;
    Some((issuer(text, at), subject))
}

/// The nearest issuer.
fn issuer(text: &[u8], at: usize) -> Option<String> {
    let start = at.saturating_sub(NEAR);
    let finder = |found: usize| named(text, found, &[b"issuer", b"iss"]);
    let before = text.get(start..at)?;
    let before = memchr::memmem::rfind_iter(before, b"iss")
        .find_map(|found| finder(start + found).map(|issuer| (at - start - found, issuer)));
    let end = text.len().min(at.saturating_add(NEAR));
    let after = memchr::memmem::find_iter(text.get(at..end)?, b"iss")
        .find_map(|found| finder(at + found).map(|issuer| (found, issuer)));
    match (before, after) {
        (Some((before, _)), Some((after, issuer))) if after < before => Some(issuer),
        (Some((_, issuer)), _) | (None, Some((_, issuer))) => Some(issuer),
        (None, None) => None,
    }
}

/// The value of a name that stands there: behind `:` or `=`, quoted or bare, of 1 to 128 bytes.
fn named(text: &[u8], at: usize, names: &[&[u8]]) -> Option<String> {
    let end = text.len().min(at.saturating_add(ROOM));
    let rest = text.get(at..end)?;
    let name = names.iter().find(|name| rest.starts_with(name))?;
    let rest = rest.get(name.len()..)?;
    let closing = quote(rest);
    let rest = blanks(rest.get(closing..)?);
    let separator = [b":".as_slice(), b"=>", b"=", b"%3A", b"%3a"];
    let separated = separator.iter().find(|sign| rest.starts_with(sign));
    let rest = match separated {
        Some(sign) => blanks(rest.get(sign.len()..)?),
        // `--subject VALUE` of a command.
        None if closing == 0 && text.get(at.checked_sub(2)?..at)? == b"--" => rest,
        None => return None,
    };
    let opening = rest.get(..quote(rest))?;
    let value = rest.get(opening.len()..)?;
    let length = if opening.is_empty() {
        value.iter().position(|&byte| ends(byte))
    } else {
        memchr::memmem::find(value, opening)
    };
    // A bare value at the very end of a text ends there.
    let length = length.or((opening.is_empty() && end == text.len()).then_some(value.len()))?;
    let value = utf8(value.get(..length)?)?;
    let mut all = readings(value);
    let value = all.pop()?;
    let fits = (1..=MAX_CLAIM_BYTES).contains(&value.len()) && !value.contains(char::is_control);
    fits.then(|| value.as_str().to_owned())
}

/// The length of a quote at the beginning; 0 if there is none.
fn quote(text: &[u8]) -> usize {
    let mut escapes = 0;
    loop {
        let rest = text.get(escapes..).unwrap_or_default();
        if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(quote)) {
            // A `u` is a part of an escape, or else a letter.
            let is_letter = escapes == 0 && quote.starts_with(b"u");
            return if is_letter { 0 } else { escapes + quote.len() };
        }
        escapes += match rest {
            [b'\\', ..] => 1,
            [b'%', b'5', b'C' | b'c', ..] => 3,
            _ => return 0,
        };
    }
}

/// Without the blanks at the beginning, those of a URL and escaped line ends among them.
fn blanks(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b' ' | b'\t' | b'\n' | b'\r', rest @ ..]
            | [b'%', b'2', b'0', rest @ ..]
            | [b'\\', b'n' | b't', rest @ ..] => rest,
            rest => return rest,
        };
    }
}

/// Whether a value without quotes ends before this byte.
fn ends(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'`,;&<>(){}[]\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_and_issuer_as_programs_write_them() {
        for text in [
            r#"{"sub":"S","iss":"I"}"#,
            r#"{"iss": "I", "aud": ["x"], "sub" : "S"}"#,
            r#"{\"iss\":\"I\",\"sub\":\"S\"}"#,
            r#""{\\\"iss\\\":\\\"I\\\",\\\"sub\\\":\\\"S\\\"}""#,
            "%7B%22iss%22%3A%22I%22%2C%22sub%22%3A%22S%22%7D",
            "{&quot;iss&quot;:&quot;I&quot;,&quot;sub&quot;:&quot;S&quot;}",
            "{'iss': 'I', 'sub': 'S'}",
            "iss: I\nsub: S\n",
            "iss=I sub=S",
            "spacetime-keys identity derive --issuer I --subject S",
            "token mint --issuer=I --subject=S",
            r#"{"identity":"c2","issuer":"I","subject":"S"}"#,
            r"{\u0022iss\u0022:\u0022I\u0022,\u0022sub\u0022:\u0022S\u0022}",
        ] {
            let place = text.rfind("sub").unwrap();
            let found = at(text.as_bytes(), place);
            assert_eq!(found, Some((Some("I".to_owned()), "S".to_owned())), "{text}");
        }
    }

    #[test]
    fn escapes_in_values_are_read() {
        let text = r#"{"sub":"a\"b\u00e4"}"#;
        // The quote inside ends the value for who looks for the next quote: half a value is none.
        assert!(at(text.as_bytes(), 2).is_none_or(|(_, subject)| subject != "a\"b\u{e4}"));
        let text = r#"{"sub":"auth0|5\u002f7"}"#;
        assert_eq!(at(text.as_bytes(), 2), Some((None, "auth0|5/7".to_owned())));
    }

    #[test]
    fn words_are_no_claims() {
        for text in ["submit: x", "subject to change", "sub", "sub:", r#""sub":"""#, "substitute=x"]
        {
            assert_eq!(at(text.as_bytes(), text.find("sub").unwrap()), None, "{text}");
        }
    }
}
