//! What doctor sees of a server beside its answers to a token: keys that it cannot use, and odd ones.

use std::process::Command;

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};

use super::standin::Standin;
use super::{Said, doctor};
use crate::common::{CLI_TOML, Host, PRIVATE, PUBLIC, Run, token};

const SUBJECT: &str = "37f0c23f-a152-43b9-8728-c04a94a51ed9";

/// A host and a server that takes its token, but for what `change` does to the server.
fn ask(host: &Host, database: &str, change: impl FnOnce(&mut Standin)) -> Said {
    let mut standin = Standin {
        health: Some("{\"version\":\"1.2.0\"}".to_owned()),
        ..Standin::new(host.read(PUBLIC), &Identity::from_claims("localhost", SUBJECT))
    };
    change(&mut standin);
    let url = standin.serve().url;
    doctor(host, &["--server", &url, "--database", database])
}

fn host() -> Host {
    let (host, key) = (Host::new(), PrivateKey::generate().unwrap());
    host.mount(&key);
    let claims = json!({ "iss": "localhost", "sub": SUBJECT, "iat": 1_795_315_000 });
    host.set_token(&token(&key, &claims));
    host
}

/// Seen on the real 1.2.0: with such a key it updates databases, and creates none.
#[test]
fn a_private_key_that_signs_nothing() {
    let host = host();
    let cannot_issue = |standin: &mut Standin| standin.cannot_issue = true;
    let said = ask(&host, "app", cannot_issue);
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    let said = ask(&host, "new", cannot_issue);
    assert_eq!(said.outcome(), ("unauthorized", Some(500)), "{:#}", said.document);
    assert_eq!(said.check("database").0, Some(false), "{:#}", said.document);
    // Without a token there is nothing that it does.
    let content = host.read(CLI_TOML).replace("spacetimedb_token", "left_over");
    host.write(CLI_TOML, content);
    let said = ask(&host, "app", cannot_issue);
    assert_eq!(said.outcome(), ("unauthorized", Some(500)), "{:#}", said.document);
}

/// Servers verify with a certificate's key, which is not read here.
#[test]
fn a_certificate_as_public_key() {
    let host = host();
    let mut command = Command::new("openssl");
    let arguments = ["req", "-x509", "-subj", "/CN=test", "-days", "2", "-out", "made.pem"];
    command.args(arguments).arg("-key").arg(host.path(PRIVATE)).current_dir(host.path(""));
    Run::of(&mut command, b"").success();
    let certificate = host.read("made.pem");
    let said = ask(&host, "app", |standin| standin.public_key = certificate);
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!(said.check("served_key").0, None, "{:#}", said.document);
    assert!(said.remedy().is_empty(), "nothing is wrong with it: {:?}", said.remedy());
}

/// A pair that nobody put there.
#[test]
fn a_pair_that_the_server_made() {
    let host = host();
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    let own = PrivateKey::generate().unwrap();
    host.mount(&own);
    let said = ask(&host, "app", |standin| {
        standin.public_key = own.public_key().to_pem();
        standin.refusal = Some((401, "TokenError(Error(InvalidSignature))".to_owned()));
    });
    assert_eq!(said.outcome(), ("unauthorized", Some(401)), "{:#}", said.document);
    let (ok, text) = said.check("served_key");
    assert!(ok == Some(false) && text.contains("no vault has"), "{text}");
}

/// No server takes such a header, whatever the token in it would be.
#[test]
fn a_token_that_is_not_ascii() {
    let host = host();
    let odd = format!("\u{e9}{}", host.token());
    host.set_token(&odd);
    let said = ask(&host, "app", |_| {});
    assert_eq!(said.outcome(), ("bad_request", Some(400)), "{:#}", said.document);
}
