//! An audit of a folder's key files, and of nothing else.

use super::{Report, Scope, Severity, audit};
use crate::fleet::{CliTomlFacts, Host, Inspected, Mounted, Policy, Snapshot};

/// Judges the key files of a folder alone: no vault, no token. Files that are missing are an error, for
/// a server would make its own pair. `world_accessible`: as for [`Host::of`].
pub fn audit_keys(mounted: Mounted, world_accessible: bool, inspected: &Inspected) -> Report {
    let policy = Policy::default();
    let host =
        Host { has_folder: true, ..Host::of(mounted, world_accessible, CliTomlFacts::of(None)) };
    let snapshot = Snapshot { vaults: Vec::new(), host, unfinished: None };
    let scope = Scope::of(Vec::new(), None);
    // Without vaults nothing has an age.
    let mut report = audit(&policy, &snapshot, &scope, 0);
    report.extend(inspected.problems(&policy, &snapshot));
    // On a host, missing files may be meant; where they alone were asked about, they are not.
    if report.mounted.as_ref().is_none_or(|mounted| mounted.status != "ok") {
        report.ok = false;
        for problem in &mut report.problems {
            problem.severity = Severity::Error;
        }
    }
    report
}
