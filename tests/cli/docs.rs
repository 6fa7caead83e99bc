//! The pages of `docs/` that have commands in them: each `sh` block is run as it stands, one after
//! the other, in a folder of its own with a host's files; what follows as `text` is what it prints.
//! There `[..]` stands for any text in a line, and `...` alone for any lines.
//!
//! A block that ends with another code than 0 says so behind the `sh`: `exit=1`.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout)] // a count, for whoever looks

#[path = "common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Host, PROGRAM};

/// The pages that people follow step by step.
const PAGES: [&str; 6] = [
    "token-refused.md",
    "own-tokens.md",
    "leaving-keycloak.md",
    "robots.md",
    "algorithms.md",
    "better-auth.md",
];

struct Block {
    line: usize,
    script: String,
    exit: i32,
    expected: Option<String>,
}

/// The `sh` blocks of a page, each with the `text` block that comes right after it.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut follows = false;
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            follows &= line.trim().is_empty();
            continue;
        };
        let mut content = String::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            content.push_str(line);
            content.push('\n');
        }
        match info.split_once(' ').unwrap_or((info, "")) {
            ("sh", rest) => {
                let exit = rest.strip_prefix("exit=").map_or(0, |code| code.parse().unwrap());
                blocks.push(Block { line: index + 1, script: content, exit, expected: None });
                follows = true;
                continue;
            }
            ("text", _) if follows => blocks.last_mut().unwrap().expected = Some(content),
            _ => {}
        }
        follows = false;
    }
    blocks
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// A host as people have it, and what Better Auth wrote.
fn host() -> Host {
    let host = Host::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/better-auth");
    for entry in fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        host.write(&format!("better-auth/{name}"), fs::read(&path).unwrap());
    }
    host
}

/// Whether lines match a pattern of lines.
fn matches(pattern: &[&str], lines: &[&str]) -> bool {
    match (pattern.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => {
            (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]))
        }
        (Some((first, rest)), Some((line, others))) => {
            line_matches(first, line) && matches(rest, others)
        }
        _ => false,
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else { return false };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    rest.is_empty() || last.is_some_and(|part| part.is_empty() || line.ends_with(part))
}

#[test]
fn every_command_of_the_pages() {
    let bin = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let (mut run, mut compared) = (0, 0);
    for page in PAGES {
        let host = host();
        let text = fs::read_to_string(docs().join(page)).unwrap();
        for block in blocks(&text) {
            let output = Command::new("bash")
                // What goes wrong in the middle is not hidden by what comes after.
                .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{}", block.script)])
                .current_dir(host.path(""))
                .env_clear()
                .env("PATH", &path)
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            let place = format!("docs/{page}:{}", block.line);
            assert_eq!(output.status.code(), Some(block.exit), "{place}\n{printed}");
            run += 1;
            let Some(expected) = block.expected else { continue };
            let (pattern, lines): (Vec<_>, Vec<_>) =
                (expected.lines().collect(), printed.lines().collect());
            assert!(
                matches(&pattern, &lines),
                "{place}\n--- expected\n{expected}--- printed\n{printed}"
            );
            compared += 1;
        }
    }
    println!("{run} blocks run, {compared} outputs compared");
    assert!(run >= 30 && compared >= 27, "{run}, {compared}");
}

/// The comparison itself must be able to fail.
#[test]
fn the_comparison() {
    let compare = |pattern: &str, text: &str| {
        matches(&pattern.lines().collect::<Vec<_>>(), &text.lines().collect::<Vec<_>>())
    };
    for (pattern, text) in [
        ("a", "a"),
        ("a[..]c", "abc"),
        ("...\nb", "a\nb"),
        ("...", ""),
        ("[..]", "x"),
        ("a [..]", "a b"),
    ] {
        assert!(compare(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("a", "b"),
        ("a", "a\nb"),
        ("a[..]c", "abd"),
        ("...\nb", "a"),
        ("a\nb", "a"),
        ("a[..]b", "ab c"),
    ] {
        assert!(!compare(pattern, text), "{pattern} {text}");
    }
}
