//! `token check`: what a server would answer.

use serde_json::json;
use spacetime_keys_core::jwks;
use spacetime_keys_core::jwt::Token;
use spacetime_keys_core::server::{Remedy, Server};
use spacetime_keys_core::{Error, PublicKey};
use spacetime_keys_rotation::host;

use super::source;
use crate::args::Check;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::files;
use crate::key_set::{self, KeySet};
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn check(args: &Check, output: &Output) -> Result<Answer, Failure> {
    let mut server = Server::of_version(&args.server)?;
    let rules = server.rules();
    let in_keys_dir = args.keys_dir.as_deref().map(host::public_key_in);
    if let Some(path) = args.public_key.as_ref().or(in_keys_dir.as_ref()) {
        let key = files::parse_named(path, PublicKey::from_pem)?;
        server = server.with_local_key(&key).map_err(|error| Failure::in_file(path, error))?;
    }
    let set = match &args.jwks.jwks {
        Some(place) => Some(key_set::read(place, &args.jwks.fetch)?),
        None => None,
    };
    server = match set.as_ref().map(|set| &set.content) {
        Some(Ok(bytes)) => server.with_issuer_keys(bytes),
        Some(Err(error)) => server.without_issuer_keys(*error),
        None => server,
    };
    let token = source::read(&args.source)?;
    let verdict = server.check(&token, clock::now());
    let issuer = Token::parse(&token).ok().and_then(|token| token.claims().get_str("iss"));
    // Nothing is left to say where the set was found as servers find it.
    let is_found = issuer.as_deref().zip(set.as_ref().and_then(|set| set.found.as_ref()));
    let condition = verdict
        .condition()
        .filter(|_| !is_found.is_some_and(|(issuer, found)| found.is_of(issuer)))
        .map(|condition| condition.to_string());
    let named = set.as_ref().and_then(KeySet::issuer);
    let is_named = named.map(|named| jwks::compare_issuers(issuer.as_deref(), named).is_ok());
    if let Some(set) = &set {
        set.note().into_iter().for_each(|note| output.note(&note));
    }
    if is_named == Some(false) {
        output.warn(
            "the discovery document's `issuer` is not the token's `iss`: servers do not compare \
             the two, other programs do, and refuse the token",
        );
    }
    let report = json!({
        "accepted": verdict.accepted,
        "server": rules,
        "identity": verdict.identity,
        "status": verdict.status,
        "reason": verdict.words,
        "code": verdict.cause.map(Error::code),
        "detail": verdict.cause.map(|cause| cause.to_string()),
        "remedy": verdict.remedy,
        "remedy_code": verdict.remedy.map(Remedy::code),
        "condition": condition,
        "source": set.as_ref().map(KeySet::source),
        "discovery_issuer_matches": is_named,
    });
    output.result(&report, || match (verdict.identity, verdict.words, verdict.remedy) {
        (Some(identity), _, _) => {
            let condition = condition.map(|text| format!("{text}\n")).unwrap_or_default();
            format!("{}\nidentity {identity}\n{condition}", styled(GOOD, "accepted"))
        }
        (None, Some(words), Some(remedy)) => {
            let refused = format!("refused: {} {words}", verdict.status);
            let detail = verdict.cause.map(|cause| format!("{cause}\n")).unwrap_or_default();
            format!("{}\n{detail}{remedy}\n", styled(BAD, refused))
        }
        _ => String::new(),
    });
    Ok(verdict.accepted.into())
}
