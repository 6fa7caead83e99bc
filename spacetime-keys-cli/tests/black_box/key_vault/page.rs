//! `docs/three-vms.md`: its blocks, each on the machine that it names, against the stand-in's vaults.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::fleet::{Fleet, PRIVATE_SECRET};
use crate::common::{Host, PROGRAM, token};
use crate::pages;

/// What a block prints, on a machine that reaches the stand-in.
fn shell(fleet: &Fleet, host: &Host, script: &str) -> (bool, String) {
    // A managed identity is the cloud's to give; the other ways to log in have tests of their own.
    let script = script.replace("managed-identity", "client-secret");
    let bin = Path::new(PROGRAM).parent().unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(host.path(""))
        .env_clear()
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
        .env("HOME", host.path("home"))
        .envs(fleet.stand_in.environment())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// A machine with a server's keys, and the token of somebody who published there.
fn machine(name: &str) -> Host {
    let host = Host::new();
    let key = PrivateKey::generate().unwrap();
    host.mount(&key);
    let subject = format!("publisher-of-{name}");
    host.set_token(&token(
        &key,
        &json!({ "iss": "localhost", "sub": subject, "iat": 1_750_000_000 }),
    ));
    host
}

#[test]
fn three_machines() {
    let fleet = Fleet::new();
    let mut machines: BTreeMap<String, Host> = BTreeMap::new();
    let blocks = pages::read("three-vms.md");
    for block in &blocks {
        let name = block.on.clone().expect("each block of the page says where");
        let host = machines.entry(name).or_insert_with_key(|name| machine(name));
        let (success, printed) = shell(&fleet, host, &block.script);
        assert!(success, "line {}\n{printed}", block.line);
        let Some(expected) = &block.expected else { continue };
        assert!(
            pages::matches(expected, &printed),
            "line {}\n--- expected\n{expected}--- printed\n{printed}",
            block.line
        );
    }
    // The pair that a server had, and the new one.
    assert_eq!(fleet.count("kv-prod", PRIVATE_SECRET), 2);
    assert_eq!(fleet.count("kv-test", PRIVATE_SECRET), 2);
    assert_eq!(fleet.count("kv-dev", PRIVATE_SECRET), 0);
    assert_ne!(machines.get("prod").unwrap().mounted(), machines.get("test").unwrap().mounted());
    assert!(blocks.len() >= 6, "{}", blocks.len());
}
