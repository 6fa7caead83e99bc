//! Where keys are kept: one trait, so that the stores are alike to all that use them.

#[cfg(feature = "azure-key-vault")]
mod azure;
mod directory;

use std::path::{Path, PathBuf};
use std::time::Duration;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Origin, Tags};
use zeroize::Zeroizing;

#[cfg(feature = "azure-key-vault")]
use azure::AzureKeyVault;
use directory::Directory;
pub(crate) use directory::is_own_folder;

use crate::config::{Config, StoreKind};
use crate::failure::Failure;
use crate::output::Output;

/// The third secret beside the two keys: the publishers' claims.
pub(crate) const ESCROW_SECRET: &str = "spacetimedb-publisher-claims";

/// The content type of keys.
pub(crate) const PEM: &str = "application/x-pem-file";
/// The content type of the escrow.
pub(crate) const JSON: &str = "application/json";

/// A version of a secret, without its value.
#[derive(Clone, Debug)]
pub(crate) struct Properties {
    /// The store's name for this version.
    pub(crate) version: String,
    /// Unix seconds.
    pub(crate) created: i64,
    /// Whether its value can be read.
    pub(crate) enabled: bool,
    /// What we wrote beside it.
    pub(crate) tags: Tags,
}

/// A version of a secret.
pub(crate) struct Secret {
    pub(crate) value: Zeroizing<String>,
    pub(crate) properties: Properties,
}

/// A secret that is to be written.
pub(crate) struct NewSecret<'a> {
    pub(crate) value: &'a str,
    pub(crate) content_type: &'static str,
    pub(crate) tags: Tags,
}

/// A file of a version that is missing or damaged.
pub(crate) struct DamagedFile {
    pub(crate) version: String,
    pub(crate) path: PathBuf,
    /// It is the value, and not what stands beside it.
    pub(crate) is_value: bool,
}

/// A secret's versions.
pub(crate) struct History {
    /// The latest version, if there is any.
    pub(crate) latest: Option<Secret>,
    /// All versions, the latest among them, in no order.
    pub(crate) versions: Vec<Properties>,
}

/// A key store: vaults that hold secrets, each with its versions. A write makes a new version and
/// leaves the others; nothing is ever deleted.
pub(crate) trait KeyStore: Sync {
    /// Whether calls wait on a network: then those that need not wait for each other are made at
    /// once, and what was just written may not be seen at once.
    fn is_remote(&self) -> bool;

    /// A secret's latest version, and the list of all.
    fn read(&self, vault: &str, secret: &str) -> Result<History, Failure>;

    /// One version.
    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure>;

    /// Writes a new version, and says which one that is.
    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<String, Failure>;

    /// Fails where [`KeyStore::put`] surely would, and changes nothing.
    fn check_writable(&self, vault: &str, secret: &str) -> Result<(), Failure>;

    /// Files of versions that are not what they should be, where the store is made of files. What a
    /// value says is not looked at.
    fn damaged(&self, _vault: &str, _secret: &str) -> Result<Vec<DamagedFile>, Failure> {
        Ok(Vec::new())
    }

    /// Where the store is a folder on this machine: that one.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// Removes what a killed run left half-written. Only under the lock.
    fn clean_up(&self, vault: &str, secret: &str) -> Result<(), Failure>;
}

/// The configured store.
pub(crate) fn open(config: &Config, output: &Output) -> Result<Box<dyn KeyStore>, Failure> {
    match &config.store.kind {
        StoreKind::Directory => Ok(Box::new(Directory::new(config.store.path.clone()))),
        #[cfg(feature = "azure-key-vault")]
        StoreKind::AzureKeyVault(azure) => Ok(Box::new(AzureKeyVault::new(*azure, output)?)),
        #[cfg(not(feature = "azure-key-vault"))]
        StoreKind::AzureKeyVault(_) => {
            let _ = output;
            Err(not_in_this_build())
        }
    }
}

#[cfg(not(feature = "azure-key-vault"))]
fn not_in_this_build() -> Failure {
    Failure::config(
        "this build has no azure-key-vault store",
        "install spacetime-keys with its default features",
    )
}

/// How long to wait, time after time, before a store on a network is read again that does not show
/// yet what it holds.
pub(crate) const WAITS: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(600),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Does the same for each item: in order and no further than the first failure, or, where calls
/// wait on a network, for all of them at once and each to its end.
pub(crate) fn each<T: Sync, R: Send>(
    store: &dyn KeyStore,
    items: &[T],
    work: impl Fn(&T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    if !store.is_remote() || items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let mut results = Vec::with_capacity(items.len());
    for some in items.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|item| scope.spawn(|| work(item))).collect();
            for thread in threads {
                results.push(thread.join().unwrap_or_else(|_| Err(Failure::bug("a panic"))));
            }
        });
    }
    results.into_iter().collect()
}

/// More would only be throttled.
const AT_ONCE: usize = 16;

const FINGERPRINT: &str = "fingerprint";
const ROTATION_ID: &str = "rotation-id";
const ORIGIN: &str = "origin";
const PREVIOUS: &str = "previous-fingerprint";
const TOOL: &str = "tool-version";

/// Tags as a store's names and values.
fn tags_to_pairs(tags: &Tags) -> Vec<(&'static str, String)> {
    let pairs = [
        (FINGERPRINT, tags.fingerprint.map(|fingerprint| fingerprint.to_string())),
        (ROTATION_ID, tags.rotation_id.clone()),
        (ORIGIN, tags.origin.map(|origin| origin.as_str().to_owned())),
        (PREVIOUS, tags.previous.map(|fingerprint| fingerprint.to_string())),
        (TOOL, Some(concat!("spacetime-keys/", env!("CARGO_PKG_VERSION")).to_owned())),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A store's names and values as tags; those of other tools are passed over.
fn tags_from<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Tags {
    Tags {
        fingerprint: get(FINGERPRINT).and_then(Fingerprint::parse),
        rotation_id: get(ROTATION_ID).map(str::to_owned),
        origin: get(ORIGIN).and_then(Origin::parse),
        previous: get(PREVIOUS).and_then(Fingerprint::parse),
    }
}
