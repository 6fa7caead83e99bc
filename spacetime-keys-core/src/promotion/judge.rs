//! Compares the destination with the passport.

use super::gate::GateName as Name;
use super::{Database, DatabaseSeen, Gate, Passport, Seen};
use crate::doctor::{Outcome, Reply, TokenAnswer};
use crate::{Fingerprint, Identity};

/// Each gate, in order. A promotion stands where all of them are well.
///
/// `databases`: those that are judged; each must be the passport's.
pub fn judge(passport: &Passport, seen: &Seen, databases: &[&Database]) -> Vec<Gate> {
    let theirs = passport.public_key.fingerprint();
    let mut gates = vec![server(seen), version(passport, seen), served(seen)];
    gates.push(match seen.served {
        Some(served) => {
            let detail = format!("the source's key is {}", theirs.short());
            Gate::new(Name::ForeignKey, served != theirs, detail)
        }
        None => Gate::new(Name::ForeignKey, false, NO_KEY),
    });
    gates.extend(token(passport, seen));
    for database in databases {
        let found = seen.databases.iter().find(|found| found.name == database.name);
        gates.extend(of_database(database, found));
    }
    gates.push(seen.tree.as_gate());
    let modes = match seen.exposed.as_slice() {
        [] => "only this user can read the key files and cli.toml".to_owned(),
        exposed => format!("others can use {}", exposed.join(", ")),
    };
    gates.push(Gate::new(Name::Modes, seen.exposed.is_empty(), modes));
    gates
}

const NO_KEY: &str = "the server shows no P-256 key";

fn server(seen: &Seen) -> Gate {
    match (&seen.version, &seen.unreached) {
        (Some(version), _) => Gate::new(Name::Server, true, format!("a server {version}")),
        (None, Some(why)) => Gate::new(Name::Server, false, why.clone()),
        (None, None) => Gate::new(Name::Server, false, "the server does not say its version"),
    }
}

/// A server that is older than the one that wrote the data may not read it.
fn version(passport: &Passport, seen: &Seen) -> Gate {
    let source = &passport.server_version;
    let Some(version) = &seen.version else {
        return Gate::new(Name::Version, false, format!("unknown; the source has {source}"));
    };
    let is_older = numbers(version) < numbers(source);
    Gate::new(Name::Version, !is_older, format!("{version} here, {source} at the source"))
}

/// `2.8.3` as numbers; what follows a `-` or `+` does not count.
fn numbers(version: &str) -> Vec<u32> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split(['-', '+']).next().unwrap_or_default();
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn served(seen: &Seen) -> Gate {
    let short = |key: Option<Fingerprint>| key.map_or_else(|| "none".to_owned(), |key| key.short());
    let detail = format!("served {}, mounted {}", short(seen.served), short(seen.mounted));
    Gate::new(Name::ServedKey, seen.served.is_some() && seen.served == seen.mounted, detail)
}

fn token(passport: &Passport, seen: &Seen) -> [Gate; 4] {
    let publisher = passport.publisher.identity;
    let (ours, theirs, identity) = match seen.token {
        Some(token) => (token.by_ours, !token.by_theirs, token.identity),
        None => (false, false, None),
    };
    let say = |ok: bool, good: &'static str, bad: &'static str| match (seen.token, ok) {
        (None, _) => "cli.toml holds no token",
        (_, true) => good,
        (_, false) => bad,
    };
    let whose = identity.map_or_else(|| "nobody".to_owned(), |identity| identity.to_string());
    let accepted = seen.accepted == Reply::Is(TokenAnswer::Accepted);
    [
        Gate::new(
            Name::Token,
            ours,
            say(ours, "signed by the mounted key", "the mounted key has not signed it"),
        ),
        Gate::new(
            Name::ForeignToken,
            theirs,
            say(theirs, "refused at the source", "the source's key has signed it"),
        ),
        Gate::new(Name::Publisher, identity == Some(publisher), whose),
        Gate::new(
            Name::Accepted,
            accepted,
            if accepted { "the server takes it" } else { "the server does not take it" },
        ),
    ]
}

fn of_database(expected: &Database, found: Option<&DatabaseSeen>) -> Vec<Gate> {
    let name = expected.name.as_str();
    let facts = found.and_then(|found| found.facts.as_ref());
    let (same, detail) = match facts {
        Some(facts) if facts.identity != expected.identity => {
            (false, another("the database", facts.identity, expected.identity))
        }
        Some(facts) if facts.owner != expected.owner => {
            (false, another("its owner", facts.owner, expected.owner))
        }
        Some(facts) => (true, format!("{}, owner {}", facts.identity, facts.owner)),
        None => (false, "the server does not say that it has it".to_owned()),
    };
    let (outcome, words) = match found {
        Some(DatabaseSeen { publish: (outcome, words), .. }) => (*outcome, words.as_str()),
        None => (None, "it was not asked about"),
    };
    let mut gates = vec![
        Gate::new(Name::Database, same, detail),
        Gate::new(Name::Publish, outcome == Some(Outcome::Updates), words),
    ];
    for count in &expected.counts {
        let rows = found.and_then(|found| found.rows.iter().find(|row| row.table == count.table));
        // What nobody asked about is not judged.
        let Some(rows) = rows else { continue };
        let table = &count.table;
        let (ok, detail) = match rows.rows.as_ref() {
            Some(rows) => {
                (*rows == count.rows, format!("{table}: {rows} rows, {} at the source", count.rows))
            }
            None => (false, format!("{table}: the server did not count its rows")),
        };
        gates.push(Gate::new(Name::Count, ok, detail));
    }
    gates.into_iter().map(|gate| gate.of(name)).collect()
}

fn another(what: &str, found: Identity, expected: Identity) -> String {
    format!("{what} is {found}, and {expected} at the source")
}
