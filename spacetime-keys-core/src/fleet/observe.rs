//! Reads the files of a host.

use zeroize::Zeroizing;

use super::{Host, KeyState, PublisherState};
use crate::cli_toml::CliToml;
use crate::error::TomlFlaw;
use crate::es256::Verifier;
use crate::jwt::{Publisher, Times, Token, examine};
use crate::{Error, PublicKey, Result};

/// The mounted key files, and the public keys in them.
#[derive(Debug)]
pub struct Mounted {
    /// `id_ecdsa`.
    pub private: KeyState,
    /// `id_ecdsa.pub`.
    pub public: KeyState,
    /// What stands under the other's name: a private key in `id_ecdsa.pub`, a public key in `id_ecdsa`.
    pub misplaced: Misplaced,
    /// Their public keys, as far as there are any.
    pub keys: Vec<PublicKey>,
}

/// Keys in the other one's file; [`KeyState::Missing`] where there is no such key.
#[derive(Debug, Default)]
pub struct Misplaced {
    /// The private key in `id_ecdsa.pub`.
    pub private: KeyState,
    /// The public key in `id_ecdsa`.
    pub public: KeyState,
}

impl Mounted {
    /// From the files' contents; `None`: the file is not there.
    pub fn of(private_file: Option<&[u8]>, public_file: Option<&[u8]>) -> Self {
        let (private, private_key) = private_file.map(KeyState::of_private).unwrap_or_default();
        let (public, public_key) = public_file.map(KeyState::of_public).unwrap_or_default();
        let mut misplaced = Misplaced::default();
        let mut keys = vec![private_key, public_key];
        if public == KeyState::Bad(Error::KeyIsPrivate) {
            let (state, key) = public_file.map(KeyState::of_private).unwrap_or_default();
            misplaced.private = state;
            keys.push(key);
        }
        if private == KeyState::Bad(Error::KeyIsPublic) {
            let (state, key) = private_file.map(KeyState::of_public).unwrap_or_default();
            misplaced.public = state;
            keys.push(key);
        }
        Self { private, public, misplaced, keys: keys.into_iter().flatten().collect() }
    }
}

/// What `cli.toml` says.
pub struct CliTomlFacts {
    publisher: PublisherState,
    server_keys: Vec<PublicKey>,
    token: Option<Zeroizing<String>>,
}

impl CliTomlFacts {
    /// From the file's content; `None`: the file is not there.
    pub fn of(content: Option<&[u8]>) -> Self {
        let nothing = |publisher| Self { publisher, server_keys: Vec::new(), token: None };
        let Some(bytes) = content else { return nothing(PublisherState::NoFile) };
        let Ok(text) = str::from_utf8(bytes) else {
            return nothing(PublisherState::Bad(Error::TomlSyntax(TomlFlaw::default())));
        };
        let parsed = match CliToml::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => return nothing(PublisherState::Bad(error)),
        };
        let server_keys = parsed.server_keys().cloned().collect();
        let token = match parsed.token() {
            Ok(token) => token,
            Err(error) => return Self { server_keys, ..nothing(PublisherState::Bad(error)) },
        };
        let publisher = Token::parse(token).and_then(|token| found(&token));
        let publisher = publisher.unwrap_or_else(PublisherState::Bad);
        Self { publisher, server_keys, token: Some(Zeroizing::new(token.to_owned())) }
    }

    /// The publisher, if there is one.
    pub const fn publisher(&self) -> &PublisherState {
        &self.publisher
    }

    /// Notes which of the keys verifies the token. Whether one does; `true`, too, where there is no
    /// token to verify.
    pub fn verify_with<'a>(&mut self, keys: impl IntoIterator<Item = &'a PublicKey>) -> bool {
        let PublisherState::Found { verified_with, .. } = &mut self.publisher else { return true };
        let Some(Ok(token)) = self.token.as_deref().map(|token| Token::parse(token)) else {
            return true;
        };
        let signs = |key: &&PublicKey| Verifier::new(key).is_ok_and(|v| token.is_signed_by(&v));
        *verified_with = keys.into_iter().find(signs).map(PublicKey::fingerprint);
        verified_with.is_some()
    }
}

/// Whose token it is. An external issuer signs as it likes.
fn found(token: &Token<'_>) -> Result<PublisherState> {
    let algorithm = token.algorithm();
    let (publisher, times) = match Publisher::from_token(token) {
        Ok(publisher) if !publisher.is_local() => (publisher, Times::of(token)?),
        _ => examine(token)?,
    };
    Ok(PublisherState::Found { publisher, algorithm, verified_with: None, times })
}

impl Host {
    /// A host of these files. `world_accessible`: others than the owner may write `id_ecdsa`, or
    /// others than owner and group read it.
    pub fn of(mounted: Mounted, world_accessible: bool, cli_toml: CliTomlFacts) -> Self {
        Self {
            private: mounted.private,
            public: mounted.public,
            world_accessible,
            has_folder: false,
            publisher: cli_toml.publisher,
            server_keys: cli_toml.server_keys.iter().map(PublicKey::fingerprint).collect(),
            retired: Ok(None),
        }
    }
}
