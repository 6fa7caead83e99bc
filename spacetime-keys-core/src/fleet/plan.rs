use crate::error::Unsound;
use crate::jwt::Publisher;
use crate::{Error, Fingerprint, Identity};

use super::decide::{earlier_pair, mended_pair, sound_pair, stored};
use super::{
    Environment, KeyState, Operation, Origin, PairState, Policy, PublisherState, Snapshot, Vault,
};

/// What is to be done, and how.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
pub struct Request {
    /// Which operation.
    pub operation: Operation,
    /// The run's id; the same again when a run that was cut short is continued.
    pub rotation_id: String,
    /// Whether such a run is continued.
    pub continuing: bool,
    /// The environments that were named. Their whole groups are meant.
    pub environments: Vec<Environment>,
    /// The environment whose keys this host mounts.
    pub host: Option<Environment>,
    /// Whether the mounted files follow.
    pub sync_mounted: bool,
    /// Whether the publisher token is signed anew.
    pub preserve_publisher: bool,
    /// Keep a mounted pair that the vault has never seen, as the version before the new one.
    pub adopt_mounted: bool,
    /// The identity that the publisher token must have.
    pub expect_identity: Option<Identity>,
    /// Sign a token anew that no known key has signed.
    pub allow_unverified: bool,
    /// Sign a token of an external issuer anew.
    pub allow_external_issuer: bool,
}

/// Where the pair that a group is to hold comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It has yet to be made.
    New,
    /// From a vault.
    Stored {
        /// Whose vault.
        environment: Environment,
        /// Which version of the private key.
        version: String,
        /// Which pair.
        fingerprint: Fingerprint,
    },
    /// From the mounted files.
    Mounted {
        /// Which pair.
        fingerprint: Fingerprint,
    },
}

impl Source {
    /// The pair's fingerprint, if it exists already.
    pub const fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::New => None,
            Self::Stored { fingerprint, .. } | Self::Mounted { fingerprint } => Some(*fingerprint),
        }
    }
}

/// One group and the pair that it holds at the end.
#[derive(Clone, Debug)]
pub struct Target {
    /// The group.
    pub environments: Vec<Environment>,
    /// Its pair.
    pub source: Source,
    /// The mounted pair, if it is pushed first.
    pub adopt: Option<Fingerprint>,
    /// Why the pair is pushed.
    pub origin: Origin,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Keep the publisher's claims in the host's vault.
    Escrow,
    /// Push the mounted private key, as the version that a rollback returns to.
    AdoptPrivate,
    /// Push its public key.
    AdoptPublic,
    /// Make a pair and test it.
    Generate,
    /// Read the pair from where it is, and test it.
    Load,
    /// Push the private key, and read it back.
    PushPrivate,
    /// Push the public key, and read it back.
    PushPublic,
    /// Put a mounted private key that no vault has out of the way, without losing it.
    SetAside,
    /// Replace the mounted private key.
    MountPrivate,
    /// Replace the mounted public key.
    MountPublic,
    /// Sign the publisher token anew, in `cli.toml`.
    ResignToken,
    /// Look at everything again, and judge it.
    Prove,
}

impl Action {
    /// The step's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escrow => "escrow",
            Self::AdoptPrivate => "adopt-private",
            Self::AdoptPublic => "adopt-public",
            Self::Generate => "generate",
            Self::Load => "load",
            Self::PushPrivate => "push-private",
            Self::PushPublic => "push-public",
            Self::SetAside => "set-aside",
            Self::MountPrivate => "mount-private",
            Self::MountPublic => "mount-public",
            Self::ResignToken => "resign-token",
            Self::Prove => "prove",
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// Where; for steps of a whole group or of all, the first environment concerned.
    pub environment: Environment,
    /// Which of the plan's targets it belongs to.
    pub target: usize,
}

/// Something that a person should know about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Note {
    /// There is no `cli.toml`: no token to sign anew.
    NoCliToml,
    /// The token stays as it is, and will be void.
    TokenNotPreserved,
    /// The mounted files stay as they are.
    MountedNotSynced,
    /// This host mounts the keys of an environment that is not concerned.
    HostNotConcerned,
    /// The mounted pair becomes the vault's first version.
    Adopts,
    /// The escrow holds another publisher than the token's.
    AnotherPublisher,
    /// The token is signed anew though no known key had signed it.
    TokenUnverified,
    /// The token would have expired, and will not any more.
    BecomesEternal,
}

/// What leads from a snapshot to the end of an operation.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The groups and their pairs.
    pub targets: Vec<Target>,
    /// The steps that are left, in their order.
    pub steps: Vec<Step>,
    /// The host's environment and its target, if this host is concerned.
    pub host: Option<(Environment, usize)>,
    /// The publisher whose token follows.
    pub publisher: Option<Publisher>,
    /// The key that its present token verifies with.
    pub verified_with: Option<Fingerprint>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Every environment concerned.
    pub fn environments(&self) -> impl Iterator<Item = &Environment> {
        self.targets.iter().flat_map(|target| &target.environments)
    }

    /// Whether there is anything left to do but to prove it.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(|step| step.action != Action::Prove)
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// What is wrong.
    pub error: Error,
    /// Where; for the hint.
    pub environment: Option<Environment>,
}

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
    use Action::{Load, MountPrivate, MountPublic, PushPrivate, PushPublic, ResignToken};
    let needed: Vec<usize> = steps
        .iter()
        .filter(|step| {
            matches!(
                step.action,
                PushPrivate | PushPublic | MountPrivate | MountPublic | ResignToken
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
        if plan.host.is_none() {
            plan.notes.push(Note::HostNotConcerned);
        }
        self.add_publisher(&mut plan)?;
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
        let target =
            |source, origin, adopt| Target { environments: group.to_vec(), source, adopt, origin };
        match self.request.operation {
            Operation::Rotate => {
                if let Some(source) = pushed_by_this_run(Origin::Rotate) {
                    return Ok(target(source, Origin::Rotate, None));
                }
                let begun = pushed_by_this_run(Origin::Adopt).and_then(|s| s.fingerprint());
                let adopt = if begun.is_some() {
                    begun
                } else {
                    let current = sound_pair(&vaults).map_err(&refuse)?;
                    self.adoption(group, &vaults, current)
                };
                Ok(target(Source::New, Origin::Rotate, adopt))
            }
            Operation::Rollback => {
                let source = if let Some(source) = pushed_by_this_run(Origin::Rollback) {
                    source
                } else {
                    let current = sound_pair(&vaults)
                        .and_then(|pair| pair.ok_or(Error::VaultEmpty))
                        .map_err(&refuse)?;
                    earlier_pair(&vaults, current).map_err(&refuse)?
                };
                Ok(target(source, Origin::Rollback, None))
            }
            Operation::Resume => {
                let source = mended_pair(self.snapshot, &vaults, named).map_err(&refuse)?;
                Ok(target(source, Origin::Resume, None))
            }
            Operation::Sync => {
                let own: Vec<&Vault> = self.snapshot.vault(named).into_iter().collect();
                let source = sound_pair(&own)
                    .and_then(|pair| pair.ok_or(Error::VaultEmpty))
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

    /// The mounted pair, if it is to be pushed before the new one: a host met for the first time,
    /// or one whose keys are to be kept.
    fn adoption(
        &self,
        group: &[Environment],
        vaults: &[&Vault],
        current: Option<Fingerprint>,
    ) -> Option<Fingerprint> {
        let PairState::Sound(mounted) = self.snapshot.host.pair() else { return None };
        let is_host = self.request.host.as_ref().is_some_and(|host| group.contains(host));
        let known =
            vaults.iter().any(|vault| vault.knows(mounted)) || self.known_elsewhere(group, mounted);
        let wanted = current.is_none() || self.request.adopt_mounted;
        (is_host && !known && wanted).then_some(mounted)
    }

    fn known_elsewhere(&self, group: &[Environment], fingerprint: Fingerprint) -> bool {
        self.snapshot
            .vaults
            .iter()
            .any(|vault| !group.contains(&vault.environment) && vault.knows(fingerprint))
    }

    fn add_publisher(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let Some((host, target)) = plan.host.clone() else { return Ok(()) };
        if !self.request.preserve_publisher {
            plan.notes.push(Note::TokenNotPreserved);
            return Ok(());
        }
        let (publisher, verified_with, times) = match &self.snapshot.host.publisher {
            PublisherState::NoFile => {
                plan.notes.push(Note::NoCliToml);
                return Ok(());
            }
            PublisherState::Bad(error) => return Err(at(&host)(*error)),
            PublisherState::Found { publisher, verified_with, times } => {
                (publisher, *verified_with, times)
            }
        };
        self.check_publisher(publisher, verified_with).map_err(at(&host))?;
        if verified_with.is_none() {
            plan.notes.push(Note::TokenUnverified);
        }
        if times.exp.is_some() {
            plan.notes.push(Note::BecomesEternal);
        }
        if let Some(Ok(escrow)) = self.snapshot.vault(&host).map(|vault| &vault.escrow)
            && !escrow.holds(publisher.identity)
            && !escrow.publishers().is_empty()
        {
            plan.notes.push(Note::AnotherPublisher);
        }
        let escrowed = self.snapshot.vault(&host).is_some_and(|vault| {
            vault.escrow.as_ref().is_ok_and(|escrow| escrow.holds(publisher.identity))
        });
        if !escrowed {
            plan.steps.push(Step { action: Action::Escrow, environment: host, target });
        }
        plan.publisher = Some(publisher.clone());
        plan.verified_with = verified_with;
        Ok(())
    }

    fn check_publisher(
        &self,
        publisher: &Publisher,
        verified_with: Option<Fingerprint>,
    ) -> Result<(), Error> {
        let request = self.request;
        if !publisher.is_local() && !request.allow_external_issuer {
            return Err(Error::TokenExternalIssuer);
        }
        match request.expect_identity {
            Some(expected) if expected != publisher.identity => {
                return Err(Error::TokenUnexpectedIdentity);
            }
            Some(_) => {}
            None => {
                if verified_with.is_none() && !request.allow_unverified {
                    return Err(Error::TokenUnverified);
                }
                let begun_with = self.snapshot.unfinished.as_ref().and_then(|run| run.identity);
                if request.continuing && begun_with.is_some_and(|one| one != publisher.identity) {
                    return Err(Error::PublisherChanged);
                }
            }
        }
        Ok(())
    }

    /// Private key first, then public, vault by vault: a half-written pair is always mendable.
    fn add_pushes(&self, plan: &mut Plan) {
        let mut steps = Vec::new();
        for (index, target) in plan.targets.iter().enumerate() {
            let vaults: Vec<&Vault> = self.snapshot.group(&target.environments).collect();
            let mut add = |action, environment: &Environment| {
                steps.push(Step { action, environment: environment.clone(), target: index });
            };
            if let Some(adopt) = target.adopt {
                for vault in &vaults {
                    if !vault.private.is_canonical(adopt) {
                        add(Action::AdoptPrivate, &vault.environment);
                    }
                    if !vault.public.is_canonical(adopt) {
                        add(Action::AdoptPublic, &vault.environment);
                    }
                }
            }
            let Some(first) = target.environments.first() else { continue };
            let fingerprint = target.source.fingerprint();
            let done = |key: &KeyState| fingerprint.is_some_and(|pair| key.is_canonical(pair));
            add(if fingerprint.is_some() { Action::Load } else { Action::Generate }, first);
            if self.request.operation != Operation::Sync {
                for vault in &vaults {
                    if !done(&vault.private) {
                        add(Action::PushPrivate, &vault.environment);
                    }
                    if !done(&vault.public) {
                        add(Action::PushPublic, &vault.environment);
                    }
                }
            }
        }
        plan.steps.append(&mut steps);
    }

    fn add_host(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let Some((environment, target)) = plan.host.clone() else { return Ok(()) };
        let pair = plan.targets.get(target).and_then(|target| target.source.fingerprint());
        let host = &self.snapshot.host;
        let mut add = |action| {
            plan.steps.push(Step { action, environment: environment.clone(), target });
        };
        if self.request.sync_mounted {
            let adopted = plan.targets.get(target).is_some_and(|target| target.adopt.is_some());
            if !adopted && self.must_be_set_aside(&environment, pair)? {
                add(Action::SetAside);
            }
            if host.world_accessible || !pair.is_some_and(|pair| host.private.is_canonical(pair)) {
                add(Action::MountPrivate);
            }
            if !pair.is_some_and(|pair| host.public.is_canonical(pair)) {
                add(Action::MountPublic);
            }
        } else {
            plan.notes.push(Note::MountedNotSynced);
        }
        if plan.publisher.is_some() {
            let stale = |key: &Fingerprint| Some(*key) != pair && self.knows(&environment, *key);
            if pair.is_none() || plan.verified_with != pair || host.server_keys.iter().any(stale) {
                add(Action::ResignToken);
            }
        }
        // Only now is it known which of the notes hold.
        if !plan.steps.iter().any(|step| step.action == Action::ResignToken) {
            plan.notes.retain(|note| !matches!(note, Note::BecomesEternal | Note::TokenUnverified));
        }
        Ok(())
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
            // A lone public key is nothing to lose; but where a vault could mend it, it should.
            KeyState::Missing if !stored => return Ok(false),
            KeyState::Bad(_) if !stored => return Err(refuse(Error::MountedUnreadable)),
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
                    // Its vault has it, but this is the wrong host, or the wrong name.
                    _ if elsewhere => Err(refuse(Error::MountedElsewhere)),
                    _ => Err(refuse(Error::MountedUnknown)),
                }
            }
        }
    }
}
