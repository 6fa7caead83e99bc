//! Keys as people bring them: in files, in a vault's values, under names of their own.

mod files;
mod names;
mod unreadable;
mod values;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;

use crate::common::{Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE};

const KEYS: &str = ".generated/spacetimedb-keys";
const VERIFY: &[&str] = &["verify", "--env", "local", "--json"];

/// Which half of a pair a text is made of.
#[derive(Clone, Copy)]
enum Half {
    Private,
    Public,
}

/// What is made of a PEM text.
type Change = fn(Half, &str) -> String;
/// How a PEM text is brought.
type Form = (&'static str, Change);
/// A half that is brought so.
type Changed = (Half, Change);

/// Forms in the place of a PEM text. No server reads one of them.
const FORMS: &[Form] = &[
    ("base64", |_, pem| STANDARD.encode(pem)),
    ("base64 in lines", |_, pem| {
        let text = STANDARD.encode(pem);
        let lines = text.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }),
    ("no armour", |_, pem| body(pem)),
    ("a JWK", |half, pem| jwk(half, pem).to_string()),
    ("a JWK set of one", |half, pem| json!({ "keys": [jwk(half, pem)] }).to_string()),
    ("az keyvault secret show", |_, pem| json!({ "attributes": {}, "value": pem }).to_string()),
    ("base64 in JSON", |_, pem| json!({ "data": { "key": STANDARD.encode(pem) } }).to_string()),
];

/// The base64 between the `BEGIN` and the `END` line.
fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// By hand, from the DER of the canonical form.
fn jwk(half: Half, pem: &str) -> Value {
    let der = STANDARD.decode(body(pem)).unwrap();
    let encode = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
    let point = &der[der.len() - 64..];
    let mut jwk = json!({
        "kty": "EC", "crv": "P-256", "x": encode(&point[..32]), "y": encode(&point[32..]),
    });
    if matches!(half, Half::Private) {
        jwk["d"] = encode(&der[36..68]);
    }
    jwk
}

fn both(change: Change) -> [Changed; 2] {
    [(Half::Private, change), (Half::Public, change)]
}

/// The folder of a secret in a directory store.
fn secret(vault: &str, half: Half) -> String {
    let half = match half {
        Half::Private => "private",
        Half::Public => "public",
    };
    format!("{STORE}/{vault}/spacetimedb-jwt-{half}-key")
}

/// The names of its versions.
fn versions(host: &Host, vault: &str, half: Half) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(host.path(&secret(vault, half))).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// What the newest version holds.
fn latest(host: &Host, vault: &str, half: Half) -> String {
    let newest = versions(host, vault, half).pop().unwrap();
    std::fs::read_to_string(newest.join("value")).unwrap()
}

/// A version as another tool writes it: without tags.
fn store(host: &Host, vault: &str, half: Half, version: u32, value: &str) {
    let folder = format!("{}/{version:08}", secret(vault, half));
    host.write(&format!("{folder}/value"), value);
    let properties = r#"{"created":1700000000,"content_type":"","tags":{}}"#;
    host.write(&format!("{folder}/properties.json"), properties);
    // As the store's own files are: nobody else gets in.
    for file in ["value", "properties.json"] {
        host.set_mode(&format!("{folder}/{file}"), 0o600);
    }
    for folder in [STORE, &format!("{STORE}/{vault}"), &secret(vault, half), &folder] {
        host.set_mode(folder, 0o700);
    }
}

fn problems(run: &Run) -> Vec<Value> {
    run.json()["problems"].as_array().unwrap().clone()
}

/// The first command that a hint names, as its arguments. Nobody is there to be asked.
fn command(hint: &str) -> Vec<&str> {
    let mut quoted = hint.split('`').skip(1).step_by(2);
    let first = quoted.find_map(|text| text.strip_prefix("spacetime-keys "));
    let first = first.unwrap_or_else(|| panic!("no command in the hint: {hint}"));
    let yes = first.starts_with("rotate").then_some("--yes");
    first.split(' ').chain(yes).collect()
}

/// Runs what the first problem of `verify` says, and so on, until all is well.
#[track_caller]
fn follow(host: &Host, verify: &[&str], what: &str) {
    for _ in 0..3 {
        let run = host.run(verify);
        let problems = problems(&run);
        let Some(problem) = problems.first() else {
            assert_eq!(run.status, Some(0), "{what}: {run:?}");
            return;
        };
        let hint = problem["hint"].as_str().unwrap();
        assert!(!command(hint).contains(&"--replace-lost-key"), "{what}: {hint}");
        let step = host.run(&command(hint));
        assert_eq!(step.status, Some(0), "{what}: {step:?}");
    }
    let run = host.run(verify);
    assert_eq!(problems(&run), [""; 0], "{what}: not well after three commands");
}

/// All is well, the publisher is who it was, and this pair is mounted and stored clean.
#[track_caller]
fn proven(host: &Host, what: &str) {
    let run = host.run(VERIFY);
    let report = run.json();
    assert_eq!((run.status, &report["problems"]), (Some(0), &json!([])), "{what}: {report:#}");
    assert_eq!(report["publisher"]["identity"], IDENTITY, "{what}");
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    assert_eq!(host.read(PRIVATE), *key.to_pem(), "{what}");
    assert_eq!(host.read(PUBLIC), key.public_key().to_pem(), "{what}");
    for vault in ["kv-dev", "kv-local"] {
        assert_eq!(latest(host, vault, Half::Private), *key.to_pem(), "{what}");
        assert_eq!(latest(host, vault, Half::Public), key.public_key().to_pem(), "{what}");
    }
}
