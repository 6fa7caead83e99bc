//! The publisher token in `cli.toml`, by itself: signed again, restored from the escrow, or made from
//! claims that were found elsewhere.

use std::path::Path;

use spacetime_keys_core::cli_toml::{self, CliToml};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::fleet::{Environment, PairState, PublisherState, Vault};
use spacetime_keys_core::jwt::{Publisher, ResignOptions, Resigned, Times, sign_publisher};
use spacetime_keys_core::{Error, Fingerprint, Identity, PrivateKey};

use crate::clock;
use crate::error::{Failure, Kind};
use crate::files::{self, Mode};
use crate::host::{self, Paths};
use crate::lock::Guarded;
use crate::places::require_something;
use crate::read::{Gathered, gather};
use crate::site::Site;

/// Signs the token of a `cli.toml` again: the same claims, by this key.
///
/// # Errors
/// What [`cli_toml::resign`] refuses; a file that cannot be read or replaced.
pub fn resign(
    path: &Path,
    key: &PrivateKey,
    options: &ResignOptions<'_>,
) -> Result<Resigned, Failure> {
    let guarded = Guarded { file: None, folders: vec![files::folder_of(path)] };
    let _lock = guarded.lock("resign")?;
    let text = files::read_existing_text(path)?;
    files::check_replaceable(path)?;
    let (text, resigned) = cli_toml::resign(&text, &Signer::new(key)?, options)
        .map_err(|error| Failure::in_file(path, error))?;
    host::write_cli_toml(path, &text)?;
    Ok(resigned)
}

/// A token that was restored.
#[derive(Debug)]
pub struct Restored {
    /// The publisher that the token is for.
    pub publisher: Publisher,
    /// Its times: it does not expire.
    pub times: Times,
    /// The key that signed it.
    pub signed_by: Fingerprint,
    /// The publisher whose token was replaced, that token's times, and the known key that had signed it.
    pub replaced: Option<(Publisher, Times, Option<Fingerprint>)>,
}

/// Makes a token from the claims in the escrow of an environment's vault, signed with its present
/// pair, and puts it into `cli.toml`. `identity` says whose, where there are several.
///
/// # Errors
/// A run at work, or an unfinished one; a vault without a sound pair; a mounted pair that is another one,
/// for its server would refuse the token; an escrow without that publisher.
pub fn restore(
    site: &Site<'_>,
    environment: &Environment,
    identity: Option<Identity>,
    paths: &Paths,
) -> Result<Restored, Failure> {
    require_something(site.settings, site.store.folder(), paths, Some(environment))?;
    let guarded = site.state.guarded(paths);
    if guarded.is_locked() {
        return Err(guarded.busy());
    }
    // What is refused leaves no trace: the lock comes after a first look.
    look(site, environment, identity, paths)?;
    let _lock = site.state.lock(paths, "restore")?;
    let found = look(site, environment, identity, paths)?;
    write(&found, &paths.cli_toml)
}

/// Makes a token for a publisher whose claims were found somewhere, signed with the mounted key, which is
/// the server's, and puts it into `cli.toml`.
///
/// # Errors
/// A run at work, or an unfinished one; a mounted pair that is none; a publisher whose tokens an external
/// issuer signs ([`Error::OwnerExternal`]).
pub fn recover(site: &Site<'_>, publisher: &Publisher, paths: &Paths) -> Result<Restored, Failure> {
    // A host that has no store gets none by this.
    let has_store = site.store.folder().is_none_or(Path::is_dir);
    let guarded = if has_store { site.state.guarded(paths) } else { Guarded::of(paths, None) };
    if guarded.is_locked() {
        return Err(guarded.busy());
    }
    look_at_mounted(site, publisher, paths)?;
    let _lock =
        if has_store { site.state.lock(paths, "recover")? } else { guarded.lock("recover")? };
    write(&look_at_mounted(site, publisher, paths)?, &paths.cli_toml)
}

/// Fails where [`recover`] would. Changes nothing.
pub fn check_recoverable(
    site: &Site<'_>,
    publisher: &Publisher,
    paths: &Paths,
) -> Result<(), Failure> {
    look_at_mounted(site, publisher, paths)?;
    files::check_replaceable(&paths.cli_toml)
}

/// The parts of a token.
struct Found {
    key: PrivateKey,
    publisher: Publisher,
    replaced: PublisherState,
}

/// The present state, if no run is unfinished.
fn settled(site: &Site<'_>, paths: &Paths) -> Result<Gathered, Failure> {
    let gathered = gather(site, paths)?;
    if gathered.snapshot.unfinished.is_some() {
        return Err(Error::Unfinished.into());
    }
    Ok(gathered)
}

fn look_at_mounted(
    site: &Site<'_>,
    publisher: &Publisher,
    paths: &Paths,
) -> Result<Found, Failure> {
    if !publisher.is_local() {
        return Err(Error::OwnerExternal.into());
    }
    let host = settled(site, paths)?.snapshot.host;
    let path = paths.private_key();
    let content = files::read_existing(&path)?;
    let key = PrivateKey::from_pem(&*content).map_err(|error| Failure::in_file(&path, error))?;
    if let PairState::Unsound(how) = host.pair() {
        return Err(Error::MountedUnsound(how).into());
    }
    Ok(Found { key, publisher: publisher.clone(), replaced: host.publisher })
}

fn look(
    site: &Site<'_>,
    environment: &Environment,
    identity: Option<Identity>,
    paths: &Paths,
) -> Result<Found, Failure> {
    let refuse = |error| Failure::in_environment(environment, error);
    let mut gathered = settled(site, paths)?;
    if let Some(failure) = gathered.take_failure(environment) {
        return Err(failure);
    }
    let vault = gathered.snapshot.vault(environment).ok_or(Error::EnvironmentUnknown)?;
    let pair = match vault.pair() {
        PairState::Sound(pair) => pair,
        PairState::Unsound(how) => return Err(refuse(Error::GroupUnsound(how))),
        PairState::Empty | PairState::Unavailable => return Err(refuse(Error::VaultEmpty)),
    };
    // The server has the mounted key: a token signed with another one would be a 401.
    match gathered.snapshot.host.pair() {
        PairState::Sound(mounted) if mounted == pair => {}
        PairState::Empty => {}
        _ => return Err(Kind::MountedDiffers(environment.clone()).into()),
    }
    let escrow = vault.escrow.as_ref().map_err(|error| refuse(*error))?;
    let publisher = escrow.choose(identity).map_err(|error| match error {
        Error::EscrowAmbiguous => {
            let all = escrow.publishers().iter().map(|publisher| publisher.identity);
            Failure::from(Kind::SeveralPublishers(all.collect())).in_environment_of(environment)
        }
        error => refuse(error),
    })?;
    let key = present_key(site, vault)?;
    let publisher = publisher.clone();
    Ok(Found { key, publisher, replaced: gathered.snapshot.host.publisher })
}

fn present_key(site: &Site<'_>, vault: &Vault) -> Result<PrivateKey, Failure> {
    let in_vault = |error| Failure::in_environment(&vault.environment, error);
    let secret = site.store.read(&vault.name, &site.settings.private_secret)?.latest;
    let secret = secret.ok_or_else(|| in_vault(Error::VaultEmpty))?;
    PrivateKey::from_pem(&*secret.value).map_err(in_vault)
}

/// Puts a token that this key has signed into a `cli.toml`, which is made where there is none.
pub(crate) fn put(path: &Path, token: &str, key: &PrivateKey, mode: Mode) -> Result<(), Failure> {
    let text = files::read_text(path)?.unwrap_or_default();
    let cli_toml = CliToml::parse(&text).map_err(|error| Failure::in_file(path, error))?;
    files::create_folder(files::folder_of(path), 0o700)?;
    files::replace(path, cli_toml.with(token, &[], key.public_key()).as_bytes(), mode)
}

fn write(found: &Found, path: &Path) -> Result<Restored, Failure> {
    let Found { key, publisher, replaced } = found;
    files::check_replaceable(path)?;
    let now = clock::now();
    let token = sign_publisher(publisher, now, &Signer::new(key)?)?;
    put(path, &token, key, Mode::KeepOr(host::PRIVATE_MODE))?;
    let replaced = match replaced {
        PublisherState::Found { publisher, times, verified_with, .. } => {
            Some((publisher.clone(), *times, *verified_with))
        }
        _ => None,
    };
    Ok(Restored {
        publisher: publisher.clone(),
        times: Times { iat: Some(now), exp: None },
        signed_by: key.public_key().fingerprint(),
        replaced,
    })
}
