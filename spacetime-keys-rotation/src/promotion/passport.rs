//! A source's description of itself.

use std::path::Path;

use spacetime_keys_core::doctor::{
    CliTomlSeen, Known, Reply, ServerSeen, TokenAnswer, TokenFacts, TokenSeen,
};
use spacetime_keys_core::fleet::{Environment, Escrow, PublisherState};
use spacetime_keys_core::jwt::Publisher;
use spacetime_keys_core::promotion::{Count, Counted, Database, Passport, Query, Table, database};
use spacetime_keys_core::{Error, Identity, PublicKey};
use zeroize::Zeroizing;

use crate::clock;
use crate::error::{Failure, Kind};
use crate::files;
use crate::host::{self, Paths};
use crate::read::read_vaults;
use crate::site::Site;

/// The parts of a passport.
pub struct Subject<'a> {
    /// The environment of this host.
    pub environment: &'a Environment,
    /// Its files.
    pub paths: &'a Paths,
    /// Its server, and the URL of that.
    pub server: (&'a dyn Query, &'a str),
    /// The databases, by name or identity.
    pub databases: &'a [String],
    /// The tables whose rows are counted.
    pub counts: &'a [Counted],
}

/// Asks the server, which has shown itself (`seen`), and makes a passport. Nothing is changed. The token is
/// sent only where rows are to be counted, and only to the server whose key has signed it.
///
/// # Errors
/// A host of another environment; a server with another key than the mounted one; a database that is not
/// there, or another owner's; claims that are nowhere; rows that cannot be counted.
pub fn passport(
    site: &Site<'_>,
    subject: &Subject<'_>,
    mut seen: ServerSeen,
) -> Result<Passport, Failure> {
    let settings = site.settings;
    if let Some(host) = settings.host.as_ref().filter(|host| *host != subject.environment) {
        return Err(Kind::OtherHost(host.clone()).into());
    }
    let public_key = seen.served_key().cloned().ok_or(Error::ServedKey)?;
    let mounted = host::read_mounted(&subject.paths.mounted_keys_dir)?.0;
    let is_other = |key: &PublicKey| key.fingerprint() != public_key.fingerprint();
    if mounted.keys.iter().any(is_other) {
        return Err(Error::ServedKey.into());
    }
    let server_version = seen.version().ok_or(Error::ServerVersion)?.to_owned();
    let mut databases = Vec::new();
    for name in subject.databases {
        let Reply::Is(facts) = database(subject.server.0, name) else {
            return Err(Failure::from(Error::OwnerUnknown).in_database(name));
        };
        databases.push(Database {
            name: name.clone(),
            identity: facts.identity,
            owner: facts.owner,
            counts: Vec::new(),
        });
    }
    let owner = databases.first().ok_or(Error::OwnerUnknown)?.owner;
    if databases.iter().any(|database| database.owner != owner) {
        return Err(Error::PassportOwner.into());
    }
    let publisher = claims_of(site, subject, owner)?;
    count(subject, &mut seen, &mut databases)?;
    Ok(Passport {
        environment: subject.environment.clone(),
        created_at: clock::now(),
        server_version,
        public_key,
        publisher,
        databases,
    })
}

/// The owner's claims, from `cli.toml`, else from the environment's escrow.
fn claims_of(
    site: &Site<'_>,
    subject: &Subject<'_>,
    owner: Identity,
) -> Result<Publisher, Failure> {
    let facts = host::read_cli_toml(&subject.paths.cli_toml)?;
    if let PublisherState::Found { publisher, .. } = facts.publisher()
        && publisher.identity == owner
    {
        return Ok(publisher.clone());
    }
    let missing = || Failure::from(Error::PassportClaims).in_environment_of(subject.environment);
    if !site.store.folder().is_none_or(Path::is_dir) {
        return Err(missing());
    }
    let mut vaults = read_vaults(site)?;
    let is_its = |(failed, _): &(Environment, Failure)| failed == subject.environment;
    if let Some(at) = vaults.failures.iter().position(is_its) {
        return Err(vaults.failures.swap_remove(at).1);
    }
    let vault = vaults.all.iter().find(|vault| vault.environment == *subject.environment);
    let escrow = vault.and_then(|vault| vault.escrow.as_ref().ok());
    let mut known = escrow.into_iter().flat_map(Escrow::publishers);
    known.find(|publisher| publisher.identity == owner).cloned().ok_or_else(missing)
}

fn count(
    subject: &Subject<'_>,
    seen: &mut ServerSeen,
    databases: &mut [Database],
) -> Result<(), Failure> {
    if subject.counts.is_empty() {
        return Ok(());
    }
    let (server, url) = subject.server;
    let content = files::read_existing(&subject.paths.cli_toml)?;
    let (facts, token) = token_in(&content, seen, url)
        .ok_or_else(|| Failure::in_file(&subject.paths.cli_toml, Error::TomlNoToken))?;
    seen.look_at_token(server, &facts, &token);
    if seen.token != Reply::Is(TokenAnswer::Accepted) {
        return Err(Error::Uncounted.into());
    }
    for counted in subject.counts {
        let mut is_about_one = false;
        for database in databases.iter_mut().filter(|database| counted.is_of(&database.name)) {
            let rows = rows(server, &database.name, &counted.table, &token)?;
            let known = database.counts.iter().any(|count| count.table == counted.table);
            if !known {
                database.counts.push(Count { table: counted.table.clone(), rows });
            }
            is_about_one = true;
        }
        if !is_about_one {
            return Err(Error::Uncounted.into());
        }
    }
    Ok(())
}

fn rows(server: &dyn Query, database: &str, table: &Table, token: &str) -> Result<u64, Failure> {
    let counted = table.count(server, database, token);
    let named = || Failure::from(Error::Uncounted).in_database(&format!("{database}.{table}"));
    counted.as_ref().copied().ok_or_else(named)
}

/// The token in a `cli.toml`, and what there is to say of it at this server.
pub(super) fn token_in(
    content: &[u8],
    seen: &ServerSeen,
    url: &str,
) -> Option<(TokenFacts, Zeroizing<String>)> {
    let known = Known {
        served: seen.verifying_key(),
        keys: &[],
        server: Some(url),
        version: seen.version(),
        now: clock::now(),
    };
    let CliTomlSeen::Read { token: TokenSeen::Found(facts), .. } =
        CliTomlSeen::of(Some(content), &known)
    else {
        return None;
    };
    Some((*facts, CliTomlSeen::token_text(content)?))
}
