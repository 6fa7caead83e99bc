//! The guard of the mounted key files: what may be the only copy of a key is kept before it is
//! replaced.
//!
//! It trusts nothing that was seen earlier. A plan is made from a look at the files, and another
//! program, such as a server that finds none, may write a pair after that look. A tag says which key
//! a version holds, and its value may be another. A file's name says which kind of key is in it, and
//! somebody may have swapped the two. So the content is read where it is replaced, and a key counts
//! as kept if a vault's value, read now, is that key.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Action, Origin, Plan};
use spacetime_keys_core::pem::{Half, Oddity};
use spacetime_keys_core::{Fingerprint, PrivateKey, PublicKey};

use crate::error::{Failure, Kind};
use crate::files::{self, Mode, Replacement};
use crate::host::{self, Paths};
use crate::site::Site;
use crate::store;

/// How often a file may come or go while it is replaced, before that is given up.
const ATTEMPTS: usize = 8;

/// A version of a private key in a vault.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) vault: String,
    pub(super) version: String,
    /// The fingerprint that a tag names; the value decides.
    pub(super) fingerprint: Fingerprint,
}

/// Nothing is mounted beside private keys of other names: the server reads those, and would never see
/// what is written here.
///
/// # Errors
/// [`Kind::OtherNames`].
pub(super) fn require_own_names(paths: &Paths, plan: &Plan) -> Result<(), Failure> {
    let mounts = plan.steps.iter().any(|step| step.action == Action::MountPrivate);
    if !mounts || paths.private_key().symlink_metadata().is_ok() {
        return Ok(());
    }
    let folder = &paths.mounted_keys_dir;
    let files = host::other_keys(folder, |half| half == Half::Private);
    if files.is_empty() {
        return Ok(());
    }
    Err(Kind::OtherNames { folder: folder.clone(), files }.into())
}

/// Replaces files of one folder, under the lock.
pub(super) struct Guard<'a> {
    site: &'a Site<'a>,
    rotation_id: &'a str,
    /// The places that should keep keys.
    places: Mutex<Vec<Place>>,
    kept: Mutex<Vec<PathBuf>>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(site: &'a Site<'a>, rotation_id: &'a str, places: Vec<Place>) -> Self {
        Self { site, rotation_id, places: Mutex::new(places), kept: Mutex::default() }
    }

    /// A vault has one more version.
    pub(super) fn add(&self, place: Place) {
        lock(&self.places).push(place);
    }

    /// The places of contents that no vault has.
    pub(super) fn kept(&self) -> Vec<PathBuf> {
        lock(&self.kept).clone()
    }

    /// Replaces a file, or creates it.
    pub(super) fn replace(&self, path: &Path, content: &[u8], mode: Mode) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            // Kept before it is replaced, so that it is in one place or the other all the time. What
            // was replaced may be something else, which another program has written since.
            let seen = files::read(path)?;
            if let Some(seen) = &seen {
                self.keep(path, seen)?;
            }
            let is_seen = |old: &[u8]| seen.as_ref().is_some_and(|seen| seen.as_slice() == old);
            let mut replacement = Replacement::begin(path)?;
            replacement.write(content)?;
            let look = |old: &[u8]| if is_seen(old) { Ok(()) } else { self.keep(path, old) };
            if replacement.finish_looking(mode, look)? {
                return Ok(());
            }
        }
        Err(Kind::Contended(path.to_owned()).into())
    }

    /// Keeps a file's content, if that is to be kept.
    pub(super) fn keep_file(&self, path: &Path) -> Result<(), Failure> {
        files::read(path)?.map_or(Ok(()), |content| self.keep(path, &content))
    }

    /// Removes what killed runs have left in a folder, and keeps what is to be kept of that.
    pub(super) fn remove_leftovers(&self, folder: &Path) -> Result<(), Failure> {
        for path in files::leftovers(folder)? {
            if path.is_file() {
                self.keep_file(&path)?;
            }
        }
        files::remove_leftovers(folder)
    }

    /// As above, in a store: a version that was never whole may hold a mounted key that was adopted,
    /// and that has been replaced since. A pair that was made for it was never in use.
    pub(super) fn keep_half_written(&self, folder: &Path) -> Result<(), Failure> {
        for path in files::leftovers(folder)? {
            // What is no folder was only to see whether one can write here.
            if path.is_dir() && store::half_written_origin(&path) != Some(Origin::Rotate) {
                self.keep_file(&path.join(store::VALUE))?;
            }
        }
        Ok(())
    }

    /// Sets the content aside, unless nothing is lost without it.
    fn keep(&self, path: &Path, content: &[u8]) -> Result<(), Failure> {
        if self.is_harmless(content) {
            return Ok(());
        }
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        // A leftover's name is made up.
        let name = if name.starts_with('.') || name == store::VALUE { "id_ecdsa" } else { &*name };
        if let Some(place) = self.site.state.set_aside(name, content, self.rotation_id)? {
            lock(&self.kept).push(place);
        }
        Ok(())
    }

    /// Whether no key is lost with this content: there is none in it, or a vault has it.
    fn is_harmless(&self, content: &[u8]) -> bool {
        // There is no secret in a list of retired keys.
        let is_list = || RetiredKeys::parse(content).is_ok();
        if content.iter().all(u8::is_ascii_whitespace) || is_list() {
            return true;
        }
        // Certificates beside a key, or a document around it, are nowhere else perhaps.
        let is_all = |oddities: &[Oddity]| !oddities.iter().any(|oddity| oddity.holds_more());
        match PrivateKey::from_pem_with_oddities(content) {
            Ok((key, oddities)) => {
                is_all(&oddities) && self.is_stored(key.public_key().fingerprint())
            }
            // What is neither may be a key that we cannot read: several in one file, an encrypted
            // one, one of another kind, a damaged one.
            Err(_) => PublicKey::from_pem_with_oddities(content)
                .is_ok_and(|(_, oddities)| is_all(&oddities)),
        }
    }

    fn is_stored(&self, fingerprint: Fingerprint) -> bool {
        self.stored(fingerprint).is_some()
    }

    /// The key, read from a vault whose value it is.
    pub(super) fn stored(&self, fingerprint: Fingerprint) -> Option<PrivateKey> {
        let places: Vec<Place> = lock(&self.places)
            .iter()
            .filter(|place| place.fingerprint == fingerprint)
            .cloned()
            .collect();
        let secret = &self.site.settings.private_secret;
        places.iter().find_map(|place| {
            let secret = self.site.store.get(&place.vault, secret, &place.version).ok()?;
            let key = PrivateKey::from_pem(&*secret.value).ok()?;
            (key.public_key().fingerprint() == fingerprint).then_some(key)
        })
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
