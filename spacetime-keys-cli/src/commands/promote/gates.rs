//! Gates, for a person.

use spacetime_keys_core::printable::visible;
use spacetime_keys_core::promotion::Gate;

use crate::output::{BAD, GOOD, styled};
use crate::wrap::{Wrap, wrapped};

/// A line each, of this width.
pub(super) fn to_text(gates: &[Gate], width: usize) -> String {
    let names: Vec<_> = gates.iter().map(name).collect();
    let longest = names.iter().map(String::len).max().unwrap_or_default();
    let indent = " ".repeat(7 + longest);
    let lines = gates.iter().zip(names).map(|(gate, name)| {
        let mark = if gate.ok { styled(GOOD, "ok  ") } else { styled(BAD, "FAIL") };
        let head = format!("{mark} {name:<longest$}  ");
        wrapped(&visible(&gate.detail), Wrap { first: &head, next: &indent, width }) + "\n"
    });
    lines.collect()
}

fn name(gate: &Gate) -> String {
    let name = gate.name.as_str().replace('_', " ");
    match &gate.database {
        Some(database) => format!("{name} ({})", visible(database)),
        None => name,
    }
}
