//! `token check`: what a server would answer.

use serde_json::json;
use spacetime_keys_core::server::{Remedy, Server};
use spacetime_keys_core::{Error, PublicKey};
use spacetime_keys_rotation::host;

use super::source;
use crate::args::Check;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::files;
use crate::key_set;
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn check(args: &Check, output: &Output) -> Result<Answer, Failure> {
    let mut server = Server::of_version(&args.server)?;
    let rules = server.rules();
    let in_keys_dir = args.keys_dir.as_deref().map(host::public_key_in);
    if let Some(path) = args.public_key.as_ref().or(in_keys_dir.as_ref()) {
        let key = files::parse_named(path, PublicKey::from_pem)?;
        server = server.with_local_key(&key).map_err(|error| Failure::in_file(path, error))?;
    }
    if let Some(place) = &args.jwks.jwks {
        server = server.with_issuer_keys(&key_set::read(place, args.jwks.timeout)?);
    }
    let verdict = server.check(&source::read(&args.source)?, clock::now());
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
    });
    output.result(&report, || match (verdict.identity, verdict.words, verdict.remedy) {
        (Some(identity), _, _) => {
            format!("{}\nidentity {identity}\n", styled(GOOD, "accepted"))
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
