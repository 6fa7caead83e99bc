//! The problems, by line numbers, and the summary.

use serde_json::{Value, json};
use spacetime_keys_core::migration::{Clash, ClashKind, Trap};

use super::input::Form;
use super::pipeline::Tally;
use super::row::BadRow;
use crate::output::Output;
use crate::progress::Progress;

/// The most lines of a kind that are printed without -v.
const PRINTED: u64 = 20;

/// The most entries of a kind in the JSON document.
const LISTED: u64 = 1000;

pub(super) struct Report<'a> {
    output: &'a Output,
    traps: Vec<Trap>,
    tally: Tally,
    rows: Kind,
    duplicates: Kind,
    collisions: Kind,
    handovers: Kind,
}

/// Problems of one kind.
#[derive(Default)]
struct Kind {
    count: u64,
    listed: Vec<Value>,
}

impl Kind {
    /// Counts one. Whether it is to be printed, too.
    fn add(&mut self, all: bool, problem: impl FnOnce() -> Value) -> bool {
        self.count += 1;
        if self.count <= LISTED {
            self.listed.push(problem());
        }
        all || self.count <= PRINTED
    }
}

impl<'a> Report<'a> {
    pub(super) fn new(output: &'a Output, traps: Vec<Trap>) -> Self {
        for trap in &traps {
            output.warn(trap.message());
        }
        let kind = Kind::default;
        Self {
            output,
            traps,
            tally: Tally::default(),
            rows: kind(),
            duplicates: kind(),
            collisions: kind(),
            handovers: kind(),
        }
    }

    /// Adds what was counted. How many users that makes.
    pub(super) fn count(&mut self, tally: &Tally) -> u64 {
        self.tally.merge(tally);
        self.tally.mapped
    }

    pub(super) fn bad_row(&mut self, line: u64, problem: BadRow, progress: &Progress) {
        let listed =
            || json!({ "line": line, "code": problem.code(), "message": problem.to_string() });
        if self.rows.add(self.output.is_verbose(), listed) {
            progress.pause(|| self.output.warn(&format!("line {line}: {problem}")));
        }
    }

    pub(super) fn clash(&mut self, clash: Clash, progress: &Progress) {
        let Clash { line, first_line, kind } = clash;
        let (of_kind, message) = match kind {
            ClashKind::Duplicate => {
                (&mut self.duplicates, format!("the same user as in line {first_line}"))
            }
            ClashKind::Collision => (
                &mut self.collisions,
                format!("another user than in line {first_line} gets the same new identity"),
            ),
            ClashKind::Handover => (
                &mut self.handovers,
                format!(
                    "of this user and the one in line {first_line}, one gets the identity that the other leaves"
                ),
            ),
        };
        let listed = || json!({ "line": line, "first_line": first_line, "code": kind.code() });
        if of_kind.add(self.output.is_verbose(), listed) {
            progress.pause(|| self.output.warn(&format!("line {line}: {message}")));
        }
    }

    /// Prints the summary. Whether all is well.
    pub(super) fn finish(
        self,
        clashes_sought: bool,
        form: &Form,
        written_to: Option<&str>,
        format: &str,
    ) -> bool {
        let Self { output, traps, tally, rows, duplicates, collisions, handovers } = self;
        let kinds = [
            (&rows, "bad row", "bad rows"),
            (&duplicates, "duplicate", "duplicates"),
            (&collisions, "collision", "collisions"),
            (&handovers, "handover", "handovers"),
        ];
        let ok = kinds.iter().all(|(kind, ..)| kind.count == 0);
        for (kind, _, names) in &kinds {
            let unsaid = kind.count.saturating_sub(PRINTED);
            if unsaid > 0 && !output.is_verbose() {
                output.warn(&format!("and {unsaid} more {names}; -v shows all"));
            }
        }
        if let (odd @ 1.., Some(line)) = (tally.odd, tally.first_odd) {
            output.warn(&format!(
                "blanks at an end, or control characters, in {}, first in line {line}; they are mapped as they stand",
                counted(odd, "subject", "subjects")
            ));
        }
        if tally.mapped == 0 {
            output.warn("no users: the input has no row that can be mapped");
        }
        let found: Vec<_> = kinds
            .iter()
            .filter(|(kind, ..)| kind.count > 0)
            .map(|(kind, one, many)| counted(kind.count, one, many))
            .collect();
        let found = match (ok, clashes_sought) {
            (false, _) => found.join(", "),
            (true, true) => "all rows good, no duplicates, no collisions".to_owned(),
            (true, false) => "all rows good; duplicates and collisions not looked for".to_owned(),
        };
        output.note(&format!("mapped {}: {found}", counted(tally.mapped, "user", "users")));

        if output.is_json() {
            let checked = |kind: Kind| clashes_sought.then_some(kind);
            let count = |kind: &Option<Kind>| kind.as_ref().map(|kind| kind.count);
            let list = |kind: Option<Kind>| kind.map(|kind| kind.listed);
            let [duplicates, collisions, handovers] =
                [duplicates, collisions, handovers].map(checked);
            let traps: Vec<_> = traps
                .iter()
                .map(|trap| json!({ "code": trap.code(), "message": trap.message() }))
                .collect();
            let document = json!({
                "ok": ok,
                "input": form.json(),
                "output": written_to,
                "format": format,
                "counts": {
                    "mapped": tally.mapped,
                    "unchanged": tally.unchanged,
                    "bad_rows": rows.count,
                    "duplicates": count(&duplicates),
                    "collisions": count(&collisions),
                    "handovers": count(&handovers),
                    "odd_subjects": tally.odd,
                    "blank_lines": tally.blank,
                },
                "bad_rows": rows.listed,
                "duplicates": list(duplicates),
                "collisions": list(collisions),
                "handovers": list(handovers),
                "first_odd_line": tally.first_odd,
                "traps": traps,
            });
            output.result(&document, String::new);
        }
        ok
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
