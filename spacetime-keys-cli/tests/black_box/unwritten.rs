//! Output that cannot be written: `key normalize k > new && mv new k` must not empty a key.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::{Output, Stdio};
use std::sync::LazyLock;

use crate::common::{CLI_TOML, Host, PRIVATE, PUBLIC};
use crate::doctor::standin::Standin;
use crate::promote::Prod;

/// Each command that there is, so that it prints something.
const COMMANDS: &[&[&str]] = &[
    &["init", "--dry-run"],
    &["init", "--with", "deploy", "--dry-run"],
    &["rotate", "--env", "local", "--dry-run"],
    &["rotate", "--env", "local", "--yes"],
    &["resume", "--env", "local", "--dry-run"],
    &["rollback", "--env", "local", "--yes"],
    &["sync", "--env", "local"],
    &["history", "--env", "local"],
    &["store", "copy", "--to", "to.toml", "--yes"],
    &["store", "copy", "--to", "to.toml", "--dry-run"],
    &["verify", "--env", "local"],
    &["verify", "-q", "--env", "local"],
    &["verify", "--keys-dir", KEYS],
    &["doctor", "--logs", "log"],
    &["doctor", "--server", "http://127.0.0.1:1", "--timeout", "1s"],
    &["config", "show"],
    &["key", "generate", "--out", "new"],
    &["key", "normalize", PRIVATE],
    &["key", "fingerprint", PUBLIC],
    &["key", "check", PRIVATE, PUBLIC],
    &["key", "check", KEYS],
    &["token", "decode", "--cli-toml", CLI_TOML],
    &["token", "decode", "opaque"],
    &["token", "verify", "--cli-toml", CLI_TOML, "--public-key", PUBLIC],
    &["token", "check", "--cli-toml", CLI_TOML, "--public-key", PUBLIC],
    &["token", "mint", "--private-key", PRIVATE, "--issuer", "https://a.example", "--subject", "u"],
    &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE, "--allow-unverified"],
    &["token", "restore", "--env", "local"],
    &["token", "recover", "--list", CLI_TOML],
    &["scan", CLI_TOML],
    &["promote", "passport", "--env", "local", "--database", "app", "--config", "server.toml"],
    &["promote", "admit", "--passport", "passport", "--env", "local", "--dry-run"],
    &["promote", "accept", "--passport", "passport", "--server", "http://127.0.0.1:1"],
    &["identity", "derive", "--issuer", "localhost", "--subject", "u"],
    &["identity", "inspect", "c200"],
    &["identity", "map", "--from-issuer", "a", "--to-issuer", "b", "--input", "users"],
    &["jwks", "export", PUBLIC],
    &["jwks", "lint", "set"],
    &["jwks", "rollover", "--token-ttl", "15m"],
    &["completions", "bash"],
    &["completions", "fish"],
    &["man"],
    &["help"],
    &["--version"],
];
/// What serves until it is told to end.
const SERVICES: &[&[&str]] =
    &[&["exchange", "--server", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"]];
const KEYS: &str = ".generated/spacetimedb-keys";

/// Of a source that nobody else knows.
static PASSPORT: LazyLock<String> = LazyLock::new(|| Prod::new().passport().to_string());

fn host() -> Host {
    let host = Host::rotated("local");
    host.write("users", "a\nb\n");
    host.write("set", "{\"keys\":[]}");
    host.write("log", "PUBLISH_SUCCESS\n");
    let server = Standin::of(&host).serve();
    host.write("server.toml", format!("[host]\nserver = \"{}\"\n", server.url));
    host.write("passport", &*PASSPORT);
    host.write("to.toml", "[store]\npath = \"to\"\n");
    host
}

/// All commands without subcommands, as `--help` lists them, and what is above them.
fn all_commands(host: &Host) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut left = vec![Vec::new()];
    while let Some(command) = left.pop() {
        let mut arguments: Vec<String> = command.clone();
        arguments.push("--help".to_owned());
        let help = host.run(&arguments).success().stdout;
        for name in commands_in(&help) {
            left.push([command.clone(), vec![name]].concat());
        }
        found.push(command);
    }
    found
}

/// The commands that a help text lists, in one group or several, before its options.
pub(crate) fn commands_in(help: &str) -> Vec<String> {
    let lists = help.lines().skip_while(|line| !line.starts_with("Usage:"));
    let lists = lists
        .take_while(|line| !line.trim_start().starts_with('-') && !line.starts_with("Example"));
    // A line that is wrapped goes on further to the right.
    let entries = lists.filter_map(|line| line.strip_prefix("  "));
    let names = entries.filter(|entry| entry.starts_with(|first: char| first.is_ascii_lowercase()));
    let names = names.filter_map(|entry| entry.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn on_a_full_disk(host: &Host, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = host.command(arguments);
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().unwrap()
}

#[track_caller]
fn says_so(output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{what}: {said}");
    assert!(said.contains("writing standard output: "), "{what}: {said}");
    assert!(said.contains("hint:  make room"), "{what}: {said}");
}

#[test]
fn a_full_disk_is_said() {
    for arguments in COMMANDS.iter().chain(SERVICES) {
        for json in [false, true] {
            // With --json, the rows of `identity map` need another place.
            let is_text = ["completions", "man", "help", "--version"].contains(&arguments[0]);
            if json && (is_text || arguments.starts_with(&["identity", "map"])) {
                continue;
            }
            let arguments: Vec<_> = arguments.iter().chain(json.then_some(&"--json")).collect();
            says_so(&on_a_full_disk(&host(), &arguments), &format!("{arguments:?}"));
        }
    }
}

#[test]
fn no_command_was_forgotten() {
    let host = Host::empty();
    let all = all_commands(&host);
    assert!(all.len() > 30, "{all:?}");
    for command in &all {
        let is_above =
            all.iter().any(|other| other.len() > command.len() && other.starts_with(command));
        let is_tried = COMMANDS.iter().chain(SERVICES).any(|tried| {
            tried.len() >= command.len()
                && tried.iter().zip(command).all(|(one, other)| one == other)
        });
        assert!(is_above || is_tried, "no case of {command:?}");
        let help = [command.clone(), vec!["--help".to_owned()]].concat();
        says_so(&on_a_full_disk(&host, &help), &format!("{help:?}"));
    }
}

/// `| head` is not a failure.
#[test]
fn a_reader_may_go_away() {
    for arguments in COMMANDS {
        let with_reader = host().run(arguments).status;
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let host = host();
        let mut command = host.command(arguments);
        let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), with_reader, "{arguments:?}");
        assert!(with_reader <= Some(1), "{arguments:?}: {with_reader:?}");
    }
}
