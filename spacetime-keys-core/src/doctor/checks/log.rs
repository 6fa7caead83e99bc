use crate::advice::{Advice, Choice, NextStep};
use crate::doctor::{Check, CheckName, LogEvent, Observations};

/// What the log says last.
pub(super) fn log(seen: &Observations) -> Option<Check> {
    let name = CheckName::Log;
    let log = seen.log?;
    let Some(last) = log.last else {
        return Some(Check::broken(
            name,
            "the log says nothing of a publish",
            "give the log of the server and of what publishes: `docker compose logs --no-color`",
        ));
    };
    let line = log.line;
    if log.is_success() {
        return Some(Check::good(name, format!("line {line}: {} came last", last.words())));
    }
    let because = match log.reason {
        Some(reason) if reason != last => format!(", after `{}`", reason.words()),
        _ => String::new(),
    };
    let refused = log.refused.map(|identity| format!(" ({identity} was refused)"));
    let detail = format!(
        "line {line}: `{}` came last{because}{}",
        last.words(),
        refused.unwrap_or_default()
    );
    let hint: Advice = match log.reason {
        Some(LogEvent::InvalidSignature) => {
            "the token is signed by another key than the server's: sign the same claims anew; do not log in anew: that is a new identity, which owns nothing".into()
        }
        Some(_) => {
            "the token is valid, and its identity does not own the database: restore the owner's; do not log in anew: that is a new identity, too".into()
        }
        None => {
            let text = "the log does not say why: ask the server ({})";
            (text, [NextStep::Choose(Choice::Server)]).into()
        }
    };
    Some(Check::broken(name, detail, hint))
}
