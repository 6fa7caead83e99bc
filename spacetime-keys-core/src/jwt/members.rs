use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object, in their order, each value as the text that it came in.
///
/// So nothing is lost in a round trip: no digit of a big integer or a float, no order, no escape.
/// No member occurs twice (RFC 7519, section 4, allows to refuse that).
#[derive(Clone, Default)]
pub struct Members(Vec<(String, Box<RawValue>)>);

/// Why a text is not such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotAnObject,
    Duplicate,
}

impl Members {
    pub(crate) fn parse(json: &str) -> Result<Self, Flaw> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = (Members, bool);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(member) = map.next_entry::<String, Box<RawValue>>()? {
                    members.0.push(member);
                }
                let duplicate = members.has_duplicate();
                Ok((members, duplicate))
            }
        }
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let (members, duplicate) =
            deserializer.deserialize_map(Object).map_err(|_| Flaw::NotAnObject)?;
        deserializer.end().map_err(|_| Flaw::NotAnObject)?;
        if duplicate { Err(Flaw::Duplicate) } else { Ok(members) }
    }

    fn has_duplicate(&self) -> bool {
        /// Few names are compared faster than hashed; many, sent on purpose, are not.
        const FEW: usize = 24;
        if self.0.len() > FEW {
            let mut names = std::collections::HashSet::with_capacity(self.0.len());
            return !self.0.iter().all(|(name, _)| names.insert(name));
        }
        let mut rest = self.0.as_slice();
        while let [(name, _), others @ ..] = rest {
            if others.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = others;
        }
        false
    }

    /// A member's value as JSON text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.get())
    }

    /// A member's value, if it is a string.
    pub fn get_str(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value).ok())
    }

    /// A member's value, if it is an integer: digits alone, no fraction, no exponent. Nor `-0`,
    /// which servers read as a float.
    pub fn get_integer(&self, name: &str) -> Option<i128> {
        let value = self.get(name).filter(|&value| value != "-0")?;
        serde_json::from_str(value).ok()
    }

    /// Names and values (JSON texts), in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// Sets a member, in its place if it is there, else at the end.
    pub(crate) fn set(&mut self, name: &str, value: &impl serde::Serialize) {
        // Strings and integers alone are set here: they always have a JSON form.
        let Ok(value) = serde_json::value::to_raw_value(value) else { return };
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(found, _)| found != name);
    }

    /// As JSON, without white space between the members.
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            // A string: always has a JSON form.
            json.push_str(&serde_json::to_string(name).unwrap_or_default());
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// Names alone: values may be personal.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl serde::Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let json = r#"{"z":1,"a":123456789012345678901234567890,"f":1.0e400,"o":{ "x" : [1,2 ] },"s":"\u00e9\/"}"#;
        assert_eq!(Members::parse(json).unwrap().to_json(), json);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in ["", "[]", "1", "{} x", "{\"a\":}", "{\"a\":NaN}", "{\"a\" 1}"] {
            assert_eq!(Members::parse(bad).unwrap_err(), Flaw::NotAnObject, "{bad}");
        }
        // The same name by another spelling is the same name.
        assert_eq!(Members::parse(r#"{"iss":1,"\u0069ss":2}"#).unwrap_err(), Flaw::Duplicate);
    }

    #[test]
    fn set_keeps_the_place() {
        let mut members = Members::parse(r#"{"a":1,"b":2}"#).unwrap();
        members.set("a", &"x");
        members.set("c", &3);
        members.remove("b");
        assert_eq!(members.to_json(), r#"{"a":"x","c":3}"#);
    }
}
