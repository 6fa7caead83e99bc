//! A version of a private key in a vault, and what is written beside it.

use std::collections::BTreeMap;

use super::order::Stamp;
use crate::Fingerprint;

/// Why a version was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was mounted on a host before the vault knew it.
    Adopt,
    /// A rotation made it.
    Rotate,
    /// A rollback brought it back.
    Rollback,
    /// A resume completed what was half-written.
    Resume,
}

impl Origin {
    /// The word in the version's tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Rotate => "rotate",
            Self::Rollback => "rollback",
            Self::Resume => "resume",
        }
    }

    /// Reads the word in a version's tag.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Adopt, Self::Rotate, Self::Rollback, Self::Resume]
            .into_iter()
            .find(|origin| origin.as_str() == text)
    }
}

/// What we write beside a key, as the store's tags. Absent on pairs that other tools made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The pair's fingerprint, 64 hex digits.
    pub fingerprint: Option<Fingerprint>,
    /// The run that wrote it.
    pub rotation_id: Option<String>,
    /// The kind of run that wrote the version.
    pub origin: Option<Origin>,
    /// The pair that it took the place of: what a rollback returns to.
    pub previous: Option<Fingerprint>,
    /// For a copy from another store: the time when it was written first, and its place there.
    pub copied: Option<Copied>,
    /// Tags that other programs wrote, by name. A copy keeps them.
    pub others: BTreeMap<String, String>,
}

/// What a copied version brings along, because its new store gives it a time of its own, in whole
/// seconds, and tells nothing of the order within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// When the version was written first, in Unix seconds.
    pub created: i64,
    /// Its place in the secret's history, counted from 1.
    pub position: u32,
}

impl Tags {
    /// Whether this version was written by that run, for that reason.
    pub fn is_of(&self, rotation_id: &str, origin: Origin) -> bool {
        self.rotation_id.as_deref() == Some(rotation_id) && self.origin == Some(origin)
    }
}

/// A version of the private key in a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// The store's name for it.
    pub version: String,
    /// By its tag, or read from the value. `None` if the value is no key.
    pub fingerprint: Option<Fingerprint>,
    /// When it was written first, in Unix seconds.
    pub created: i64,
    /// Its place in the secret's history, where the store numbers its versions, or a copy noted it.
    pub position: Option<u32>,
    /// Its tags.
    pub tags: Tags,
}

impl StoredVersion {
    pub(super) fn stamp(&self) -> Stamp<'_> {
        Stamp {
            time: self.created,
            position: self.position,
            version: &self.version,
            fingerprint: self.fingerprint,
            previous: self.tags.previous,
            is_latest: false,
        }
    }
}
