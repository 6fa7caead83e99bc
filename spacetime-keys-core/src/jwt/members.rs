use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object, in their order, each value as the text that it came in.
///
/// So nothing is lost in a round trip: no digit of a big integer or a float, no order, no escape.
/// No member occurs twice (RFC 7519, section 4, allows to refuse that).
#[derive(Clone, Default)]
pub struct Members {
    /// The text that was parsed, and behind it names without their escapes, and what was set.
    text: String,
    /// The part of it that was parsed.
    parsed: usize,
    places: Vec<Member>,
    /// Whether the members are still those of the parsed text.
    changed: bool,
}

/// Its place in the text.
#[derive(Clone)]
struct Member {
    name: Range<usize>,
    mark: u64,
    value: Range<usize>,
}

/// A name's length and its beginning: names are told apart by that, nearly all of them.
fn mark(name: &str) -> u64 {
    let mut bytes = [0; 8];
    let [size, beginning @ ..] = &mut bytes;
    *size = u8::try_from(name.len()).unwrap_or(u8::MAX);
    beginning.iter_mut().zip(name.bytes()).for_each(|(room, byte)| *room = byte);
    u64::from_ne_bytes(bytes)
}

/// Why a text is not such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotAnObject,
    Duplicate,
}

impl Members {
    pub(crate) fn parse(json: impl Into<String>) -> Result<Self, Flaw> {
        let mut text = json.into();
        let parsed = text.len();
        let mut json = serde_json::Deserializer::from_str(&text);
        let (places, unescaped) = Places(&text)
            .deserialize(&mut json)
            .and_then(|found| json.end().map(|()| found))
            .map_err(|_| Flaw::NotAnObject)?;
        text.push_str(&unescaped);
        let members = Self { text, parsed, places, changed: false };
        if members.has_duplicate() { Err(Flaw::Duplicate) } else { Ok(members) }
    }

    fn has_duplicate(&self) -> bool {
        /// Few names are compared faster than hashed; many, sent on purpose, are not.
        const FEW: usize = 24;
        if self.places.len() > FEW {
            let mut seen = std::collections::HashSet::with_capacity(self.places.len());
            return !self.iter().all(|(name, _)| seen.insert(name));
        }
        let mut members = self.places.iter();
        while let Some(member) = members.next() {
            if members.clone().any(|other| self.have_same_name(member, other)) {
                return true;
            }
        }
        false
    }

    fn have_same_name(&self, one: &Member, other: &Member) -> bool {
        one.mark == other.mark && self.at(&one.name) == self.at(&other.name)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let mark = mark(name);
        self.places.iter().position(|member| member.mark == mark && self.at(&member.name) == name)
    }

    fn at(&self, place: &Range<usize>) -> &str {
        self.text.get(place.clone()).unwrap_or_default()
    }

    /// A member's value as JSON text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.places.get(self.place(name)?).map(|member| self.at(&member.value))
    }

    /// A member's value, if it is a string.
    pub fn get_str(&self, name: &str) -> Option<String> {
        self.get_text(name).map(Cow::into_owned)
    }

    /// As [`Self::get_str`], without a copy where there are no escapes.
    pub(crate) fn get_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.get(name)?;
        let inner = value.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            serde_json::from_str(value).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// A member's value, if it is an integer: only digits, no fraction, no exponent. Nor `-0`,
    /// which servers read as a float.
    pub fn get_integer(&self, name: &str) -> Option<i128> {
        // Rust's integers are JSON's, but for a plus sign, which JSON does not have.
        self.get(name).filter(|&value| value != "-0")?.parse().ok()
    }

    /// Names and values (JSON texts), in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.places.iter().map(|member| (self.at(&member.name), self.at(&member.value)))
    }

    /// Sets a member, in its place if it is there, else at the end.
    pub(crate) fn set(&mut self, name: &str, value: &impl serde::Serialize) {
        // Only strings, integers and lists of strings are set here: they always have a JSON form.
        let Ok(json) = serde_json::to_string(value) else { return };
        let value = self.append(&json);
        let place = self.place(name);
        if let Some(member) = place.and_then(|place| self.places.get_mut(place)) {
            member.value = value;
        } else {
            let (name, mark) = (self.append(name), mark(name));
            self.places.push(Member { name, mark, value });
        }
        self.changed = true;
    }

    fn append(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.places.retain(|member| text.get(member.name.clone()) != Some(name));
        self.changed = true;
    }

    /// The text that was parsed, if it was.
    pub(crate) fn source(&self) -> &str {
        self.text.get(..self.parsed).unwrap_or_default()
    }

    /// As JSON: the text that was parsed, or, if members were changed, a new one without white
    /// space between them.
    pub fn to_json(&self) -> Cow<'_, str> {
        if !self.changed && self.parsed > 0 {
            return Cow::Borrowed(self.source());
        }
        // Each member has a name in quotes, a colon and a comma.
        let mut json = String::with_capacity(self.text.len() + 4 * self.places.len() + 2);
        json.push('{');
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_string(&mut json, name);
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        Cow::Owned(json)
    }
}

/// The place of a part of a text.
fn place_of(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

fn push_string(json: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        // A string: always has a JSON form.
        json.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// Finds the members in a text, and gives the names that had escapes, one behind the other, as they follow
/// the text.
struct Places<'de>(&'de str);

impl<'de> DeserializeSeed<'de> for Places<'de> {
    type Value = (Vec<Member>, String);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Places<'de> {
    type Value = (Vec<Member>, String);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(text) = self;
        let (mut places, mut unescaped) = (Vec::with_capacity(12), String::new());
        while let Some((Name(name), value)) = map.next_entry::<_, &RawValue>()? {
            let mark = mark(&name);
            let name = match name {
                Cow::Borrowed(name) => place_of(name, text),
                Cow::Owned(name) => {
                    let start = text.len() + unescaped.len();
                    unescaped.push_str(&name);
                    start..start + name.len()
                }
            };
            places.push(Member { name, mark, value: place_of(value.get(), text) });
        }
        Ok((places, unescaped))
    }
}

/// The parser's output: parts of the text, except for names with escapes.
pub(crate) struct Pairs<'de>(pub(crate) Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// `Cow` itself is never borrowed by serde.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Only names: values may be personal.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl serde::Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeMap};
        let mut map = serializer.serialize_map(Some(self.places.len()))?;
        for (name, value) in self.iter() {
            let value: &RawValue = serde_json::from_str(value).map_err(S::Error::custom)?;
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let json = r#"{"z":1,"a":123456789012345678901234567890,"f":1.0e400,"o":{ "x" : [1,2 ] },"s":"\u00e9\/"}"#;
        let mut members = Members::parse(json).unwrap();
        assert_eq!(members.to_json(), json);
        assert_eq!(serde_json::to_string(&members).unwrap(), json);
        members.set("n", &1);
        members.remove("n");
        assert_eq!(members.to_json(), json);
        assert_eq!(members.source(), json);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in
            ["", "[]", "1", "{} x", "{\"a\":}", "{\"a\":NaN}", "{\"a\" 1}", "{\"\\ud800\":1}"]
        {
            assert_eq!(Members::parse(bad).unwrap_err(), Flaw::NotAnObject, "{bad}");
        }
        // The same name by another spelling is the same name.
        assert_eq!(Members::parse(r#"{"iss":1,"\u0069ss":2}"#).unwrap_err(), Flaw::Duplicate);
        let many: Vec<String> = (0..50).map(|n| format!("\"n{n}\":{n}")).collect();
        assert!(Members::parse(format!("{{{}}}", many.join(","))).is_ok());
        let twice = format!("{{{},\"n7\":0}}", many.join(","));
        assert_eq!(Members::parse(twice).unwrap_err(), Flaw::Duplicate);
    }

    #[test]
    fn names_and_strings_lose_their_escapes_when_asked_for() {
        let members =
            Members::parse(r#"{"\u0069ss":"a\tb","x":"plain","\"\\":1,"n":-0,"i":-7}"#).unwrap();
        assert_eq!(members.get_str("iss").as_deref(), Some("a\tb"));
        assert_eq!(members.get("iss"), Some(r#""a\tb""#));
        assert_eq!(members.get_str("x").as_deref(), Some("plain"));
        assert_eq!(members.get("\"\\"), Some("1"));
        assert_eq!((members.get_integer("n"), members.get_integer("i")), (None, Some(-7)));
        assert_eq!((members.get_str("i"), members.get_integer("x")), (None, None));
        // Written anew, names have the escapes that they need and no others.
        let mut changed = members;
        changed.set("i", &8);
        assert_eq!(changed.to_json(), r#"{"iss":"a\tb","x":"plain","\"\\":1,"n":-0,"i":8}"#);
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        let long = "n".repeat(300);
        let json = format!(r#"{{"hex_identity":1,"hex_identita":2,"{long}":3,"{long}x":4,"":5}}"#);
        let mut members = Members::parse(json.as_str()).unwrap();
        for (name, value) in [
            ("hex_identity", Some("1")),
            ("hex_identita", Some("2")),
            ("hex_identitx", None),
            ("hex_identit", None),
            (&long, Some("3")),
            (&format!("{long}x"), Some("4")),
            (&format!("{long}y"), None),
            ("", Some("5")),
        ] {
            assert_eq!(members.get(name), value, "{name}");
        }
        members.set(&format!("{long}y"), &6);
        members.set("hex_identita", &7);
        assert_eq!(members.get("hex_identity"), Some("1"));
        let twice = json.replace("hex_identita", "hex_identity");
        assert_eq!(Members::parse(twice).unwrap_err(), Flaw::Duplicate);
    }

    #[test]
    fn set_keeps_the_place() {
        let mut members = Members::parse(r#"{ "a":1, "b":2 }"#).unwrap();
        members.set("a", &"x");
        members.set("c", &3);
        members.remove("b");
        assert_eq!(members.to_json(), r#"{"a":"x","c":3}"#);
        assert_eq!(Members::default().to_json(), "{}");
    }
}
