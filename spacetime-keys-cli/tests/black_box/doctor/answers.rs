//! What real servers answered to a publish, and whether doctor predicts the same of a stand-in that
//! answers questions as they do.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

use super::doctor;
use super::standin::Standin;
use crate::common::{Host, PUBLIC, token};

const RECORDED: &str = include_str!("../../../../tests/fixtures/publish-answers.jsonl");

const NOW: i64 = 1_795_315_000;
const SUBJECT: &str = "37f0c23f-a152-43b9-8728-c04a94a51ed9";
const OTHER: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";

#[derive(Clone, Copy)]
enum Token {
    Good,
    OtherPerson,
    Minimal,
    OtherIssuer,
    Foreign,
    Expired,
    Unreachable,
    NoUrl,
    WrongHex,
    Opaque,
    Quoted,
    Empty,
    Missing,
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    New,
    Existing,
    Bad,
}

/// The recorded publishes that a host can bring about, by their case.
const PUBLISHES: [(&str, Token, Name); 33] = {
    use Name::{Bad, Existing, New};
    use Token::*;
    [
        ("key A: owner, new name", Good, New),
        ("key A: owner, same module again", Good, Existing),
        ("key A: other identity, existing name of T1", OtherPerson, Existing),
        ("key A: no Authorization, new name", Missing, New),
        ("key A: no Authorization, existing name of T1", Missing, Existing),
        ("key A: expired token (same key, iss, sub), existing name", Expired, Existing),
        ("key A: expired token, new name", Expired, New),
        ("key A: opaque token, existing name", Opaque, Existing),
        ("key A: opaque token, new name", Opaque, New),
        ("key A: empty bearer, existing name", Empty, Existing),
        ("key A: quoted token", Quoted, Existing),
        ("key A: token signed by unknown key, iss localhost", Foreign, Existing),
        ("key A: token of unreachable issuer", Unreachable, Existing),
        ("key A: token of issuer that is not a URL", NoUrl, Existing),
        (
            "key A: T1 claims re-signed with local key, minimal claims iss,sub,iat",
            Minimal,
            Existing,
        ),
        ("key A: local key, foreign iss URL (identity differs)", OtherIssuer, Existing),
        ("key A: local key, foreign iss, new name", OtherIssuer, New),
        ("key A: bad name (upper case, underscore)", Good, Bad),
        ("key A: pre_publish, owner", Good, Existing),
        ("key A: pre_publish, other identity", OtherPerson, Existing),
        ("key A: pre_publish, no Authorization", Missing, Existing),
        ("key A: pre_publish, opaque", Opaque, Existing),
        ("rotated to key B, same data dir: old token T1, existing name", Foreign, Existing),
        ("rotated to key B, same data dir: old token T1, new name", Foreign, New),
        (
            "rotated to key B, same data dir: fresh identity T3, existing name",
            OtherPerson,
            Existing,
        ),
        ("rotated to key B, same data dir: fresh identity T3, new name", OtherPerson, New),
        ("rotated to key B, same data dir: no Authorization, existing name", Missing, Existing),
        ("rotated to key B, same data dir: re-signed with B, only iss,sub,iat", Minimal, Existing),
        (
            "rotated to key B, same data dir: re-signed with B, other sub but old hex_identity kept",
            WrongHex,
            Existing,
        ),
        ("rotated to key B, same data dir: re-signed with B but expired", Expired, Existing),
        ("rotated to key B, same data dir: pre_publish with old token", Foreign, Existing),
        ("rotated to key B, same data dir: pre_publish with fresh identity", OtherPerson, Existing),
        ("back to key A: old token T1, existing name", Good, Existing),
    ]
};

/// The token's text, and whose it is.
fn text(kind: Token, key: &PrivateKey, foreign: &PrivateKey) -> (Option<String>, Identity) {
    let subject = if matches!(kind, Token::OtherPerson) { OTHER } else { SUBJECT };
    let issuer = match kind {
        Token::OtherIssuer | Token::Unreachable => "http://127.0.0.1:1",
        Token::NoUrl => "my-app",
        _ => "localhost",
    };
    let mut claims = json!({ "iss": issuer, "sub": subject, "iat": NOW });
    let identity = Identity::from_claims(issuer, subject);
    let claim = |claims: &mut Value, name: &str, value: Value| {
        claims.as_object_mut().unwrap().insert(name.to_owned(), value);
    };
    let text = match kind {
        Token::Missing => None,
        Token::Empty => Some(String::new()),
        Token::Opaque => Some("gho_throwaway0123456789abcdefghijkl".to_owned()),
        Token::Quoted => Some(format!("\\\"{}\\\"", token(key, &claims))),
        Token::Foreign | Token::Unreachable | Token::NoUrl => Some(token(foreign, &claims)),
        Token::Expired => {
            claim(&mut claims, "exp", 1_000_000_000.into());
            Some(token(key, &claims))
        }
        Token::WrongHex => {
            let other = Identity::from_claims("localhost", OTHER).to_string();
            claim(&mut claims, "hex_identity", other.into());
            Some(token(key, &claims))
        }
        Token::Good | Token::OtherPerson | Token::Minimal | Token::OtherIssuer => {
            Some(token(key, &claims))
        }
    };
    (text, identity)
}

/// The outcome in doctor's words, by a recorded answer.
fn outcome(status: u64, body: &str) -> &'static str {
    match status {
        200 if body.contains(r#""op":"created""#) => "creates",
        200 => "updates",
        400 => "bad_request",
        401 => "unauthorized",
        403 => "not_owner",
        500 if body.contains("does not own database") => "not_owner",
        _ => panic!("{status}: {body}"),
    }
}

struct Recorded {
    status: u64,
    body: String,
}

fn recorded() -> BTreeMap<(String, String), Recorded> {
    let answer = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap().to_owned();
        let status = line.get("status").and_then(Value::as_u64).unwrap();
        ((text("server"), text("case")), Recorded { status, body: text("body") })
    };
    RECORDED.lines().map(answer).collect()
}

#[test]
fn recorded_publishes() {
    let recorded = recorded();
    let (key, foreign) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let owner = Identity::from_claims("localhost", SUBJECT).to_string();
    let mut compared = 0;
    for version in ["1.2.0", "2.8.3"] {
        let health = &recorded.get(&(version.to_owned(), "health".to_owned())).unwrap().body;
        for (case, kind, name) in PUBLISHES {
            let Some(answer) = recorded.get(&(version.to_owned(), case.to_owned())) else {
                panic!("{version}: {case} is not among the recorded answers");
            };
            // 1.2.0 has no such endpoint.
            if case.contains("pre_publish") && version == "1.2.0" {
                continue;
            }
            let host = Host::new();
            host.mount(&key);
            let (text, identity) = text(kind, &key, &foreign);
            match &text {
                Some(text) => host.set_token(text),
                None => remove_token(&host),
            }
            // A server refuses a token in the same words, whatever it is asked.
            let refused = [400, 401].contains(&answer.status) && name != Name::Bad;
            let standin = Standin {
                health: Some(health.clone()),
                refusal: refused.then(|| (answer.status.try_into().unwrap(), answer.body.clone())),
                bearer: identity.to_string(),
                database: "db-one".to_owned(),
                plain_owner: compared % 2 == 1,
                ..Standin::new(host.read(PUBLIC), &owner)
            };
            let server = standin.serve();
            let database = match name {
                Name::New => "db-two",
                Name::Existing => "db-one",
                Name::Bad => "Db_One",
            };
            let said = doctor(&host, &["--server", &server.url, "--database", database]);
            let expected = (outcome(answer.status, &answer.body), Some(answer.status));
            assert_eq!(said.outcome(), expected, "{version}, {case}: {:#}", said.document);
            assert_eq!(said.text("server_version"), version);
            for request in server.take() {
                assert!(["GET", "HEAD"].contains(&&*request.method), "{case}: {}", request.path);
            }
            compared += 1;
        }
    }
    println!("{compared} recorded publishes foretold");
    assert!(compared >= 55);
}

fn remove_token(host: &Host) {
    let text = host.read(crate::common::CLI_TOML);
    let kept: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("spacetimedb_token")).collect();
    host.write(crate::common::CLI_TOML, kept.join("\n"));
}

/// "Not the owner", by the version: the status changed twice.
#[test]
fn not_the_owner_by_version() {
    let key = PrivateKey::generate().unwrap();
    let (text, identity) = text(Token::OtherPerson, &key, &key);
    for (version, status) in [
        ("1.0.0", Some(500)),
        ("1.2.0", Some(500)),
        ("1.8.0", Some(403)),
        ("2.0.1", Some(403)),
        ("2.7.0-hotfix2", Some(403)),
        ("2.14.0", Some(403)),
        ("3.1.0", Some(403)),
        // Not known, and nothing is guessed.
        ("", None),
    ] {
        let host = Host::new();
        host.mount(&key);
        host.set_token(text.as_deref().unwrap());
        let standin = Standin {
            health: (!version.is_empty())
                .then(|| json!({ "version": version, "nodes": [0] }).to_string()),
            bearer: identity.to_string(),
            database: "db-one".to_owned(),
            ..Standin::new(host.read(PUBLIC), &Identity::from_claims("localhost", SUBJECT))
        };
        let url = standin.serve().url;
        let said = doctor(&host, &["--server", &url, "--database", "db-one"]);
        assert_eq!(said.outcome(), ("not_owner", status), "{version}: {:#}", said.document);
        assert_eq!(said.run.status, Some(1));
        for remedy in said.remedy() {
            assert!(!remedy.contains("login"), "{remedy}");
        }
    }
}
