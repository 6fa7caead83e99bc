//! What is refused, and how: the exit code, the error's code, a hint, and nothing changed on disk.
//!
//! Where the hint names a command, the test runs just that, and looks whether it is a way out.

mod asking;
mod cli_toml;
mod files;
mod groups;
mod mounted;

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::process::Stdio;

use crate::common::{
    CLI_TOML, Content, Host, IDENTITY, NOBODY, PRIVATE, PUBLIC, Run, STORE, Unprivileged, token,
    tree,
};
use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

const REFUSED: i32 = 3;
const FAILED: i32 = 4;

const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];
const RESUME: &[&str] = &["resume", "--env", "local"];
const ROLLBACK: &[&str] = &["rollback", "--env", "local"];
const SYNC: &[&str] = &["sync", "--env", "local"];
const RESIGN: &[&str] = &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE];
const RESTORE: &[&str] = &["token", "restore", "--env", "local"];

/// Runs a command as a program does and as a person does. Both times it must be refused, with a
/// hint, and leave everything as it was. The answer is the JSON one.
#[track_caller]
fn refused(host: &Host, arguments: &[&str], exit: i32, code: &str) -> Run {
    let before = host.tree();
    let with_json = host.run(&and(arguments, &["--json"]));
    assert_eq!((with_json.status, &*with_json.code()), (Some(exit), code), "{with_json:?}");
    assert!(!with_json.hint().is_empty(), "{with_json:?}");
    let in_words = host.run(arguments);
    assert_eq!(in_words.status, Some(exit), "{in_words:?}");
    assert_eq!(in_words.stdout, "");
    let end = in_words.stderr.lines().rev().take(2).collect::<Vec<_>>();
    assert!(end[0].starts_with("hint:  ") && end[1].starts_with("error: "), "{in_words:?}");
    assert_eq!(host.tree(), before, "{arguments:?} changed something");
    with_json
}

fn and<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

/// Does what the hint says: the first command of ours in it, to the letter.
#[track_caller]
fn follow(host: &Host, refusal: &Run) {
    let hint = refusal.hint();
    let mut quoted = hint.split('`').skip(1).step_by(2);
    let command =
        quoted.find_map(|text| text.strip_prefix("spacetime-keys ")).unwrap_or_else(|| {
            panic!("no command in the hint: {hint}");
        });
    host.run(&command.split(' ').collect::<Vec<_>>()).success();
}

/// All is well in this environment and on this host, and the publisher is who it was.
#[track_caller]
fn proven(host: &Host, environment: &str) {
    let run = host.run(&["verify", "--env", environment, "--json"]).success();
    let report = run.json();
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["mounted"]["environment"], environment, "{report}");
    assert_eq!(report["publisher"]["identity"], IDENTITY, "{report}");
    assert_eq!(report["publisher"]["verified_with"], host.mounted().to_string(), "{report}");
}

/// A folder in the store; the group of `dev` and `local` has the vaults `kv-dev` and `kv-local`.
fn stored(vault: &str, half: &str, version: u32) -> String {
    format!("{STORE}/kv-{vault}/spacetimedb-jwt-{half}-key/{version:08}")
}
