//! This host: where its mounted key files and its `cli.toml` are.

use std::path::{Path, PathBuf};

use spacetime_keys_core::fleet::{CliTomlFacts, Mounted};
use spacetime_keys_core::{PrivateKey, PublicKey};

use crate::failure::Failure;
use crate::files::{self, Mode};

/// Where this host's files are.
#[derive(Clone)]
pub(crate) struct Paths {
    pub(crate) mounted_keys_dir: PathBuf,
    pub(crate) cli_toml: PathBuf,
}

pub(crate) const PRIVATE_MODE: u32 = 0o600;
pub(crate) const PUBLIC_MODE: u32 = 0o644;
/// The server's user must get in.
pub(crate) const FOLDER_MODE: u32 = 0o755;

impl Paths {
    pub(crate) fn private_key(&self) -> PathBuf {
        private_key_in(&self.mounted_keys_dir)
    }

    pub(crate) fn public_key(&self) -> PathBuf {
        public_key_in(&self.mounted_keys_dir)
    }
}

/// `id_ecdsa`
pub(crate) fn private_key_in(folder: &Path) -> PathBuf {
    folder.join("id_ecdsa")
}

/// `id_ecdsa.pub`
pub(crate) fn public_key_in(folder: &Path) -> PathBuf {
    folder.join("id_ecdsa.pub")
}

/// Replaces `id_ecdsa` in a folder.
pub(crate) fn write_private(folder: &Path, key: &PrivateKey) -> Result<(), Failure> {
    files::create_folder(folder, FOLDER_MODE)?;
    files::replace(&private_key_in(folder), key.to_pem().as_bytes(), Mode::Set(PRIVATE_MODE))
}

/// Replaces `id_ecdsa.pub` in a folder.
pub(crate) fn write_public(folder: &Path, key: &PublicKey) -> Result<(), Failure> {
    files::create_folder(folder, FOLDER_MODE)?;
    files::replace(&public_key_in(folder), key.to_pem().as_bytes(), Mode::Set(PUBLIC_MODE))
}

/// Writes a pair to other places than those: the private key first, 0600.
#[cfg(feature = "aws-lc-rs")]
pub(crate) fn write_pair(
    [private, public]: &[PathBuf; 2],
    private_pem: &str,
    public_pem: &str,
) -> Result<(), Failure> {
    files::create_folder(files::folder_of(private), FOLDER_MODE)?;
    files::replace(private, private_pem.as_bytes(), Mode::Set(PRIVATE_MODE))?;
    files::replace(public, public_pem.as_bytes(), Mode::Set(PUBLIC_MODE))
}

/// Replaces `cli.toml`; its mode stays as it is.
pub(crate) fn write_cli_toml(path: &Path, text: &str) -> Result<(), Failure> {
    files::replace(path, text.as_bytes(), Mode::KeepOr(PRIVATE_MODE))
}

/// The mounted files, and whether others may use the private one as they should not.
pub(crate) fn read_mounted(folder: &Path) -> Result<(Mounted, bool), Failure> {
    let (private, public) = (private_key_in(folder), public_key_in(folder));
    let world_accessible = files::is_world_accessible(&private);
    let (private, public) = (files::read(&private)?, files::read(&public)?);
    let mounted =
        Mounted::of(private.as_deref().map(Vec::as_slice), public.as_deref().map(Vec::as_slice));
    Ok((mounted, world_accessible))
}

/// What `cli.toml` says.
pub(crate) fn read_cli_toml(path: &Path) -> Result<CliTomlFacts, Failure> {
    Ok(CliTomlFacts::of(files::read(path)?.as_deref().map(Vec::as_slice)))
}
