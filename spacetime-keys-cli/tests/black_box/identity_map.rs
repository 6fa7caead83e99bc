//! `identity map` on a list that is too long to look through: what was planted in it is found, by
//! its lines, and everything else is mapped, in its order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io::{Seek, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{Host, Run};
use serde_json::Value;
use spacetime_keys_core::Identity;

const OLD: &str = "https://keycloak.example/realms/app";
const NEW: &str = "https://id.example";
const MAP: [&str; 6] = ["identity", "map", "--from-issuer", OLD, "--to-issuer", NEW];

/// With this on standard input: from a file, for a pipe would be full before anybody reads what
/// comes out.
fn map(host: &Host, more: &[&str], input: &[u8]) -> Run {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    let mut command = host.command(&[&MAP[..], more].concat());
    command.stdin(file).output().unwrap().into()
}

fn csv_row(old: &str, new: &str) -> String {
    let identities = (Identity::from_claims(OLD, old), Identity::from_claims(NEW, new));
    format!("{old},{new},{},{}\n", identities.0, identities.1)
}

const HEADER: &str = "old_subject,new_subject,old_identity,new_identity\n";

/// A list of users, and what is wrong with it.
#[derive(Default)]
struct Planted {
    text: Vec<u8>,
    line: u64,
    rows: String,
    mapped: u64,
    /// Line and code.
    bad: BTreeSet<(u64, &'static str)>,
    /// Line and first line.
    duplicates: BTreeSet<(u64, u64)>,
    collisions: BTreeSet<(u64, u64)>,
}

impl Planted {
    fn row(&mut self, text: &[u8], old: &str, new: &str) -> u64 {
        self.rows.push_str(&csv_row(old, new));
        self.mapped += 1;
        self.text(text)
    }

    fn bad(&mut self, text: &[u8], code: &'static str) {
        self.bad.insert((self.line + 1, code));
        self.text(text);
    }

    /// Adds it, and gives its first line.
    fn text(&mut self, text: &[u8]) -> u64 {
        let first = self.line + 1;
        self.text.extend_from_slice(text);
        self.text.push(b'\n');
        self.line += 1 + text.split(|&byte| byte == b'\n').skip(1).count() as u64;
        first
    }
}

/// 200,000 users, and something wrong every few thousand lines.
fn planted() -> Planted {
    let mut list = Planted::default();
    list.text(b"\xef\xbb\xbf\"old_subject\",new_subject");
    let mut lines = BTreeMap::new();
    for number in 0..200_000_u64 {
        let (old, new) = (format!("kc-{number}"), format!("usr_{number}"));
        let line = match number % 5 {
            0 => list.row(format!("\"{old}\",{new}").as_bytes(), &old, &new),
            1 => list.row(format!("{old},{new}\r").as_bytes(), &old, &new),
            _ => list.row(format!("{old},{new}").as_bytes(), &old, &new),
        };
        lines.insert(number, line);
        if number % 2500 != 2499 {
            continue;
        }
        let earlier = number / 2;
        match number / 2500 % 10 {
            0 => list.bad(b",usr", "ERR_SUBJECT_EMPTY"),
            1 => list.bad(format!("{},usr", "x".repeat(129)).as_bytes(), "ERR_SUBJECT_TOO_LONG"),
            2 => list.bad(b"\xff\xfe,usr", "ERR_ROW_ENCODING"),
            3 => list.bad(b"\"never closed,usr", "ERR_ROW_QUOTES"),
            4 => list.bad(b"lonely", "ERR_ROW_COLUMNS"),
            5 => list.bad("y".repeat(700_000).as_bytes(), "ERR_ROW_TOO_LONG"),
            6 => {
                // The same user, who becomes another one.
                let old = format!("kc-{earlier}");
                let new = format!("again_{number}");
                let line = list.row(format!("{old},{new}").as_bytes(), &old, &new);
                list.duplicates.insert((line, lines[&earlier]));
            }
            7 => {
                // Another user, who becomes the same.
                let old = format!("other-{number}");
                let new = format!("usr_{earlier}");
                let line = list.row(format!("{old},{new}").as_bytes(), &old, &new);
                list.collisions.insert((line, lines[&earlier]));
            }
            8 => {
                // The very same row: a duplicate, and nothing else.
                let (old, new) = (format!("kc-{earlier}"), format!("usr_{earlier}"));
                let line = list.row(format!("{old},{new}").as_bytes(), &old, &new);
                list.duplicates.insert((line, lines[&earlier]));
            }
            _ => {
                // One row of three lines, and an empty line.
                let (old, new) = (format!("a\n\"{number}\"\n,b"), format!("many_{number}"));
                let quoted = format!("\"{}\"", old.replace('"', "\"\""));
                list.mapped += 1;
                let identities =
                    (Identity::from_claims(OLD, &old), Identity::from_claims(NEW, &new));
                writeln!(list.rows, "{quoted},{new},{},{}", identities.0, identities.1).unwrap();
                list.text(format!("{quoted},{new}").as_bytes());
                list.text(b"");
            }
        }
    }
    // No line end at the end.
    list.text.pop();
    list
}

fn listed(document: &Value, what: &str) -> BTreeSet<(u64, u64)> {
    let entries = document[what].as_array().unwrap().iter();
    let pair = |entry: &Value| (entry["line"].as_u64().unwrap(), entry["first_line"].as_u64());
    entries.map(pair).map(|(line, first)| (line, first.unwrap())).collect()
}

#[test]
fn what_was_planted_in_a_long_list_is_found() {
    let host = Host::empty();
    let list = planted();
    assert!(list.bad.len() >= 48 && list.duplicates.len() >= 16 && list.collisions.len() >= 8);
    host.write("users.csv", &list.text);
    let run = map(&host, &["--input", "users.csv", "--json", "--out", "rows.csv"], b"");
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let document = run.json();
    let bad: BTreeSet<_> = document["bad_rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["line"].as_u64().unwrap(), entry["code"].as_str().unwrap()))
        .collect();
    assert_eq!(bad, list.bad);
    assert_eq!(listed(&document, "duplicates"), list.duplicates);
    assert_eq!(listed(&document, "collisions"), list.collisions);
    assert_eq!(listed(&document, "handovers"), BTreeSet::new());
    assert_eq!(document["counts"]["mapped"], list.mapped);
    assert_eq!(document["counts"]["duplicates"], list.duplicates.len());
    // Not by `assert_eq`, which would print fifty megabytes.
    let expected = format!("{HEADER}{}", list.rows);
    assert!(host.read("rows.csv") == expected, "the rows differ");

    // In words, with all of them.
    let run = map(&host, &["-v"], &list.text);
    assert_eq!(run.status, Some(1));
    assert!(run.stdout == expected, "the rows differ");
    let all = list.bad.len() + list.duplicates.len() + list.collisions.len();
    assert_eq!(run.stderr.matches("warning: line ").count(), all, "{}", run.stderr);
    for (line, first) in &list.duplicates {
        let said = format!("warning: line {line}: the same user as in line {first}\n");
        assert!(run.stderr.contains(&said), "{said}");
    }
    // And without -v, the first of each kind only.
    let run = map(&host, &[], &list.text);
    assert_eq!(run.stderr.matches("warning: line ").count(), 20 + 16 + 8, "{}", run.stderr);
    let more = format!("and {} more bad rows; -v shows all", list.bad.len() - 20);
    assert!(run.stderr.contains(&more), "{}", run.stderr);
    for content in ["kc-", "usr", "lonely", "never closed", "xxx", "yyy"] {
        assert!(!run.stderr.contains(content), "{content}: {}", run.stderr);
    }
}

#[test]
fn ndjson_keeps_its_order_and_its_lines() {
    let host = Host::empty();
    let (mut text, mut rows) = (String::new(), HEADER.to_owned());
    for number in 0..50_000 {
        let subject = format!("user {number}");
        rows.push_str(&csv_row(&subject, &subject));
        match number % 3 {
            0 => writeln!(text, r#"{{"sub":"{subject}","n":{number}}}"#).unwrap(),
            1 => writeln!(text, r#"{{"old_subject":"{subject}","new_subject":"{subject}"}}"#)
                .unwrap(),
            _ => writeln!(text, "\"user\\u0020{number}\"\r").unwrap(),
        }
    }
    let good = map(&host, &[], text.as_bytes()).success();
    assert!(good.stdout == rows, "the rows differ");
    text.push_str("{\"sub\":\"user 7\"}\n\n{\"sub\":[]}");
    let run = map(&host, &[], text.as_bytes());
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("line 50003: neither a JSON string"), "{}", run.stderr);
    assert!(run.stderr.contains("line 50001: the same user as in line 8\n"), "{}", run.stderr);
}

/// Characters that mean something to a reader of the rows.
#[test]
fn subjects_are_written_so_that_they_come_back() {
    let host = Host::empty();
    let subjects =
        ["O'Neill", "back\\slash'", "a,b", "\"", "two\r\nlines", "é😀\u{7f}", " ", "--", "=1"];
    let lines = subjects.map(|subject| Value::from(subject).to_string());
    let text = lines.join("\n");
    let ndjson = map(&host, &["--format", "ndjson"], text.as_bytes()).success().stdout;
    let csv = map(&host, &["--format", "csv"], text.as_bytes()).success().stdout;
    let sql = map(&host, &["--format", "sql"], text.as_bytes()).success().stdout;
    let objects: Vec<Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), subjects.len());
    for (object, subject) in objects.iter().zip(subjects) {
        assert_eq!([&object["old_subject"], &object["new_subject"]], [subject, subject]);
        assert_eq!(object["old_identity"], Identity::from_claims(OLD, subject).to_string());
        assert_eq!(object["new_identity"], Identity::from_claims(NEW, subject).to_string());
        let quoted = format!("'{}'", subject.replace('\'', "''"));
        let row = format!(
            "VALUES ({quoted}, {quoted}, '{}', '",
            object["old_identity"].as_str().unwrap()
        );
        assert!(sql.contains(&row), "{row}");
    }
    // CSV by our own reader: its four columns have the names that it looks for.
    let again = map(&host, &["--format", "csv"], csv.as_bytes()).success().stdout;
    assert_eq!(again, csv);
    // And SQL is a transaction, after the line that takes the backslash's meaning away in MySQL.
    let (head, rest) = sql.split_once("\nBEGIN;\n").unwrap();
    assert!(
        head.ends_with(
            "'/*!40101 SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES') */;"
                .trim_start_matches('\'')
        )
    );
    assert!(rest.ends_with(");\nCOMMIT;\n"));
}

/// A list of bad rows only, longer than what is looked at first.
#[test]
fn the_first_good_row_may_come_late() {
    let host = Host::empty();
    let text = [&"z".repeat(2 << 20), "\n", &"x\"\n".repeat(3), "old_sub,new_sub\na,b\n"].concat();
    let run = map(&host, &[], text.as_bytes());
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    assert_eq!(run.stdout, format!("{HEADER}{}", csv_row("a", "b")));
}

#[test]
fn utf_16_is_named() {
    let host = Host::empty();
    let text: Vec<_> = "\u{feff}subject\na\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let run = map(&host, &["--json", "--out", "rows.csv"], &text);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_NOT_UTF8"));
    // Without a mark, every other byte is a NUL.
    let run = map(&host, &["--json", "--out", "rows.csv"], &text[2..]);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_NOT_UTF8"));
    assert!(!host.path("rows.csv").exists());
}

#[test]
fn an_output_file_is_there_as_a_whole_or_not_at_all() {
    use std::os::unix::fs::PermissionsExt;

    let host = Host::empty();
    host.write("rows.csv", "old");
    host.set_mode("rows.csv", 0o640);
    // The input ends in a failure: it is a folder.
    let run = map(&host, &["--input", ".", "--out", "rows.csv"], b"");
    assert_eq!(run.status, Some(4), "{}", run.stderr);
    assert_eq!(host.read("rows.csv"), "old");
    map(&host, &["--out", "rows.csv"], b"a\n").success();
    assert_eq!(host.read("rows.csv"), format!("{HEADER}{}", csv_row("a", "a")));
    let mode = |file| fs::metadata(host.path(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("rows.csv"), 0o640);
    map(&host, &["--out", "new.csv"], b"a\n").success();
    assert_eq!(mode("new.csv"), 0o600);
    // Nothing else is left behind.
    assert_eq!(host.tree().len(), 3);
    // A device is written to as it is.
    map(&host, &["--json", "--out", "/dev/null"], b"a\n").success();
    assert!(fs::metadata("/dev/null").unwrap().permissions().mode() & 0o777 == 0o666);
}

/// `script` lends the program a terminal; what it shows there, and the time from its start, or
/// before, to its end.
#[cfg(target_os = "linux")]
fn on_a_terminal(host: &Host, feed: &str, more: &str) -> (String, Duration) {
    let map = MAP.map(|argument| format!("'{argument}'")).join(" ");
    // A named pipe can be written to once the shell has it open: then the program starts.
    let line = format!(
        "rm -f pipe; mkfifo pipe; ({feed}) > pipe & {} {map} --input /dev/fd/7 {more} > /dev/null 7< pipe",
        crate::common::PROGRAM
    );
    let started = Instant::now();
    let output = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(host.path(""))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), started.elapsed())
}

#[cfg(target_os = "linux")]
#[test]
fn who_waits_sees_how_far_it_is() {
    let host = Host::empty();
    let (screen, _) = on_a_terminal(&host, "sleep 2; echo a", "");
    assert!(screen.contains(" mapped 1") && screen.contains("looking for duplicates"), "{screen}");
    // It is cleared away, and has no colours.
    assert!(screen.contains("\u{1b}[2K") && !screen.contains("\u{1b}[3"), "{screen}");
    assert_eq!(on_a_terminal(&host, "sleep 2; echo a", "-q").0, "");
    // Nobody waits who is served within a second. On a busy machine that takes some attempts.
    for _ in 0..100 {
        let (screen, took) = on_a_terminal(&host, "echo a", "");
        let end = "mapped 1 user: all rows good, no duplicates, no collisions\r\n";
        assert!(screen.ends_with(end), "{screen}");
        if took < Duration::from_secs(1) {
            assert_eq!(screen, end);
            return;
        }
    }
    panic!("this machine is too slow");
}

/// A reader that takes only the first rows does not wait for the rest.
#[test]
fn a_reader_that_goes_away_ends_it() {
    let host = Host::empty();
    let mut command = host.command(&MAP);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all("a\n".repeat(400_000).as_bytes());
    // It ends although more could come.
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the rest is not mapped"));
}

/// Sorted on the disk: more users than the memory for sorting takes. Nothing is left there.
// Slow: 1.6 million users, more than are sorted in memory, twice.
#[test]
fn clashes_are_found_on_the_disk_too() {
    let host = Host::empty();
    let (count, threads) = (1_600_000, std::thread::available_parallelism().unwrap().get());
    assert!(count * 24 > 32 << 20, "{threads} threads share 32 MiB");
    let mut text = String::new();
    for number in 0..count {
        writeln!(text, "{}", number % (count - 3)).unwrap();
    }
    host.write("users", &text);
    host.write("tmp/.keep", "");
    let mut command =
        host.command(&[&MAP[..], &["--input", "users", "--out", "/dev/null"]].concat());
    command.env("TMPDIR", host.path("tmp"));
    let run = Run::of(&mut command, b"");
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    for line in 1..=3 {
        let said = format!("line {}: the same user as in line {line}\n", count - 3 + line);
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
    assert_eq!(fs::read_dir(host.path("tmp")).unwrap().count(), 1);
    // Where nothing can be written, that is said, and how to go on.
    let mut command =
        host.command(&[&MAP[..], &["--input", "users", "--out", "/dev/null"]].concat());
    command.env("TMPDIR", host.path("nowhere"));
    let run = Run::of(&mut command, b"");
    assert_eq!(run.status, Some(4), "{}", run.stderr);
    assert!(run.stderr.contains("--no-clash-check"), "{}", run.stderr);
}
