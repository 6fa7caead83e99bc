//! An audit of a folder's key files, and of nothing else.

use super::{Report, Scope, Severity, audit};
use crate::Error;
use crate::advice::{Advice, NextStep};
use crate::error::Unsound;
use crate::fleet::{CliTomlFacts, Finding, Host, Inspected, KeyState, Mounted, Policy, Snapshot};
use crate::pem::Effect;

/// Judges only the key files of a folder: no vault, no token. Files that are missing are an error, for
/// a server would make its own pair. `world_accessible`: as for [`Host::of`].
pub fn audit_keys(mounted: Mounted, world_accessible: bool, inspected: &Inspected) -> Report {
    let policy = Policy::default();
    let host =
        Host { has_folder: true, ..Host::of(mounted, world_accessible, CliTomlFacts::of(None)) };
    let private = host.private.clone();
    let snapshot = Snapshot { vaults: Vec::new(), host, unfinished: None };
    let scope = Scope::of(Vec::new(), None);
    // Without vaults nothing has an age.
    let mut report = audit(&policy, &snapshot, &scope, 0);
    report.extend(inspected.problems(&policy, &snapshot));
    for problem in &mut report.problems {
        if let Some(hint) = without_a_vault(problem.code, &private, inspected) {
            problem.hint = hint;
        }
    }
    report.locate(inspected);
    // On a host, missing files may be meant. With --keys-dir they are an error.
    if report.mounted.as_ref().is_none_or(|mounted| mounted.status != "ok") {
        report.ok = false;
        for problem in &mut report.problems {
            problem.severity = Severity::Error;
        }
    }
    report
}

/// What helps where nobody knows of a vault. `None`: the finding's own hint.
fn without_a_vault(code: &str, private: &KeyState, inspected: &Inspected) -> Option<Advice> {
    let files = inspected.mounted.clone()?.to_vec();
    let has_private_key = private.fingerprint().is_some();
    if code == Finding::NotCanonical(Effect::Harmless).code() {
        return Some(("{} writes them clean", [NextStep::KeyRewrite(files)]).into());
    }
    // With a private key, its public key follows from it, whatever a vault has.
    (code == Error::MountedUnsound(Unsound::Unreadable).code() && !has_private_key).then(|| {
        let text = "where a vault has the pair, {} mounts it; without one, take the private key from a backup";
        (text, [NextStep::SYNC]).into()
    })
}
