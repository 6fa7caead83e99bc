//! Judging a fleet and a host. Nothing is changed.

use std::path::Path;

use spacetime_keys_core::fleet::{
    Environment, Finding, Problem, Report, Scope, Severity, audit, audit_keys,
};

use crate::clock;
use crate::error::Failure;
use crate::host::{self, Paths};
use crate::inspect::{inspect, places_of};
use crate::places::require_something;
use crate::read::gather;
use crate::site::Site;

/// The state of a fleet and a host.
#[derive(Debug)]
pub struct Verified {
    /// The verdict, and each problem.
    pub report: Report,
    /// Why vaults could not be read.
    pub failures: Vec<(Environment, Failure)>,
}

/// Reads the vaults and this host, and judges what is in `scope`: keys, policy, mounted files, token,
/// modes and owners of files, earlier versions.
///
/// # Errors
/// Files of this host that cannot be read. A vault that cannot be read is a problem of the report.
pub fn verify(site: &Site<'_>, paths: &Paths, scope: &Scope) -> Result<Verified, Failure> {
    let policy = &site.settings.policy;
    let mut gathered = gather(site, paths)?;
    site.require_going()?;
    gathered.snapshot.host.has_folder = paths.mounted_keys_dir.is_dir();
    let mut report = audit(policy, &gathered.snapshot, scope, clock::now());
    let inspected = inspect(site, &scope.environments, paths, &gathered);
    report.extend(inspected.problems(policy, &gathered.snapshot));
    if let Err(nothing) =
        require_something(site.settings, site.store.folder(), paths, scope.required.first())
    {
        report.extend(vec![Problem {
            code: nothing.kind().code(),
            severity: Severity::Error,
            environment: None,
            message: nothing.to_string(),
            hint: nothing.advice(),
        }]);
    }
    report.locate(&inspected);
    for problem in &mut report.problems {
        let of =
            |(failed, _): &&(Environment, Failure)| problem.environment.as_ref() == Some(failed);
        let failed = gathered.failures.iter().find(of);
        if let Some((_, failure)) =
            failed.filter(|_| problem.code == Finding::VaultUnavailable.code())
        {
            // In the store's own words, in the place of the core's.
            (problem.message, problem.hint) = (failure.to_string(), failure.advice());
        }
    }
    Ok(Verified { report, failures: gathered.failures })
}

/// Judges the key files of a folder, and nothing else.
///
/// # Errors
/// Files that cannot be read.
pub fn verify_keys(folder: &Path) -> Result<Report, Failure> {
    let (mounted, world_accessible) = host::read_mounted(folder)?;
    Ok(audit_keys(mounted, world_accessible, &places_of(folder)))
}
