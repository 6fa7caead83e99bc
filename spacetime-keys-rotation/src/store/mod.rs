//! Where keys are kept: one trait, so that the stores are alike to all that use them.

mod az;
#[cfg(feature = "azure-key-vault")]
mod azure;
mod directory;
mod key_vault;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Origin, Tags};
use zeroize::Zeroizing;

pub use az::{Az, AzCli};
#[cfg(feature = "azure-key-vault")]
use azure::AzureKeyVault;
pub use directory::Directory;
pub(crate) use directory::{VALUE, half_written_origin, is_own_folder};
pub use settings::{Auth, Azure, StoreSettings};

use crate::error::Failure;
#[cfg(not(feature = "azure-key-vault"))]
use crate::error::Kind;
use crate::watch::Watch;

/// The content type of keys.
pub(crate) const PEM: &str = "application/x-pem-file";
/// The content type of the escrow.
pub(crate) const JSON: &str = "application/json";

/// A version of a secret, without its value.
#[derive(Clone, Debug)]
pub struct Properties {
    /// The store's name for this version.
    pub version: String,
    /// Unix seconds.
    pub created: i64,
    /// Whether its value can be read.
    pub enabled: bool,
    /// What we wrote beside it.
    pub tags: Tags,
}

/// A version of a secret.
pub struct Secret {
    /// What it holds.
    pub value: Zeroizing<String>,
    /// Which version it is, and what is said of it.
    pub properties: Properties,
}

/// A secret that is to be written.
pub struct NewSecret<'a> {
    /// What it is to hold.
    pub value: &'a str,
    /// The type of that.
    pub content_type: &'static str,
    /// What is said of it.
    pub tags: Tags,
}

/// A file of a version that is missing or damaged.
pub struct DamagedFile {
    /// The version's name.
    pub version: String,
    /// Where the file is, or should be.
    pub path: PathBuf,
    /// It is the value, and not what stands beside it.
    pub is_value: bool,
}

/// A secret's versions.
pub struct History {
    /// The latest version, if there is any.
    pub latest: Option<Secret>,
    /// All versions, the latest among them, in no order.
    pub versions: Vec<Properties>,
}

/// A key store: vaults that hold secrets, each with its versions. A write makes a new version and
/// leaves the others; nothing is ever deleted.
pub trait KeyStore: Sync {
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

/// The store of these settings. A network is not asked yet.
///
/// # Errors
/// [`Kind::NotInThisBuild`](crate::Kind::NotInThisBuild) where the store's feature is off.
pub fn open(
    settings: &StoreSettings,
    watch: &Arc<dyn Watch>,
) -> Result<Box<dyn KeyStore>, Failure> {
    match settings {
        StoreSettings::Directory(path) => Ok(Box::new(Directory::new(path.clone()))),
        StoreSettings::AzCli(az) => Ok(Box::new(AzCli::new(az.clone(), Arc::clone(watch)))),
        #[cfg(feature = "azure-key-vault")]
        StoreSettings::AzureKeyVault(azure) => {
            Ok(Box::new(AzureKeyVault::new(*azure, Arc::clone(watch))?))
        }
        #[cfg(not(feature = "azure-key-vault"))]
        StoreSettings::AzureKeyVault(_) => Err(Kind::NotInThisBuild("azure-key-vault").into()),
    }
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
