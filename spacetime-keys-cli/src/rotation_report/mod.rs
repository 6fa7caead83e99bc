//! The report of a run: a person's text, and the JSON document.

mod server;

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use spacetime_keys_core::fleet::{Action, Environment, Note, Operation, Step};
use spacetime_keys_core::{Fingerprint, Identity};
use spacetime_keys_rotation::{Done, Planned};

use crate::output::{BAD, BOLD, GOOD, styled};
pub(crate) use server::{RolledBack, ServerReport};

#[derive(Serialize)]
pub(crate) struct Report {
    operation: Operation,
    rotation_id: String,
    dry_run: bool,
    steps: Vec<StepReport>,
    environments: Vec<Environment>,
    pairs: Vec<PairReport>,
    publisher: Option<PublisherReport>,
    notes: Vec<Note>,
    pub(crate) next: Vec<String>,
    /// Only where the server was to be restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<ServerReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rolled_back: Option<RolledBack>,
    /// Whether everything was as it should be already.
    #[serde(skip)]
    was_well: bool,
}

#[derive(Serialize)]
struct StepReport {
    step: Action,
    environment: Environment,
    status: &'static str,
    /// The store's name for the version that the step wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

#[derive(Serialize)]
struct PairReport {
    environments: Vec<Environment>,
    /// The fingerprint of the previous pair; absent on a first one.
    previous_fingerprint: Option<Fingerprint>,
    /// The fingerprint of the present pair; unknown in a dry run of a rotation.
    fingerprint: Option<Fingerprint>,
}

#[derive(Serialize)]
struct PublisherReport {
    identity: Identity,
    /// The identity of the new token; in a dry run, the expected one.
    identity_after: Identity,
    issuer: String,
    subject: String,
    verified_with: Option<Fingerprint>,
    expiry_cleared: bool,
}

/// The next step after a dry run.
const AGAIN: &str = "Run it again without --dry-run.";

/// `resume` where nothing was interrupted.
pub(crate) fn nothing(text: &str) -> serde_json::Value {
    serde_json::json!({
        "operation": "resume", "rotation_id": null, "dry_run": false, "steps": [],
        "environments": [], "pairs": [], "publisher": null, "notes": [], "next": [text],
    })
}

impl Report {
    /// A dry run: what would be done.
    pub(crate) fn planned(planned: &Planned) -> Self {
        Self { dry_run: true, next: vec![AGAIN.to_owned()], ..Self::new(planned) }
    }

    fn new(planned: &Planned) -> Self {
        let Planned { request, plan, previous, .. } = planned;
        let steps = plan.steps.iter().map(|Step { action, environment, .. }| StepReport {
            step: *action,
            environment: environment.clone(),
            status: "planned",
            version: None,
        });
        let pairs = plan.targets.iter().zip(previous).map(|(target, previous)| PairReport {
            environments: target.environments.clone(),
            previous_fingerprint: *previous,
            fingerprint: target.source.fingerprint(),
        });
        let publisher = plan.publisher.as_ref().map(|publisher| PublisherReport {
            identity: publisher.identity,
            identity_after: publisher.identity,
            issuer: publisher.issuer.clone(),
            subject: publisher.subject.clone(),
            verified_with: plan.verified_with,
            expiry_cleared: plan.notes.contains(&Note::BecomesEternal),
        });
        Self {
            operation: request.operation,
            rotation_id: request.rotation_id.clone(),
            dry_run: false,
            steps: steps.collect(),
            environments: plan.environments().cloned().collect(),
            pairs: pairs.collect(),
            publisher,
            notes: plan.notes.clone(),
            next: Vec::new(),
            server: None,
            rolled_back: None,
            was_well: !plan.changes_anything(),
        }
    }

    /// A run that was carried out. `restarts`: the server is restarted next.
    pub(crate) fn done(planned: &Planned, done: &Done, restarts: bool) -> Self {
        let mut report = Self { next: next_steps(planned, restarts), ..Self::new(planned) };
        for (step, version) in report.steps.iter_mut().zip(&done.versions) {
            step.status = "done";
            step.version.clone_from(version);
        }
        for (pair, fingerprint) in report.pairs.iter_mut().zip(&done.pairs) {
            pair.fingerprint = Some(*fingerprint);
        }
        if let (Some(publisher), Some(resigned)) = (&mut report.publisher, &done.resigned) {
            publisher.identity_after = resigned.publisher.identity;
            publisher.verified_with = resigned.verified_with;
            publisher.expiry_cleared = resigned.became_eternal();
        }
        if let Some(unreadable) = &done.unreadable {
            report.next.insert(
                0,
                format!(
                    "Before the restart: {}, and {}: `{}`.",
                    unreadable.message(),
                    unreadable.effect(),
                    unreadable.command()
                ),
            );
        }
        for path in &done.set_aside {
            report.next.push(format!(
                "What was mounted may be the only copy of a key, because no vault has it: it is kept in {}. Delete that when you are sure that nothing needs it.",
                path.display()
            ));
        }
        report
    }

    /// What a run came to, in one line. Of a dry run all: the steps are what it came to.
    pub(crate) fn verdict(&self) -> String {
        if self.dry_run {
            return self.to_text();
        }
        let done = if self.was_well { "nothing to do, and proven" } else { "done and proven" };
        let done = format!("{}: {done}", self.operation.as_str());
        let mut text = format!("{} {}\n", styled(GOOD, done), self.rotation_id);
        if let Some(server) = &self.server {
            let _ = writeln!(text, "{}", server.verdict());
        }
        match &self.rolled_back {
            Some(RolledBack::Done(report)) => text.push_str(&report.verdict()),
            Some(RolledBack::Failed { error }) => {
                let _ = writeln!(text, "{} {}", styled(BAD, "rollback failed:"), error.message);
            }
            None => {}
        }
        text
    }

    /// Whether all that was asked for is as it should be.
    pub(crate) fn is_well(&self) -> bool {
        self.rolled_back.is_none() && self.server.as_ref().is_none_or(|server| server.ok)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        let name = self.operation.as_str();
        if self.dry_run {
            let _ =
                writeln!(text, "{} (nothing is changed)", styled(BOLD, format!("{name}, dry run")));
            for (number, step) in self.steps.iter().enumerate() {
                let action = step.step.as_str();
                let _ = writeln!(text, "  {:>2}. {action} {}", number + 1, step.environment);
            }
        } else {
            text.push_str(&self.verdict());
        }
        for pair in &self.pairs {
            let names: Vec<_> = pair.environments.iter().map(Environment::as_str).collect();
            let show = |pair: Option<Fingerprint>, none: &str| {
                pair.map_or_else(|| none.to_owned(), |fingerprint| fingerprint.to_string())
            };
            let _ = writeln!(text, "keys of {}", names.join(", "));
            let _ = writeln!(text, "  before  {}", show(pair.previous_fingerprint, "none"));
            let _ = writeln!(text, "  now     {}", show(pair.fingerprint, "a new pair"));
        }
        if let Some(publisher) = &self.publisher {
            let _ = writeln!(text, "publisher's identity");
            let _ = writeln!(text, "  before  {}", publisher.identity);
            let same =
                if publisher.identity == publisher.identity_after { "the same" } else { "CHANGED" };
            let _ = writeln!(text, "  now     {}  ({same})", publisher.identity_after);
        }
        if !self.next.is_empty() {
            let _ = writeln!(text, "next");
            for step in &self.next {
                let _ = writeln!(text, "  - {step}");
            }
        }
        text
    }
}

fn next_steps(planned: &Planned, restarts: bool) -> Vec<String> {
    let Planned { request, paths, plan, previous, .. } = planned;
    let mut next = Vec::new();
    let of_host = plan.host.as_ref().and_then(|(_, target)| previous.get(*target));
    let first_pair = of_host.is_some_and(Option::is_none);
    let mounts = |step: &Step| matches!(step.action, Action::MountPrivate | Action::MountPublic);
    if let (false, Some((host, _))) = (request.sync_mounted, &plan.host)
        && plan.notes.contains(&Note::MountedNotSynced)
    {
        next.push(format!(
            "The key files of this host are the ones from before: `spacetime-keys sync --env {host}`, then restart the server. Until then it answers 401 to the new token."
        ));
    }
    if !restarts && plan.steps.iter().any(mounts) {
        next.push(format!(
            "Restart the server: it reads {} at start-up only.",
            paths.private_key().display()
        ));
    }
    next.extend(of_players(planned));
    match &plan.host {
        Some((host, _)) => {
            let others = plan.environments().filter(|environment| *environment != host);
            if request.operation != Operation::Sync {
                next.extend(others.map(|environment| {
                    format!("On hosts of {environment}: `spacetime-keys sync --env {environment}`, then restart.")
                }));
            }
            if first_pair {
                next.push(format!("Log in and publish once, then `spacetime-keys sync --env {host}`: it keeps the publisher's claims in escrow."));
            } else if plan.notes.contains(&Note::TokenOfIssuer) {
                next.push("The publisher token is a login at an external issuer: it stays valid, and needs nothing.".to_owned());
            } else if plan.publisher.is_none() {
                next.push("No publisher token was re-signed: the server answers 401 to a token of the earlier key. Do not log in again to fix that.".to_owned());
            }
        }
        None => next.extend(plan.environments().map(|environment| {
            format!("On hosts of {environment}: `spacetime-keys sync --env {environment}`, then restart.")
        })),
    }
    next
}

/// The fate of the tokens that the server itself has issued.
fn of_players(planned: &Planned) -> Option<String> {
    let retirement = planned.plan.targets.iter().find_map(|target| target.retirement.as_ref())?;
    if retirement.compromised {
        return Some("The previous pair is revoked: restart every server that has it, now. Users with a token of it need a new one.".to_owned());
    }
    (retirement.honor > 0 && !retirement.keys.is_empty()).then(|| {
        let time = humantime::format_duration(Duration::from_secs(retirement.honor.into()));
        format!("Players keep their tokens for {time}, where `spacetime-keys exchange` runs in front of the server.")
    })
}
