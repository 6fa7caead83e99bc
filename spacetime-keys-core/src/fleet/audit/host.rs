//! The audit of the host: its mounted files and its publisher.

use super::{Auditor, MountedReport, PublisherReport, status};
use crate::advice::NextStep;
use crate::error::Unsound;
use crate::fleet::finding::{Finding, Problem, Severity};
use crate::fleet::{Environment, Host, KeyState, PairState, PublisherState, Vault};
use crate::pem::Effect;
use crate::{Error, Fingerprint};

impl Auditor<'_> {
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
    pub(super) fn is_token_refused(&self) -> bool {
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

    pub(super) fn mounted(&mut self) -> MountedReport {
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
                let vault = here.and_then(|environment| self.snapshot.vault(environment));
                // Where a private key was never seen, its other half cannot be told from the vault.
                let strange = vault.is_some_and(|vault| {
                    vault.pair() != PairState::Empty && private.is_some_and(|key| !vault.knows(key))
                });
                // Where no key tells which vault it is, it may be any of them.
                let all_empty = || {
                    let mut vaults = self.snapshot.vaults.iter();
                    vaults.len() > 0 && vaults.all(|vault| vault.pair() == PairState::Empty)
                };
                let is_first = vault.map_or_else(all_empty, |v| v.pair() == PairState::Empty);
                let finding = if strange {
                    Finding::MountedStrange(how)
                } else if is_first && host.private == KeyState::Missing {
                    Finding::MountedPublicAlone
                } else if is_first && matches!(host.private, KeyState::Bad(_)) {
                    Finding::Error(Error::MountedUnreadable)
                } else {
                    Finding::Error(Error::MountedUnsound(how))
                };
                for (file, key) in [("id_ecdsa", &host.private), ("id_ecdsa.pub", &host.public)] {
                    if let KeyState::Bad(error) = key {
                        let mut problem = Problem::new(Finding::Error(*error), here);
                        problem.message = format!("{file}: {}", problem.message);
                        // An empty vault has nothing to bring.
                        if is_first && matches!(problem.hint.next_step(), Some(NextStep::Sync(_))) {
                            problem.hint = Problem::new(finding, here).hint;
                        }
                        problem.hint = self.completed(problem.hint);
                        self.push(problem);
                    }
                }
                self.add(finding, here);
            }
            PairState::Sound(pair) => {
                let effect = host.private.effect().max(host.public.effect());
                if effect > Effect::Harmless {
                    self.add(Finding::NotCanonical(effect), here);
                }
                if other {
                    // A user who asks about other vaults from here may know what this host mounts.
                    let asked = |likely| self.scope.environments.contains(likely);
                    let is_own = self.scope.likely_host.as_ref().is_some_and(asked);
                    let severity = if is_own { Severity::Error } else { Severity::Warning };
                    self.add(Finding::MountedDiffers(severity), self.scope.environments.first());
                }
                if !self.snapshot.vaults.is_empty() {
                    self.compare_with_store(pair, here);
                }
            }
        }
        if host.pair() != PairState::Empty {
            self.retired_of_host(here);
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

    /// Mounted = store? An empty vault that must not be says so itself. The next rotation adopts the
    /// host.
    fn compare_with_store(&mut self, pair: Fingerprint, environment: Option<&Environment>) {
        let vaults = || self.snapshot.vaults.iter();
        match environment.and_then(|environment| self.snapshot.vault(environment)) {
            Some(vault) if vault.private.fingerprint() == Some(pair) => {}
            Some(vault) if vault.knows(pair) => self.add(Finding::MountedBehind, environment),
            Some(vault) if vault.is_new() && !self.is_required(vault) => {
                self.add(Finding::NotKept, environment);
            }
            Some(vault) if vault.pair() == PairState::Empty => {}
            None if vaults().all(|vault| vault.pair() == PairState::Empty) => {
                if self.scope.required.is_empty() {
                    self.add(Finding::NotKept, None);
                }
            }
            _ => self.add(Finding::Error(Error::MountedUnknown), environment),
        }
    }

    pub(super) fn publisher(&mut self, mounted: Option<&MountedReport>) -> Option<PublisherReport> {
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
            PublisherState::Found { publisher, verified_with, times, .. } => {
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
                None if vault.is_some_and(|vault| vault.pair() == PairState::Empty) => {
                    self.add(Finding::TokenUnverifiedAtFirst, here);
                }
                None => self.add(Finding::TokenUnverified, here),
                Some(key) if pair.is_some_and(|pair| pair != key) => {
                    self.add(Finding::TokenStale, here);
                }
                Some(_) => {}
            }
        }
        // Servers allow 60 seconds.
        if !unknown && times.exp.is_some_and(|exp| self.now.saturating_sub(exp) > 60) {
            let external = !publisher.is_local() && verified_with.is_none();
            self.add(if external { Finding::LoginExpired } else { Finding::TokenExpired }, here);
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
