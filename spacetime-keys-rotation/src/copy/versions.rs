//! A secret's versions in one store, with what they hold.

use std::collections::BTreeSet;

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::copy::Version;
use spacetime_keys_core::fleet::{Environment, Escrow, KeyState, Tags};
use zeroize::Zeroizing;

use crate::error::{Failure, Kind};
use crate::site::Site;
use crate::store::{History, Properties, Secret, each};

/// The contents of a version: equal versions are equal here.
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

/// The purpose of a secret, and its check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Private,
    Public,
    Escrow,
    Retired,
}

impl Versions {
    pub(super) fn latest(&self) -> Option<&Version<Content>> {
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

    /// Takes the content of what is damaged away: it is not copied.
    pub(super) fn leave_damaged_out(&mut self, purpose: Purpose) {
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
                None => version.content = None,
            }
        }
    }

    /// Fails where a key vault would refuse the version.
    pub(super) fn require_fits(&self, version: &Version<Content>) -> Result<(), Failure> {
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

/// All secrets of an environment's vault, in the order of the settings.
pub(super) fn read_vault(
    site: &Site<'_>,
    environment: &Environment,
) -> Result<Vec<Versions>, Failure> {
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
