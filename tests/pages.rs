//! Pages with commands in them: their `sh` blocks, and what these print.
//!
//! What follows a block as `text` is what it prints. There `[..]` stands for any text in a line, and
//! a line `...` for any lines.

// Each test that includes this takes what it needs.
#![allow(dead_code, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// An `sh` block of a page.
pub(crate) struct Block {
    pub(crate) line: usize,
    /// The heading that it stands under, without the hashes.
    pub(crate) section: String,
    pub(crate) script: String,
    /// The exit code that the page names behind `sh` (`exit=1`), else 0.
    pub(crate) exit: i32,
    /// Whether it needs a real server: `server`, behind `sh`, too.
    pub(crate) server: bool,
    /// Which of several machines it is for: `on=NAME`, behind `sh`, too.
    pub(crate) on: Option<String>,
    /// What it prints, if the page shows it.
    pub(crate) expected: Option<String>,
}

/// A page of `docs/`, from the folder that the tests are run in.
pub(crate) fn read(name: &str) -> Vec<Block> {
    blocks(&fs::read_to_string(path(name)).unwrap())
}

/// Where a page of `docs/` is.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// The `sh` blocks of a page, each with the `text` block that comes right after it.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut follows = false;
    let mut section = String::new();
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            follows &= line.trim().is_empty();
            if line.starts_with('#') {
                line.trim_start_matches('#').trim().clone_into(&mut section);
            }
            continue;
        };
        let mut content = String::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            content.push_str(line);
            content.push('\n');
        }
        match info.split_once(' ').unwrap_or((info, "")) {
            ("sh", rest) => {
                let (mut exit, mut server, mut on) = (0, false, None);
                for word in rest.split_whitespace() {
                    match word.split_once('=') {
                        Some(("exit", code)) => exit = code.parse().unwrap(),
                        Some(("on", machine)) => on = Some(machine.to_owned()),
                        None if word == "server" => server = true,
                        _ => panic!("line {}: `{word}` behind `sh`", index + 1),
                    }
                }
                let (line, section) = (index + 1, section.clone());
                let block =
                    Block { line, section, script: content, exit, server, on, expected: None };
                blocks.push(block);
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

/// Whether a text is what a page shows of it.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let lines = |text| -> Vec<&str> { str::lines(text).collect() };
    lines_match(&lines(pattern), &lines(text))
}

/// Whether lines match a pattern of lines.
fn lines_match(pattern: &[&str], lines: &[&str]) -> bool {
    match (pattern.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => {
            (0..=lines.len()).any(|skipped| lines_match(rest, &lines[skipped..]))
        }
        (Some((first, rest)), Some((line, others))) => {
            line_matches(first, line) && lines_match(rest, others)
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
