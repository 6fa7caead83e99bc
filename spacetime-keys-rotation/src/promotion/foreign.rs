//! The search for secrets of the source, where its data has come to.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use spacetime_keys_core::promotion::{Passport, TreeSeen};
use spacetime_keys_core::scan::{Found, Judged, Ring, Secret, SecretKind, Wanted};
use spacetime_keys_core::{Fingerprint, Identity};

use crate::error::{Failure, Kind};
use crate::files;
use crate::host::Paths;
use crate::search::{Finder, Input, Searched, search};

/// The most finds that are named.
const NAMED: usize = 5;
/// Where servers keep rows and logs of databases. What a user has written there is data.
const ROWS: &str = "replicas";

/// A private key or a token of the source, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSecret {
    /// The file.
    pub file: PathBuf,
    /// Where in it: bytes from its beginning.
    pub offset: u64,
    /// A key or a token.
    pub kind: SecretKind,
}

impl std::fmt::Display for ForeignSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            SecretKind::PrivateKey => "a private key",
            SecretKind::Token => "a token",
        };
        write!(f, "{}, byte {} ({kind})", self.file.display(), self.offset)
    }
}

/// The finding.
pub(super) struct Foreign {
    found: Vec<ForeignSecret>,
    searched: Searched,
    in_data: u64,
}

/// Searches the data, and what lies beside it: files there, the CLI's folder, the folder of the keys.
///
/// # Errors
/// A folder that is not there. What cannot be read within one is in the result.
pub(super) fn search_for(
    passport: &Passport,
    data: Option<&Path>,
    paths: &Paths,
) -> Result<Foreign, Failure> {
    let mut ring = Ring::default();
    ring.add_key(&passport.public_key, Some(&passport.environment))?;
    let mut finder = Searching {
        ring,
        key: passport.public_key.fingerprint(),
        publisher: passport.publisher.identity,
        rows: data.map(|data| data.join(ROWS)),
        found: Vec::new(),
        in_data: 0,
    };
    let inputs = places(data, paths).into_iter().map(Input::Path).collect();
    let searched = search(inputs, Wanted::Secrets, &mut finder)?;
    let Searching { found, in_data, .. } = finder;
    Ok(Foreign { found, searched, in_data })
}

impl Foreign {
    /// Fails where something was found, or something could not be read: then nothing is known of it.
    ///
    /// # Errors
    /// [`Kind::ForeignSecrets`], [`Kind::Io`].
    pub(super) fn require_none(&self) -> Result<(), Failure> {
        if let Some(first) = self.found.first() {
            let named = self.found.iter().take(NAMED).cloned().collect();
            let more = self.found.len().saturating_sub(NAMED);
            let is_key = first.kind == SecretKind::PrivateKey;
            return Err(Kind::ForeignSecrets { named, more, is_key }.into());
        }
        self.searched.failures.first().cloned().map_or(Ok(()), Err)
    }

    /// The same for a gate.
    pub(super) fn as_seen(&self) -> TreeSeen {
        TreeSeen {
            searched: true,
            secrets: self.found.iter().map(ToString::to_string).collect(),
            unread: self.searched.failures.first().map(ToString::to_string),
            in_data: self.in_data,
        }
    }
}

struct Searching {
    ring: Ring,
    key: Fingerprint,
    publisher: Identity,
    rows: Option<PathBuf>,
    found: Vec<ForeignSecret>,
    in_data: u64,
}

impl Searching {
    /// A user's token in a row is refused here, and the source's copy of it has it all the same. The publisher's
    /// would be the source's databases.
    fn is_data(&self, file: &Path, secret: &Secret) -> bool {
        secret.kind == SecretKind::Token
            && secret.identity != Some(self.publisher)
            && self.rows.as_deref().is_some_and(|rows| file.starts_with(rows))
    }
}

impl Finder for Searching {
    fn found(&mut self, file: &Path, found: &Found) -> ControlFlow<()> {
        if let Judged::Secret(secret) = self.ring.judge(found)
            && secret.fingerprint == self.key
        {
            if self.is_data(file, &secret) {
                self.in_data += 1;
            } else {
                let (file, kind) = (file.to_owned(), secret.kind);
                self.found.push(ForeignSecret { file, offset: found.offset, kind });
            }
        }
        ControlFlow::Continue(())
    }
}

/// The places to search, each once.
fn places(data: Option<&Path>, paths: &Paths) -> Vec<PathBuf> {
    let keys = paths.mounted_keys_dir.clone();
    let mut all: Vec<PathBuf> = data.map(Path::to_owned).into_iter().collect();
    let parent = data.map(|data| files::folder_of(data).to_owned());
    all.extend(parent.iter().map(|parent| parent.join(".config")));
    all.extend([files::folder_of(&paths.cli_toml).to_owned(), keys]);
    let beside = parent.iter().filter_map(|parent| std::fs::read_dir(parent).ok()).flatten();
    let beside = beside.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_file()));
    all.extend(beside.map(|entry| entry.path()));
    let mut once: Vec<PathBuf> = Vec::new();
    let mut known: Vec<PathBuf> = Vec::new();
    for path in all {
        let Ok(real) = path.canonicalize() else { continue };
        if !known.iter().any(|known| real.starts_with(known)) {
            known.push(real);
            once.push(path);
        }
    }
    once
}
