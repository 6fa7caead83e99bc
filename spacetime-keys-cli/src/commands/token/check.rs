//! `token check`: what a server would answer, by its version and its keys.

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_rotation::host;

use super::{source, verdict};
use crate::args::Check;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::files;
use crate::key_set::{self, KeySet};
use crate::output::Output;

pub(super) fn check(args: &Check, output: &Output) -> Result<Answer, Failure> {
    let in_keys_dir = args.keys_dir.as_deref().map(host::public_key_in);
    let own_key = args.public_key.as_ref().or(in_keys_dir.as_ref());
    if own_key.is_none() && args.jwks.jwks.is_none() {
        return Err(Failure::usage(
            "missing: the server, or its keys",
            "`--server URL` asks a running server; --public-key, --keys-dir and --jwks name keys",
        ));
    }
    let mut server = of_version(args.version())?;
    if let Some(path) = own_key {
        let key = files::parse_named(path, PublicKey::from_pem)?;
        server = server.with_local_key(&key).map_err(|error| Failure::in_file(path, error))?;
    }
    let place = args.jwks.jwks.as_deref();
    let set = place.map(|place| key_set::read(place, &args.jwks.fetch)).transpose()?;
    if let Some(set) = &set {
        server = with_set(server, set);
    }
    let token = source::read(&args.source)?;
    let found = server.check(&token, clock::now());
    let by_set = verdict::BySet::of(&found, &token, set.as_ref());
    by_set.tell(output);
    let report = by_set.add_to(verdict::to_json(&found, server.rules()));
    output.result(&report, || verdict::to_text(&found, &by_set));
    Ok(found.accepted.into())
}

/// A server of a version; where none is known, one of the newest.
pub(super) fn of_version(version: Option<&str>) -> Result<Server, Failure> {
    Ok(version.map_or_else(|| Ok(Server::new(Rules::default())), Server::of_version)?)
}

/// With an issuer's set, or with what came in its place.
pub(super) fn with_set(server: Server, set: &KeySet) -> Server {
    match &set.content {
        Ok(bytes) => server.with_issuer_keys(bytes),
        Err(error) => server.without_issuer_keys(*error),
    }
}
