//! What `scan` says of what it finds, and of what is nothing.

use std::path::Path;

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::scan;
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE, token};

const OTHER: &str = "0ca4a121-dead-4bee-8fee-ca4a121ca4a1";

#[test]
fn keys_of_a_fleet_have_an_environment_present_and_earlier() {
    let host = Host::new();
    let (old, old_pem) = (host.mounted(), host.read(PRIVATE));
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    let (new, new_pem) = (host.mounted(), host.read(PRIVATE));
    let stranger = PrivateKey::generate().unwrap();
    host.write("dump", format!("1\n{old_pem}\n2\n{new_pem}\n3\n{}", *stranger.to_pem()));
    let (run, report) = scan(&host, &["dump"]);
    assert_eq!((run.status, &report["ok"]), (Some(1), &json!(false)));
    let key = |offset: usize, fingerprint: String, environment: Option<&str>| {
        json!({
            "file": "dump", "offset": offset, "kind": "private-key", "fingerprint": fingerprint,
            "environment": environment, "identity": null, "owner": false,
        })
    };
    let second = 2 + old_pem.len() + 3;
    let group = report["found"][0]["environment"].as_str().unwrap();
    assert!(["dev", "local"].contains(&group));
    let expected = [
        key(2, old.to_string(), Some(group)),
        key(second, new.to_string(), Some(group)),
        key(second + new_pem.len() + 3, stranger.public_key().fingerprint().to_string(), None),
    ];
    assert_eq!(report["found"], json!(expected));
}

#[test]
fn tokens_of_a_fleet_are_told_from_those_of_others() {
    let host = Host::rotated("local");
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let claims = json!({ "iss": "localhost", "sub": OTHER });
    let (player, stranger) =
        (token(&key, &claims), token(&PrivateKey::generate().unwrap(), &claims));
    host.write("log", format!("GET /?token={player}\n{stranger}\n{}", host.token()));
    let (run, report) = scan(&host, &["log"]);
    assert_eq!(run.status, Some(1));
    let found = report["found"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["kind"], &found[0]["owner"]), (&json!("token"), &json!(false)));
    assert_eq!((&found[1]["identity"], &found[1]["owner"]), (&json!(IDENTITY), &json!(true)));
    assert_eq!(found[1]["fingerprint"], host.mounted().to_string());
    assert_eq!(report["other_tokens"], 1);
}

/// The private key of a retired pair may be nowhere any more; the list still knows it.
#[test]
fn tokens_of_a_retired_key_are_the_fleets_own() {
    let host = Host::new();
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    host.run(&["rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"]).success();
    host.write("log", token(&key, &json!({ "iss": "localhost", "sub": OTHER })));
    for vault in ["dev", "local"] {
        host.remove(&format!("{STORE}/kv-{vault}/spacetimedb-jwt-private-key/00000001"));
    }
    let (_, report) = scan(&host, &["log"]);
    let fingerprint = key.public_key().fingerprint().to_string();
    assert_eq!(report["found"][0]["fingerprint"], fingerprint, "{report:#}");
    assert!(report["found"][0]["environment"].is_string(), "{report:#}");
}

#[test]
fn no_secret_is_printed() {
    let host = Host::rotated("local");
    host.write("cli.toml.bak", host.read(CLI_TOML));
    for arguments in [
        &["scan", "."][..],
        &["scan", "--json", "."],
        &["scan", "-v", "-v", STORE, "cli.toml.bak"],
        &["scan", "-q", "cli.toml.bak", PRIVATE],
    ] {
        let run = host.run(arguments);
        assert_eq!(run.status, Some(1), "{arguments:?}");
        let key = host.read(PRIVATE);
        let lines = key.lines().filter(|line| !line.starts_with('-'));
        for secret in lines.map(str::to_owned).chain(host.token().split('.').map(str::to_owned)) {
            assert!(!run.stdout.contains(&secret) && !run.stderr.contains(&secret));
        }
    }
}

#[test]
fn what_is_no_secret_is_nothing() {
    let host = Host::rotated("local");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let sets = fixtures.join("providers").display().to_string();
    let stdb = fixtures.join("data-2.8.3").display().to_string();
    host.write("uuids", format!("{OTHER}\n{IDENTITY}\n"));
    let (run, report) = scan(&host, &[PUBLIC, "uuids", &sets, &stdb]);
    assert_eq!((run.status, &report["ok"], &report["found"]), (Some(0), &json!(true), &json!([])));
    assert!(report["searched"]["files"].as_u64().unwrap() > 10);
    let text = host.run(&["scan", PUBLIC]).success().stdout;
    assert!(text.starts_with("no secret was found"), "{text}");
}

#[test]
fn standard_input_and_a_host_without_a_fleet() {
    let host = Host::empty();
    let key = PrivateKey::generate().unwrap();
    let run = Run::of(&mut host.command(&["scan", "--json", "-"]), key.to_pem().as_bytes());
    assert_eq!(run.status, Some(1));
    let found = &run.json()["found"];
    assert_eq!(found[0]["file"], "standard input");
    assert_eq!(found[0]["environment"], json!(null));
    assert!(run.stderr.contains("no keys of a fleet"), "{run:?}");
    assert_eq!(host.tree().len(), 1, "nothing is written");
}

#[test]
fn a_folder_that_cannot_be_read_is_no_clean_one() {
    let host = Host::rotated("local");
    host.write("logs/readable", "nothing");
    host.write("logs/cut-off.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03cut off");
    let run = host.run(&["scan", "--json", "logs"]);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_IO"), "{run:?}");
    // A find is one, whatever else could not be read.
    host.write("logs/key", host.read(PRIVATE));
    let (run, report) = scan(&host, &["logs"]);
    assert_eq!((run.status, &report["searched"]["unread"]), (Some(1), &json!(1)));
    assert!(run.stderr.contains("cut-off.gz"), "{run:?}");
}
