use crate::error::Unsound;
use crate::pem::Effect;
use crate::{Error, Fingerprint, Identity};

use super::finding::{Finding, Problem, Severity, hint_for};
use super::{Environment, Host, KeyState, PairState, Policy, PublisherState, Snapshot, Vault};

/// What an audit looks at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// These environments' vaults.
    pub environments: Vec<Environment>,
    /// The host, too: its mounted files and its token.
    pub host: bool,
    /// Where environments share the mounted pair, the one that this host is taken for.
    pub likely_host: Option<Environment>,
}

/// What an audit says.
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
    /// What is wrong, and the way out.
    pub problems: Vec<Problem>,
}

/// One environment's vault.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EnvironmentReport {
    /// The environment.
    pub name: Environment,
    /// Its vault.
    pub vault: String,
    /// `ok`, `missing`, `mismatched`, `half-written`, `unreadable` or `unavailable`.
    pub status: &'static str,
    /// Of the latest private key.
    pub private_fingerprint: Option<Fingerprint>,
    /// Of the latest public key.
    pub public_fingerprint: Option<Fingerprint>,
    /// Whole days since the private key was stored.
    pub age_days: Option<i64>,
}

/// The mounted files.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MountedReport {
    /// As an environment's.
    pub status: &'static str,
    /// The environment whose pair it is, as far as it can be told.
    pub environment: Option<Environment>,
    /// Of `id_ecdsa`.
    pub private_fingerprint: Option<Fingerprint>,
    /// Of `id_ecdsa.pub`.
    pub public_fingerprint: Option<Fingerprint>,
}

/// The publisher token.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PublisherReport {
    /// Whose it is.
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
    let mut auditor =
        Auditor { policy, snapshot, scope, now, token_is_refused: false, problems: Vec::new() };
    auditor.token_is_refused = scope.host && auditor.is_token_refused();
    auditor.unfinished();
    let environments = auditor.environments();
    let policy = auditor.policy();
    let mounted = scope.host.then(|| auditor.mounted());
    let publisher = if scope.host { auditor.publisher(mounted.as_ref()) } else { None };
    let problems = auditor.problems;
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
    /// Whether a command that signs the token anew would refuse it.
    token_is_refused: bool,
    problems: Vec<Problem>,
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

impl Auditor<'_> {
    fn add(&mut self, finding: Finding, environment: Option<&Environment>) {
        let mut problem = Problem::new(finding, environment);
        let brings_up = matches!(finding, Finding::MountedBehind | Finding::MountedMissing(_))
            || matches!(finding, Finding::Error(Error::MountedUnsound(_) | Error::GroupUnsound(_)));
        if let (true, Some(named)) = (brings_up && self.token_is_refused, environment) {
            // The command would refuse the token; what becomes of that is a problem of its own.
            let command = format!("--env {named}`");
            let leaving = format!("--env {named} --no-preserve-publisher-token`");
            problem.hint = problem.hint.replacen(&command, &leaving, 1);
        }
        self.push(problem);
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
            self.add(finding, None);
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
            let hint = hint_for(finding.hint(), Some(named));
            self.push(Problem { hint, ..Problem::new(finding, Some(&vault.environment)) });
        }
    }

    fn environment(&mut self, vault: &Vault) -> EnvironmentReport {
        let environment = Some(&vault.environment);
        match vault.pair() {
            PairState::Sound(_) => {
                let effect = vault.private.effect().max(vault.public.effect());
                let clean = |key: &KeyState| {
                    key.fingerprint().is_some_and(|fingerprint| key.is_canonical(fingerprint))
                };
                if !clean(&vault.private) || !clean(&vault.public) {
                    self.add(Finding::NotCanonical(effect), environment);
                }
            }
            PairState::Empty => self.add(Finding::Error(Error::VaultEmpty), environment),
            PairState::Unavailable => self.add(Finding::VaultUnavailable, environment),
            PairState::Unsound(how) => {
                self.add(Finding::Error(Error::GroupUnsound(how)), environment);
            }
        }
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
            status: status(vault.pair()),
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

    /// The environment whose keys are mounted: the one that has them as its latest, else as an
    /// earlier pair. Where several do, the one whose escrow holds the token's publisher. Where no key
    /// tells: the only one that was asked about, or the only group that has a pair.
    fn host_environment(&self, mounted: Option<Fingerprint>) -> Option<Environment> {
        let asked = |vault: &&Vault| self.scope.environments.contains(&vault.environment);
        let latest = |vault: &&Vault| mounted.is_some() && vault.private.fingerprint() == mounted;
        let earlier = |vault: &&Vault| mounted.is_some_and(|pair| vault.knows(pair));
        let is_likely =
            |vault: &&Vault| Some(&vault.environment) == self.scope.likely_host.as_ref();
        let holds = |vault: &&Vault| {
            let PublisherState::Found { publisher, .. } = &self.snapshot.host.publisher else {
                return false;
            };
            vault.escrow.as_ref().is_ok_and(|escrow| escrow.holds(publisher.identity))
        };
        let likely = self.snapshot.vaults.iter().find(is_likely);
        let vaults = || likely.into_iter().chain(&self.snapshot.vaults);
        let first = |of: Vec<&Vault>| -> Option<Environment> {
            let found = of.iter().copied().find(|vault| holds(vault)).or(of.first().copied());
            found.map(|vault| vault.environment.clone())
        };
        first(vaults().filter(asked).filter(latest).collect())
            .or_else(|| first(vaults().filter(asked).filter(earlier).collect()))
            .or_else(|| first(vaults().filter(latest).collect()))
            .or_else(|| first(vaults().filter(earlier).collect()))
            .or_else(|| match self.scope.environments.as_slice() {
                [only] => Some(only.clone()),
                _ if mounted.is_some() => None,
                _ => first(vaults().filter(asked).filter(holds).collect()).or_else(|| {
                    let set_up = |vault: &&Vault| vault.pair() != PairState::Empty;
                    let found: Vec<_> = vaults().filter(asked).filter(set_up).collect();
                    let groups = self.policy.groups().iter().filter(|group| {
                        found.iter().any(|vault| group.contains(&vault.environment))
                    });
                    (groups.count() == 1).then(|| first(found)).flatten()
                }),
            })
    }

    /// Whether the host's environment does not know the publisher, or there is no token to keep.
    fn is_token_refused(&self) -> bool {
        let host = &self.snapshot.host;
        match &host.publisher {
            PublisherState::NoFile => false,
            PublisherState::Bad(_) => true,
            PublisherState::Found { publisher, .. } => {
                let mounted = host.private.fingerprint().or(host.public.fingerprint());
                self.host_environment(mounted)
                    .and_then(|environment| self.snapshot.vault(&environment))
                    .is_some_and(|vault| vault.is_unknown(publisher))
            }
        }
    }

    /// How bad it is that no keys are mounted. Where neither is there a `cli.toml`, this machine may
    /// be none that a server runs on: `None`.
    fn missing_keys(&self, environment: Option<&Environment>) -> Option<Severity> {
        if self.snapshot.host.publisher == PublisherState::NoFile && !self.snapshot.host.has_folder
        {
            return None;
        }
        let has_pair = |vault: &Vault| vault.pair() != PairState::Empty;
        let vaults = || self.snapshot.vaults.iter();
        let asked = |vault: &&Vault| self.scope.environments.contains(&vault.environment);
        let needed = match environment.and_then(|environment| self.snapshot.vault(environment)) {
            Some(vault) => has_pair(vault),
            None => vaults().filter(asked).any(has_pair),
        };
        Some(if needed { Severity::Error } else { Severity::Warning })
    }

    fn mounted(&mut self) -> MountedReport {
        let host: &Host = &self.snapshot.host;
        let private = host.private.fingerprint();
        let environment = self.host_environment(private.or(host.public.fingerprint()));
        let here = environment.as_ref();
        let other = here.is_some_and(|e| !self.scope.environments.contains(e));
        match host.pair() {
            PairState::Empty => {
                if let Some(severity) = self.missing_keys(here) {
                    self.add(Finding::MountedMissing(severity), here);
                }
            }
            PairState::Unavailable => {
                self.add(Finding::Error(Error::MountedUnsound(Unsound::Unreadable)), here);
            }
            PairState::Unsound(how) => {
                if let (KeyState::Bad(error), _) | (_, KeyState::Bad(error)) =
                    (&host.private, &host.public)
                {
                    self.add(Finding::Error(*error), here);
                }
                self.add(Finding::Error(Error::MountedUnsound(how)), here);
            }
            PairState::Sound(pair) => {
                let effect = host.private.effect().max(host.public.effect());
                if effect > Effect::Harmless {
                    self.add(Finding::NotCanonical(effect), here);
                }
                if other {
                    self.add(Finding::MountedDiffers, self.scope.environments.first());
                }
                if !self.scope.environments.is_empty() {
                    self.compare_with_store(pair, here);
                }
            }
        }
        if host.world_accessible {
            self.add(Finding::WorldAccessible, here);
        }
        MountedReport {
            status: status(host.pair()),
            environment,
            private_fingerprint: private,
            public_fingerprint: host.public.fingerprint(),
        }
    }

    /// Mounted = store? An empty vault says so itself, and the next rotation adopts the host.
    fn compare_with_store(&mut self, pair: Fingerprint, environment: Option<&Environment>) {
        let vaults = || self.snapshot.vaults.iter();
        match environment.and_then(|environment| self.snapshot.vault(environment)) {
            Some(vault) if vault.private.fingerprint() == Some(pair) => {}
            Some(vault) if vault.knows(pair) => self.add(Finding::MountedBehind, environment),
            Some(vault) if vault.pair() == PairState::Empty => {}
            None if vaults().all(|vault| vault.pair() == PairState::Empty) => {}
            _ => self.add(Finding::Error(Error::MountedUnknown), environment),
        }
    }

    fn publisher(&mut self, mounted: Option<&MountedReport>) -> Option<PublisherReport> {
        let host: &Host = &self.snapshot.host;
        let environment = mounted.and_then(|mounted| mounted.environment.clone());
        let here = environment.as_ref();
        let vault = here.and_then(|environment| self.snapshot.vault(environment));
        let escrowed = vault.is_some_and(Vault::has_publisher);
        let (publisher, verified_with, times) = match &host.publisher {
            // Where nobody is in escrow, there is nobody to bring back: a host before its first login.
            PublisherState::NoFile | PublisherState::Bad(Error::TomlNoToken) if !escrowed => {
                return None;
            }
            PublisherState::NoFile => {
                self.add(Finding::CliTomlMissing, here);
                return None;
            }
            PublisherState::Bad(Error::TomlNoToken) => {
                self.add(Finding::TokenMissing, here);
                return None;
            }
            PublisherState::Bad(error) => {
                self.add(Finding::Error(*error), here);
                return None;
            }
            PublisherState::Found { publisher, verified_with, times } => {
                (publisher, *verified_with, times)
            }
        };
        // The server verifies with the public key; where that is damaged, the private one tells.
        let pair = host.public.fingerprint().or(host.private.fingerprint());
        let unknown = vault.is_some_and(|vault| vault.is_unknown(publisher));
        if unknown {
            // Whatever else is wrong with such a token goes with it.
            self.add(Finding::PublisherUnknown, here);
        } else if publisher.is_local() || verified_with.is_some() {
            match verified_with {
                None => self.add(Finding::TokenUnverified, here),
                Some(key) if pair.is_some_and(|pair| pair != key) => {
                    self.add(Finding::TokenStale, here);
                }
                Some(_) => {}
            }
        }
        // Servers allow 60 seconds.
        if !unknown && times.exp.is_some_and(|exp| self.now.saturating_sub(exp) > 60) {
            self.add(Finding::TokenExpired, here);
        }
        let stale = |key: &Fingerprint| {
            pair.is_some_and(|pair| pair != *key) && vault.is_some_and(|vault| vault.knows(*key))
        };
        if host.server_keys.iter().any(stale) {
            self.add(Finding::ServerKeyStale, here);
        }
        Some(PublisherReport {
            identity: publisher.identity,
            issuer: publisher.issuer.clone(),
            subject: publisher.subject.clone(),
            verified_with,
        })
    }
}
