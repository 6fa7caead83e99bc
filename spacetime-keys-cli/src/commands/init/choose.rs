//! Which of the files that were found belong to this host.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use spacetime_keys_core::fleet::PublisherState;
use spacetime_keys_core::printable::visible;
use spacetime_keys_core::{Fingerprint, PublicKey};
use spacetime_keys_rotation::places::{Found, GUIDE_CLI_TOML, GUIDE_KEYS, Layout};
use spacetime_keys_rotation::{files, host};

use super::{shown, words};
use crate::args;
use crate::failure::Failure;

/// This host's files. `None`: where the defaults say.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) keys_dir: Option<PathBuf>,
    pub(super) cli_toml: Option<PathBuf>,
    /// Key files that are there.
    pub(super) keys_files: Vec<PathBuf>,
    /// Key files under names that this program does not work with.
    pub(super) other_names: Vec<PathBuf>,
}

impl Chosen {
    /// The guide's places in this folder.
    pub(super) fn of_guide(folder: &Path) -> Self {
        Self { keys_files: keys_in(&folder.join(GUIDE_KEYS)), ..Self::default() }
    }
}

/// Chooses: what is named; what the server that answers here uses; what is nearest. Where that leaves
/// several, a person is asked.
pub(super) fn choose(
    args: &args::Init,
    folder: &Path,
    found: &[Found],
    served: Option<Fingerprint>,
) -> Result<Chosen, Failure> {
    let keys = if let Some(named) = &args.keys_dir {
        Some(existing(named)?)
    } else {
        let all = every(found, |found| found.keys_dir().map(Path::to_owned));
        let is_the_servers = |keys: &&PathBuf| served.is_some() && key_in(keys) == served;
        match all.iter().map(|(_, keys)| keys).find(is_the_servers) {
            Some(keys) => Some(keys.clone()),
            None => one("folders of keys", "--keys-dir", nearest(folder, &all), args.yes)?,
        }
    };
    let cli_toml = if let Some(named) = &args.cli_toml {
        Some(existing(named)?)
    } else {
        let all = every(found, |found| found.cli_toml.clone());
        let key = keys.as_deref().and_then(public_key_in);
        let is_signed = |path: &&PathBuf| key.as_ref().is_some_and(|key| is_signed_by(path, key));
        match all.iter().map(|(_, path)| path).find(is_signed) {
            Some(path) => Some(path.clone()),
            None => one("cli.toml files", "--cli-toml", nearest(folder, &all), args.yes)?,
        }
    };
    let mut keys_files = keys_in(keys.as_deref().unwrap_or(&folder.join(GUIDE_KEYS)));
    let others = found.iter().filter(|found| found.keys_dir().is_none());
    let other_names: Vec<PathBuf> = others
        .flat_map(|found| [&found.private_key, &found.public_key])
        .flatten()
        .cloned()
        .collect();
    if keys.is_none() {
        keys_files.extend(other_names.iter().cloned());
    }
    Ok(Chosen {
        // What the defaults say anyway is not written down: it may come and go.
        keys_dir: keys.filter(|keys| *keys != folder.join(GUIDE_KEYS)),
        cli_toml: cli_toml
            .filter(|path| *path != folder.join(GUIDE_CLI_TOML).components().collect::<PathBuf>()),
        keys_files,
        other_names,
    })
}

fn every(found: &[Found], path: impl Fn(&Found) -> Option<PathBuf>) -> Vec<(Layout, PathBuf)> {
    let mut all: Vec<_> = found.iter().filter_map(|f| Some((f.layout, path(f)?))).collect();
    let mut seen = BTreeSet::new();
    all.retain(|(_, path)| seen.insert(path.clone()));
    all
}

fn existing(named: &Path) -> Result<PathBuf, Failure> {
    if named.exists() { Ok(files::absolute(named)) } else { Err(files::not_found(named).into()) }
}

/// The key files in a folder.
fn keys_in(folder: &Path) -> Vec<PathBuf> {
    let both = [host::private_key_in(folder), host::public_key_in(folder)];
    both.into_iter().filter(|path| path.exists()).collect()
}

fn public_key_in(folder: &Path) -> Option<PublicKey> {
    let content = files::read(&host::public_key_in(folder)).ok()??;
    PublicKey::from_pem(&*content).ok()
}

fn key_in(folder: &Path) -> Option<Fingerprint> {
    public_key_in(folder).map(|key| key.fingerprint())
}

/// Whether the token in a `cli.toml` is one that a server with this key takes.
fn is_signed_by(path: &Path, key: &PublicKey) -> bool {
    let Ok(mut facts) = host::read_cli_toml(path) else { return false };
    facts.verify_with([key]);
    matches!(facts.publisher(), PublisherState::Found { verified_with: Some(_), .. })
}

/// Those in this folder; without any, those in the folders above; without any, all.
fn nearest(folder: &Path, all: &[(Layout, PathBuf)]) -> Vec<PathBuf> {
    // What lies in a home folder belongs to no project there.
    let within = |base: &Path| -> Vec<PathBuf> {
        let near =
            all.iter().filter(|(layout, path)| *layout != Layout::Home && path.starts_with(base));
        near.map(|(_, path)| path.clone()).collect()
    };
    let home = std::env::home_dir();
    let is_project = |base: &&Path| Some(*base) != home.as_deref() && base.parent().is_some();
    let bases = folder.ancestors().take_while(|base| *base == folder || is_project(base));
    bases
        .map(within)
        .find(|found| !found.is_empty())
        .unwrap_or_else(|| all.iter().map(|(_, path)| path.clone()).collect())
}

/// The only one; of several the one that a person chooses.
fn one(
    what: &'static str,
    flag: &'static str,
    found: Vec<PathBuf>,
    never_ask: bool,
) -> Result<Option<PathBuf>, Failure> {
    if found.len() < 2 {
        return Ok(found.into_iter().next());
    }
    let stdin = std::io::stdin();
    if never_ask || !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return Err(words::several(what, flag, &found));
    }
    let mut stderr = anstream::stderr();
    let _ = writeln!(stderr, "Several {what} were found:");
    for (number, path) in found.iter().enumerate() {
        let _ = writeln!(stderr, "  {}. {}", number + 1, visible(&shown(path)));
    }
    let _ = write!(stderr, "Which one does this server use? [1-{}] ", found.len());
    let _ = stderr.flush();
    let mut answer = String::new();
    let _ = stdin.lock().read_line(&mut answer);
    let number: Option<usize> = answer.trim().parse().ok();
    let chosen = number.and_then(|number| found.get(number.checked_sub(1)?).cloned());
    chosen.map(Some).ok_or_else(|| words::several(what, flag, &found))
}
