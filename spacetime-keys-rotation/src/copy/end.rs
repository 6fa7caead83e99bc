//! What both sides of a copy hold for one environment.

use std::collections::BTreeSet;

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::copy::{SecretPlan, Version, plan};
use spacetime_keys_core::fleet::{Environment, Escrow, KeyState, PairState, Tags};
use spacetime_keys_core::{Error, Fingerprint};
use zeroize::Zeroizing;

use super::{CopiedEnvironment, CopyStep, Ends, LeftOut, refused};
use crate::error::{Failure, Kind};
use crate::site::Site;
use crate::store::{History, Properties, Secret, each};

/// What a version holds: equal versions say the same.
#[derive(PartialEq, Eq)]
pub(super) struct Content {
    pub(super) value: Zeroizing<String>,
    pub(super) tags: Tags,
}

/// A secret's versions, with what they hold.
pub(super) struct Versions {
    pub(super) vault: String,
    pub(super) secret: String,
    pub(super) all: Vec<Version<Content>>,
    /// The same, as the store tells of them.
    properties: Vec<Properties>,
}

/// What a secret is for, and how it is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Private,
    Public,
    Escrow,
    Retired,
}

/// In the order of [`Settings::secrets`](crate::site::Settings::secrets).
const PURPOSES: [Purpose; 4] =
    [Purpose::Private, Purpose::Public, Purpose::Escrow, Purpose::Retired];

/// The order in which secrets are written. The public key is the last: until then no host can take
/// the destination for whole.
const ORDER: [Purpose; 4] = [Purpose::Retired, Purpose::Escrow, Purpose::Private, Purpose::Public];

/// One secret, on both sides.
pub(super) struct Pair {
    pub(super) purpose: Purpose,
    pub(super) source: Versions,
    pub(super) destination: Versions,
}

/// An environment's secrets, in the order in which they are written.
pub(super) struct Vaults {
    environment: Environment,
    pub(super) pairs: Vec<Pair>,
}

/// Whether an environment's vault has any version of anything.
pub(super) fn holds_any(site: &Site<'_>, environment: &Environment) -> Result<bool, Failure> {
    let vault = site.settings.vault(environment)?;
    let held = each(site.store, &site.settings.secrets(), |secret| {
        site.store.read(vault, secret).map(|history| !history.versions.is_empty())
    })?;
    Ok(held.contains(&true))
}

impl Vaults {
    pub(super) fn read(ends: &Ends<'_>, environment: &Environment) -> Result<Self, Failure> {
        let source = read_vault(ends.source, environment)?;
        let destination = read_vault(ends.destination, environment)?;
        let both = PURPOSES.into_iter().zip(source).zip(destination);
        let mut pairs: Vec<Pair> = both
            .map(|((purpose, mut source), destination)| {
                // Only the source's versions have to be good: the destination's are compared.
                source.leave_damaged_out(purpose);
                Pair { purpose, source, destination }
            })
            .collect();
        let place = |pair: &Pair| ORDER.iter().position(|purpose| *purpose == pair.purpose);
        pairs.sort_by_key(place);
        Ok(Self { environment: environment.clone(), pairs })
    }

    pub(super) const fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(super) fn has_any(&self) -> bool {
        self.pairs.iter().any(|pair| !pair.source.all.is_empty())
    }

    fn source(&self, purpose: Purpose) -> Option<&Versions> {
        self.pairs.iter().find(|pair| pair.purpose == purpose).map(|pair| &pair.source)
    }

    /// Fails where the source's latest keys are no pair: it has to be mended there.
    pub(super) fn require_sound(&self) -> Result<(), Failure> {
        let state = |purpose, of: fn(&str) -> KeyState| {
            let latest = self.source(purpose).and_then(Versions::latest);
            match latest.map(|latest| &latest.content) {
                None => KeyState::Missing,
                Some(Some(content)) => of(&content.value),
                Some(None) => KeyState::Bad(Error::StoredUnreadable),
            }
        };
        let private = state(Purpose::Private, |pem| KeyState::of_private(pem).0);
        let public = state(Purpose::Public, |pem| KeyState::of_public(pem).0);
        match PairState::of(&private, &public) {
            PairState::Unsound(how) => {
                Err(Failure::in_environment(&self.environment, Error::GroupUnsound(how)))
            }
            PairState::Empty | PairState::Sound(_) | PairState::Unavailable => Ok(()),
        }
    }

    /// What is to be written, secret by secret.
    pub(super) fn plans(&self) -> Result<Vec<SecretPlan>, Failure> {
        let revoked = self.revoked();
        let plans = self.pairs.iter().map(|Pair { purpose, source, destination }| {
            // A rollback reads private keys alone.
            let is_private = *purpose == Purpose::Private;
            let result = plan(&source.all, &destination.all, is_private.then_some(&*revoked));
            result.map_err(|refusal| {
                let from = (source.vault.as_str(), source.secret.as_str());
                let to = (destination.vault.as_str(), destination.secret.as_str());
                refused(refusal, from, to).in_environment_of(&self.environment)
            })
        });
        plans.collect()
    }

    pub(super) fn plan(
        &self,
        ends: &Ends<'_>,
    ) -> Result<(CopiedEnvironment, Vec<CopyStep>), Failure> {
        let settings = [ends.source.settings, ends.destination.settings];
        let [from, to] = settings.map(|settings| settings.vault(&self.environment));
        let mut copied = CopiedEnvironment {
            name: self.environment.clone(),
            from: from?.to_owned(),
            to: to?.to_owned(),
            versions: 0,
            there: 0,
            left_out: Vec::new(),
        };
        let mut steps = Vec::new();
        for (pair, plan) in self.pairs.iter().zip(self.plans()?) {
            let source = &pair.source;
            copied.versions += plan.total;
            copied.there += plan.there;
            let named = |index: &usize| source.all.get(*index).map(|found| found.version.clone());
            let left_out = plan.left_out.iter().filter_map(named);
            copied
                .left_out
                .extend(left_out.map(|version| LeftOut { secret: source.secret.clone(), version }));
            for write in &plan.writes {
                let Some(found) = source.all.get(write.source) else { continue };
                if ends.destination.store.is_remote() {
                    source.require_fits(found)?;
                }
                steps.push(CopyStep {
                    environment: self.environment.clone(),
                    secret: pair.destination.secret.clone(),
                    from: found.version.clone(),
                    position: write.position,
                    version: None,
                });
            }
        }
        Ok((copied, steps))
    }

    /// Pairs that no rollback returns to.
    fn revoked(&self) -> Vec<Fingerprint> {
        let latest = self.source(Purpose::Retired).and_then(Versions::latest);
        let content = latest.and_then(|latest| latest.content.as_ref());
        let list = content.and_then(|content| RetiredKeys::parse(&content.value).ok());
        let keys = list.iter().flat_map(RetiredKeys::keys).filter(|key| key.revoked);
        keys.map(|key| key.public_key.fingerprint()).collect()
    }

    /// Fails if the source is not what it was.
    pub(super) fn require_same_source(&self, after: &Self) -> Result<(), Failure> {
        let both = self.pairs.iter().zip(&after.pairs);
        let changed = both
            .map(|(before, after)| (&before.source, &after.source))
            .find(|(before, after)| before.names() != after.names());
        changed.map_or(Ok(()), |(before, _)| Err(before.changed()))
    }

    /// Fails if something is missing at the destination, or too much is there.
    pub(super) fn require_complete(&self) -> Result<(), Failure> {
        let plans = self.plans().map_err(|failure| match failure.kind() {
            // It was not there a moment ago.
            Kind::CopyDiverged { vault, secret, .. } => {
                let (vault, secret) = (vault.clone(), secret.clone());
                Kind::CopyChanged { vault, secret }.into()
            }
            _ => failure,
        })?;
        let unfinished = self.pairs.iter().zip(&plans).find(|(_, plan)| !plan.writes.is_empty());
        unfinished.map_or(Ok(()), |(pair, _)| Err(pair.destination.changed()))
    }
}

impl Versions {
    fn latest(&self) -> Option<&Version<Content>> {
        self.all.iter().find(|version| version.is_latest)
    }

    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.all.iter().map(|version| version.version.as_str()).collect()
    }

    /// The version's time and tags, as the store tells them.
    pub(super) fn properties(&self, version: &str) -> Option<&Properties> {
        self.properties.iter().find(|properties| properties.version == version)
    }

    pub(super) fn changed(&self) -> Failure {
        Kind::CopyChanged { vault: self.vault.clone(), secret: self.secret.clone() }.into()
    }

    /// Fails where the versions are others than those that were read.
    pub(super) fn require_unchanged(&self, now: &History) -> Result<(), Failure> {
        let names: BTreeSet<&str> =
            now.versions.iter().map(|version| version.version.as_str()).collect();
        let latest = now.latest.as_ref().map(|latest| latest.properties.version.as_str());
        let before = self.latest().map(|latest| latest.version.as_str());
        if names == self.names() && latest == before { Ok(()) } else { Err(self.changed()) }
    }

    fn leave_damaged_out(&mut self, purpose: Purpose) {
        for version in &mut self.all {
            let tag = version.fingerprint;
            let value = version.content.as_ref().map(|content| content.value.as_str());
            let Some(value) = value else { continue };
            let of_key = |key: KeyState| match key.fingerprint() {
                Some(key) => tag.is_none_or(|tag| tag == key).then_some(Some(key)),
                None => None,
            };
            let found = match purpose {
                Purpose::Private => of_key(KeyState::of_private(value).0),
                Purpose::Public => of_key(KeyState::of_public(value).0),
                Purpose::Escrow => is_text(value, Escrow::parse(value).is_ok()).then_some(tag),
                Purpose::Retired => {
                    is_text(value, RetiredKeys::parse(value).is_ok()).then_some(tag)
                }
            };
            match found {
                Some(fingerprint) => version.fingerprint = fingerprint,
                // A latest one may be damaged and yet be what everybody has to see: the pair is
                // judged by itself.
                None => version.content = None,
            }
        }
    }

    /// Fails where a key vault would refuse the version.
    fn require_fits(&self, version: &Version<Content>) -> Result<(), Failure> {
        const MAX_BYTES: usize = 25_600;
        const MAX_TAG: usize = 256;
        // Of fifteen, our own: four, the tool's, and the two of a copy. `az` adds one.
        const MAX_OTHERS: usize = 15 - 8;
        let Some(content) = &version.content else { return Ok(()) };
        let others = self.properties(&version.version).map(|found| &found.tags.others);
        let is_long = |text: &String| text.chars().count() > MAX_TAG;
        let what = if content.value.len() > MAX_BYTES {
            "more than 25,600 bytes"
        } else if others.is_some_and(|others| others.len() > MAX_OTHERS) {
            "more than 7 tags of other programs"
        } else if others.is_some_and(|others| others.iter().any(|(k, v)| is_long(k) || is_long(v)))
        {
            "a tag of more than 256 characters"
        } else {
            return Ok(());
        };
        let (secret, version) = (self.secret.clone(), version.version.clone());
        Err(Kind::CopyTooLarge { secret, version, what }.into())
    }
}

/// A list that another program or version wrote is copied as it is. A file that is gone or no text
/// cannot be: it was read as nothing, or with marks in the place of its bytes.
fn is_text(value: &str, is_list: bool) -> bool {
    is_list || !(value.is_empty() || value.contains(char::REPLACEMENT_CHARACTER))
}

fn read_vault(site: &Site<'_>, environment: &Environment) -> Result<Vec<Versions>, Failure> {
    let vault = site.settings.vault(environment)?;
    each(site.store, &site.settings.secrets(), |secret| read_versions(site, vault, secret))
}

fn read_versions(site: &Site<'_>, vault: &str, secret: &str) -> Result<Versions, Failure> {
    let History { latest, versions: properties } = site.store.read(vault, secret)?;
    let latest_name = latest.as_ref().map(|latest| latest.properties.version.clone());
    let is_latest = |found: &Properties| Some(&found.version) == latest_name.as_ref();
    let values = each(site.store, &properties, |found| {
        if !found.enabled || is_latest(found) {
            return Ok(None);
        }
        site.store.get(vault, secret, &found.version).map(|found| Some(found.value))
    })?;
    let mut latest = latest.map(|Secret { value, .. }| value);
    let versions = properties.iter().zip(values).map(|(found, value)| {
        let is_latest = is_latest(found);
        let value = if is_latest { latest.take() } else { value };
        version(site, found, value, is_latest)
    });
    Ok(Versions {
        vault: vault.to_owned(),
        secret: secret.to_owned(),
        all: versions.collect(),
        properties: properties.clone(),
    })
}

fn version(
    site: &Site<'_>,
    found: &Properties,
    value: Option<Zeroizing<String>>,
    is_latest: bool,
) -> Version<Content> {
    let Tags { fingerprint, previous, .. } = found.tags;
    // A folder numbers its versions; a vault tells times in whole seconds.
    let is_numbered = !site.store.is_remote();
    let number = found.position.map_or(0, i64::from);
    // What a copy adds, and what other programs note, does not tell versions apart.
    let (copied, others) = Default::default();
    let tags = Tags { copied, others, ..found.tags.clone() };
    Version {
        version: found.version.clone(),
        written: if is_numbered { number } else { found.created },
        position: found.position,
        fingerprint,
        previous,
        is_latest,
        content: value.map(|value| Content { value, tags }),
    }
}
