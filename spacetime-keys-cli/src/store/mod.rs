//! Where keys are kept: one trait, so that the stores are alike to all that use them.

mod directory;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Origin, Tags};
use zeroize::Zeroizing;

pub(crate) use directory::Directory;

use crate::failure::Failure;

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

/// A key store: vaults that hold secrets, each with its versions. A write makes a new version and
/// leaves the others; nothing is ever deleted.
pub(crate) trait KeyStore {
    /// The latest version, if there is any.
    fn latest(&self, vault: &str, secret: &str) -> Result<Option<Secret>, Failure>;

    /// One version.
    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure>;

    /// All versions, in no order.
    fn versions(&self, vault: &str, secret: &str) -> Result<Vec<Properties>, Failure>;

    /// Writes a new version.
    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<Properties, Failure>;

    /// Fails where [`KeyStore::put`] surely would, and changes nothing.
    fn check_writable(&self, vault: &str, secret: &str) -> Result<(), Failure>;

    /// Removes what a killed run left half-written. Only under the lock.
    fn clean_up(&self, vault: &str, secret: &str) -> Result<(), Failure>;
}

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
