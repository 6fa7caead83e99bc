mod host;
mod keys;
mod retired;
mod stored;

pub use keys::audit_keys;

use crate::advice::{Advice, Choice, NextStep};
use crate::error::Unsound;
use crate::{Error, Fingerprint, Identity};

use super::finding::{Finding, Problem, Severity};
use super::{
    Environment, KeyState, PairState, Policy, PublisherState, Snapshot, Unfinished, Vault,
};

/// The subject of an audit.
#[derive(Clone, Debug)]
pub struct Scope {
    /// These environments' vaults.
    pub environments: Vec<Environment>,
    /// Those of them that must have been set up. Of others that is said, and is no problem.
    pub required: Vec<Environment>,
    /// Pass over environments that were never set up and are not required.
    pub only_set_up: bool,
    /// The host, too: its mounted files and its token.
    pub host: bool,
    /// Where environments share the mounted pair, the one that this host is taken for.
    pub likely_host: Option<Environment>,
}

impl Scope {
    /// All that there is to see of these environments, each of which must have been set up, and of
    /// this host.
    pub fn of(environments: Vec<Environment>, likely_host: Option<Environment>) -> Self {
        let required = environments.clone();
        Self { environments, required, only_set_up: false, host: true, likely_host }
    }

    /// The part of it that this snapshot has.
    fn in_view(&self, snapshot: &Snapshot) -> Self {
        let mut scope = self.clone();
        scope.environments.retain(|environment| {
            let vault = snapshot.vault(environment);
            !self.only_set_up
                || self.required.contains(environment)
                || vault.is_some_and(|vault| !vault.is_new())
        });
        scope
    }
}

/// The result of an audit.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// Whether all is well. Warnings do not change that.
    pub ok: bool,
    /// One entry an environment.
    pub environments: Vec<EnvironmentReport>,
    /// The mounted files, if they were looked at.
    pub mounted: Option<MountedReport>,
    /// The publisher token, if there is one.
    pub publisher: Option<PublisherReport>,
    /// One entry a rule.
    pub policy: Vec<RuleReport>,
    /// The problem, and the next step.
    pub problems: Vec<Problem>,
}

/// One environment's vault.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EnvironmentReport {
    /// The environment.
    pub name: Environment,
    /// Its vault.
    pub vault: String,
    /// `ok`, `not set up`, `missing`, `mismatched`, `half-written`, `unreadable` or `unavailable`.
    pub status: &'static str,
    /// The fingerprint of the latest private key.
    pub private_fingerprint: Option<Fingerprint>,
    /// The fingerprint of the latest public key.
    pub public_fingerprint: Option<Fingerprint>,
    /// Whole days since the private key was stored.
    pub age_days: Option<i64>,
}

/// The mounted files.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MountedReport {
    /// One of the words of [`EnvironmentReport::status`].
    pub status: &'static str,
    /// The environment whose pair it is, as far as it can be told.
    pub environment: Option<Environment>,
    /// The fingerprint of `id_ecdsa`.
    pub private_fingerprint: Option<Fingerprint>,
    /// The fingerprint of `id_ecdsa.pub`.
    pub public_fingerprint: Option<Fingerprint>,
}

/// The publisher token.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PublisherReport {
    /// The token's identity.
    pub identity: Identity,
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The known key that it verifies with.
    pub verified_with: Option<Fingerprint>,
}

/// One rule of the policy.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RuleReport {
    /// `shared` (one pair in the whole group) or `distinct` (no pair of another group).
    pub rule: &'static str,
    /// The environments that the rule binds.
    pub environments: Vec<Environment>,
    /// Whether it holds. A rule that could not be checked does not.
    pub ok: bool,
    /// Whether all vaults that it is about could be read.
    pub checked: bool,
}

const SECONDS_A_DAY: i64 = 86_400;

/// Judges a snapshot, at `now` (Unix seconds).
pub fn audit(policy: &Policy, snapshot: &Snapshot, scope: &Scope, now: i64) -> Report {
    let scope = &scope.in_view(snapshot);
    let mut auditor =
        Auditor { policy, snapshot, scope, now, token_is_refused: false, problems: Vec::new() };
    auditor.token_is_refused = scope.host && auditor.is_token_refused();
    auditor.unfinished();
    let environments = auditor.environments();
    let policy = auditor.policy();
    let mounted = scope.host.then(|| auditor.mounted());
    let publisher = if scope.host { auditor.publisher(mounted.as_ref()) } else { None };
    let mut problems = auditor.problems;
    // What a new pair cures comes last: it is made where the mounted files are a pair that is known,
    // and no vault of the group is damaged.
    let damages = [
        Error::MountedUnsound(Unsound::Mismatched).code(),
        Error::GroupUnsound(Unsound::HalfWritten).code(),
    ];
    let is_unsound = |problem: &Problem| damages.contains(&problem.code);
    let unsound = problems.iter().any(is_unsound);
    problems.sort_by_key(|problem| {
        let is_cured_by_a_pair = problem.code == Finding::NotDistinct.code()
            || unsound && problem.code == Error::VaultEmpty.code();
        // Every run that mounts keys brings the list up, too.
        let is_cured_by_any = problem.code == Finding::RetiredKeysBehind.code();
        if is_cured_by_any { 2 } else { u8::from(is_cured_by_a_pair) }
    });
    Report {
        ok: !problems.iter().any(|problem| problem.severity == Severity::Error),
        environments,
        mounted,
        publisher,
        policy,
        problems,
    }
}

struct Auditor<'a> {
    policy: &'a Policy,
    snapshot: &'a Snapshot,
    scope: &'a Scope,
    now: i64,
    /// Whether a command that re-signs the token would refuse it.
    token_is_refused: bool,
    problems: Vec<Problem>,
}

/// The status of an environment's vault.
fn status_of(vault: &Vault) -> &'static str {
    if vault.is_new() { "not set up" } else { status(vault.pair()) }
}

const fn status(pair: PairState) -> &'static str {
    match pair {
        PairState::Empty => "missing",
        PairState::Sound(_) => "ok",
        PairState::Unsound(Unsound::Mismatched) => "mismatched",
        PairState::Unsound(Unsound::HalfWritten) => "half-written",
        PairState::Unsound(Unsound::Divided | Unsound::Unreadable) => "unreadable",
        PairState::Unavailable => "unavailable",
    }
}

/// The same step, which then needs nothing of the publisher token.
fn leaving(step: NextStep) -> NextStep {
    step.with(Choice::LeaveToken)
}

impl Auditor<'_> {
    fn add(&mut self, finding: Finding, environment: Option<&Environment>) {
        let mut problem = Problem::new(finding, environment);
        if let Some(named) = environment {
            let vault = self.snapshot.vault(named);
            match finding {
                Finding::Error(Error::VaultEmpty)
                    if self.scope.host
                        && matches!(self.snapshot.host.private, KeyState::Bad(_)) =>
                {
                    // A rotation would refuse what is mounted.
                    problem.hint = Error::MountedUnreadable.advice();
                }
                Finding::Error(Error::VaultEmpty) => problem.hint = self.first_pair(named),
                Finding::TokenMissing | Finding::CliTomlMissing | Finding::PublisherUnknown
                    if vault.is_some_and(Vault::logs_in_elsewhere) =>
                {
                    problem.hint = Error::EscrowExternal.advice();
                }
                _ => {}
            }
            problem.hint = self.completed(problem.hint);
        }
        self.push(problem);
    }

    /// What makes a vault's first pair. Where another environment's is mounted, that has to be said.
    fn first_pair(&self, environment: &Environment) -> Advice {
        let mounted = self.snapshot.host.private.fingerprint();
        let group = self.policy.group_of(environment).unwrap_or_default();
        let elsewhere = mounted.is_some_and(|mounted| {
            let mut others = self.snapshot.vaults.iter();
            others.any(|vault| !group.contains(&vault.environment) && vault.knows(mounted))
        });
        let hint = Error::VaultEmpty.advice().at(Some(environment));
        if !elsewhere {
            return hint;
        }
        hint.map_first(|rotate| rotate.with(Choice::HostEnvironment(Some(environment.clone()))))
    }

    /// A hint whose first step says what becomes of a token that the step would refuse. What is
    /// wrong with the token is a problem of its own.
    fn completed(&self, hint: Advice) -> Advice {
        let unverified = match &self.snapshot.host.publisher {
            PublisherState::Found { publisher, verified_with: None, .. } => publisher.is_local(),
            _ => false,
        };
        let signs = |step: &NextStep| {
            step.signs().is_some_and(|choices| !choices.contains(&Choice::ExpectIdentity(None)))
        };
        if !self.scope.host || !hint.next_step().is_some_and(signs) {
            return hint;
        }
        match (self.token_is_refused, unverified) {
            (true, _) => hint.map_first(leaving),
            (false, true) => hint.map_first(|step| {
                let text = "{} (if the identity shown is the owner's; if not, {})";
                (text, [step.clone().with(Choice::ExpectIdentity(None)), leaving(step)])
            }),
            (false, false) => hint,
        }
    }

    fn push(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn unfinished(&mut self) {
        if let Some(run) = &self.snapshot.unfinished {
            let finding =
                if run.running { Finding::Running } else { Finding::Error(Error::Unfinished) };
            let mut problem = Problem::new(finding, None);
            if self.token_is_refused || self.publisher_changed(run) {
                problem.hint = problem.hint.map_first(leaving);
            }
            self.push(problem);
        }
    }

    /// Whether `cli.toml` holds another publisher's token than when that run began.
    fn publisher_changed(&self, run: &Unfinished) -> bool {
        match &self.snapshot.host.publisher {
            PublisherState::Found { publisher, .. } => {
                run.identity.is_some_and(|identity| identity != publisher.identity)
            }
            _ => false,
        }
    }

    fn environments(&mut self) -> Vec<EnvironmentReport> {
        let vaults: Vec<&Vault> = self
            .scope
            .environments
            .iter()
            .filter_map(|environment| self.snapshot.vault(environment))
            .collect();
        let reports = vaults.into_iter().map(|vault| self.environment(vault)).collect();
        self.others_of_the_groups();
        reports
    }

    fn is_required(&self, vault: &Vault) -> bool {
        self.scope.required.contains(&vault.environment)
    }

    /// Vaults that were not asked about, but belong to a group that was: a rotation would refuse
    /// what is damaged there.
    fn others_of_the_groups(&mut self) {
        let policy = self.policy;
        let mut others = Vec::new();
        for group in policy.groups() {
            let asked = |environment: &&Environment| self.scope.environments.contains(environment);
            let Some(named) = group.iter().find(asked) else { continue };
            let members = self.snapshot.group(group);
            others.extend(members.filter(|v| !asked(&&v.environment)).map(|v| (named, v)));
        }
        for (named, vault) in others {
            let finding = match vault.pair() {
                PairState::Unavailable => Finding::VaultUnavailable,
                PairState::Unsound(how) => Finding::Error(Error::GroupUnsound(how)),
                PairState::Empty | PairState::Sound(_) => continue,
            };
            let Problem { hint, .. } = Problem::new(finding, Some(named));
            self.push(Problem { hint, ..Problem::new(finding, Some(&vault.environment)) });
        }
    }

    fn environment(&mut self, vault: &Vault) -> EnvironmentReport {
        let environment = Some(&vault.environment);
        match vault.pair() {
            PairState::Sound(pair) => self.forms(vault, pair),
            PairState::Empty if vault.is_new() && !self.is_required(vault) => {}
            PairState::Empty => self.add(Finding::Error(Error::VaultEmpty), environment),
            PairState::Unavailable => self.add(Finding::VaultUnavailable, environment),
            PairState::Unsound(how) => self.unsound(vault, how),
        }
        self.retired(vault);
        let age_days = vault
            .latest
            .as_ref()
            .map(|latest| self.now.saturating_sub(latest.created).max(0) / SECONDS_A_DAY);
        let limit = i64::from(self.policy.max_age_days);
        if limit > 0 && age_days.is_some_and(|age| age > limit) {
            self.add(Finding::TooOld, environment);
        }
        EnvironmentReport {
            name: vault.environment.clone(),
            vault: vault.name.clone(),
            status: status_of(vault),
            private_fingerprint: vault.private.fingerprint(),
            public_fingerprint: vault.public.fingerprint(),
            age_days,
        }
    }

    /// The keys that a vault stands for: of both halves, for a mismatched pair breaks rules, too.
    fn fingerprints(&self, environment: &Environment) -> Vec<Fingerprint> {
        let vault = self.snapshot.vault(environment);
        let keys = vault.map(|vault| [vault.private.fingerprint(), vault.public.fingerprint()]);
        keys.into_iter().flatten().flatten().collect()
    }

    fn policy(&mut self) -> Vec<RuleReport> {
        let policy = self.policy;
        let mut rules = Vec::new();
        for group in policy.groups() {
            if !group.iter().any(|environment| self.scope.environments.contains(environment)) {
                continue;
            }
            let first = group.first();
            let is_read = |vault: &&Vault| vault.pair() != PairState::Unavailable;
            let group_is_read = self.snapshot.group(group).all(|vault| is_read(&vault));
            if group.len() > 1 {
                let readable = self.snapshot.group(group).filter(is_read);
                let mut held: Vec<_> =
                    readable.map(|vault| self.fingerprints(&vault.environment)).collect();
                for fingerprints in &mut held {
                    fingerprints.sort_unstable();
                    fingerprints.dedup();
                }
                held.dedup();
                let holds = held.len() <= 1;
                if !holds {
                    self.add(Finding::NotShared, first);
                }
                self.retired_of_group(group);
                rules.push(RuleReport {
                    rule: "shared",
                    environments: group.clone(),
                    ok: holds && group_is_read,
                    checked: group_is_read,
                });
            }
            let own: Vec<_> = group.iter().flat_map(|e| self.fingerprints(e)).collect();
            let others = policy.groups().iter().filter(|other| *other != group).flatten();
            let holds =
                !others.flat_map(|e| self.fingerprints(e)).any(|other| own.contains(&other));
            if !holds {
                self.add(Finding::NotDistinct, first);
            }
            let checked = self.snapshot.vaults.iter().all(|vault| is_read(&vault));
            rules.push(RuleReport {
                rule: "distinct",
                environments: group.clone(),
                ok: holds && checked,
                checked,
            });
        }
        rules
    }
}
