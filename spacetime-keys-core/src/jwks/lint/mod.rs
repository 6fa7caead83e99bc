//! What SpacetimeDB servers make of a JWK set, of both generations, before one meets it.
//!
//! Servers are stricter than RFC 7517 in places: one entry that they cannot read spoils the whole
//! set, and then no token of that issuer passes. Whether a generation can read an entry is asked
//! of the same types that it reads with ([`super::shape`]); looking for the reason comes after.

mod defect;
mod entry;

use std::collections::HashSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

pub use defect::Defect;

use super::MAX_JWKS_BYTES;
use super::shape::{Generation, Jwk, Material};
use crate::Error;
use crate::advice::Advice;
use crate::fleet::Severity;
use crate::server::Rules;

/// The result of the lint.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every server takes all of the set: no problem is an error.
    pub ok: bool,
    /// How many entries there are.
    pub entries: usize,
    /// The problems, those of the whole set last.
    pub problems: Vec<Problem>,
    /// The servers that accept the set at all.
    pub taken_by: TakenBy,
}

/// A defect, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The finding.
    pub defect: Defect,
    /// The entry's place in `keys`, from 0 on; `None` if it is about the set.
    pub entry: Option<usize>,
}

/// The servers that accept the set. A set that they accept may still have keys that are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBy {
    nine: bool,
    eleven: bool,
}

impl TakenBy {
    /// Whether servers with these rules accept the set.
    pub const fn rules(self, rules: Rules) -> bool {
        match rules.generation() {
            Generation::Nine => self.nine,
            Generation::Eleven => self.eleven,
        }
    }
}

/// Looks at the JSON text of a JWK set as servers would.
///
/// Errors are everything by which some server does not take all of the set: it refuses the set, it
/// drops an entry, or no signature can verify with a P-256 or RSA entry. So are private numbers and
/// a set in which no key verifies, though servers do not mind them. Nothing of the input is repeated.
pub fn lint(json: &[u8]) -> Report {
    let mut problems = Vec::new();
    let entries = split(json).unwrap_or_default();
    for (index, text) in entries.iter().enumerate() {
        let found = entry::defects(text.get());
        problems.extend(found.into_iter().map(|defect| Problem { defect, entry: Some(index) }));
    }
    problems.extend(kids_used_twice(&entries));
    problems.sort_by_key(|problem| problem.entry);

    let taken_by =
        TakenBy { nine: takes(json, Generation::Nine), eleven: takes(json, Generation::Eleven) };
    let is_refused = !(taken_by.nine && taken_by.eleven);
    let is_explained = problems.iter().any(|problem| problem.severity() == Severity::Error);
    let about_set = about_set(json, &entries, is_refused && !is_explained);
    problems.extend(about_set.into_iter().map(|defect| Problem { defect, entry: None }));
    Report {
        ok: problems.iter().all(|problem| problem.severity() == Severity::Warning),
        entries: entries.len(),
        problems,
        taken_by,
    }
}

impl Report {
    /// Of a document that came in the set's place, and that leads to none. `None` if the error is
    /// about something else.
    pub fn of_document(error: Error) -> Option<Self> {
        let defect = match error {
            Error::JwksMalformed(found) => Defect::Malformed(found),
            Error::JwksDiscovery(flaw) => Defect::Discovery(flaw),
            _ => return None,
        };
        Some(Self {
            ok: false,
            entries: 0,
            problems: vec![Problem { defect, entry: None }],
            taken_by: TakenBy { nine: false, eleven: false },
        })
    }
}

/// The texts of the entries. `None` where servers find no set, whatever its entries.
fn split(json: &[u8]) -> Option<Vec<&RawValue>> {
    // The derived form is the servers' own, down to what it takes beside an object.
    #[derive(Deserialize)]
    struct Set<'a> {
        #[serde(borrow)]
        keys: Vec<&'a RawValue>,
    }
    serde_json::from_slice::<Set<'_>>(json).ok().map(|set| set.keys)
}

/// Whether servers find entries, good or bad: the text is a set by its form.
pub(crate) fn has_entries(json: &[u8]) -> bool {
    split(json).is_some()
}

/// Whether a generation accepts the set.
fn takes(json: &[u8], generation: Generation) -> bool {
    generation.set(json).is_some_and(|set| set.iter().all(|jwk| keeps(generation, jwk)))
}

/// Whether an entry of readable form spoils the set nevertheless: by its lack of a `kid`, its kind
/// or its base64 text.
fn keeps(generation: Generation, jwk: &Jwk) -> bool {
    match generation {
        Generation::Nine => jwk.kid.is_some() && entry::decodes(&jwk.material),
        // The newer generation steps over shared secrets without a look.
        Generation::Eleven => {
            matches!(jwk.material, Material::Octets { .. }) || entry::decodes(&jwk.material)
        }
    }
}

fn kids_used_twice(entries: &[&RawValue]) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let kid = |text: &&RawValue| entry::read(text.get()).and_then(|jwk| jwk.kid);
    let twice = |(index, text)| kid(text).is_some_and(|kid| !seen.insert(kid)).then_some(index);
    let again = entries.iter().enumerate().filter_map(twice);
    again.map(|index| Problem { defect: Defect::KidTwice, entry: Some(index) }).collect()
}

fn about_set(json: &[u8], entries: &[&RawValue], is_refused: bool) -> Vec<Defect> {
    let mut defects = Vec::new();
    let outer = serde_json::from_slice::<Pairs<'_>>(json).ok();
    if is_refused {
        let twice = outer.as_ref().is_some_and(|outer| outer.names_twice().contains(&"keys"));
        defects.push(if twice {
            Defect::DuplicateMember
        } else {
            Defect::Malformed(super::no_set(json))
        });
        return defects;
    }
    match outer {
        None if defects.is_empty() => defects.push(Defect::Form),
        Some(outer) if !outer.names_twice().is_empty() => defects.push(Defect::IgnoredMemberTwice),
        _ => {}
    }
    let can_verify = entries.iter().any(|text| entry::may_verify(text.get()));
    let types: HashSet<_> = entries
        .iter()
        .filter_map(|text| entry::read(text.get()))
        .map(|jwk| std::mem::discriminant(&jwk.material))
        .collect();
    let rsa = Material::Rsa { n: String::new(), e: String::new() };
    let found = [
        (entries.is_empty(), Defect::Empty),
        (!entries.is_empty() && !can_verify, Defect::NoKeyVerifies),
        (json.len() > MAX_JWKS_BYTES, Defect::Large),
        (types.len() > 1, Defect::MixedKeyTypes),
        (types.contains(&std::mem::discriminant(&rsa)), Defect::RsaKey),
    ];
    defects.extend(found.into_iter().filter_map(|(is_so, defect)| is_so.then_some(defect)));
    defects
}

/// The members of an object, those that stand there twice among them.
pub(crate) struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Pairs<'a> {
    /// A member's value as JSON text.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.get())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn names_twice(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        self.names().filter(|name| !seen.insert(*name)).collect()
    }
}

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Problem {
    /// Its severity.
    pub const fn severity(&self) -> Severity {
        self.defect.severity()
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields {
            code: &'static str,
            severity: Severity,
            entry: Option<usize>,
            message: String,
            hint: Advice,
        }
        Fields {
            code: self.defect.code(),
            severity: self.severity(),
            entry: self.entry,
            message: self.defect.to_string(),
            hint: self.defect.advice(),
        }
        .serialize(serializer)
    }
}

impl Serialize for TakenBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Rules::ALL.map(|rules| (rules.name(), self.rules(rules))))
    }
}
