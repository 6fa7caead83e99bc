//! What `token recover` says and refuses.

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};

use super::{CANARY, OWNER, SUBJECT, fixture, tells_nothing_of_others, without_token};
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, token};

/// A folder with the claims of others, some of them beside the owner's.
fn crowd(host: &Host, token_of_owner: &str) {
    let other = token(
        &PrivateKey::generate().unwrap(),
        &json!({
            "iss": "localhost", "sub": CANARY, "name": "canary",
        }),
    );
    host.write(
        "crowd/1.log",
        format!("{other}\n{{\"sub\":\"canary|5\",\"iss\":\"https://canary.example\"}}\n"),
    );
    host.write("crowd/2.log", format!("{other} {CANARY} {token_of_owner} {CANARY}"));
    host.write("crowd/canary.pem", PrivateKey::generate().unwrap().to_pem().as_bytes());
}

#[test]
fn of_others_nothing_is_said() {
    let (host, token) = without_token();
    crowd(&host, &token);
    for more in [&[][..], &["--json"], &["-v"], &["-v", "-v", "--json"], &["-q"], &["--dry-run"]] {
        let found = [&["token", "recover", "--identity", IDENTITY, "crowd"], more].concat();
        tells_nothing_of_others(&host.run(&found).success());
        let missed = [&["token", "recover", "--identity", OWNER, "crowd"], more].concat();
        let missed = host.run(&missed);
        assert_eq!(missed.status, Some(1));
        tells_nothing_of_others(&missed);
        let list = [&["token", "recover", "--list", "crowd"], more].concat();
        if !more.contains(&"--dry-run") {
            tells_nothing_of_others(&host.run(&list).success());
        }
    }
}

#[test]
fn a_list_has_each_identity_once() {
    let (host, token) = without_token();
    crowd(&host, &token);
    let run = host.run(&["token", "recover", "--list", "crowd"]).success();
    let mut expected = [
        IDENTITY.to_owned(),
        Identity::from_claims("localhost", CANARY).to_string(),
        Identity::from_claims("https://canary.example", "canary|5").to_string(),
    ];
    expected.sort();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), expected);
    let report = host.run(&["token", "recover", "--list", "--json", "crowd"]).success().json();
    assert_eq!(report["identities"], json!(expected));
    assert!(!host.path(CLI_TOML).exists());
    host.write("nobody", "");
    assert_eq!(host.run(&["token", "recover", "--list", "nobody"]).status, Some(1));
}

#[test]
fn a_dry_run_changes_nothing() {
    let (host, token) = without_token();
    host.write("copy", &token);
    let before = host.tree();
    let arguments = ["token", "recover", "--identity", IDENTITY, "--dry-run", "--json", "copy"];
    let report = host.run(&arguments).success().json();
    assert_eq!((&report["found"], &report["subject"]), (&true.into(), &SUBJECT.into()));
    assert_eq!(report["after"], json!(null));
    assert_eq!(host.tree(), before);
}

#[test]
fn what_is_not_found_is_an_answer_with_what_was_searched() {
    let (host, _) = without_token();
    host.write("logs/a", fixture("data-2.8.3/00000000000000000000.stdb.log"));
    host.write("logs/b", "nothing");
    let before = host.tree();
    let run = host.run(&["token", "recover", "--identity", IDENTITY, "--json", "logs"]);
    assert_eq!(run.status, Some(1));
    let report = run.json();
    assert_eq!((&report["found"], &report["searched"]["files"]), (&false.into(), &2.into()));
    assert!(report["searched"]["candidates"].as_u64().unwrap() > 1);
    assert_eq!(host.tree(), before);
    let text = host.run(&["token", "recover", "--identity", IDENTITY, "logs"]).stdout;
    assert!(text.contains("not found") && text.contains("searched logs"), "{text}");
}

#[test]
fn an_external_issuer_is_named_and_nothing_is_signed() {
    let (host, _) = without_token();
    let issuer = "https://auth.spacetimedb.com";
    let identity = Identity::from_claims(issuer, "somebody").to_string();
    host.write("copy", json!({ "iss": issuer, "sub": "somebody" }).to_string());
    let before = host.tree();
    let run = host.run(&["token", "recover", "--identity", &identity, "--json", "copy"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_OWNER_EXTERNAL"));
    assert_eq!(host.tree(), before);
    // A subject by itself, with an issuer that was named.
    host.write("copy", SUBJECT);
    let identity = Identity::from_claims("https://a.example", SUBJECT).to_string();
    let arguments = ["token", "recover", "--identity", &identity, "--json", "copy"];
    assert_eq!(host.run(&arguments).status, Some(1));
    let named = [&arguments[..], &["--issuer", "https://a.example"]].concat();
    assert_eq!(host.run(&named).code(), "ERR_OWNER_EXTERNAL");
}

#[test]
fn without_a_sound_mounted_pair_nothing_is_signed() {
    for damage in [PRIVATE, PUBLIC] {
        let (host, token) = without_token();
        host.write("copy", &token);
        host.remove(damage);
        let before = host.tree();
        let run = host.run(&["token", "recover", "--identity", IDENTITY, "--json", "copy"]);
        assert!(matches!(run.status, Some(3 | 4)), "{run:?}");
        assert!(run.code().starts_with("ERR_"), "{run:?}");
        assert_eq!(host.tree(), before);
    }
    let (host, token) = without_token();
    host.write("copy", &token);
    host.write(PUBLIC, PrivateKey::generate().unwrap().public_key().to_pem());
    let run = host.run(&["token", "recover", "--identity", IDENTITY, "--json", "copy"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_MOUNTED_UNSOUND"));
}

#[test]
fn whose_token_it_is_must_be_said() {
    let (host, token) = without_token();
    host.write("copy", &token);
    for arguments in [
        &["token", "recover", "copy"][..],
        &["token", "recover", "--server", "http://127.0.0.1:1", "copy"],
        &["token", "recover", "--identity", "c200", "copy"],
        &["token", "recover", "--list", "--identity", IDENTITY, "copy"],
    ] {
        assert_eq!(host.run(arguments).status, Some(2), "{arguments:?}");
    }
    let empty = Host::empty();
    let run = empty.run(&["token", "recover", "--identity", IDENTITY]);
    assert_eq!(run.status, Some(2), "{run:?}");
    let run = host.run(&["token", "recover", "--identity", IDENTITY, "--json", "not-there"]);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_IO"));
}
