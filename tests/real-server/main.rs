//! Rotation against the real thing: the real server and CLI, a database that somebody owns, and the
//! question whether its owner can still publish.
//!
//! Every test has a host folder and a server of its own, on a free port. `./tests/run --real-server`
//! builds the programs, once, and runs these tests.
// Counts and times are printed, for those who look.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout)]

mod asked;
mod deploy;
mod doctor;
mod exchange;
mod flush;
mod host;
mod http;
mod issuer;
mod layouts;
mod module;
#[path = "../pages.rs"]
mod pages;
mod places;
mod ports;
mod process;
mod promotion;
#[path = "../proxy.rs"]
mod proxy;
mod publish_without_token;
mod publishers;
mod recover;
mod restart;
mod server;
mod strategies;
mod tokens;

use std::fs;

use serde_json::Value;
use spacetime_keys_test_support::count;

use host::{Host, NICKNAME, copy};
use server::Server;

/// A host with keys, a server on it and a database that the host's publisher owns.
fn host_with_a_database() -> (Host, Server) {
    let host = Host::with_keys();
    let server = Server::start(&host);
    log_in_and_publish(&host, &server);
    (host, server)
}

#[track_caller]
fn log_in_and_publish(host: &Host, server: &Server) {
    host.add_server(server);
    host.log_in(server);
    let published = host.publish(NICKNAME).expect_success();
    assert!(published.stdout.contains("Created new database"), "{}", published.output());
    assert_eq!(server.owner(), host.identity());
}

/// Publishes over what is there: only the owner can.
#[track_caller]
fn publish_as_the_owner(host: &Host, server: &Server, owner: &str) {
    let published = host.publish(NICKNAME).expect_success();
    assert!(published.stdout.contains("Updated database"), "{}", published.output());
    assert_eq!(server.owner(), owner);
}

#[track_caller]
fn rotate(host: &Host, owner: &str) {
    let rotated = host.spacetime_keys_json(&["rotate", "--env", "local", "--yes"]);
    assert!(rotated.get("rotation_id").is_some_and(Value::is_string), "{rotated}");
    assert_publisher(&rotated, owner);
}

/// What `rotate`, `rollback` and `sync` say about the publisher.
#[track_caller]
fn assert_publisher(report: &Value, owner: &str) {
    let identity = report.pointer("/publisher/identity").and_then(Value::as_str);
    assert_eq!(identity, Some(owner), "{report}");
}

#[track_caller]
fn assert_verified(host: &Host) {
    let verified = host.spacetime_keys_json(&["verify", "--env", "local"]);
    assert_eq!(verified.get("ok"), Some(&Value::Bool(true)), "{verified}");
}

/// The server answers with the very file that is mounted, byte for byte.
#[track_caller]
fn assert_serves_the_mounted_key(server: &Server, host: &Host) {
    assert_eq!(server.public_key(), fs::read_to_string(host.public_key()).unwrap());
}

#[test]
fn publish_rotate_restart_publish() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();
    let old_key = server.public_key();

    rotate(&host, &owner);
    server.restart();

    publish_as_the_owner(&host, &server, &owner);
    assert_verified(&host);
    assert_serves_the_mounted_key(&server, &host);
    assert_ne!(server.public_key(), old_key);
}

#[test]
fn rotations_in_a_row() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();

    for _ in 0..count(3, 20) {
        rotate(&host, &owner);
        server.restart();
        publish_as_the_owner(&host, &server, &owner);
        assert_verified(&host);
    }

    let last_key = server.public_key();
    let rolled_back = host.spacetime_keys_json(&["rollback", "--env", "local", "--yes"]);
    assert_publisher(&rolled_back, &owner);
    server.restart();

    publish_as_the_owner(&host, &server, &owner);
    assert_verified(&host);
    assert_serves_the_mounted_key(&server, &host);
    assert_ne!(server.public_key(), last_key);
}

#[test]
fn the_old_token_after_a_rotation_is_a_401() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();
    let old_token = host.token();
    let old_cli_toml = host.path("old-cli.toml");
    copy(&host.cli_toml(), &old_cli_toml);

    rotate(&host, &owner);
    server.restart();

    let reply = server.put_module(&old_token, &module::wasm(0));
    assert_eq!(reply.status, 401, "{}", reply.body);
    assert!(reply.body.contains("InvalidSignature"), "{}", reply.body);

    copy(&old_cli_toml, &host.cli_toml());
    let refused = host.publish(NICKNAME).expect_failure();
    assert!(refused.stderr.contains("InvalidSignature"), "{}", refused.output());
}

/// The CLI answers a 401 with the advice to log out and in again. Without `spacetime-keys`, a user who
/// follows it has lost the database.
#[test]
fn a_fresh_login_is_not_the_owner() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();

    host.make_keys_by_openssl();
    server.restart();
    let refused = host.publish(NICKNAME).expect_failure();
    assert!(refused.stderr.contains("spacetime logout"), "{}", refused.output());

    host.log_out();
    host.log_in(&server);

    assert_ne!(host.identity(), owner);
    let refused = host.publish(NICKNAME).expect_failure();
    assert!(refused.stderr.contains("does not own database"), "{}", refused.output());
    assert_eq!(server.owner(), owner);
}

/// The same mistake after a rotation with `spacetime-keys`, which knows who the owner was.
#[test]
fn a_fresh_login_is_cured_by_token_restore() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();

    rotate(&host, &owner);
    server.restart();
    host.log_out();
    host.log_in(&server);
    let refused = host.publish(NICKNAME).expect_failure();
    assert!(refused.stderr.contains("does not own database"), "{}", refused.output());

    let restored = host.spacetime_keys_json(&["token", "restore", "--env", "local"]);
    assert_eq!(restored.get("identity").and_then(Value::as_str), Some(&*owner), "{restored}");
    publish_as_the_owner(&host, &server, &owner);
}

#[test]
fn restore_into_a_missing_cli_toml() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();

    rotate(&host, &owner);
    server.restart();
    fs::remove_file(host.cli_toml()).unwrap();
    host.spacetime_keys(&["token", "restore", "--env", "local"]);

    // By its URL: the file that knew the server's nickname is gone.
    assert_eq!(host.identity(), owner);
    host.publish(server.url()).expect_success();
    assert_eq!(server.owner(), owner);
}

#[test]
fn a_host_without_keys_bootstraps() {
    let host = Host::empty();

    // A rotation makes no keys that nobody has asked for.
    let refused = host.try_spacetime_keys(&["rotate", "--env", "local", "--yes"]);
    assert_eq!(refused.code, Some(3), "{}", refused.output());
    assert!(refused.stderr.contains("init --new-keys"), "{}", refused.output());
    assert!(!host.private_key().exists());
    host.spacetime_keys(&["init", "--new-keys"]);
    let mut server = Server::start(&host);
    assert_serves_the_mounted_key(&server, &host);
    log_in_and_publish(&host, &server);
    let owner = server.owner();

    rotate(&host, &owner);
    server.restart();
    publish_as_the_owner(&host, &server, &owner);
    assert_verified(&host);
}

/// Two hosts, one store, one publisher. A rotation on the first leaves the second behind until it is
/// brought up to date.
#[test]
fn sync_brings_a_second_host_up() {
    let (first, first_server) = host_with_a_database();
    let owner = first_server.owner();

    let second = Host::empty();
    copy(&first.private_key(), &second.private_key());
    copy(&first.public_key(), &second.public_key());
    copy(&first.cli_toml(), &second.cli_toml());
    let store = first.path(".spacetime-keys");
    let config = format!("[store]\npath = '{}'\n", store.display());
    fs::write(second.path("spacetime-keys.toml"), config).unwrap();
    let mut second_server = Server::start(&second);
    second.publish(second_server.url()).expect_success();
    assert_eq!(second_server.owner(), owner);

    rotate(&first, &owner);
    let synced = second.spacetime_keys_json(&["sync", "--env", "local"]);
    assert_publisher(&synced, &owner);
    second_server.restart();

    let published = second.publish(second_server.url()).expect_success();
    assert!(published.stdout.contains("Updated database"), "{}", published.output());
    assert_eq!(second_server.owner(), owner);
    assert_verified(&second);
    assert_serves_the_mounted_key(&second_server, &first);
}
