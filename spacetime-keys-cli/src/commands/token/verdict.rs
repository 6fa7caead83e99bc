//! A server's verdict, for programs and for a person.

use serde_json::{Value, json};
use spacetime_keys_core::Error;
use spacetime_keys_core::server::{Remedy, Rules, Verdict};

use crate::output::{BAD, GOOD, styled};

pub(super) fn to_json(verdict: &Verdict, rules: Rules) -> Value {
    json!({
        "accepted": verdict.accepted,
        "server": rules,
        "identity": verdict.identity,
        "status": verdict.status,
        "reason": verdict.words,
        "code": verdict.cause.map(Error::code),
        "detail": verdict.cause.map(|cause| cause.to_string()),
        "remedy": verdict.remedy,
        "remedy_code": verdict.remedy.map(Remedy::code),
    })
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
