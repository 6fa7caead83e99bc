//! The pages of `docs/` that have commands in them: each `sh` block is run as it stands, one after
//! the other, in a folder of its own with a host's files, and what it prints is what the page shows.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::{Host, PROGRAM};
use crate::pages;

/// The pages that people follow step by step.
const PAGES: [&str; 16] = [
    "../README.md",
    "start.md",
    "install.md",
    "ci.md",
    "publish-without-token.md",
    "internals/readers.md",
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

/// Runs a script in a host's folder, as bash would on its owner's machine.
fn shell(host: &Host, script: &str) -> Output {
    let bin = Path::new(PROGRAM).parent().unwrap();
    Command::new("bash")
        // What goes wrong in the middle is not hidden by what comes after.
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(host.path(""))
        .env_clear()
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
        .env("HOME", host.path("home"))
        .output()
        .unwrap()
}

#[test]
fn every_command_of_the_pages() {
    let (mut run, mut compared, mut wrong) = (0, 0, Vec::new());
    for page in PAGES {
        let host = host();
        // What needs a server is run in `tests/real-server`.
        for block in pages::read(page).into_iter().filter(|block| !block.server) {
            let output = shell(&host, &block.script);
            let printed = String::from_utf8(output.stdout).unwrap();
            let place = format!("docs/{page}:{}", block.line);
            run += 1;
            if output.status.code() != Some(block.exit) {
                wrong.push(format!("{place}: exit {:?}\n{printed}", output.status.code()));
                continue;
            }
            let Some(expected) = block.expected else { continue };
            compared += 1;
            if !pages::matches(&expected, &printed) {
                wrong.push(format!("{place}\n--- expected\n{expected}--- printed\n{printed}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{run} blocks run, {compared} outputs compared");
    assert!(run >= 60 && compared >= 55, "{run}, {compared}");
}

/// Clean slate, with the SpacetimeDB CLI's part left out: `tests/real-server` does all of it.
#[test]
fn start_over() {
    let host = Host::rotated("local");
    host.write("data/spacetime.pid", "");
    let (before, blocks) = (host.mounted(), pages::read("start-over.md"));
    for block in &blocks {
        let output = shell(&host, &block.script);
        assert!(output.status.success(), "line {}: {output:?}", block.line);
    }
    assert_eq!(blocks.len(), 3);
    assert_ne!(host.mounted(), before);
    for kept in ["data/.config/spacetime/cli.toml", "keys/id_ecdsa", "store/kv-local"] {
        assert!(host.path(&format!("aside/{kept}")).exists(), "{kept}");
    }
}

/// What systemd, cron and GitHub would run: the commands in units, tables and workflows of `ci.md`.
#[test]
fn every_scheduled_command() {
    let text = fs::read_to_string(pages::path("ci.md")).unwrap();
    let host = Host::rotated("prod");
    host.write("spacetime-keys.toml", "[host]\nenvironment = \"prod\"\n");
    let scheduled = scheduled(&text);
    for command in &scheduled {
        let here = command.replace("/usr/local/bin/", "").replace("/stdb", ".");
        let output = shell(&host, &here);
        assert!(output.status.success(), "{command}\n{output:?}");
    }
    assert_eq!(scheduled.len(), 5, "{scheduled:?}");
}

/// `ExecStart=`, the command behind a crontab's five fields, and a workflow's `run: |`.
fn scheduled(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines().peekable();
    let mut language = "";
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            language = info;
        } else if let Some(command) = line.strip_prefix("ExecStart=").filter(|_| language == "ini")
        {
            found.push(command.to_owned());
        } else if language == "crontab" {
            found.push(line.splitn(6, ' ').last().unwrap().to_owned());
        } else if line.trim() == "run: |" {
            let depth = line.len() - line.trim_start().len();
            let mut script = String::new();
            while let Some(next) = lines.next_if(|next| {
                next.len() - next.trim_start().len() > depth && !next.starts_with("```")
            }) {
                script.push_str(next.trim_start());
                script.push('\n');
            }
            found.push(script);
        }
    }
    found
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
