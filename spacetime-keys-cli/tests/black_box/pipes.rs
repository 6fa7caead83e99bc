//! Pipes, sockets, devices and folders in the place of files: refused at once, and never waited for.
#![cfg(target_os = "linux")]

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use crate::common::{CLI_TOML, CONFIG, Host, PRIVATE, PUBLIC, Run, STORE, Unprivileged};

/// Where the odd thing is.
const ODD: &str = "odd";

/// Every argument that names a file which is read or written.
const ARGUMENTS: &[&[&str]] = &[
    &["key", "normalize", ODD],
    &["key", "normalize", "--check", ODD],
    &["key", "normalize", "--write", PUBLIC, ODD],
    &["key", "fingerprint", ODD],
    &["key", "check", ODD, PUBLIC],
    &["key", "check", PRIVATE, ODD],
    &["token", "decode", "--cli-toml", ODD],
    &["token", "decode", "@odd"],
    &["token", "verify", "a.b.c", "--public-key", ODD],
    &["token", "verify", "a.b.c", "--jwks", ODD],
    &["token", "verify", "@odd", "--public-key", PUBLIC],
    &["token", "check", "a.b.c", "--public-key", ODD],
    &["token", "check", "a.b.c", "--jwks", ODD],
    &["token", "check", "@odd", "--public-key", PUBLIC],
    &["token", "mint", "--private-key", ODD, "--issuer", "https://a.example", "--subject", "u"],
    &["token", "resign", "--cli-toml", ODD, "--private-key", PRIVATE],
    &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", ODD],
    &[
        "token",
        "resign",
        "--cli-toml",
        CLI_TOML,
        "--private-key",
        PRIVATE,
        "--previous-public-key",
        ODD,
    ],
    &["token", "restore", "--env", "local", "--cli-toml", ODD],
    &["jwks", "export", ODD],
    &["jwks", "lint", ODD],
    &["identity", "map", "--from-issuer", "a", "--to-issuer", "b", "--input", ODD],
    &[
        "identity",
        "map",
        "--from-issuer",
        "a",
        "--to-issuer",
        "b",
        "--header",
        "no",
        "--input",
        PUBLIC,
        "--out",
        ODD,
    ],
    &["doctor", "--logs", ODD],
    &["doctor", "--logs", ODD, "--wait", "1h"],
    &["verify", "--config", ODD],
    &["config", "show", "--config", ODD],
    &["rotate", "--env", "local", "--yes", "--cli-toml", ODD],
    &["sync", "--env", "local", "--cli-toml", ODD],
];

/// Arguments that name a folder. A folder is none of the odd things there.
const FOLDERS: &[&[&str]] = &[
    &["key", "generate", "--out", ODD],
    &["jwks", "export", PUBLIC, "--issuer", "https://a.example", "--out", ODD],
    &["man", "--out", ODD],
    &["scan", ODD],
    &["token", "recover", "--list", ODD],
    &["token", "check", "a.b.c", "--keys-dir", ODD],
    &["rotate", "--env", "local", "--yes", "--keys-dir", ODD],
];

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Runs it under a watchdog, a process of its own: what waits is killed, and has no exit code.
fn run(host: &Host, arguments: &[&str]) -> Run {
    let mut command = Command::new("timeout");
    let program = crate::common::program();
    command.args(["-s", "KILL", "60"]).arg(program).args(arguments).current_dir(host.path(""));
    command.env("HOME", host.path("home")).env("NO_COLOR", "1");
    let run = Run::of(&mut command, b"");
    assert!(run.status.is_some_and(|status| status < 100), "{arguments:?} waits: {run:?}");
    run
}

/// Makes something that is no file.
type Make = fn(&Path);
const KINDS: [(&str, Make); 4] = [
    ("a named pipe", make_pipe),
    ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ("a device", |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
    ("is a directory", |path| std::fs::create_dir(path).unwrap()),
];

#[test]
fn in_the_place_of_every_file_that_is_named() {
    let host = Host::rotated("local");
    for (what, make) in KINDS {
        make(&host.path(ODD));
        let before = host.path(ODD).symlink_metadata().unwrap().file_type();
        for arguments in ARGUMENTS {
            let run = run(&host, arguments);
            assert!(matches!(run.status, Some(3 | 4)), "{arguments:?}, {what}: {run:?}");
            // What is to be replaced is not followed to a device: that is a link.
            let is_link = run.stderr.contains("is a symbolic link");
            assert!(run.stderr.contains(what) || is_link, "{arguments:?}, {what}: {run:?}");
            assert!(run.stderr.contains("hint:"), "{arguments:?}, {what}: {run:?}");
        }
        for arguments in FOLDERS.iter().filter(|_| what != "is a directory") {
            let run = run(&host, arguments);
            assert!(matches!(run.status, Some(3 | 4)), "{arguments:?}, {what}: {run:?}");
        }
        assert_eq!(host.path(ODD).symlink_metadata().unwrap().file_type(), before, "{what}");
        host.remove(ODD);
    }
}

/// The files that a command makes in a folder that is there.
#[test]
fn in_the_place_of_what_is_written_into_a_folder() {
    for (file, command) in [
        ("out/id_ecdsa", ["key", "generate", "--force", "--out", "out"].as_slice()),
        ("out/id_ecdsa.pub", &["key", "generate", "--force", "--out", "out"]),
        ("out/spacetime-keys.1", &["man", "--out", "out"]),
        (
            "out/.well-known/jwks.json",
            &["jwks", "export", PUBLIC, "--issuer", "https://a.example", "--out", "out"],
        ),
    ] {
        let host = Host::rotated("local");
        std::fs::create_dir_all(host.path("out/.well-known")).unwrap();
        make_pipe(&host.path(file));
        let run = run(&host, command);
        assert_eq!(run.status, Some(4), "{file}: {run:?}");
        assert!(run.stderr.contains("is a named pipe, not a file"), "{file}: {run:?}");
    }
}

/// Every file that a host has: key files, cli.toml, the store's values and marks, what was set aside.
// Slow: a host is made for each of its files and each command.
#[test]
fn in_the_place_of_every_file_of_a_host() {
    let prepared = || {
        let host = Host::rotated("local");
        host.write(CONFIG, "[host]\nenvironment = \"local\"\n");
        host.write("spacetime.json", "{\"server\":\"local\",\"database\":\"app\"}");
        host
    };
    let files: Vec<_> = {
        let host = prepared();
        let all = host.tree();
        all.keys().filter(|path| host.path(&path.to_string_lossy()).is_file()).cloned().collect()
    };
    let in_store = files.iter().filter(|path| path.starts_with(STORE)).count();
    assert!(in_store > 10 && files.len() > in_store + 4, "{files:?}");
    for file in files {
        let file = file.to_string_lossy();
        for command in [
            ["verify", "--env", "local"].as_slice(),
            &["rotate", "--env", "local", "--yes"],
            &["rollback", "--env", "local", "--yes"],
            &["sync", "--env", "local"],
            &["resume", "--env", "local"],
            &["token", "restore", "--env", "local"],
            &["doctor", "--server", "http://127.0.0.1:1", "--timeout", "1s"],
            &["config", "show"],
            &["init", "--dry-run"],
        ] {
            let host = prepared();
            host.remove(&file);
            make_pipe(&host.path(&file));
            run(&host, command);
        }
    }
}

/// What a shell or a caller has opened is no file, and is read as one.
#[test]
fn what_the_program_was_started_with_is_read() {
    let host = Host::rotated("local");
    let in_bash = |line: &str| {
        let program = crate::common::program();
        let line = format!("K='{}'; {line}", program.display());
        Run::of(Command::new("bash").args(["-c", &line]).current_dir(host.path("")), b"")
    };
    let fingerprint = host.run(&["key", "fingerprint", PUBLIC]).success().stdout;
    let fingerprint = &fingerprint[..64];
    for line in [
        format!("$K key fingerprint <(cat {PRIVATE})"),
        format!("cat {PRIVATE} | $K key fingerprint /dev/stdin"),
        format!("cat {PRIVATE} | $K key fingerprint -"),
        format!("$K key fingerprint /dev/fd/7 7< {PRIVATE}"),
        format!("$K key check <(cat {PRIVATE}) <(cat {PUBLIC})"),
        format!("$K token decode --cli-toml <(cat {CLI_TOML})"),
        "$K doctor --logs <(echo PUBLISH_SUCCESS)".to_owned(),
        "$K identity map --from-issuer a --to-issuer b --input <(echo u)".to_owned(),
    ] {
        let run = in_bash(&line).success();
        let is_fingerprint = line.contains("fingerprint");
        assert!(!is_fingerprint || run.stdout.starts_with(fingerprint), "{line}: {run:?}");
    }
    // It cannot be replaced.
    assert_eq!(
        in_bash(&format!("$K key normalize --write <(tr -d '\\n' < {PRIVATE})")).status,
        Some(3)
    );
}

/// Root may read what nobody else may, `/proc/self/fd` of a process that cannot be dumped among it.
#[test]
fn a_user_without_rights_has_pipes_too() {
    let user = Unprivileged::new();
    for line in [
        format!("$K key fingerprint <(cat {PUBLIC})"),
        format!("cat {PUBLIC} | $K key fingerprint /dev/stdin"),
    ] {
        user.run_in_bash(&line).success();
    }
}
