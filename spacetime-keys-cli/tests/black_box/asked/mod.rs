//! `token check --server` against stand-ins. The real server: `tests/real-server/asked.rs`.

mod answers;
mod issuers;
mod measured;
mod names;

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::Plain;

use crate::common::{Host, Run, token};
use crate::doctor::standin::Standin;

const SUBJECT: &str = "37f0c23f-a152-43b9-8728-c04a94a51ed9";
const NOW: i64 = 1_795_315_000;

/// Claims of the server's own, and of an issuer.
fn claims(issuer: &str) -> Value {
    json!({ "iss": issuer, "sub": SUBJECT, "iat": NOW })
}

/// A server of 2.8.3 with this key. It takes every token for one of this issuer's user.
fn standin(key: &PrivateKey, issuer: &str) -> Standin {
    let owner = Identity::from_claims("localhost", SUBJECT);
    Standin {
        bearer: Identity::from_claims(issuer, SUBJECT).to_string(),
        ..Standin::new(key.public_key().to_pem(), &owner)
    }
}

/// Asks a server about a token, with `--json`. A token that is shown fails the test.
#[track_caller]
fn ask(server: &str, token: &str, more: &[&str]) -> (Run, Value) {
    let host = Host::empty();
    let arguments = ["token", "check", "--json", "-v", "--timeout", "10m", "--server", server];
    let run = Run::of(&mut host.command(&[&arguments[..], more].concat()), token.as_bytes());
    for part in token.split('.').filter(|part| part.len() > 12) {
        assert!(!run.stdout.contains(part) && !run.stderr.contains(part), "a token is shown");
    }
    let said = run.json();
    (run, said)
}

/// The same of a server that refuses each request with a token like this.
fn ask_one_that_says(
    key: &PrivateKey,
    token: &str,
    status: u16,
    body: &str,
) -> (Run, Value, Plain) {
    let refusal = (status != 200).then(|| (status, body.to_owned()));
    let server = Standin { refusal, ..standin(key, "localhost") }.serve();
    let (run, said) = ask(&server.url, token, &[]);
    (run, said, server)
}

fn local(key: &PrivateKey) -> String {
    token(key, &claims("localhost"))
}
