//! `docs/strategies.md`, each way on the real server: keep the identity, log in at an OIDC issuer; and
//! `docs/start-over.md`.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::tree::tree;
use crate::doctor::world::external;
use crate::host::{DATABASE, Host, NICKNAME};
use crate::http;
use crate::process::run;
use crate::server::Server;
use crate::{
    assert_serves_the_mounted_key, assert_verified, log_in_and_publish, publish_as_the_owner,
    rotate,
};

/// What `doctor` says of one check: its detail and its hint.
#[track_caller]
fn check(diagnosis: &Diagnosis, name: &str) -> String {
    let checks = diagnosis.list("checks").iter();
    let mut named = checks.filter(|check| check.get("name").and_then(Value::as_str) == Some(name));
    named.next().expect("the check was made").to_string()
}

/// Whether nobody holds the server's lock on its data, as the page has it.
fn is_stopped(host: &Host) -> bool {
    let lock = host.data().join("spacetime.pid");
    let mut flock: Command = host.command("flock");
    run(flock.arg("-n").arg(lock).arg("true")).success
}

/// Puts a token into `cli.toml`, in the place of the one that is there.
fn use_token(host: &Host, token: &str) {
    let text = fs::read_to_string(host.cli_toml()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("spacetimedb_token"));
    let rest = lines.collect::<Vec<_>>().join("\n");
    fs::write(host.cli_toml(), format!("spacetimedb_token = \"{token}\"\n{rest}\n")).unwrap();
}

/// `iss` and `sub` of the token in `cli.toml`.
fn subject(host: &Host) -> String {
    let decoded = host.spacetime_keys_json(&[
        "token",
        "decode",
        "--cli-toml",
        host.cli_toml().to_str().unwrap(),
    ]);
    decoded.pointer("/claims/sub").and_then(Value::as_str).unwrap().to_owned()
}

fn mint(host: &Host, arguments: &[&str]) -> Value {
    let key = host.private_key();
    let mint = ["token", "mint", "--private-key", key.to_str().unwrap(), "--purpose", "owner"];
    host.spacetime_keys_json(&[&mint, arguments].concat())
}

#[track_caller]
fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap()
}

// Slow: a server is started four times.
#[test]
fn a_clean_slate() {
    let host = Host::with_keys();
    let mut server = Server::start(&host);
    log_in_and_publish(&host, &server);
    let owner = server.owner();
    rotate(&host, &owner);
    host.spacetime_keys(&["rotate", "--env", "test", "--host-env", "local", "--yes"]);
    server.restart();
    let first_key = server.public_key();
    // Another environment's vault, and another host.
    let vault_of_test = host.path(".spacetime-keys/kv-test");
    let other_vault = tree(&vault_of_test);
    let other = Host::with_keys();
    let mut other_server = Server::start(&other);
    log_in_and_publish(&other, &other_server);
    let other_owner = other_server.owner();

    // Not while the server runs.
    assert!(!is_stopped(&host));
    drop(server);
    assert!(is_stopped(&host));
    // Set aside, not deleted.
    for (name, folder) in [
        ("data", host.data()),
        ("keys", host.private_key().parent().unwrap().to_owned()),
        ("vault", host.path(".spacetime-keys/kv-local")),
        ("vault-of-dev", host.path(".spacetime-keys/kv-dev")),
    ] {
        fs::create_dir_all(host.path("aside")).unwrap();
        fs::rename(folder, host.path("aside").join(name)).unwrap();
    }
    if host.cli_toml().exists() {
        fs::rename(host.cli_toml(), host.path("aside/cli.toml")).unwrap();
    }
    fs::create_dir_all(host.data()).unwrap();
    host.spacetime_keys(&["rotate", "--env", "local", "--yes"]);
    server = Server::start(&host);
    assert_serves_the_mounted_key(&server, &host);
    assert_ne!(server.public_key(), first_key);
    log_in_and_publish(&host, &server);
    assert_ne!(server.owner(), owner);
    host.spacetime_keys(&["sync", "--env", "local"]);
    assert_verified(&host);
    let new_owner = server.owner();
    rotate(&host, &new_owner);
    server.restart();
    publish_as_the_owner(&host, &server, &new_owner);

    // What was is still there: the old data, with the old key, are the old owner's.
    assert!(tree(&vault_of_test) == other_vault, "another environment was touched");
    other_server.restart();
    publish_as_the_owner(&other, &other_server, &other_owner);
    assert!(host.path("aside/data").is_dir() && host.path("aside/keys/id_ecdsa").is_file());
}

// Slow: a server is started three times.
#[test]
fn an_owner_at_an_oidc_issuer() {
    let host = Host::with_keys();
    let mut server = Server::start(&host);
    let add = ["server", "add", NICKNAME, "--url", server.url(), "-d", "--no-fingerprint"];
    host.spacetime(&add).expect_success();
    let external = external(&host);
    use_token(&host, &external.good);
    let published = host.publish(NICKNAME).expect_success();
    assert!(published.stdout.contains("Created new database"), "{}", published.output());
    let owner = server.owner();
    assert_eq!(owner, external.person.identity());

    // A rotation: the same token goes on, without being re-signed.
    host.spacetime_keys(&["rotate", "--env", "local", "--yes"]);
    server.restart();
    assert_serves_the_mounted_key(&server, &host);
    assert!(fs::read_to_string(host.cli_toml()).unwrap().contains(&external.good));
    publish_as_the_owner(&host, &server, &owner);
    let diagnosis = Diagnosis::of(&host, server.url(), Some(DATABASE));
    assert_eq!((diagnosis.code, diagnosis.outcome()), (Some(0), "updates"));
    let said = check(&diagnosis, "owner");
    let words = format!(
        "OIDC issuer {}: a rotation of the server's keys does not matter",
        external.person.issuer
    );
    assert!(said.contains(&words), "{said}");

    // The issuer is gone, and the last token with it.
    fs::rename(host.path("issuer"), host.path("issuer-that-is-down")).unwrap();
    server.restart();
    let issuer = external.person.issuer.as_str();
    assert!(!host.publish(NICKNAME).success, "a server asks the issuer for its keys");
    let minted =
        mint(&host, &["--issuer", issuer, "--subject", &external.person.subject, "--ttl", "10m"]);
    assert_eq!(text(&minted, "identity"), owner);
    let refused = host.try_spacetime_keys(&[
        "token",
        "mint",
        "--private-key",
        host.private_key().to_str().unwrap(),
        "--purpose",
        "owner",
        "--issuer",
        issuer,
        "--subject",
        "u_1",
        "--target",
        "prod",
    ]);
    assert_eq!(refused.code, Some(3), "{}", refused.output());
    use_token(&host, text(&minted, "token"));
    publish_as_the_owner(&host, &server, &owner);
}

/// An owner cannot be changed. After a deletion the name belongs to the one who publishes next, without the data.
#[test]
fn an_owner_does_not_move() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    log_in_and_publish(&host, &server);
    let owner = server.owner();
    let owners = fs::read_to_string(host.cli_toml()).unwrap();
    host.log_out();
    host.log_in(&server);
    let other = host.identity();
    assert_ne!(other, owner);
    assert!(!host.publish(NICKNAME).success);
    assert_eq!(server.owner(), owner);
    // `doctor` knows neither the claims nor the token.
    let diagnosis = Diagnosis::of(&host, server.url(), Some(DATABASE));
    assert_eq!(diagnosis.outcome(), "not_owner");
    assert!(check(&diagnosis, "owner").contains("you have to start over"), "{}", diagnosis.printed);
    fs::write(host.cli_toml(), owners).unwrap();
    let diagnosis = Diagnosis::of(&host, server.url(), Some(DATABASE));
    let said = check(&diagnosis, "owner");
    assert!(said.contains("the token's identity owns it") && !said.contains("OIDC"), "{said}");
    host.spacetime(&["delete", "-s", NICKNAME, DATABASE]).expect_success();
    host.log_out();
    host.log_in(&server);
    let next = host.identity();
    host.publish(NICKNAME).expect_success();
    assert_eq!(server.owner(), next);
}

/// A job has the owner's rights for ten minutes, and nothing to keep.
// Slow: servers allow a minute for clocks that differ.
#[test]
fn a_token_for_one_job() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    log_in_and_publish(&host, &server);
    let (owner, subject) = (server.owner(), subject(&host));
    let minted = mint(&host, &["--subject", &subject, "--ttl", "10m"]);
    let seconds = |name: &str| minted.get(name).and_then(Value::as_i64).unwrap();
    assert_eq!(seconds("expires_at") - seconds("issued_at"), 600);
    use_token(&host, text(&minted, "token"));
    publish_as_the_owner(&host, &server, &owner);
    // One of two seconds, so that nobody waits: it was good, and ends.
    let minted = mint(&host, &["--subject", &subject, "--ttl", "2s"]);
    let verify = format!("{}/v1/identity/{owner}/verify", server.url());
    let begun = Instant::now();
    while http::get_as(&verify, text(&minted, "token")).unwrap().status != 401 {
        assert!(begun.elapsed() < Duration::from_mins(5), "it does not expire");
        std::thread::sleep(Duration::from_millis(50));
    }
    use_token(&host, text(&minted, "token"));
    assert!(!host.publish(NICKNAME).success);
    assert_eq!(server.owner(), owner);
}
