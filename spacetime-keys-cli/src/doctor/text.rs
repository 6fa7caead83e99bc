//! A diagnosis for a person: the verdict, the checks, the steps.

use std::fmt::Write as _;

use spacetime_keys_core::doctor::{Check, Diagnosis, State};
use spacetime_keys_core::printable::visible;

use crate::output::{BAD, BOLD, GOOD, WARN, styled};
use crate::wrap::{Wrap, wrapped};

/// As lines of this width. Commands are lines of their own, of any length: they are there to be
/// copied.
pub(crate) fn to_text(diagnosis: &Diagnosis, width: usize) -> String {
    let style = if diagnosis.ok { GOOD } else { BAD };
    let verdict = wrapped(&visible(&diagnosis.verdict), Wrap::at(width));
    let mut text = format!("{}\n\n", styled(style, verdict));
    let names: Vec<String> =
        diagnosis.checks.iter().map(|check| check.name.as_str().replace('_', " ")).collect();
    let longest = names.iter().map(String::len).max().unwrap_or_default();
    let indent = " ".repeat(7 + longest);
    for (check, name) in diagnosis.checks.iter().zip(&names) {
        let head = format!("{} {name:<longest$}  ", mark(check));
        let rest = Wrap { first: &head, next: &indent, width };
        let _ = writeln!(text, "{}", wrapped(&visible(&check.detail.to_string()), rest));
        if let Some(hint) = &check.hint {
            let rest = Wrap { first: &indent, next: &indent, width };
            let _ = writeln!(text, "{}", wrapped(&visible(&hint.to_string()), rest));
        }
    }
    if let (Some(identity), owned @ 1..) = (diagnosis.identity, diagnosis.owns.len()) {
        let (databases, them) = if owned == 1 { ("database", "it") } else { ("databases", "them") };
        let owns = format!(
            "{identity} owns {owned} {databases} here. Nobody can publish to {them} without this identity's token."
        );
        let _ = writeln!(text, "\n{}", wrapped(&owns, Wrap::at(width)));
    }
    if !diagnosis.remedy.is_empty() {
        let _ = writeln!(text, "\n{}", styled(BOLD, "do this:"));
        for (number, command) in diagnosis.remedy.iter().enumerate() {
            let _ = writeln!(text, "  {}. {command}", number + 1);
        }
    }
    if !diagnosis.ok && !diagnosis.cures {
        let what = if diagnosis.remedy.is_empty() {
            "no command cures this"
        } else {
            "this does not cure it all"
        };
        let _ = writeln!(text, "\n{what}: see what is marked `FAIL` above");
    }
    text
}

fn mark(check: &Check) -> String {
    match check.state {
        State::Good => styled(GOOD, "ok  "),
        State::Warning => styled(WARN, "warn"),
        State::Broken => styled(BAD, "FAIL"),
        State::Unseen => "?   ".to_owned(),
    }
}
