//! The report of `store copy`: a person's text, and the JSON document.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use spacetime_keys_core::advice::{Choice, NextStep};
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::words::{command, flag};
use spacetime_keys_rotation::copy::{CopiedEnvironment, Copy, CopyStep, LeftOut};

use crate::output::{BOLD, GOOD, styled};
use crate::table::table;

#[derive(Serialize)]
pub(crate) struct Report {
    operation: &'static str,
    dry_run: bool,
    steps: Vec<StepReport>,
    environments: Vec<EnvironmentReport>,
    notes: Vec<String>,
    next: Vec<String>,
}

#[derive(Serialize)]
struct StepReport {
    step: &'static str,
    environment: Environment,
    secret: String,
    /// The version's name at the source.
    from: String,
    /// Its place in the secret's history.
    position: u32,
    status: &'static str,
    /// Its name at the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

#[derive(Serialize)]
struct EnvironmentReport {
    name: Environment,
    from: String,
    to: String,
    /// The number of versions of all secrets of the source's vault.
    versions: usize,
    /// The number of them that were at the destination before.
    there: usize,
    left_out: Vec<LeftOutReport>,
}

#[derive(Serialize)]
struct LeftOutReport {
    secret: String,
    version: String,
}

impl Report {
    pub(crate) fn new(copy: &Copy, dry_run: bool, to: &Path) -> Self {
        let status = if dry_run { "planned" } else { "done" };
        let step = |step: &CopyStep| StepReport {
            step: "copy-version",
            environment: step.environment.clone(),
            secret: step.secret.clone(),
            from: step.from.clone(),
            position: step.position,
            status,
            version: step.version.clone(),
        };
        Self {
            operation: "copy",
            dry_run,
            steps: copy.steps.iter().map(step).collect(),
            environments: copy.environments.iter().map(EnvironmentReport::new).collect(),
            notes: notes(copy),
            next: vec![next(copy, dry_run, to)],
        }
    }

    /// In one line.
    pub(crate) fn verdict(&self) -> String {
        let words = match (self.dry_run, self.steps.len()) {
            (true, 0) => "nothing to do: the destination has all of it".to_owned(),
            (true, steps) => format!("would write {steps} versions"),
            (false, 0) => "nothing to do: the destination has all of it, proven".to_owned(),
            (false, steps) => format!("done and proven: {steps} versions written"),
        };
        let words = if self.dry_run { words } else { styled(GOOD, words) };
        format!("store copy: {words}\n")
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = self.verdict();
        let row = |environment: &EnvironmentReport| {
            let steps = self.steps.iter().filter(|step| step.environment == environment.name);
            [
                environment.name.to_string(),
                environment.from.clone(),
                environment.to.clone(),
                environment.versions.to_string(),
                environment.there.to_string(),
                steps.count().to_string(),
            ]
        };
        let written = if self.dry_run { "TO WRITE" } else { "WRITTEN" };
        let head = ["ENVIRONMENT", "FROM", "TO", "VERSIONS", "THERE BEFORE", written];
        text.push_str(&table(head, self.environments.iter().map(row).collect()));
        for (title, lines) in [("notes", &self.notes), ("next", &self.next)] {
            if !lines.is_empty() {
                let _ = writeln!(text, "{}", styled(BOLD, title));
            }
            for line in lines {
                let _ = writeln!(text, "  - {line}");
            }
        }
        text
    }
}

impl EnvironmentReport {
    fn new(copied: &CopiedEnvironment) -> Self {
        let CopiedEnvironment { name, from, to, versions, there, left_out } = copied.clone();
        let report = |LeftOut { secret, version }| LeftOutReport { secret, version };
        let left_out = left_out.into_iter().map(report).collect();
        Self { name, from, to, versions, there, left_out }
    }
}

fn notes(copy: &Copy) -> Vec<String> {
    let mut notes = Vec::new();
    for environment in &copy.environments {
        for LeftOut { secret, version } in &environment.left_out {
            notes.push(format!(
                "{}: version {version} of {secret} is disabled or damaged, and is not copied; no command needs it",
                environment.name
            ));
        }
    }
    for name in &copy.not_copied {
        notes.push(format!("{name} shares a pair with what is copied, and is not copied"));
    }
    if let Some(folder) = &copy.set_aside {
        notes.push(format!(
            "keys that were set aside are in no vault, and stay in {}",
            folder.display()
        ));
    }
    notes
}

fn next(copy: &Copy, dry_run: bool, to: &Path) -> String {
    if dry_run && !copy.steps.is_empty() {
        return "Run it again without --dry-run.".to_owned();
    }
    let to = flag(&Choice::Config(to.display().to_string()));
    format!(
        "`{} {to}`; then use that configuration on every host. The source stays as it is: keep it as a backup.",
        command(&NextStep::Verify)
    )
}
