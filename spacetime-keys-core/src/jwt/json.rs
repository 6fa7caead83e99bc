//! JSON that every reader reads alike.

use std::collections::HashSet;
use std::fmt;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Members;
use crate::error::{JsonFlaw, TokenPart};
use crate::{Error, Result};

/// As deep as arrays and objects may be inside one another: the limit of `serde_json`, and so of
/// servers.
const MAX_DEPTH: usize = 127;

/// Refuses what [`super::Members`] takes (for it keeps every value as a text) and other readers do
/// not: deep nesting, half characters, numbers out of range.
///
/// # Errors
/// [`Error::TokenJson`]; [`Error::TokenMalformed`] if it is no JSON at all.
pub(crate) fn check_json(json: &str) -> Result<()> {
    read(json).map(drop)
}

/// As [`check_json`], and an object with the same member twice: servers take the last, other readers
/// the first (RFC 8259, section 4).
///
/// # Errors
/// [`Error::TokenDuplicate`], which names the `part`, too.
pub(super) fn check_distinct(json: &str, part: TokenPart) -> Result<()> {
    if read(json)?.has_duplicate { Err(Error::TokenDuplicate(part)) } else { Ok(()) }
}

/// As [`check_distinct`], of an object that was parsed already. Nearly all of them are plain, and
/// looking at a few of their bytes is enough.
///
/// # Errors
/// As [`check_distinct`].
pub(super) fn check_members(members: &Members, part: TokenPart) -> Result<()> {
    let json = members.source();
    let is_plain = memchr(b'\\', json.as_bytes()).is_none()
        && members.iter().all(|(_, value)| is_plain(value));
    if is_plain { Ok(()) } else { check_distinct(json, part) }
}

fn read(json: &str) -> Result<Read> {
    serde_json::from_str(json).map_err(|error| {
        if depth(json) > MAX_DEPTH {
            Error::TokenJson(JsonFlaw::Depth)
        } else if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
            Error::TokenMalformed(TokenPart::Claims)
        } else if error.to_string().starts_with("number out of range") {
            Error::TokenJson(JsonFlaw::Number)
        } else {
            Error::TokenJson(JsonFlaw::Surrogate)
        }
    })
}

/// Whether a value has no exponents, no very long numbers, no deep nesting and no object with several
/// members: nothing that could be a flaw. It must be JSON, without escapes.
fn is_plain(value: &str) -> bool {
    /// No number of so many digits is out of range.
    const SHORT: u32 = 300;
    if value.starts_with('"') {
        return true;
    }
    let (mut in_string, mut depth, mut digits) = (false, 1_usize, 0_u32);
    let mut has_name = false;
    for byte in value.bytes() {
        match byte {
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'0'..=b'9' => digits += 1,
            b'e' | b'E' if digits > 0 => return false,
            // Two names are needed for one that stands twice.
            b':' if has_name => return false,
            b':' => (has_name, digits) = (true, 0),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => (depth, digits) = (depth.saturating_sub(1), 0),
            b'.' | b'-' => {}
            _ => digits = 0,
        }
        if digits > SHORT || depth > MAX_DEPTH {
            return false;
        }
    }
    true
}

/// Reads every value, and keeps none.
#[derive(Default)]
struct Read {
    /// Whether an object has the same member twice.
    has_duplicate: bool,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Self::default())
    }
}

impl<'de> Visitor<'de> for Read {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> std::result::Result<Self, A::Error> {
        while let Some(item) = items.next_element::<Self>()? {
            self.has_duplicate |= item.has_duplicate;
        }
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(
        mut self,
        mut members: A,
    ) -> std::result::Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((name, value)) = members.next_entry::<String, Self>()? {
            self.has_duplicate |= value.has_duplicate | !seen.insert(name);
        }
        Ok(self)
    }
}

/// The most arrays and objects that are open at once.
fn depth(json: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b'[' | b'{' if !in_string => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_have_no_flaw() {
        for plain in ["true", "[1.5,-2]", r#""1e9 {[""#, "null", r#"{"a":["1e9",false]}"#] {
            assert!(is_plain(plain), "{plain}");
        }
        let long = "9".repeat(400);
        let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
        assert!(is_plain(r#"{"sub":"a,b"}"#));
        for other in [r#"{"a":1,"b":2}"#, "1e5", "[1E-999]", r#"{"a":1e5}"#, &long, &deep] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn members_have_the_flaws_of_their_text() {
        let deep = |levels| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        for good in [r#"{"a":"b","c":1e308}"#, r#"{"a":"\ud83d\ude00"}"#, &deep(126)] {
            assert_eq!(
                check_members(&Members::parse(good).unwrap(), TokenPart::Claims),
                Ok(()),
                "{good}"
            );
        }
        for (bad, flaw) in [
            (r#"{"a":"\ud800"}"#, JsonFlaw::Surrogate),
            (r#"{"a":["\ud800"]}"#, JsonFlaw::Surrogate),
            (r#"{"a":1e400}"#, JsonFlaw::Number),
            (&deep(127), JsonFlaw::Depth),
        ] {
            let members = Members::parse(bad).unwrap();
            assert_eq!(
                check_members(&members, TokenPart::Claims),
                Err(Error::TokenJson(flaw)),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_member_twice_is_found_however_deep_it_lies() {
        let check = |json: &str| check_members(&Members::parse(json).unwrap(), TokenPart::Claims);
        for twice in [
            r#"{"act":{"sub":"a","sub":"b"}}"#,
            r#"{"act":{"sub":"a","\u0073ub":"b"}}"#,
            r#"{"a":[{"x":1},{"y":[{"z":1,"z":1}]}]}"#,
            r#"{"s":"\n","act":{"act":{"sub":"a","x":0,"sub":"a"}}}"#,
        ] {
            assert_eq!(check(twice), Err(Error::TokenDuplicate(TokenPart::Claims)), "{twice}");
        }
        for once in [r#"{"act":{"sub":"a","act":{"sub":"a"}}}"#, r#"{"a":[{"x":1},{"x":1}]}"#] {
            assert_eq!(check(once), Ok(()), "{once}");
        }
    }

    #[test]
    fn each_flaw_is_named() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for good in ["{}", r#"{"a":"\ud83d\ude00 [[[","b":1e308,"c":-0.0}"#, &nested(127)] {
            assert_eq!(check_json(good), Ok(()), "{good}");
        }
        for (bad, flaw) in [
            (nested(128), JsonFlaw::Depth),
            (r#"{"a":"\ud800"}"#.to_owned(), JsonFlaw::Surrogate),
            (r#"{"a":"\udc00\ud800"}"#.to_owned(), JsonFlaw::Surrogate),
            (r#"{"a":1e400}"#.to_owned(), JsonFlaw::Number),
        ] {
            assert_eq!(check_json(&bad), Err(Error::TokenJson(flaw)), "{bad}");
        }
        for bad in ["", "{", r#"{"a":NaN}"#, "{} x"] {
            assert_eq!(check_json(bad), Err(Error::TokenMalformed(TokenPart::Claims)), "{bad}");
        }
    }
}
