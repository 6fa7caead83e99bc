//! Output that cannot be written: `key normalize k > new && mv new k` must not empty a key.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::Stdio;

use crate::common::{CLI_TOML, Host, PRIVATE, PUBLIC};

const COMMANDS: [&[&str]; 12] = [
    &["key", "normalize", PRIVATE],
    &["key", "fingerprint", PUBLIC],
    &["key", "check", PRIVATE, PUBLIC],
    &["token", "decode", "--cli-toml", CLI_TOML],
    &["token", "mint", "--private-key", PRIVATE, "--issuer", "https://a.example", "--subject", "u"],
    &["jwks", "export", PUBLIC],
    &["identity", "derive", "--issuer", "localhost", "--subject", "u"],
    &["verify", "--env", "local"],
    &["rotate", "--env", "local", "--dry-run"],
    &["rotate", "--env", "local", "--yes"],
    &["completions", "bash"],
    &["man"],
];

#[test]
fn a_full_disk_is_said() {
    for arguments in COMMANDS {
        for json in [false, true] {
            if json && matches!(arguments[0], "completions" | "man") {
                continue;
            }
            let host = Host::rotated("local");
            let mut command = host.command(arguments);
            command.args(json.then_some("--json")).stdin(Stdio::null());
            let full = File::options().write(true).open("/dev/full").unwrap();
            let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(4), "{arguments:?}: {said}");
            assert!(said.contains("writing standard output: "), "{arguments:?}: {said}");
            assert!(said.contains("hint:  make room"), "{arguments:?}: {said}");
        }
    }
}

/// `| head` is not a failure.
#[test]
fn a_reader_may_go_away() {
    for arguments in COMMANDS {
        let host = Host::rotated("local");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = host.command(arguments);
        let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
