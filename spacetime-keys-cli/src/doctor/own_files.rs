//! This host's files. One that cannot be read is an observation, too.

use std::path::Path;

use spacetime_keys_core::doctor::{CliTomlSeen, Known, MountedSeen};
use spacetime_keys_core::fleet::{KeyState, Mounted};
use spacetime_keys_rotation::host::{private_key_in, public_key_in};
use zeroize::Zeroizing;

use crate::files;

/// The mounted keys; `None` if nobody named the folder and it is not there: the server may run on
/// another machine.
pub(super) fn mounted(folder: &Path, was_named: bool) -> Option<MountedSeen> {
    if !was_named && !folder.is_dir() {
        return None;
    }
    let (private, public) = (private_key_in(folder), public_key_in(folder));
    let content = |path: &Path| files::read(path).map_err(drop);
    let (private_content, public_content) = (content(&private), content(&public));
    let mut found = Mounted::of(bytes(&private_content), bytes(&public_content));
    if private_content.is_err() {
        found.private = KeyState::Unavailable;
    }
    if public_content.is_err() {
        found.public = KeyState::Unavailable;
    }
    Some(MountedSeen {
        files: found,
        private_mode: files::mode(&private),
        public_mode: files::mode(&public),
    })
}

fn bytes(content: &Result<Option<Zeroizing<Vec<u8>>>, ()>) -> Option<&[u8]> {
    content.as_ref().ok()?.as_ref().map(|content| content.as_slice())
}

/// The content of `cli.toml`.
pub(super) enum Content {
    Missing,
    Unreadable,
    There(Zeroizing<Vec<u8>>),
}

pub(super) fn cli_toml(path: &Path) -> Content {
    match files::read(path) {
        Ok(Some(content)) => Content::There(content),
        Ok(None) => Content::Missing,
        Err(_) => Content::Unreadable,
    }
}

impl Content {
    pub(super) fn look(&self, known: &Known<'_>) -> CliTomlSeen {
        match self {
            Self::Missing => CliTomlSeen::Missing,
            Self::Unreadable => CliTomlSeen::Unreadable,
            Self::There(content) => CliTomlSeen::of(Some(content), known),
        }
    }

    /// The token, as a client would send it.
    pub(super) fn token(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::There(content) => CliTomlSeen::token_text(content),
            _ => None,
        }
    }
}
