//! Each file, judged by the tool that reads it.

use std::process::Command;

use super::{DEPLOY, ENTRYPOINT, compose, just, run, shellcheck};
use crate::common::{Host, Run};

fn kit() -> Host {
    let host = Host::empty();
    host.run(&[&DEPLOY[..], &["--database", "game"]].concat()).success();
    host
}

/// The guide's names, whatever stands behind them here.
const RECIPES: [&str; 17] = [
    "az-login",
    "preflight",
    "kv-rotate-jwt-keys-preview",
    "kv-rotate-jwt-keys",
    "kv-verify-jwt-keys",
    "kv-resign-jwt-token",
    "kv-sync-jwt-keys",
    "spacetimedb-setup-host",
    "spacetimedb-prebuild",
    "spacetimedb-build",
    "spacetimedb-verify-preflight",
    "spacetimedb-deploy",
    "spacetimedb-restart",
    "spacetimedb-publish",
    "spacetimedb-verify-runtime",
    "spacetimedb-reset-host",
    "status",
];

#[test]
fn recipes() {
    let host = kit();
    for file in ["spacetimedb.just", "justfile"] {
        run(&host, just(), &["--justfile", file, "--fmt", "--check"]).success();
    }
    let listed = run(&host, just(), &["--summary"]).success().stdout;
    let listed: Vec<&str> = listed.split_whitespace().collect();
    for recipe in RECIPES {
        assert!(listed.contains(&recipe), "{recipe}: {listed:?}");
    }
    // Each is short enough to be read, and each of its own sh scripts is sound.
    let text = host.read("spacetimedb.just");
    let dumped = run(&host, just(), &["--dump", "--dump-format", "json"]).success().stdout;
    let dumped: serde_json::Value = serde_json::from_str(&dumped).unwrap();
    for name in RECIPES {
        let body = dumped["recipes"][name]["body"].as_array().unwrap();
        assert!((1..=8).contains(&body.len()), "{name}: {} lines", body.len());
    }
    // A secret as an argument can be read by everybody on the machine.
    for word in ["kv-get", "kv-set", "--value", "secret show", "| rg"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn scripts() {
    let host = kit();
    run(&host, shellcheck(), &["--shell=sh", "--severity=warning", ENTRYPOINT]).success();
    run(&host, shellcheck(), &["--shell=dash", "--severity=warning", ENTRYPOINT]).success();
    run(&host, "dash".as_ref(), &["-n", ENTRYPOINT]).success();
    // The check can fail.
    host.write("bad.sh", "#!/bin/sh\nfoo=(1)\n");
    assert_ne!(run(&host, shellcheck(), &["bad.sh"]).status, Some(0));
}

/// Compose with these variables, and those of .env.
fn config(host: &Host, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(compose());
    command.args(arguments).current_dir(host.path("")).env_clear();
    command.env("HOME", host.path("home")).envs(variables.iter().copied());
    Run::of(&mut command, b"")
}

const LOCAL: [&str; 2] = ["config", "-q"];
const PROD: [&str; 4] = ["-f", "compose.prod.yaml", "config", "-q"];
const MERGE: [&str; 6] = ["-f", "compose.yaml", "-f", "compose.prod.yaml", "config", "-q"];

#[test]
fn compose_files() {
    let host = kit();
    let version = ("SPACETIME_VERSION", "v2.0.1");
    let prod =
        [version, ("SPACETIMEDB_HOST", "stdb.example.com"), ("SPACETIMEDB_IMAGE", "r.example/x")];
    config(&host, &LOCAL, &[version]).success();
    config(&host, &PROD, &prod).success();
    config(&host, &MERGE, &prod).success();
    // Without a version, a name or an image of its own: refused, with the variable's name.
    for arguments in [&LOCAL[..], &PROD, &MERGE] {
        let refused = config(&host, arguments, &prod[1..]);
        assert_ne!(refused.status, Some(0), "{arguments:?}");
        assert!(refused.stderr.contains("SPACETIME_VERSION"), "{refused:?}");
    }
    for missing in 1..prod.len() {
        let rest: Vec<_> = prod.iter().copied().filter(|entry| *entry != prod[missing]).collect();
        let refused = config(&host, &MERGE, &rest);
        assert!(refused.stderr.contains(prod[missing].0), "{refused:?}");
        assert_ne!(refused.status, Some(0));
    }
    // As a host is set up: .env names both files.
    host.write(".env", format!(
        "{}\nCOMPOSE_FILE=compose.yaml:compose.prod.yaml\nSPACETIMEDB_HOST=a.example\nSPACETIMEDB_IMAGE=r.example/x\n",
        host.read(".env.example")
    ));
    let merged = config(&host, &["config", "--format", "json"], &[]).success().json();
    let server = &merged["services"]["spacetimedb"];
    assert_eq!(server["stop_signal"], "SIGINT");
    assert_eq!(server["init"], true);
    assert_eq!(server["image"], "r.example/x:v2.0.1");
    // From the world, only Caddy is reached.
    for port in server["ports"].as_array().unwrap() {
        assert_eq!(port["host_ip"], "127.0.0.1", "{port}");
    }
    // The keys cannot be written; the token does not lie below the data; nothing holds the socket.
    let volumes = server["volumes"].as_array().unwrap();
    let source = |target: &str| {
        let found = volumes.iter().find(|volume| volume["target"] == target).unwrap();
        (found["source"].as_str().unwrap().to_owned(), found["read_only"] == true)
    };
    let (keys, data, config_home) = (
        source("/etc/spacetimedb"),
        source("/var/lib/spacetimedb/data"),
        source("/var/lib/spacetimedb/config"),
    );
    assert!(keys.0.ends_with("/.generated/spacetimedb-keys") && keys.1, "{keys:?}");
    assert!(config_home.0.ends_with("/data/.config") && !data.1);
    assert!(!config_home.0.starts_with(&data.0) && !data.0.starts_with(&config_home.0));
    assert!(!merged.to_string().contains("docker.sock"), "{merged}");
    // No key is sent to the builder.
    assert!(server["build"]["context"].as_str().unwrap().ends_with("/spacetimedb"));
    // The check can fail.
    host.write("compose.yaml", host.read("compose.yaml").replace("stop_signal", "stop_sign"));
    assert_ne!(config(&host, &LOCAL, &[version]).status, Some(0));
}

#[test]
fn caddyfile() {
    let host = kit();
    let validate = ["validate", "--adapter", "caddyfile", "--config", "Caddyfile"];
    run(&host, "caddy".as_ref(), &validate).success();
    let formatted = run(&host, "caddy".as_ref(), &["fmt", "Caddyfile"]).stdout;
    assert_eq!(formatted, host.read("Caddyfile"));
    host.write("Caddyfile", host.read("Caddyfile").replace("respond", "answer"));
    assert_ne!(run(&host, "caddy".as_ref(), &validate).status, Some(0));
}
