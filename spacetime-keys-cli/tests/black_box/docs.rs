//! The pages of `docs/` that have commands in them: each `sh` block is run as it stands, one after
//! the other, in a folder of its own with a host's files, and what it prints is what the page shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{Host, PROGRAM};
use crate::pages;

/// The pages that people follow step by step.
const PAGES: [&str; 10] = [
    "publish-refused.md",
    "own-tokens.md",
    "leaving-keycloak.md",
    "robots.md",
    "algorithms.md",
    "better-auth.md",
    "providers.md",
    "keys.md",
    "official-guide.md",
    "one-container.md",
];

/// A host as people have it, what Better Auth wrote, providers' sets and tokens, and logs of publishes.
fn host() -> Host {
    let host = Host::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    for folder in ["better-auth", "logs"] {
        for entry in fs::read_dir(fixtures.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            host.write(&format!("{folder}/{name}"), fs::read(&path).unwrap());
        }
    }
    for entry in fs::read_dir(fixtures.join("providers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        match path.extension().unwrap().to_str().unwrap() {
            "json" => {
                let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                host.write(&format!("providers/{name}.jwks.json"), file["jwks"].to_string());
                host.write(&format!("providers/{name}.jwt"), file["token"].as_str().unwrap());
            }
            "jwt" => host.write(&format!("providers/{name}.jwt"), fs::read(&path).unwrap()),
            _ => {}
        }
    }
    host
}

#[test]
fn every_command_of_the_pages() {
    let bin = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let (mut run, mut compared) = (0, 0);
    for page in PAGES {
        let host = host();
        // What needs a server is run in `tests/real-server`.
        for block in pages::read(page).into_iter().filter(|block| !block.server) {
            let output = Command::new("bash")
                // What goes wrong in the middle is not hidden by what comes after.
                .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{}", block.script)])
                .current_dir(host.path(""))
                .env_clear()
                .env("PATH", &path)
                .env("HOME", host.path("home"))
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            let place = format!("docs/{page}:{}", block.line);
            assert_eq!(output.status.code(), Some(block.exit), "{place}\n{printed}");
            run += 1;
            let Some(expected) = block.expected else { continue };
            assert!(
                pages::matches(&expected, &printed),
                "{place}\n--- expected\n{expected}--- printed\n{printed}"
            );
            compared += 1;
        }
    }
    println!("{run} blocks run, {compared} outputs compared");
    assert!(run >= 50 && compared >= 47, "{run}, {compared}");
}

/// The comparison itself must be able to fail.
#[test]
fn the_comparison() {
    for (pattern, text) in [
        ("a", "a"),
        ("a[..]c", "abc"),
        ("...\nb", "a\nb"),
        ("...", ""),
        ("[..]", "x"),
        ("a [..]", "a b"),
    ] {
        assert!(pages::matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("a", "b"),
        ("a", "a\nb"),
        ("a[..]c", "abd"),
        ("...\nb", "a"),
        ("a\nb", "a"),
        ("a[..]b", "ab c"),
    ] {
        assert!(!pages::matches(pattern, text), "{pattern} {text}");
    }
}
