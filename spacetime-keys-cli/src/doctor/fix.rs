//! `--fix`: the steps of a remedy, taken.

use std::fmt::Write as _;

use serde::Serialize;
use spacetime_keys_core::doctor::{Command, Diagnosis};
use spacetime_keys_rotation::{Paths, Site, cure};

use crate::confirm::{WithoutTerminal, confirm};
use crate::core_dumps;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, Output, styled};
use crate::watcher::Watcher;

/// A step, and what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct Fixed {
    step: String,
    ok: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    pub(crate) is_restart: bool,
}

/// Shows what is to be done and asks, unless somebody has agreed (`yes`). Takes the steps in their
/// order, up to the first that fails; what is not ours is left, and so is the restart, unless
/// somebody said how (`restarts`).
pub(crate) fn fix(
    site: &Site<'_>,
    paths: &Paths,
    diagnosis: &Diagnosis,
    restarts: bool,
    yes: bool,
    (watcher, output): (&Watcher, &Output),
) -> Result<Vec<Fixed>, Failure> {
    let steps = cure::steps(&diagnosis.remedy, restarts);
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    if !yes {
        ask(diagnosis, &steps)?;
    }
    let mut fixed = Vec::new();
    for step in steps {
        let done = core_dumps::for_others(|| cure::carry_out(site, paths, step));
        let done = done.map_err(|failure| watcher.words(failure));
        let mark = if done.is_ok() { styled(GOOD, "ok  ") } else { styled(BAD, "FAIL") };
        output.note(&format!("{mark} {step}"));
        let failure = done.err();
        if let Some(failure) = &failure {
            output.failure_text(failure);
        }
        let ended = failure.is_some();
        fixed.push(Fixed {
            step: step.to_string(),
            ok: !ended,
            error: failure.map(|failure| failure.message),
            is_restart: matches!(step, Command::Restart(_)),
        });
        if ended {
            break;
        }
    }
    Ok(fixed)
}

fn ask(diagnosis: &Diagnosis, steps: &[&Command]) -> Result<(), Failure> {
    let mut question = format!("{}\n\n", diagnosis.verdict);
    for (number, step) in steps.iter().enumerate() {
        let _ = writeln!(question, "  {}. {step}", number + 1);
    }
    let environments: Vec<_> = steps.iter().filter_map(|step| cure::environment(step)).collect();
    question.push_str("\nTake these steps?");
    confirm(&question, &environments, WithoutTerminal::Refuse).map_err(|failure| {
        failure.with_hint(
            "run it without --fix to look at the steps, then with --fix --yes".to_owned(),
        )
    })
}
