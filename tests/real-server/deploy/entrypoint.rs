//! First start, next start, rotation, and every refusal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Kit;
use crate::host::{DATABASE, copy};

#[test]
fn first_start_next_start_rotation() {
    let kit = Kit::new();
    let mut first = kit.start();
    let log = first.published();
    assert!(log.contains("Created new database"), "{log}");
    let owner = kit.owner();
    assert_eq!(kit.host.identity(), owner);
    let cli_toml = fs::metadata(kit.host.cli_toml()).unwrap().permissions().mode() & 0o777;
    assert_eq!(cli_toml, 0o600, "nobody else reads the token");
    assert!(!log.contains(&kit.host.token()), "a log is read by many");
    let marker = first.marker();
    let (status, took) = first.stop();
    assert!(status.success());
    println!("stopped after {} ms", took.as_millis());

    // The data is there, and the publisher the same; another start has another name.
    kit.module(1);
    let mut second = kit.start();
    let log = second.published();
    assert!(log.contains("Updated database"), "{log}");
    assert_eq!(kit.owner(), owner);
    assert_ne!(second.marker(), marker);

    // A rotation, by the recipes' words.
    let old_key = kit.get("/v1/identity/public-key");
    kit.just(&["--yes", "kv-rotate-jwt-keys", "ENV=local"]).expect_success();
    assert!(second.stop().0.success());
    kit.module(2);
    let mut third = kit.start();
    let log = third.published();
    assert!(log.contains("Updated database"), "{log}");
    assert_eq!(kit.owner(), owner);
    assert_ne!(kit.get("/v1/identity/public-key"), old_key);
    kit.just(&["kv-verify-jwt-keys"]).expect_success();

    // From the host, as the same publisher.
    kit.module(3);
    let published = kit.just(&["spacetimedb-publish"]).expect_success();
    assert!(published.stdout.contains("Updated database"), "{}", published.output());
    assert_eq!(kit.owner(), owner);
    third.stop();
}

#[test]
fn refused_and_ended() {
    let kit = Kit::new();
    let mut first = kit.start();
    first.published();
    let owner = kit.owner();
    first.stop();

    // Keys that somebody made by hand.
    let keep = |name: &str| (kit.host.path(name), kit.host.path("kept").join(name));
    let files =
        [".generated/spacetimedb-keys/id_ecdsa", ".generated/spacetimedb-keys/id_ecdsa.pub"];
    for (from, to) in files.map(keep) {
        copy(&from, &to);
    }
    let cli_toml = kit.host.path("kept/cli.toml");
    copy(&kit.host.cli_toml(), &cli_toml);
    kit.host.make_keys_by_openssl();
    let token = fs::read(kit.host.cli_toml()).unwrap();
    let began = std::time::Instant::now();
    let log = kit.start().refused("unauthorized");
    println!("a 401 ends it after {} ms", began.elapsed().as_millis());
    assert_eq!(log.matches("Publishing module...").count(), 1, "{log}");
    assert_eq!(fs::read(kit.host.cli_toml()).unwrap(), token, "nobody has logged in");
    // The line that is printed says what it was.
    assert!(log.contains(
        "next, on the host: docker compose logs spacetimedb | spacetime-keys doctor --logs -"
    ));
    let told = kit.host.try_spacetime_keys(&["doctor", "--logs", "container.log"]);
    assert!(told.stdout.contains("(401)"), "{}", told.output());

    // A login by mistake: another identity.
    for (from, to) in files.map(keep) {
        copy(&to, &from);
    }
    fs::remove_file(kit.host.cli_toml()).unwrap();
    let mut server = kit.start().refused("no_token");
    assert!(server.contains("next, on the host: spacetime-keys token restore"), "{server}");
    assert!(!kit.host.cli_toml().exists(), "nobody has logged in");
    server.clear();
    copy(&cli_toml, &kit.host.cli_toml());
    let mut running = kit.start();
    running.published();
    kit.host.log_out();
    kit.host.spacetime(&["login", "--server-issued-login", &kit.url()]).expect_success();
    running.stop();
    assert_ne!(kit.host.identity(), owner);
    kit.module(1);
    let log = kit.start().refused("not_owner");
    assert!(log.contains("does not own database"), "{log}");
    let told = kit.host.try_spacetime_keys(&["doctor", "--logs", "container.log"]);
    assert!(told.stdout.contains("another identity owns"), "{}", told.output());

    // What cures it.
    copy(&cli_toml, &kit.host.cli_toml());
    let mut cured = kit.start();
    cured.published();
    assert_eq!(kit.owner(), owner);
    cured.stop();
}

/// Without keys, the server would make a pair of its own: it is not started, and nothing is made.
#[test]
fn without_keys_or_a_module_that_works() {
    let kit = Kit::new();
    for path in [kit.host.private_key(), kit.host.public_key()] {
        fs::remove_file(path).unwrap();
    }
    kit.start().refused("keys_missing");
    assert!(!kit.host.private_key().exists() && !kit.host.data().exists());
    kit.host.spacetime_keys(&["sync", "--env", "local"]);
    fs::write(kit.host.path("spacetimedb/dist/module.wasm"), "no module").unwrap();
    let log = kit.start().refused("error");
    assert_eq!(log.matches("Publishing module...").count(), 1, "{log}");
    kit.module(0);
    let mut cured = kit.start();
    cured.published();
    assert!(!kit.owner().is_empty(), "{DATABASE}");
    cured.stop();
}
