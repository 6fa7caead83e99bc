//! After the destination's server was started on the source's data: what is seen there, for the gates.

use std::path::Path;

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::doctor::{
    CliTomlSeen, Observations, Places, Reply, TokenAnswer, diagnose,
};
use spacetime_keys_core::fleet::{PairState, Place, PlaceKind};
use spacetime_keys_core::promotion::{
    Counted, Database, DatabaseSeen, Gate, Passport, Query, Rows, Seen, Signed, Table, database,
    judge,
};
use zeroize::Zeroizing;

use super::foreign::search_for;
use crate::error::Failure;
use crate::files;
use crate::host::{self, Paths};
use crate::inspect::{Add as _, places_of};
use crate::observe::{Look, observe};
use crate::site::Site;

/// The subject of the checks.
pub struct Acceptance<'a> {
    /// The source's.
    pub passport: &'a Passport,
    /// This host's files.
    pub paths: &'a Paths,
    /// The server that was started on the data.
    pub server: &'a dyn Query,
    /// The folder that the data lies in. `None`: only what lies beside `cli.toml` and the keys is searched.
    pub data: Option<&'a Path>,
    /// The passport's databases that are judged.
    pub databases: Vec<&'a Database>,
    /// The passport's counts that are judged; none named: all.
    pub counts: &'a [Counted],
    /// Names for commands.
    pub places: Places,
}

/// Looks at the server and this host, and judges. Nothing is changed. The token is sent only to a server that
/// shows the key which has signed it.
///
/// # Errors
/// A store, or a file of this host, that cannot be read. What else is wrong is a gate.
pub fn accept(site: &Site<'_>, acceptance: &Acceptance<'_>) -> Result<Vec<Gate>, Failure> {
    let Acceptance { passport, paths, server, data, databases, .. } = acceptance;
    let content = files::read(&paths.cli_toml)?;
    let token = content.as_deref().and_then(|content| CliTomlSeen::token_text(content));
    let mounted = host::read_mounted(&paths.mounted_keys_dir)?.0;
    let ours = match PairState::of(&mounted.private, &mounted.public) {
        PairState::Sound(fingerprint) => {
            mounted.keys.iter().find(|key| key.fingerprint() == fingerprint)
        }
        _ => None,
    };
    let mut seen = Seen {
        mounted: ours.map(PublicKey::fingerprint),
        token: token.as_ref().and_then(|token| {
            let signed = Signed::of(token.trim(), ours, &passport.public_key);
            signed.ok()
        }),
        exposed: exposed(paths),
        tree: search_for(passport, *data, paths)?.as_seen(),
        ..Seen::default()
    };
    for database in databases {
        let look = Look {
            paths,
            keys_are_named: true,
            server: Some(*server),
            database: Some(&database.name),
        };
        let observed = observe(site, &look, acceptance.places.clone())?;
        let found = of_database(acceptance, database, &observed, token.as_ref(), &seen);
        seen.databases.push(found);
        take(&mut seen, observed);
    }
    Ok(judge(passport, &seen, databases))
}

/// What each look at the server says again.
fn take(seen: &mut Seen, observed: Observations) {
    let server = observed.server;
    seen.version = server.version().map(str::to_owned);
    seen.served = server.served_key().map(PublicKey::fingerprint);
    let foreign = server.foreign().map(|foreign| foreign.to_string());
    seen.unreached = foreign.or_else(|| server.unreached().map(|why| why.to_string()));
    seen.accepted = server.token;
}

fn of_database(
    acceptance: &Acceptance<'_>,
    expected: &Database,
    observed: &Observations,
    token: Option<&Zeroizing<String>>,
    seen: &Seen,
) -> DatabaseSeen {
    let name = &expected.name;
    let server = acceptance.server;
    let diagnosis = diagnose(observed);
    let facts = if observed.server.is_there() { database(server, name) } else { Reply::NotAsked };
    // A server with another key may be anybody's: it gets no token.
    let shown = observed.server.served_key().map(PublicKey::fingerprint);
    let is_ours = shown.is_some() && shown == seen.mounted;
    let is_taken = observed.server.token == Reply::Is(TokenAnswer::Accepted);
    let token = token.filter(|_| is_ours && is_taken);
    let is_named = |table: &Table| {
        let counts = acceptance.counts;
        counts.is_empty() || counts.iter().any(|one| one.is_of(name) && one.table == *table)
    };
    let counted = expected.counts.iter().filter(|count| is_named(&count.table));
    let rows = counted.map(|count| Rows {
        table: count.table.clone(),
        rows: token.map_or(Reply::NotAsked, |token| count.table.count(server, name, token)),
    });
    let rows = rows.collect();
    DatabaseSeen {
        name: name.clone(),
        facts,
        publish: (diagnosis.outcome, diagnosis.verdict),
        rows,
    }
}

/// The key files and `cli.toml` that others can use as they should not.
fn exposed(paths: &Paths) -> Vec<String> {
    let mut inspected = places_of(&paths.mounted_keys_dir);
    inspected.add(PlaceKind::CliToml, &paths.cli_toml);
    let exposed = inspected.places.into_iter().filter(Place::is_exposed);
    exposed.map(|place| place.path).collect()
}
