//! What a vault holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// What the caller may do in a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rights {
    /// The role Key Vault Secrets Officer: everything.
    #[default]
    Officer,
    /// The role Key Vault Secrets User: reads values and what is said about them.
    User,
    /// No role.
    None,
}

/// One version of a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// 32 hex digits.
    pub version: String,
    /// The secret itself.
    pub value: String,
    /// As the writer named it.
    pub content_type: Option<String>,
    /// As the writer gave them.
    pub tags: BTreeMap<String, String>,
    /// Whether it can be read.
    pub enabled: bool,
    /// In seconds since 1970.
    pub created: u64,
    /// In seconds since 1970.
    pub updated: u64,
    /// `exp` and `nbf`, in seconds since 1970: advice that the service does not follow.
    pub expires: Option<u64>,
    /// See `expires`.
    pub not_before: Option<u64>,
}

impl fmt::Debug for Version {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("version", &self.version)
            .field("content_type", &self.content_type)
            .field("tags", &self.tags)
            .field("enabled", &self.enabled)
            .field("created", &self.created)
            .field("updated", &self.updated)
            .finish_non_exhaustive()
    }
}

/// What a writer gives.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) value: String,
    pub(crate) content_type: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) enabled: bool,
    pub(crate) expires: Option<u64>,
    pub(crate) not_before: Option<u64>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            value: String::new(),
            content_type: None,
            tags: BTreeMap::new(),
            enabled: true,
            expires: None,
            not_before: None,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Secret {
    /// The oldest first; never none.
    pub(crate) versions: Vec<Version>,
    /// When it was deleted, in seconds since 1970.
    pub(crate) deleted: Option<u64>,
    /// When its recovery is over.
    pub(crate) recovered: Option<Instant>,
}

/// Why a secret is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    Missing,
    Deleted,
    Recovering,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Vault {
    pub(crate) secrets: BTreeMap<String, Arc<Secret>>,
    pub(crate) rights: Rights,
    pub(crate) firewall: bool,
}

/// By name.
pub(crate) type Vaults = BTreeMap<String, Vault>;

impl Vault {
    /// The secret of this name that can be read and written.
    pub(crate) fn live(&self, name: &str) -> Result<&Secret, Absent> {
        let secret = self.secrets.get(name).ok_or(Absent::Missing)?;
        if secret.deleted.is_some() {
            Err(Absent::Deleted)
        } else if secret.recovered.is_some_and(|over| Instant::now() < over) {
            Err(Absent::Recovering)
        } else {
            Ok(secret)
        }
    }

    /// The names of those.
    pub(crate) fn live_names(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str).filter(|name| self.live(name).is_ok())
    }

    /// The deleted secret of this name.
    pub(crate) fn deleted(&mut self, name: &str) -> Option<&mut Secret> {
        let secret = self.secrets.get_mut(name).filter(|secret| secret.deleted.is_some())?;
        Some(Arc::make_mut(secret))
    }

    /// The versions of this secret, to be changed; none if it is not there.
    pub(crate) fn versions_mut(&mut self, name: &str) -> Option<&mut Vec<Version>> {
        self.live(name).ok()?;
        Some(&mut Arc::make_mut(self.secrets.get_mut(name)?).versions)
    }

    /// Adds a version, whatever was there before.
    pub(crate) fn write(
        &mut self,
        name: &str,
        draft: Draft,
        version: String,
        now: u64,
    ) -> &Version {
        let secret = Arc::make_mut(self.secrets.entry(name.to_owned()).or_default());
        secret.versions.push(Version {
            version,
            value: draft.value,
            content_type: draft.content_type,
            tags: draft.tags,
            enabled: draft.enabled,
            created: now,
            updated: now,
            expires: draft.expires,
            not_before: draft.not_before,
        });
        &secret.versions[secret.versions.len() - 1]
    }
}
