//! The stores of keys: one trait, so that callers use all stores alike.

mod az;
#[cfg(feature = "azure-key-vault")]
mod azure;
mod directory;
mod key_vault;
mod settings;
mod tags;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_core::fleet::{Stamp, Tags};
use zeroize::Zeroizing;

pub use az::{Az, AzCli};
#[cfg(feature = "azure-key-vault")]
use azure::AzureKeyVault;
pub use directory::Directory;
pub(crate) use directory::{VALUE, half_written_origin, is_own_folder};
pub use settings::{Auth, Azure, StoreSettings};
use tags::{tags_from, tags_to_pairs};

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
    /// When this store wrote it, in Unix seconds.
    pub created: i64,
    /// Its place among the secret's versions, from 1 on, where the store numbers them, or a copy noted it.
    pub position: Option<u32>,
    /// Whether its value can be read.
    pub enabled: bool,
    /// The tags beside it.
    pub tags: Tags,
}

impl Properties {
    /// When it was written first, in Unix seconds, which may have been in another store.
    pub fn first_created(&self) -> i64 {
        self.tags.copied.map_or(self.created, |copied| copied.created)
    }

    /// The data for its place among the others, as far as is known without its value.
    pub(crate) fn stamp(&self) -> Stamp<'_> {
        Stamp {
            time: self.first_created(),
            position: self.position,
            version: &self.version,
            fingerprint: self.tags.fingerprint,
            previous: self.tags.previous,
            is_latest: false,
        }
    }
}

/// A version of a secret.
pub struct Secret {
    /// Its value.
    pub value: Zeroizing<String>,
    /// The version, and what the store tells of it.
    pub properties: Properties,
}

/// A secret that is to be written.
pub struct NewSecret<'a> {
    /// The value to write.
    pub value: &'a str,
    /// The type of that.
    pub content_type: &'static str,
    /// Its tags.
    pub tags: Tags,
}

/// A file of a version that is missing or damaged.
pub struct DamagedFile {
    /// The version's name.
    pub version: String,
    /// The path of the file, whether it is there or not.
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

    /// The store's folder, if it is one on this machine.
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
