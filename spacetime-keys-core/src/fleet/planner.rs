//! Making a plan.

mod lists;
mod publisher;

use crate::error::Unsound;
use crate::{Error, Fingerprint};

use super::decide::{earlier_pair, mended_pair, sound_pair, stored};
use super::plan::{Action, Note, Plan, Refusal, Request, Source, Step, Target};
use super::retire::is_to_be_mounted;
use super::{Environment, KeyState, Operation, Origin, PairState, Policy, Snapshot, Vault};

/// Plans an operation.
///
/// Made again from the state that an interrupted run has left, with the same rotation id and
/// `continuing`, it holds the steps that remain.
///
/// # Errors
/// Refuses what is unsafe; see the kinds of [`Error`] under "Fleet".
pub fn plan(policy: &Policy, snapshot: &Snapshot, request: &Request) -> Result<Plan, Refusal> {
    Planner { policy, snapshot, request }.plan()
}

struct Planner<'a> {
    policy: &'a Policy,
    snapshot: &'a Snapshot,
    request: &'a Request,
}

/// A pair is read only where a later step writes it or signs with it.
fn drop_needless_loads(steps: &mut Vec<Step>) {
    use Action::{
        Load, MountPrivate, MountPublic, PushPrivate, PushPublic, ResignToken, UpdateServerKey,
    };
    let needed: Vec<usize> = steps
        .iter()
        .filter(|step| {
            matches!(
                step.action,
                PushPrivate
                    | PushPublic
                    | MountPrivate
                    | MountPublic
                    | ResignToken
                    | UpdateServerKey
            )
        })
        .map(|step| step.target)
        .collect();
    steps.retain(|step| step.action != Load || needed.contains(&step.target));
}

fn at(environment: &Environment) -> impl Fn(Error) -> Refusal + '_ {
    move |error| Refusal { error, environment: Some(environment.clone()) }
}

impl Planner<'_> {
    fn plan(&self) -> Result<Plan, Refusal> {
        let mut plan = Plan {
            targets: Vec::new(),
            steps: Vec::new(),
            host: None,
            escrow: None,
            publisher: None,
            verified_with: None,
            notes: Vec::new(),
        };
        for named in &self.request.environments {
            let group =
                self.policy.group_of(named).ok_or(Error::EnvironmentUnknown).map_err(at(named))?;
            if plan.targets.iter().any(|target| target.environments == group) {
                continue;
            }
            let target = self.target(named, group)?;
            if target.adopt.is_some() {
                plan.notes.push(Note::Adopts);
            }
            plan.targets.push(target);
        }
        if let Some(host) = &self.request.host {
            let place = plan.targets.iter().position(|target| target.environments.contains(host));
            plan.host = place.map(|target| (host.clone(), target));
        }
        if plan.host.as_ref().is_some_and(|(host, target)| self.leaves_host(&plan, host, *target)) {
            plan.host = None;
            plan.notes.push(Note::MountedNotSynced);
        } else if plan.host.is_none() {
            plan.notes.push(Note::HostNotConcerned);
        }
        self.require_readable(&plan)?;
        self.add_publisher(&mut plan)?;
        self.add_adoptions(&mut plan);
        self.add_lists(&mut plan);
        self.add_pushes(&mut plan);
        self.add_host(&mut plan)?;
        drop_needless_loads(&mut plan.steps);
        let first = plan.environments().next().cloned();
        plan.steps.extend(first.map(|first| Step {
            action: Action::Prove,
            environment: first,
            target: 0,
        }));
        Ok(plan)
    }

    /// Whether repairing the vaults leaves this host as it is: what is mounted has nothing to do with
    /// them, and is a question of its own, which only a group that is whole can answer.
    fn leaves_host(&self, plan: &Plan, host: &Environment, target: usize) -> bool {
        let group = self.policy.group_of(host).unwrap_or_default();
        let vaults: Vec<&Vault> = self.snapshot.group(group).collect();
        let pair = plan.targets.get(target).and_then(|target| target.source.fingerprint());
        let mounted = self.snapshot.host.private.fingerprint();
        self.request.operation == Operation::Resume
            && self.request.sync_mounted
            && (self.request.continuing || sound_pair(&vaults).is_err())
            && mounted.is_some_and(|key| Some(key) != pair && !self.knows(host, key))
    }

    fn target(&self, named: &Environment, group: &[Environment]) -> Result<Target, Refusal> {
        let vaults: Vec<&Vault> = self.snapshot.group(group).collect();
        let refuse = at(named);
        let id = self.request.rotation_id.as_str();
        let pushed_by_this_run = |origin| {
            vaults.iter().find_map(|vault| {
                let latest = vault.latest.as_ref()?;
                let fingerprint = latest.fingerprint.filter(|_| latest.tags.is_of(id, origin))?;
                stored(&[*vault], fingerprint)
            })
        };
        let target = |source, origin, adopt| Target {
            environments: group.to_vec(),
            source,
            adopt,
            origin,
            retirement: None,
        };
        // A run that is continued finds what it wrote itself; a group that is unsound all the same
        // has met another operator. There, only repairing is left to do.
        let mended = |error: Error| {
            if !self.request.continuing {
                return Err(refuse(error));
            }
            mended_pair(self.snapshot, &vaults, named, self.is_host(group))
                .map(|source| target(source, Origin::Resume, None))
                .map_err(&refuse)
        };
        match self.request.operation {
            Operation::Rotate => {
                if let Some(source) = pushed_by_this_run(Origin::Rotate) {
                    return Ok(target(source, Origin::Rotate, None));
                }
                let begun = pushed_by_this_run(Origin::Adopt).and_then(|s| s.fingerprint());
                let adopt = if begun.is_some() {
                    begun
                } else {
                    match self.present_pair(named, group, &vaults) {
                        Ok(current) => self.adoption(group, &vaults, current),
                        Err(error) => return mended(error),
                    }
                };
                Ok(target(Source::New, Origin::Rotate, adopt))
            }
            Operation::Rollback => {
                let source = if let Some(source) = pushed_by_this_run(Origin::Rollback) {
                    source
                } else {
                    let current =
                        sound_pair(&vaults).and_then(|pair| pair.ok_or(Error::VaultEmpty));
                    match current {
                        Ok(current) => match earlier_pair(&vaults, current) {
                            // What it was to return to is revoked, or gone, since it began.
                            Ok(source) if self.is_revoked(group, &source) => {
                                return mended(Error::PairRevoked);
                            }
                            Ok(source) => source,
                            Err(error) => return mended(error),
                        },
                        Err(error) => return mended(error),
                    }
                };
                Ok(target(source, Origin::Rollback, None))
            }
            Operation::Resume => {
                let source = mended_pair(self.snapshot, &vaults, named, self.is_host(group))
                    .map_err(&refuse)?;
                Ok(target(source, Origin::Resume, None))
            }
            Operation::Sync => {
                let own: Vec<&Vault> = self.snapshot.vault(named).into_iter().collect();
                let is_bad = matches!(self.snapshot.host.private, KeyState::Bad(_));
                let nothing = if is_bad { Error::MountedUnreadable } else { Error::VaultEmpty };
                let source = sound_pair(&own)
                    .and_then(|pair| pair.ok_or(nothing))
                    .and_then(|fingerprint| stored(&own, fingerprint).ok_or(Error::VaultEmpty))
                    .map_err(&refuse)?;
                // The vaults stay as they are: the group's other members are not looked at.
                Ok(Target {
                    environments: vec![named.clone()],
                    ..target(source, Origin::Resume, None)
                })
            }
        }
    }

    /// The group's sound pair; `None`, too, if it is lost, and that is known.
    fn present_pair(
        &self,
        named: &Environment,
        group: &[Environment],
        vaults: &[&Vault],
    ) -> Result<Option<Fingerprint>, Error> {
        let sound = sound_pair(vaults);
        let lost = || {
            let mended = mended_pair(self.snapshot, vaults, named, self.is_host(group));
            matches!(mended, Err(Error::PrivateKeyLost | Error::StoredUnreadable))
        };
        if sound.is_err() && self.request.replace_lost_key && lost() { Ok(None) } else { sound }
    }

    /// The mounted pair, if it is to be pushed before the new one: a host met for the first time,
    /// or one whose keys are to be kept.
    fn adoption(
        &self,
        group: &[Environment],
        vaults: &[&Vault],
        current: Option<Fingerprint>,
    ) -> Option<Fingerprint> {
        let PairState::Sound(mounted) = self.snapshot.host.pair() else { return None };
        let known =
            vaults.iter().any(|vault| vault.knows(mounted)) || self.known_elsewhere(group, mounted);
        let wanted = current.is_none() || self.request.adopt_mounted;
        (self.is_host(group) && !known && wanted).then_some(mounted)
    }

    /// Whether this host mounts the group's keys.
    fn is_host(&self, group: &[Environment]) -> bool {
        self.request.host.as_ref().is_some_and(|host| group.contains(host))
    }

    fn known_elsewhere(&self, group: &[Environment], fingerprint: Fingerprint) -> bool {
        self.snapshot
            .vaults
            .iter()
            .any(|vault| !group.contains(&vault.environment) && vault.knows(fingerprint))
    }

    /// Private key first, then public, vault by vault: a half-written pair is always mendable. All
    /// adoptions come first, then all lists of retired keys, then all keys, then all pushes: the
    /// stages of [`Plan::stages`].
    fn add_adoptions(&self, plan: &mut Plan) {
        for (index, target) in plan.targets.iter().enumerate() {
            let Some(adopt) = target.adopt else { continue };
            for vault in self.snapshot.group(&target.environments) {
                let mut add = |action| {
                    let environment = vault.environment.clone();
                    plan.steps.push(Step { action, environment, target: index });
                };
                if !vault.private.is_canonical(adopt) {
                    add(Action::AdoptPrivate);
                }
                if !vault.public.is_canonical(adopt) {
                    add(Action::AdoptPublic);
                }
            }
        }
    }

    fn add_pushes(&self, plan: &mut Plan) {
        let (mut keys, mut pushes) = (Vec::new(), Vec::new());
        for (index, target) in plan.targets.iter().enumerate() {
            let step = |action, environment: &Environment| Step {
                action,
                environment: environment.clone(),
                target: index,
            };
            let Some(first) = target.environments.first() else { continue };
            let fingerprint = target.source.fingerprint();
            let done = |key: &KeyState| fingerprint.is_some_and(|pair| key.is_canonical(pair));
            let source = if fingerprint.is_some() { Action::Load } else { Action::Generate };
            keys.push(step(source, first));
            if self.request.operation != Operation::Sync {
                for vault in self.snapshot.group(&target.environments) {
                    if !done(&vault.private) {
                        pushes.push(step(Action::PushPrivate, &vault.environment));
                    }
                    if !done(&vault.public) {
                        pushes.push(step(Action::PushPublic, &vault.environment));
                    }
                }
            }
        }
        plan.steps.extend(keys.into_iter().chain(pushes));
    }

    fn add_host(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let Some((environment, target)) = plan.host.clone() else { return Ok(()) };
        let pair = plan.targets.get(target).and_then(|target| target.source.fingerprint());
        let host = &self.snapshot.host;
        if self.request.sync_mounted {
            self.add_mounts(plan, &environment, target)?;
        } else {
            plan.notes.push(Note::MountedNotSynced);
        }
        let mut add = |action| {
            plan.steps.push(Step { action, environment: environment.clone(), target });
        };
        let stale = |key: &Fingerprint| {
            let is_mounted = [host.private.fingerprint(), host.public.fingerprint()];
            Some(*key) != pair
                && (self.knows(&environment, *key) || is_mounted.contains(&Some(*key)))
        };
        let is_left = plan.notes.contains(&Note::TokenOfIssuer);
        if is_left && self.request.preserve_publisher && host.server_keys.iter().any(stale) {
            add(Action::UpdateServerKey);
        }
        if plan.publisher.is_some()
            && (pair.is_none() || plan.verified_with != pair || host.server_keys.iter().any(stale))
        {
            add(Action::ResignToken);
        }
        // Only now is it known which of the notes hold.
        if !plan.steps.iter().any(|step| step.action == Action::ResignToken) {
            plan.notes.retain(|note| !matches!(note, Note::BecomesEternal | Note::TokenUnverified));
        }
        Ok(())
    }

    /// The list of retired keys comes before the keys: a server that is restarted at once finds it.
    fn add_mounts(
        &self,
        plan: &mut Plan,
        environment: &Environment,
        target: usize,
    ) -> Result<(), Refusal> {
        let pair = plan.targets.get(target).and_then(|target| target.source.fingerprint());
        let host = &self.snapshot.host;
        // Another pair may have been mounted since the one that is adopted was.
        let adopt = plan.targets.get(target).and_then(|target| target.adopt);
        let adopted = adopt.is_some() && adopt == host.private.fingerprint();
        let mounts = host.private.fingerprint() != pair;
        let is_listed = is_to_be_mounted(self.snapshot, plan, environment, mounts);
        let is_set_aside = !adopted && self.must_be_set_aside(environment, pair)?;
        let is_mounted = |key: &KeyState| pair.is_some_and(|pair| key.is_canonical(pair));
        let actions = [
            (is_listed, Action::MountRetiredKeys),
            (is_set_aside, Action::SetAside),
            (host.world_accessible || !is_mounted(&host.private), Action::MountPrivate),
            (!is_mounted(&host.public), Action::MountPublic),
        ];
        let needed = actions.into_iter().filter(|(is_needed, _)| *is_needed);
        plan.steps.extend(needed.map(|(_, action)| Step {
            action,
            environment: environment.clone(),
            target,
        }));
        Ok(())
    }

    /// A mounted private key that cannot be read, where no vault has one to take its place, is for a
    /// person to look at. All else about the host can wait.
    fn require_readable(&self, plan: &Plan) -> Result<(), Refusal> {
        let Some((host, _)) = plan.host.as_ref().filter(|_| self.request.sync_mounted) else {
            return Ok(());
        };
        let group = self.policy.group_of(host).unwrap_or_default();
        let stored = self.snapshot.group(group).any(|vault| vault.pair() != PairState::Empty);
        match self.snapshot.host.private {
            KeyState::Bad(_) if !stored => Err(at(host)(Error::MountedUnreadable)),
            _ => Ok(()),
        }
    }

    /// Whether some vault of this environment's group has the key.
    fn knows(&self, environment: &Environment, fingerprint: Fingerprint) -> bool {
        let group = self.policy.group_of(environment).unwrap_or_default();
        self.snapshot.group(group).any(|vault| vault.knows(fingerprint))
    }

    /// What stands in the mounted private key's place may be the only copy of a key in use. Unless
    /// a vault has it, that is refused, or (`true`) it is marked to be kept.
    fn must_be_set_aside(
        &self,
        environment: &Environment,
        pair: Option<Fingerprint>,
    ) -> Result<bool, Refusal> {
        let refuse = at(environment);
        let host = &self.snapshot.host;
        let group = self.policy.group_of(environment).unwrap_or_default();
        let stored = self.snapshot.group(group).any(|vault| vault.pair() != PairState::Empty);
        let mending = self.request.continuing
            || matches!(self.request.operation, Operation::Resume | Operation::Sync);
        match &host.private {
            // A lone public key is nothing to lose; but where a vault could repair it, it should.
            KeyState::Missing if !stored => return Ok(false),
            _ => {}
        }
        if !mending && let PairState::Unsound(how) = host.pair() {
            return Err(refuse(Error::MountedUnsound(how)));
        }
        match &host.private {
            KeyState::Missing => Ok(false),
            KeyState::Bad(_) => Ok(true),
            KeyState::Unavailable => Err(refuse(Error::MountedUnsound(Unsound::Unreadable))),
            KeyState::Found { fingerprint, .. } => {
                let here = Some(*fingerprint) == pair || self.knows(environment, *fingerprint);
                let elsewhere = self.known_elsewhere(group, *fingerprint);
                match self.request.operation {
                    _ if here => Ok(false),
                    Operation::Sync => Ok(!elsewhere),
                    // It was in order when the run began; another operator has come between.
                    _ if self.request.continuing => Ok(!elsewhere),
                    // Its vault has it, but this is the wrong host, or the wrong name.
                    _ if elsewhere && self.request.host_is_named => Ok(false),
                    _ if elsewhere => Err(refuse(Error::MountedElsewhere)),
                    _ => Err(refuse(Error::MountedUnknown)),
                }
            }
        }
    }
}
