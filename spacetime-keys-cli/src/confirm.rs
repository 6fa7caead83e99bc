//! Asking before something is changed.

use std::io::{BufRead, IsTerminal, Write};

use spacetime_keys_core::fleet::Environment;

use crate::failure::Failure;
use crate::output::shown;

/// The answer if nobody can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutTerminal {
    /// `--yes` has to be given.
    Refuse,
    /// The command itself is consent enough: it can be undone, and says which environment.
    GoOn,
}

/// The environment whose name has to be typed in full.
const PRODUCTION: &str = "prod";

/// Asks on a terminal.
pub(crate) fn confirm(
    question: &str,
    environments: &[&Environment],
    without_terminal: WithoutTerminal,
) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return match without_terminal {
            WithoutTerminal::GoOn => Ok(()),
            WithoutTerminal::Refuse => Err(Failure::refused(
                "ERR_NOT_CONFIRMED",
                "this changes keys, and there is no terminal to ask on",
                "look at `--dry-run` first, then pass --yes",
            )),
        };
    }
    let production = environments.iter().any(|environment| environment.as_str() == PRODUCTION);
    let wanted: &[&str] = if production { &[PRODUCTION] } else { &["y", "yes"] };
    let prompt = if production { "type `prod` to go on" } else { "y/N" };
    let mut stderr = anstream::stderr();
    let question = shown(question);
    let _ = write!(stderr, "{question} [{prompt}] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    if read.is_ok() && wanted.iter().any(|word| answer.trim().eq_ignore_ascii_case(word)) {
        Ok(())
    } else {
        Err(Failure::refused(
            "ERR_NOT_CONFIRMED",
            "not confirmed: nothing was changed",
            "run it again when you are ready, or look at `--dry-run`",
        ))
    }
}
