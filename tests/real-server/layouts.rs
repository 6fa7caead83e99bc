//! From nothing to a proven rotation and a publish as the same owner, in each layout that people have:
//! three commands, and no flag that somebody has to know beforehand.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::host::Host;
use crate::places::Places;
use crate::process::run;
use crate::server::Server;
use crate::{assert_serves_the_mounted_key, log_in_and_publish, module, publish_as_the_owner};

/// All that is run, in the folder where a person stands. `--yes` because no test has a terminal.
const INIT: &[&str] = &["init"];
const ROTATE: &[&str] = &["rotate", "--yes"];
const VERIFY: &[&str] = &["verify"];

/// A server that has made keys of its own, as a first start does, and somebody who has logged in
/// there and published.
fn running(host: &Host) -> Server {
    fs::create_dir_all(host.private_key().parent().unwrap()).unwrap();
    let server = Server::start(host);
    log_in_and_publish(host, &server);
    server
}

#[track_caller]
fn rotated(host: &Host) {
    let said = host.spacetime_keys(ROTATE);
    assert!(said.output().contains("rotate: done and proven"), "{}", said.output());
}

/// The server has the new key, its owner is the one from before, and the old token is of no use.
#[track_caller]
fn assert_rotated(host: &Host, server: &Server, owner: &str, old_key: &str, old_token: &str) {
    assert_serves_the_mounted_key(server, host);
    assert_ne!(server.public_key(), old_key);
    assert_eq!(server.put_module(old_token, &module::wasm(0)).status, 401);
    host.spacetime_keys(VERIFY);
    publish_as_the_owner(host, server, owner);
    // It finds the server, and the files, by itself as well.
    host.spacetime_keys(&["doctor"]);
}

/// The whole way, where `init` finds everything.
#[track_caller]
fn first_use(host: &Host) {
    let mut server = running(host);
    let (owner, old_key, old_token) = (server.owner(), server.public_key(), host.token());
    host.spacetime_keys(INIT);
    rotated(host);
    server.restart();
    assert_rotated(host, &server, &owner, &old_key, &old_token);
}

#[test]
fn the_guides() {
    first_use(&Host::with(Places::GUIDE));
}

#[test]
fn a_root_dir() {
    first_use(&Host::with(Places::ROOT_DIR));
}

#[test]
fn the_home_folder_from_a_project_in_it() {
    first_use(&Host::with(Places::HOME));
}

#[test]
fn the_home_folder_itself() {
    first_use(&Host::with(Places { work: "home", ..Places::HOME }));
}

/// A compose file with the official image, and `volumes` of its service.
fn write_compose(host: &Host, volumes: &str) {
    let text = format!(
        "services:\n  spacetimedb:\n    image: clockworklabs/spacetime:latest\n    \
         command: start\n{volumes}"
    );
    fs::write(host.work().join("compose.yaml"), text).unwrap();
}

/// No container runs: the server reads the very folder that one would mount.
#[test]
fn a_container_that_mounts_a_folder() {
    let host = Host::with(Places::MOUNTED);
    write_compose(&host, "    volumes:\n      - ./keys:/home/spacetime/.config/spacetime\n");
    first_use(&host);
}

/// What compose does for `cp`, from the folder that stands for the container's file system.
const DOCKER: &str = r#"#!/usr/bin/env bash
set -euo pipefail
[[ "$1 $2 $4" == "compose -f cp" && -f "$3" && "$5" == spacetimedb:* ]]
cp "CONTAINER${5#spacetimedb:}" "$6"
"#;

/// The commands in backticks that copy the keys out of the container.
fn copying(next: &str) -> Vec<&str> {
    let quoted = next.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| text.starts_with("mkdir ") || text.starts_with("docker compose "))
        .collect()
}

/// A folder for `PATH` with a `docker` that copies from the container.
fn docker(host: &Host) -> String {
    let bin = host.path("bin");
    fs::create_dir(&bin).unwrap();
    let container = host.path("container");
    let script = DOCKER.replace("CONTAINER", container.to_str().unwrap());
    fs::write(bin.join("docker"), script).unwrap();
    fs::set_permissions(bin.join("docker"), Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default())
}

/// The keys are not on the host. What `init` prints gets them out; the container then mounts the
/// folder that it names. Nothing else is run than that, and the three commands.
#[track_caller]
fn keys_inside(volumes: &str, told: &str) {
    let mut host = Host::with(Places::CONTAINER);
    write_compose(&host, volumes);
    let mut server = running(&host);
    let (owner, old_key, old_token) = (server.owner(), server.public_key(), host.token());

    let made = host.spacetime_keys_json(INIT);
    let next = made.get("next").and_then(Value::as_array).unwrap();
    let next: Vec<&str> = next.iter().filter_map(Value::as_str).collect();
    let next = next.join("\n");
    assert!(next.contains(told), "{next}");

    let path = docker(&host);
    let commands = copying(&next);
    assert_eq!(commands.len(), 3, "a folder and two files: {next}");
    for command in commands {
        run(host.command("sh").env("PATH", &path).args(["-euc", command])).expect_success();
    }
    let mount = "volumes: [\"./.generated/spacetimedb-keys:/home/spacetime/.config/spacetime\"]";
    assert!(next.contains(&format!("give the service `spacetimedb` this mount, in place of one for the same folder: {mount}")), "{next}");
    write_compose(&host, &format!("    {mount}\n"));

    host.move_keys("home/game/.generated/spacetimedb-keys");
    rotated(&host);
    server.restart_where_the_keys_are(&host);
    assert_rotated(&host, &server, &owner, &old_key, &old_token);
}

#[test]
fn a_container_that_mounts_nothing() {
    keys_inside("", "The keys of `spacetimedb` are in the container, and go with it.");
}

#[test]
fn a_container_with_a_volume() {
    keys_inside(
        "    volumes:\n      - spacetime:/home/spacetime\n",
        "The keys of `spacetimedb` are in the volume `spacetime`.",
    );
}
