//! Writing a copy: look whether somebody else is at work, write, read back, compare.

use std::collections::BTreeSet;
use std::time::Duration;

use spacetime_keys_core::Error;
use spacetime_keys_core::error::Proof;
use spacetime_keys_core::fleet::copy::Write;
use spacetime_keys_core::fleet::{Copied, Tags};

use super::vaults::{Pair, Vaults};
use super::versions::{Content, Purpose};
use super::{CopyStep, Ends};
use crate::error::Failure;
use crate::failpoint;
use crate::store::{History, JSON, NewSecret, PEM, WAITS};

impl Ends<'_> {
    /// Writes what one environment lacks, and tells the versions' names.
    pub(super) fn write(&self, vaults: &Vaults) -> Result<Vec<String>, Failure> {
        let mut written = Vec::new();
        for (pair, plan) in vaults.pairs.iter().zip(vaults.plans()?) {
            if plan.writes.is_empty() {
                continue;
            }
            let mut writer = Writer::new(self, pair);
            // What a copy that was killed left half-written.
            let to = &pair.destination;
            self.destination.store.clean_up(&to.vault, &to.secret)?;
            for write in &plan.writes {
                self.destination.require_going()?;
                let step = CopyStep {
                    environment: vaults.environment().clone(),
                    secret: to.secret.clone(),
                    from: pair
                        .source
                        .all
                        .get(write.source)
                        .map(|v| v.version.clone())
                        .unwrap_or_default(),
                    position: write.position,
                    version: None,
                };
                self.destination.watch.copies(&step);
                written.push(writer.write(*write)?);
            }
        }
        Ok(written)
    }
}

/// Writes one secret's versions.
struct Writer<'a> {
    ends: &'a Ends<'a>,
    pair: &'a Pair,
    /// The destination's versions that were there, or that this copy wrote.
    known: BTreeSet<String>,
    /// The places that this copy wrote.
    positions: BTreeSet<u32>,
}

impl<'a> Writer<'a> {
    fn new(ends: &'a Ends<'a>, pair: &'a Pair) -> Self {
        let known = pair.destination.names().into_iter().map(str::to_owned).collect();
        Self { ends, pair, known, positions: BTreeSet::new() }
    }

    fn write(&mut self, write: Write) -> Result<String, Failure> {
        let Pair { purpose, source, destination } = self.pair;
        let found = source.all.get(write.source);
        let content = found.and_then(|found| Some((found, found.content.as_ref()?)));
        let (found, Content { value, tags }) = content.ok_or(Failure::bug("nothing to copy"))?;
        let properties = source.properties(&found.version);
        let properties = properties.ok_or(Failure::bug("a version without properties"))?;
        source.require_unchanged(&self.ends.source.store.read(&source.vault, &source.secret)?)?;
        let store = self.ends.destination.store;
        let before = store.read(&destination.vault, &destination.secret)?;
        self.require_alone(&before)?;
        failpoint::reached("copy:before-write")?;
        let created = properties.first_created();
        let new = NewSecret {
            value,
            content_type: match purpose {
                Purpose::Private | Purpose::Public => PEM,
                Purpose::Escrow | Purpose::Retired => JSON,
            },
            tags: Tags {
                copied: Some(Copied { created, position: write.position }),
                others: properties.tags.others.clone(),
                ..tags.clone()
            },
        };
        let version = store.put(&destination.vault, &destination.secret, &new)?;
        self.known.insert(version.clone());
        self.positions.insert(write.position);
        failpoint::reached("copy:written")?;
        self.read_back(&version, &new)?;
        Ok(version)
    }

    /// A network's store may show what it holds a moment late.
    fn read_back(&self, version: &str, new: &NewSecret<'_>) -> Result<(), Failure> {
        let destination = &self.pair.destination;
        let store = self.ends.destination.store;
        let waits: &[Duration] = if store.is_remote() { &WAITS } else { &[] };
        let mut waits = waits.iter();
        loop {
            let history = store.read(&destination.vault, &destination.secret)?;
            self.require_alone(&history)?;
            let is_same = history.latest.as_ref().is_some_and(|latest| {
                let Tags { copied, .. } = latest.properties.tags;
                *latest.value == *new.value
                    && (latest.properties.version == version || copied == new.tags.copied)
            });
            if is_same {
                return Ok(());
            }
            match waits.next() {
                Some(wait) => {
                    std::thread::sleep(*wait);
                    self.ends.destination.require_going()?;
                }
                None => return Err(Error::Unproven(Proof::ReadBack).into()),
            }
        }
    }

    /// Fails where the destination has a version that this copy does not know. A write whose answer
    /// was lost is sent again, and makes two versions of one place.
    fn require_alone(&self, now: &History) -> Result<(), Failure> {
        let is_own = |version: &crate::store::Properties| {
            let position = version.tags.copied.map(|copied| copied.position);
            self.known.contains(&version.version)
                || position.is_some_and(|position| self.positions.contains(&position))
        };
        if now.versions.iter().all(is_own) { Ok(()) } else { Err(self.pair.destination.changed()) }
    }
}
