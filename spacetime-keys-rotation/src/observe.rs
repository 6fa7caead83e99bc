//! The sources of a diagnosis: this host's files, the vaults, and a server's answers.

use std::io::ErrorKind;
use std::path::Path;

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::doctor::{
    Ask, CheckName, CliTomlSeen, Known, MountedSeen, Observations, Places, ProjectSeen, ServerSeen,
    TokenSeen, Unread,
};
use spacetime_keys_core::fleet::{KeyState, Mounted};
use zeroize::Zeroizing;

use crate::clock;
use crate::error::{Failure, Kind};
use crate::files;
use crate::host::Paths;
use crate::inspect::places_of;
use crate::read::{earlier_keys, read_vaults, unfinished};
use crate::site::Site;

/// The things to look at.
pub struct Look<'a> {
    /// This host's files.
    pub paths: &'a Paths,
    /// Whether the folder of the mounted keys was named, so that its absence is something. Else the
    /// server may run on another machine.
    pub keys_are_named: bool,
    /// The server.
    pub server: Option<&'a dyn Ask>,
    /// The database that would be published.
    pub database: Option<&'a str>,
}

/// Looks at everything but a log and a project. Nothing is written, and nothing is asked but by GET.
///
/// # Errors
/// A store that cannot be read at all. All else that cannot be seen is an observation.
pub fn observe(site: &Site<'_>, look: &Look<'_>, places: Places) -> Result<Observations, Failure> {
    let now = clock::now();
    let paths = look.paths;
    let mut unread = Vec::new();
    let mut note = |name, failure: &Failure| {
        unread.push(Unread { name, detail: failure.to_string(), hint: failure.advice() });
    };
    let mounted = mounted(paths, look.keys_are_named, &mut note);
    let content = files::read(&paths.cli_toml);
    if let Some(failure) = odd(&content) {
        note(CheckName::CliToml, failure);
    }
    let (vaults, mut keys, unfinished) = if site.store.folder().is_none_or(Path::is_dir) {
        let found = read_vaults(site)?;
        for (_, failure) in found.failures.iter().take(1) {
            note(CheckName::Store, failure);
        }
        let unfinished = match unfinished(site, paths) {
            // Another user's run left it. What else there is can be seen all the same.
            Err(failure) if is_forbidden(&failure) => {
                note(CheckName::Run, &failure);
                None
            }
            unfinished => unfinished?,
        };
        (found.all, found.known_keys, unfinished)
    } else {
        (Vec::new(), Vec::new(), None)
    };
    keys.splice(0..0, mounted.iter().flat_map(|mounted| mounted.files.keys.iter().cloned()));

    let mut server = look.server.map_or_else(ServerSeen::default, ServerSeen::look);
    let read = |keys: &[PublicKey]| {
        let known = Known {
            served: server.verifying_key(),
            keys,
            server: places.server.as_deref(),
            version: server.version(),
            now,
        };
        if content.is_err() {
            CliTomlSeen::Unreadable
        } else {
            CliTomlSeen::of(bytes(&content), &known)
        }
    };
    let mut cli_toml = read(&keys);
    if has_unknown_signer(&cli_toml) && !vaults.is_empty() {
        // Only a host that is far behind gets here.
        keys.extend(earlier_keys(site, &vaults));
        cli_toml = read(&keys);
    }
    if let Some(asked) = look.server {
        let token = bytes(&content).and_then(CliTomlSeen::token_text);
        server.look_for(
            asked,
            &cli_toml,
            token.as_ref().map(|token| token.as_str()),
            look.database,
        );
    }
    let project = ProjectSeen::None;
    Ok(Observations {
        now,
        server,
        mounted,
        cli_toml,
        vaults,
        unfinished,
        log: None,
        project,
        unread,
        places,
    })
}

fn is_forbidden(failure: &Failure) -> bool {
    matches!(failure.kind(), Kind::Io { error: ErrorKind::PermissionDenied, .. })
}

fn has_unknown_signer(cli_toml: &CliTomlSeen) -> bool {
    match cli_toml {
        CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => facts.signed_by.is_none(),
        _ => false,
    }
}

/// The mounted keys. A file that cannot be read is an observation, too.
fn mounted(
    paths: &Paths,
    are_named: bool,
    note: &mut impl FnMut(CheckName, &Failure),
) -> Option<MountedSeen> {
    if !are_named && !paths.mounted_keys_dir.is_dir() {
        return None;
    }
    let (private, public) = (paths.private_key(), paths.public_key());
    let (private_content, public_content) = (files::read(&private), files::read(&public));
    let mut found = Mounted::of(bytes(&private_content), bytes(&public_content));
    if private_content.is_err() {
        found.private = KeyState::Unavailable;
    }
    if public_content.is_err() {
        found.public = KeyState::Unavailable;
    }
    if let Some(failure) = odd(&private_content).or_else(|| odd(&public_content)) {
        note(CheckName::MountedKeys, failure);
    }
    Some(MountedSeen {
        files: found,
        private_mode: files::mode(&private),
        public_mode: files::mode(&public),
        places: places_of(&paths.mounted_keys_dir).places,
    })
}

/// Why a file cannot be read, where it is not that this user may not.
fn odd<T>(content: &Result<T, Failure>) -> Option<&Failure> {
    content.as_ref().err().filter(|failure| !is_forbidden(failure))
}

fn bytes(content: &Result<Option<Zeroizing<Vec<u8>>>, Failure>) -> Option<&[u8]> {
    content.as_ref().ok()?.as_deref().map(Vec::as_slice)
}
