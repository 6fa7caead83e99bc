//! A server's verdict, for programs and for a person.

use serde_json::{Map, Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::server::{Remedy, Rules, Verdict};

use crate::output::{BAD, GOOD, styled};

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

pub(super) fn to_text(verdict: &Verdict) -> String {
    let detail = verdict.cause.map(|cause| format!("{cause}\n")).unwrap_or_default();
    let remedy = verdict.remedy.map(|remedy| format!("{remedy}\n")).unwrap_or_default();
    if verdict.accepted {
        let identity = verdict.identity.map(|identity| format!("identity {identity}\n"));
        return format!("{}\n{}", styled(GOOD, "accepted"), identity.unwrap_or_default());
    }
    let words = verdict.words.map(|words| format!(" {words}")).unwrap_or_default();
    let refused = format!("refused: {}{words}", verdict.status);
    format!("{}\n{detail}{remedy}", styled(BAD, refused))
}
