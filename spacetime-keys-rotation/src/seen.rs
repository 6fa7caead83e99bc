//! The versions that a run has seen. By them it notices that somebody else writes to the same vaults.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Failure, Kind};
use crate::store::Properties;

/// The versions of each secret, by vault and name, as they were when a run looked first.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<(String, String), BTreeSet<String>>);

impl Seen {
    pub(crate) fn add(&mut self, vault: &str, secret: &str, versions: &[Properties]) {
        let versions = versions.iter().map(|properties| properties.version.clone());
        self.0.entry((vault.to_owned(), secret.to_owned())).or_default().extend(versions);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Versions that were not there, and that this run did not write.
    pub(crate) fn foreign<'a>(
        &self,
        vault: &str,
        secret: &str,
        versions: &'a [Properties],
        rotation_id: &str,
    ) -> Vec<&'a Properties> {
        let known = self.0.get(&(vault.to_owned(), secret.to_owned()));
        versions
            .iter()
            .filter(|version| !known.is_some_and(|known| known.contains(&version.version)))
            .filter(|version| version.tags.rotation_id.as_deref() != Some(rotation_id))
            .collect()
    }

    /// Fails if somebody else has written meanwhile. A store without compare-and-swap cannot rule
    /// that out; each run looks before it writes and after it, so that the later one stops.
    pub(crate) fn require_alone(
        &self,
        vault: &str,
        secret: &str,
        versions: &[Properties],
        rotation_id: &str,
    ) -> Result<(), Failure> {
        if self.foreign(vault, secret, versions, rotation_id).is_empty() {
            return Ok(());
        }
        Err(Kind::StoreChanged { secret: secret.to_owned(), vault: vault.to_owned() }.into())
    }
}
