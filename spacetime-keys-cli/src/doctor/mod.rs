//! Gathering what `doctor` judges: files and answers, reduced to data. Nothing is written, and
//! nothing is asked but by GET.

mod ask;
mod client;
mod log;
mod own_files;

use std::path::{Path, PathBuf};
use std::time::Duration;

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::doctor::{
    CliTomlSeen, Known, Observations, Places, ServerSeen, TokenSeen,
};
use spacetime_keys_rotation::{Paths, Site, earlier_keys, read_vaults, unfinished};

use crate::clock;
use crate::failure::Failure;
use crate::output::Output;
use client::Client;

/// What to look at.
pub(crate) struct Wish<'a> {
    pub(crate) server: Option<&'a str>,
    pub(crate) database: Option<&'a str>,
    pub(crate) cli_toml: PathBuf,
    pub(crate) keys_dir: PathBuf,
    /// Whether that folder was named, so that its absence is something.
    pub(crate) keys_dir_was_named: bool,
    pub(crate) log: Option<&'a Path>,
    pub(crate) timeout: Duration,
    pub(crate) places: Places,
}

/// Looks at everything.
///
/// # Errors
/// A log that cannot be read. All else that cannot be seen is an observation.
pub(crate) fn gather(
    wish: &Wish<'_>,
    site: &Site<'_>,
    output: &Output,
) -> Result<Observations, Failure> {
    let log = wish.log.map(log::read).transpose()?;
    let now = clock::now();
    let mounted = own_files::mounted(&wish.keys_dir, wish.keys_dir_was_named);
    let content = own_files::cli_toml(&wish.cli_toml);
    let (vaults, mut keys, unfinished) = if site.store.folder().is_none_or(Path::is_dir) {
        let found = read_vaults(site)?;
        let paths =
            Paths { mounted_keys_dir: wish.keys_dir.clone(), cli_toml: wish.cli_toml.clone() };
        (found.all, found.known_keys, unfinished(site, &paths)?)
    } else {
        (Vec::new(), Vec::new(), None)
    };
    keys.splice(0..0, mounted.iter().flat_map(|mounted| mounted.files.keys.iter().cloned()));

    let client = wish.server.map(|url| Client::new(url, wish.timeout, output));
    let mut server = client.as_ref().map_or_else(ServerSeen::default, ask::who_are_you);
    let look = |keys: &[PublicKey]| {
        let known = Known {
            served: server.verifying_key(),
            keys,
            server: wish.server,
            version: server.version(),
            now,
        };
        content.look(&known)
    };
    let mut cli_toml = look(&keys);
    if has_unknown_signer(&cli_toml) && !vaults.is_empty() {
        // Only a host that is far behind gets here.
        keys.extend(earlier_keys(site, &vaults));
        cli_toml = look(&keys);
    }
    if let Some(client) = &client {
        ask::about_the_token(client, &mut server, &content, &cli_toml, wish.database);
    }
    Ok(Observations {
        now,
        server,
        mounted,
        cli_toml,
        vaults,
        unfinished,
        log,
        places: wish.places.clone(),
    })
}

fn has_unknown_signer(cli_toml: &CliTomlSeen) -> bool {
    match cli_toml {
        CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } => facts.signed_by.is_none(),
        _ => false,
    }
}
