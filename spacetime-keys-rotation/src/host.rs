//! This host: where its mounted key files and its `cli.toml` are.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{CliTomlFacts, Mounted};
use spacetime_keys_core::pem::{self, Half};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};

use crate::error::{Failure, Kind};
use crate::files::{self, Mode};

/// The places of this host's files.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The folder that the server mounts.
    pub mounted_keys_dir: PathBuf,
    /// The SpacetimeDB CLI's file with the publisher token.
    pub cli_toml: PathBuf,
}

/// The mode of `id_ecdsa`.
pub const PRIVATE_MODE: u32 = 0o600;
/// Of `id_ecdsa.pub`.
pub const PUBLIC_MODE: u32 = 0o644;
/// The server's user must get in.
pub const FOLDER_MODE: u32 = 0o755;

impl Paths {
    /// The mounted private key.
    pub fn private_key(&self) -> PathBuf {
        private_key_in(&self.mounted_keys_dir)
    }

    /// The mounted public key.
    pub fn public_key(&self) -> PathBuf {
        public_key_in(&self.mounted_keys_dir)
    }

    /// The list of retired keys.
    pub fn retired_keys(&self) -> PathBuf {
        retired_keys_in(&self.mounted_keys_dir)
    }
}

/// Fails where something that was named, `by` a flag or an entry, is not there. What nobody named may
/// be missing.
///
/// # Errors
/// [`Kind::NamedMissing`]
pub fn require(path: &Path, by: Option<&'static str>) -> Result<(), Failure> {
    match by {
        Some(by) if path.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound) => {
            Err(Kind::NamedMissing { path: path.to_owned(), by }.into())
        }
        _ => Ok(()),
    }
}

/// `id_ecdsa`
pub fn private_key_in(folder: &Path) -> PathBuf {
    folder.join("id_ecdsa")
}

/// `id_ecdsa.pub`
pub fn public_key_in(folder: &Path) -> PathBuf {
    folder.join("id_ecdsa.pub")
}

/// `retired-keys.json`
pub fn retired_keys_in(folder: &Path) -> PathBuf {
    folder.join("retired-keys.json")
}

/// The names of the other files in a folder that hold a P-256 key, and of which half `is_wanted` says
/// yes. What cannot be read is none.
pub(crate) fn other_keys(folder: &Path, is_wanted: impl Fn(Half) -> bool) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let own = [private_key_in(folder), public_key_in(folder)];
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    let is_key = |path: &PathBuf| {
        let content = files::read(path).ok().flatten();
        content
            .and_then(|content| pem::normalize(&content).ok())
            .is_some_and(|key| is_wanted(key.half))
    };
    // Leftovers of killed runs, and what other programs hide, begin with a dot.
    let others = paths.iter().filter(|path| !own.contains(path));
    let named =
        others.filter_map(|path| Some((path, name(path).filter(|name| !name.starts_with('.'))?)));
    named.take(MANY).filter(|(path, _)| is_key(path)).map(|(_, name)| name).collect()
}

/// The most files that are looked into: a folder of keys has a few.
const MANY: usize = 64;

/// Replaces `id_ecdsa` in a folder.
pub fn write_private(folder: &Path, key: &PrivateKey) -> Result<(), Failure> {
    files::create_folder(folder, FOLDER_MODE)?;
    files::replace(&private_key_in(folder), key.to_pem().as_bytes(), Mode::Set(PRIVATE_MODE))
}

/// Replaces `id_ecdsa.pub` in a folder.
pub fn write_public(folder: &Path, key: &PublicKey) -> Result<(), Failure> {
    files::create_folder(folder, FOLDER_MODE)?;
    files::replace(&public_key_in(folder), key.to_pem().as_bytes(), Mode::Set(PUBLIC_MODE))
}

/// Writes a pair to other places than those: the private key first, 0600.
pub fn write_pair(
    [private, public]: &[PathBuf; 2],
    private_pem: &str,
    public_pem: &str,
) -> Result<(), Failure> {
    files::create_folder(files::folder_of(private), FOLDER_MODE)?;
    files::replace(private, private_pem.as_bytes(), Mode::Set(PRIVATE_MODE))?;
    files::replace(public, public_pem.as_bytes(), Mode::Set(PUBLIC_MODE))
}

/// Replaces `cli.toml`; its mode stays as it is.
pub fn write_cli_toml(path: &Path, text: &str) -> Result<(), Failure> {
    files::replace(path, text.as_bytes(), Mode::KeepOr(PRIVATE_MODE))
}

/// The mounted files, and whether others may use the private one as they should not.
pub fn read_mounted(folder: &Path) -> Result<(Mounted, bool), Failure> {
    let (private, public) = (private_key_in(folder), public_key_in(folder));
    let world_accessible = files::is_world_accessible(&private);
    let (private, public) = (files::read(&private)?, files::read(&public)?);
    let mounted =
        Mounted::of(private.as_deref().map(Vec::as_slice), public.as_deref().map(Vec::as_slice));
    Ok((mounted, world_accessible))
}

/// This host's copy of its vault's list of retired keys, if it is there.
///
/// # Errors
/// A file that cannot be read at all; what is wrong with one that can be is the inner result.
pub fn read_retired_keys(folder: &Path) -> Result<Result<Option<RetiredKeys>, Error>, Failure> {
    let content = files::read(&retired_keys_in(folder))?;
    Ok(content.map(|content| RetiredKeys::parse(&*content)).transpose())
}

/// What `cli.toml` says.
pub fn read_cli_toml(path: &Path) -> Result<CliTomlFacts, Failure> {
    Ok(CliTomlFacts::of(files::read(path)?.as_deref().map(Vec::as_slice)))
}
