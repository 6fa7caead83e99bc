//! Files without end: refused by their size, and not read into memory.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::{Command, Stdio};

use crate::common::{CLI_TOML, CONFIG, Host, PRIVATE, PUBLIC, Run, STORE};

/// Of a sparse file, which takes no room.
const SIZE: u64 = 10 << 30;
/// KiB of address space: far more than the program needs, and far less than such a file.
const MEMORY: &str = "600000";
const LARGE: &str = "large";
const UNFINISHED: &str = ".spacetime-keys/.state/unfinished.json";

fn enlarge(host: &Host, path: &str) {
    let file = File::options().create(true).truncate(false).write(true).open(host.path(path));
    file.unwrap().set_len(SIZE).unwrap();
}

/// Runs it with little memory.
fn command(host: &Host, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$@\""), "sh"]);
    command.arg(crate::common::program()).args(arguments).current_dir(host.path(""));
    command.env("HOME", host.path("home")).env("NO_COLOR", "1");
    command
}

#[track_caller]
fn is_refused(run: &Run, what: &str) {
    assert_eq!(run.status, Some(4), "{what}: {run:?}");
    assert!(run.stderr.contains("is larger than 4 MiB"), "{what}: {run:?}");
    assert!(run.stderr.contains("hint:"), "{what}: {run:?}");
}

#[test]
fn a_file_that_is_named() {
    let host = Host::rotated("local");
    enlarge(&host, LARGE);
    for arguments in [
        ["key", "normalize", LARGE].as_slice(),
        &["key", "fingerprint", LARGE],
        &["key", "check", PRIVATE, LARGE],
        &["token", "decode", "@large"],
        &["token", "decode", "--cli-toml", LARGE],
        &["token", "verify", "a.b.c", "--public-key", LARGE],
        &["token", "verify", "a.b.c", "--jwks", LARGE],
        &["token", "check", "a.b.c", "--jwks", LARGE],
        &[
            "token",
            "mint",
            "--private-key",
            LARGE,
            "--issuer",
            "https://a.example",
            "--subject",
            "u",
        ],
        &["token", "resign", "--cli-toml", LARGE, "--private-key", PRIVATE],
        &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", LARGE],
        &["jwks", "export", LARGE],
        &["jwks", "lint", LARGE],
        &["config", "show", "--config", LARGE],
        &["rotate", "--env", "local", "--yes", "--cli-toml", LARGE],
    ] {
        let run = Run::of(&mut command(&host, arguments), b"");
        is_refused(&run, &format!("{arguments:?}"));
        assert!(run.stderr.contains(&format!("it has {SIZE} bytes")), "{arguments:?}: {run:?}");
    }
}

#[test]
fn a_file_of_the_host() {
    for path in [PRIVATE, PUBLIC, CLI_TOML, CONFIG, UNFINISHED] {
        let host = Host::rotated("local");
        enlarge(&host, path);
        let run = Run::of(&mut command(&host, &["rotate", "--env", "local", "--yes"]), b"");
        is_refused(&run, path);
    }
    // A version's value, and what stands beside it: the newest of the private key.
    let versions = format!("{STORE}/kv-local/spacetimedb-jwt-private-key");
    let host = Host::rotated("local");
    let names = std::fs::read_dir(host.path(&versions)).unwrap();
    let newest =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).max().unwrap();
    enlarge(&host, &format!("{versions}/{newest}/properties.json"));
    let verified = Run::of(&mut command(&host, &["verify", "--env", "local"]), b"");
    assert!(matches!(verified.status, Some(0 | 1)), "{verified:?}");
    enlarge(&host, &format!("{versions}/{newest}/value"));
    let verified = Run::of(&mut command(&host, &["verify", "--env", "local"]), b"");
    assert_eq!(verified.status, Some(1), "{verified:?}");
    // A project is part of what doctor finds.
    enlarge(&host, "spacetime.json");
    let doctor = ["doctor", "--server", "http://127.0.0.1:1", "--timeout", "1s"];
    let seen = Run::of(&mut command(&host, &doctor), b"");
    assert_eq!(seen.status, Some(1), "{seen:?}");
    assert!(seen.stdout.contains("spacetime.json is larger than 4 MiB"), "{seen:?}");
}

#[test]
fn standard_input_without_end() {
    let host = Host::new();
    for arguments in [
        ["key", "normalize", "-"].as_slice(),
        &["key", "fingerprint", "-"],
        &["token", "decode", "-"],
        &["token", "verify", "--public-key", PUBLIC],
        &["token", "mint", "--private-key", "-", "--issuer", "https://a.example", "--subject", "u"],
        &["jwks", "export", "-"],
    ] {
        let zeros = Stdio::from(File::open("/dev/zero").unwrap());
        let output = command(&host, arguments).stdin(zeros).output().unwrap();
        is_refused(&Run::from(output), &format!("{arguments:?}"));
    }
}

/// A log and a list of users are read as they come. One line without end is not kept.
// Slow: a gigabyte is read in a debug build, twice.
#[test]
fn what_is_streamed_takes_no_memory() {
    let host = Host::new();
    let log = File::create(host.path(LARGE)).unwrap();
    log.set_len(1 << 30).unwrap();
    let run = Run::of(&mut command(&host, &["doctor", "--logs", LARGE]), b"");
    assert!(matches!(run.status, Some(0 | 1)), "{run:?}");
    let map = ["identity", "map", "--from-issuer", "a", "--to-issuer", "b", "--input", LARGE];
    let run = Run::of(&mut command(&host, &map), b"");
    assert!(matches!(run.status, Some(1 | 4)), "{run:?}");
}
