//! This host: its mounted key files and its `cli.toml`.

use std::path::{Path, PathBuf};

use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::fleet::{Host, KeyState, PublisherState};
use spacetime_keys_core::jwt::{Token, examine};
use spacetime_keys_core::{Error, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::files::{self, Mode};

/// Where this host's files are.
#[derive(Clone)]
pub(crate) struct Paths {
    pub(crate) mounted_keys_dir: PathBuf,
    pub(crate) cli_toml: PathBuf,
}

const PRIVATE_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
/// The server's user must get in.
const FOLDER_MODE: u32 = 0o755;

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

/// The mounted files, and the public keys in them.
pub(crate) struct Mounted {
    pub(crate) private: KeyState,
    pub(crate) public: KeyState,
    pub(crate) world_accessible: bool,
    pub(crate) keys: Vec<PublicKey>,
}

impl Mounted {
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let (private, public) = (private_key_in(folder), public_key_in(folder));
        let world_accessible = files::is_world_accessible(&private);
        let (private, public) = (files::read(&private)?, files::read(&public)?);
        let (private, private_key) = private.map(KeyState::of_private).unwrap_or_default();
        let (public, public_key) = public.map(KeyState::of_public).unwrap_or_default();
        let keys = [private_key, public_key].into_iter().flatten().collect();
        Ok(Self { private, public, world_accessible, keys })
    }

    pub(crate) fn into_host(self, publisher: PublisherState, server_keys: &[PublicKey]) -> Host {
        Host {
            private: self.private,
            public: self.public,
            world_accessible: self.world_accessible,
            publisher,
            server_keys: server_keys.iter().map(PublicKey::fingerprint).collect(),
        }
    }
}

/// What `cli.toml` says.
pub(crate) struct CliTomlFacts {
    pub(crate) publisher: PublisherState,
    pub(crate) server_keys: Vec<PublicKey>,
    token: Option<Zeroizing<String>>,
}

impl CliTomlFacts {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let nothing = |publisher| Self { publisher, server_keys: Vec::new(), token: None };
        let Some(bytes) = files::read(path)? else { return Ok(nothing(PublisherState::NoFile)) };
        let Ok(text) = str::from_utf8(&bytes) else {
            return Ok(nothing(PublisherState::Bad(Error::TomlSyntax)));
        };
        let parsed = match CliToml::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(nothing(PublisherState::Bad(error))),
        };
        let server_keys = parsed.server_keys().cloned().collect();
        let token = match parsed.token() {
            Ok(token) => token,
            Err(error) => {
                return Ok(Self { server_keys, ..nothing(PublisherState::Bad(error)) });
            }
        };
        let publisher = match Token::parse(token).and_then(|token| examine(&token)) {
            Ok((publisher, times)) => {
                PublisherState::Found { publisher, verified_with: None, times }
            }
            Err(error) => PublisherState::Bad(error),
        };
        Ok(Self { publisher, server_keys, token: Some(Zeroizing::new(token.to_owned())) })
    }

    /// Notes which of the keys verifies the token. Whether one does.
    pub(crate) fn verify_with<'a>(
        &mut self,
        keys: impl IntoIterator<Item = &'a PublicKey>,
    ) -> bool {
        let PublisherState::Found { verified_with, .. } = &mut self.publisher else { return true };
        let Some(Ok(token)) = self.token.as_deref().map(|token| Token::parse(token)) else {
            return true;
        };
        let signs = |key: &&PublicKey| Verifier::new(key).is_ok_and(|v| token.is_signed_by(&v));
        *verified_with = keys.into_iter().find(signs).map(PublicKey::fingerprint);
        verified_with.is_some()
    }
}
