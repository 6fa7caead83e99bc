//! A server's verdict, for programs and for a person.

use serde_json::{Map, Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::jwks;
use spacetime_keys_core::jwt::Token;
use spacetime_keys_core::server::{Remedy, Rules, Verdict};

use crate::key_set::KeySet;
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn to_json(verdict: &Verdict, rules: Rules) -> Map<String, Value> {
    let members = [
        ("accepted", json!(verdict.accepted)),
        ("server", json!(rules)),
        ("identity", json!(verdict.identity)),
        ("status", json!(verdict.status)),
        ("reason", json!(verdict.words)),
        ("code", json!(verdict.cause.map(Error::code))),
        ("detail", json!(verdict.cause.map(|cause| cause.to_string()))),
        ("remedy", json!(verdict.remedy)),
        ("remedy_code", json!(verdict.remedy.map(Remedy::code))),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn to_text(verdict: &Verdict, by_set: &BySet) -> String {
    let line = |text: Option<String>| text.map(|text| format!("{text}\n")).unwrap_or_default();
    if verdict.accepted {
        let identity = verdict.identity.map(|identity| format!("identity {identity}"));
        let condition = by_set.condition.clone();
        return format!("{}\n{}{}", styled(GOOD, "accepted"), line(identity), line(condition));
    }
    let detail = line(verdict.cause.map(|cause| cause.to_string()));
    let remedy = line(verdict.remedy.map(|remedy| remedy.to_string()));
    let words = verdict.words.map(|words| format!(" {words}")).unwrap_or_default();
    let refused = format!("refused: {}{words}", verdict.status);
    format!("{}\n{detail}{remedy}", styled(BAD, refused))
}

/// The note about the issuer's set, if one was looked at.
#[derive(Default)]
pub(super) struct BySet {
    /// The condition that was not looked at.
    condition: Option<String>,
    source: Value,
    note: Option<String>,
    /// Whether the discovery document's `issuer` is the token's `iss`.
    issuer_matches: Option<bool>,
}

impl BySet {
    pub(super) fn of(verdict: &Verdict, token: &str, set: Option<&KeySet>) -> Self {
        let issuer = Token::parse(token).ok().and_then(|token| token.claims().get_str("iss"));
        // Nothing is left to say where the set was found as servers find it.
        let found = issuer.as_deref().zip(set.and_then(|set| set.found.as_ref()));
        let is_found = found.is_some_and(|(issuer, found)| found.is_of(issuer));
        let condition = verdict.condition().filter(|_| !is_found);
        Self {
            condition: condition.map(|condition| condition.to_string()),
            source: set.map_or(Value::Null, KeySet::source),
            note: set.and_then(KeySet::note),
            issuer_matches: set
                .and_then(KeySet::issuer)
                .map(|named| jwks::compare_issuers(issuer.as_deref(), named).is_ok()),
        }
    }

    pub(super) fn tell(&self, output: &Output) {
        if let Some(note) = &self.note {
            output.note(note);
        }
        if self.issuer_matches == Some(false) {
            output.warn(
                "the discovery document's `issuer` is not the token's `iss`: servers do not compare \
                 the two, other programs do, and refuse the token",
            );
        }
    }

    pub(super) fn add_to(&self, mut report: Map<String, Value>) -> Map<String, Value> {
        report.insert("condition".to_owned(), json!(self.condition));
        report.insert("source".to_owned(), self.source.clone());
        report.insert("discovery_issuer_matches".to_owned(), json!(self.issuer_matches));
        report
    }
}
