//! An owner whose token is lost, and whose claims were written down somewhere.

use std::fs;

use serde_json::Value;

use crate::host::{DATABASE, Host};
use crate::server::Server;
use crate::{assert_serves_the_mounted_key, host_with_a_database, publish_as_the_owner, rotate};

/// As a server from 1.5 on writes the claims of a client into a commit log, between its own bytes. The
/// server under test is an older one.
fn commit_log(token: &str) -> Vec<u8> {
    let claims = spacetime_keys_core::jwt::Token::parse(token).unwrap().claims_json().to_owned();
    let length = u32::try_from(claims.len()).unwrap().to_le_bytes();
    [b"(ds)^2\x01\x00\xc2\x00\x10\xea".as_slice(), &length, claims.as_bytes(), b"\x00\x4b\xd3"]
        .concat()
}

/// Recovers the owner that the server names, and publishes as that owner.
#[track_caller]
fn recover_and_publish(host: &Host, server: &Server, owner: &str, more: &[&str]) {
    let named = ["token", "recover", "--server", server.url(), "--database", DATABASE];
    let report = host.spacetime_keys_json(&[&named[..], more].concat());
    assert_eq!(report.get("found"), Some(&Value::Bool(true)), "{report}");
    assert_eq!(report.pointer("/after/identity").and_then(Value::as_str), Some(owner), "{report}");
    host.add_server(server);
    publish_as_the_owner(host, server, owner);
}

#[test]
fn the_owner_is_found_in_a_history_after_a_rotation() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();
    fs::write(host.work().join("notes"), format!("ls\nspacetime login --token {}\n", host.token()))
        .unwrap();
    fs::remove_file(host.cli_toml()).unwrap();
    // No run has kept the claims: there was no token to take them from.
    host.spacetime_keys(&["rotate", "--env", "local", "--yes"]);
    server.restart();
    assert_serves_the_mounted_key(&server, &host);

    recover_and_publish(&host, &server, &owner, &["notes"]);
    // From here on all is as if nothing had been lost.
    rotate(&host, &owner);
    server.restart();
    publish_as_the_owner(&host, &server, &owner);
}

#[test]
fn the_owner_is_found_in_a_commit_log() {
    let (host, server) = host_with_a_database();
    let owner = server.owner();
    fs::write(host.work().join("0.stdb.log"), commit_log(&host.token())).unwrap();
    fs::remove_file(host.cli_toml()).unwrap();
    recover_and_publish(&host, &server, &owner, &["0.stdb.log"]);
}

/// A login in the meantime is somebody else, and is named before it is replaced.
#[test]
fn a_login_in_the_meantime_gives_way_to_the_owner() {
    let (host, server) = host_with_a_database();
    let owner = server.owner();
    fs::write(host.work().join("cli.toml.bak"), fs::read(host.cli_toml()).unwrap()).unwrap();
    fs::remove_file(host.cli_toml()).unwrap();
    host.add_server(&server);
    host.log_in(&server);
    let stranger = host.identity();
    assert_ne!(stranger, owner);
    host.publish(crate::host::NICKNAME).expect_failure();
    let ended = host.spacetime_keys(&[
        "token",
        "recover",
        "--server",
        server.url(),
        "--database",
        DATABASE,
        "cli.toml.bak",
    ]);
    assert!(ended.stderr.contains(&stranger), "{}", ended.output());
    publish_as_the_owner(&host, &server, &owner);
}
