//! A canary: a private key and a token that are marked, and no place where a mark may show up does
//! show one. Looked at are stdout, stderr, the list of processes, and every file that is left.

mod cage;
mod inputs;
mod secrets;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{CLI_TOML, Content, Host, PRIVATE, PUBLIC, Run, STORE, token};
use crate::doctor::standin::Standin;
use crate::promote::Prod;
use crate::unwritten::commands_in;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};

use cage::*;
use inputs::*;
use secrets::*;

/// The private key: a number like any other, and text that is easy to find.
const SCALAR: &[u8; 32] = b"canary:a-scalar-nobody-may-see!!";
/// A claim's value.
const CLAIM: &str = "canary-claim-that-stays-inside-the-token";

/// A port at which nobody listens.
const NOBODY: &str = "http://127.0.0.1:9";

/// So much of a secret in one piece is a leak: 12 characters, 9 bytes in base64.
const PIECE: usize = 12;

/// What the program can do, from its own help: `key check`, `rotate` …
fn commands(host: &Host) -> BTreeSet<String> {
    let listed = |above: &[&str]| -> Vec<String> {
        let help = host.run(&[above, &["--help"]].concat()).success().stdout;
        commands_in(&help)
    };
    let mut all = BTreeSet::new();
    for command in listed(&[]) {
        let below = listed(&[&command]);
        if below.is_empty() {
            all.insert(command.clone());
        }
        all.extend(below.iter().map(|below| format!("{command} {below}")));
    }
    all
}

#[test]
fn every_command_that_succeeds() {
    let cage = Cage::new();
    let clean = |arguments: &[&str]| cage.run(arguments, Stdout::Clean);
    let key = cage.input("keys/sec1");
    clean(&["key", "fingerprint", PRIVATE, PUBLIC, &key]);
    clean(&["key", "check", PRIVATE, PUBLIC]);
    clean(&["key", "normalize", "--check", PRIVATE, PUBLIC]);
    clean(&["key", "generate", "--out", "new", "--force"]);
    cage.run(&["key", "normalize", &key], Stdout::Asked);
    // What is asked for is printed: the marks would be seen elsewhere, too.
    let asked = cage.host.run(&["key", "normalize", &key]).success();
    assert!(cage.marks.are_in(asked.stdout.as_bytes()));
    cage.run_with_input(&["key", "normalize"], sec1_pem().as_bytes(), Stdout::Asked);
    cage.run_with_input(&["key", "fingerprint", "-"], sec1_pem().as_bytes(), Stdout::Clean);
    cage.run(&["token", "decode", "--cli-toml", CLI_TOML], Stdout::Asked);
    cage.run_with_input(&["token", "decode"], marked_token().as_bytes(), Stdout::Asked);
    cage.run(&["token", "decode", &marked_token()], Stdout::Asked);
    clean(&["token", "verify", "--cli-toml", CLI_TOML, "--public-key", PUBLIC]);
    clean(&["token", "check", "--cli-toml", CLI_TOML, "--public-key", PUBLIC, "--server", "1.2"]);
    let mint = ["token", "mint", "--private-key", PRIVATE, "--issuer", "https://a.example"];
    let mint = [&mint[..], &["--subject", "u_1", "--claim", "tenant_id=t_1"]].concat();
    cage.run(&mint, Stdout::Asked);
    clean(&["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE]);
    cage.host.write("publish.log", "PUBLISH_SUCCESS\n");
    clean(&["doctor", "--logs", "publish.log"]);
    clean(&["init"]);
    cage.host.remove("spacetime-keys.toml");
    clean(&["init", "--with", "deploy"]);
    clean(&["config", "show"]);
    clean(&["rotate", "--env", "local", "--dry-run"]);
    clean(&["rotate", "--env", "local", "--yes"]);
    clean(&["verify", "--env", "local"]);
    clean(&["history", "--env", "local"]);
    clean(&["rollback", "--env", "local"]);
    clean(&["rollback", "--env", "local"]);
    clean(&["verify", "--env", "local", "--keys-dir", ".generated/spacetimedb-keys"]);
    cage.host.write("to.toml", format!("[store]\npath = \"{STORE}/copy\"\n"));
    clean(&["store", "copy", "--to", "to.toml", "--dry-run", "-v"]);
    clean(&["store", "copy", "--to", "to.toml", "--yes", "-v", "-v"]);
    // Drift, to be repaired.
    cage.host.remove(PUBLIC);
    clean(&["sync", "--env", "local"]);
    cage.host.write(PRIVATE, "");
    clean(&["resume", "--env", "local"]);
    clean(&["token", "restore", "--env", "local"]);
    clean(&["identity", "derive", "--issuer", "localhost", "--subject", "publisher"]);
    let identity = Identity::from_claims("localhost", "publisher").to_string();
    clean(&["token", "recover", "--list", CLI_TOML]);
    clean(&["token", "recover", "--dry-run", "--identity", &identity, CLI_TOML]);
    clean(&["token", "recover", "--identity", &identity, CLI_TOML]);
    clean(&["scan", PUBLIC]);
    clean(&["scan", CLI_TOML, PRIVATE, &key]);
    clean(&["identity", "inspect", &identity]);
    let server = Standin::new(cage.host.read(PUBLIC), &identity).serve();
    let passport = ["promote", "passport", "--env", "local", "--server", &server.url];
    clean(&[&passport[..], &["--database", "app", "--count", "thing"]].concat());
    let prod = Prod::new();
    cage.host.write("passport.json", prod.passport().to_string());
    fs::create_dir_all(cage.host.path("server/control-db")).unwrap();
    let admit =
        ["promote", "admit", "--passport", "passport.json", "--env", "local", "--data", "server"];
    clean(&[&admit[..], &["--dry-run"]].concat());
    clean(&[&admit[..], &["--yes"]].concat());
    let server = Standin { rows: 25, ..Standin::new(cage.host.read(PUBLIC), &prod.owner) }.serve();
    clean(&["promote", "accept", "--passport", "passport.json", "--server", &server.url]);
    clean(&["token", "restore", "--env", "local", "--expect-identity", &identity]);
    cage.host.write("users.csv", "subject\npublisher\n");
    let map =
        ["identity", "map", "--from-issuer", "localhost", "--to-issuer", "https://id.example"];
    clean(&[&map[..], &["--input", "users.csv", "--out", "links.csv"]].concat());
    clean(&["key", "generate", "--out", "new", "--alg", "RS256", "--force"]);
    clean(&["jwks", "export", PUBLIC, "--issuer", "https://id.example.com", "--out", "site"]);
    clean(&["jwks", "lint", "site/.well-known/jwks.json"]);
    clean(&["jwks", "rollover", "--token-ttl", "15m"]);
    clean(&["completions", "bash"]);
    clean(&["man"]);
    cage.check_files();
    // In place, and only then: the inputs are not looked at any more.
    clean(&["key", "normalize", "--write", &key]);
    // It serves until it is told to end: `exchange::requests` looks at it.
    cage.succeeded.borrow_mut().insert("exchange".to_owned());
    assert_eq!(*cage.succeeded.borrow(), commands(&cage.host), "a command is not looked at");
}

// Slow: hundreds of runs of the program, and every file looked at after each.
#[test]
fn every_command_that_takes_a_key_file() {
    let cage = Cage::new();
    let public = cage.input("keys/public");
    let somebody = Identity::from_claims("localhost", "somebody").to_string();
    for file in cage.inputs("keys") {
        for arguments in [
            &["key", "fingerprint", &file][..],
            &["key", "check", &file, &public],
            &["key", "check", PRIVATE, &file],
            &["key", "normalize", "--check", &file],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", &file],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE]
                .iter()
                .chain(&["--previous-public-key", &file])
                .copied()
                .collect::<Vec<_>>(),
            &["token", "decode", "--cli-toml", &file],
            &["token", "verify", "--cli-toml", CLI_TOML, "--public-key", &file],
            &["token", "verify", "--cli-toml", CLI_TOML, "--jwks", &file],
            &["token", "verify", "--cli-toml", &file, "--public-key", &public],
            &["token", "check", "--cli-toml", CLI_TOML, "--public-key", &file],
            &["token", "check", "--cli-toml", CLI_TOML, "--jwks", &file],
            &["token", "check", "--cli-toml", &file, "--public-key", &public],
            &["scan", &file],
            &["scan", "--json", "-v", &file],
            &["promote", "admit", "--env", "local", "--dry-run", "--passport", &file],
            &["promote", "accept", "--server", NOBODY, "--passport", &file],
            &["token", "recover", "--list", &file],
            &["token", "recover", "--dry-run", "-v", "--identity", &somebody, &file],
            &["doctor", "--logs", &file],
            &["doctor", "--logs", "publish.log", "--cli-toml", &file],
            &["doctor", "--server", NOBODY, "--cli-toml", &file],
            &["doctor", "--server", NOBODY, "--config", &file],
            &["jwks", "export", &file],
            &["jwks", "export", &file, "--issuer", "https://id.example.com", "--out", "site"],
            &["jwks", "lint", &file],
            // Some of it may pass for users; none of it is to be said.
            &["identity", "map", "--from-issuer", "a", "--to-issuer", "b"]
                .iter()
                .chain(&["--input", &file, "--out", "/dev/null"])
                .copied()
                .collect::<Vec<_>>(),
            &["verify", "--config", &file],
        ] {
            cage.run(arguments, Stdout::Clean);
        }
        cage.run(&["key", "normalize", &file], Stdout::Asked);
        // Its claims may look like those of the marked token.
        let mint = ["token", "mint", "--private-key", &file, "--issuer", "a", "--subject", "u_1"];
        cage.run(&mint, Stdout::Asked);
        let content = fs::read(&file).unwrap();
        for command in [&["token", "verify"][..], &["token", "check"]] {
            let command = [command, &["--public-key", &public]].concat();
            cage.run_with_input(&command, &content, Stdout::Clean);
        }
        for command in [&["key", "normalize"][..], &["token", "decode"]] {
            cage.run_with_input(command, &content, Stdout::Asked);
        }
    }
    cage.check_files();
    assert!(cage.runs.get() > 400, "{}", cage.runs.get());
}

// Slow: hundreds of runs of the program, and every file looked at after each.
#[test]
fn every_command_that_reads_mounted_keys() {
    for (_, content) in key_files() {
        for place in [PRIVATE, PUBLIC] {
            let cage = Cage::new();
            cage.host.write(place, &content);
            for arguments in [
                &["verify"][..],
                &["verify", "--keys-dir", ".generated/spacetimedb-keys"],
                &["doctor", "--server", NOBODY],
                &["rotate", "--env", "prod"],
                &["rotate", "--env", "prod", "--dry-run"],
                &["sync", "--env", "prod"],
                &["resume", "--env", "prod"],
                &["token", "restore", "--env", "prod"],
            ] {
                cage.run(arguments, Stdout::Clean);
            }
            // The key may stay where it was put.
            cage.host.remove(place);
            cage.check_files();
        }
    }
}

// Slow: hundreds of runs of the program, and every file looked at after each.
#[test]
fn every_command_that_reads_a_vault() {
    for (_, content) in key_files() {
        let cage = Cage::new();
        cage.run(&["resume", "--env", "prod"], Stdout::Clean);
        for half in ["private", "public"] {
            let secret = format!("{STORE}/kv-prod/spacetimedb-jwt-{half}-key/00000001/value");
            cage.host.write(&secret, &content);
            for arguments in [
                &["verify"][..],
                &["rotate", "--env", "prod", "--yes"],
                &["rollback", "--env", "prod"],
                &["sync", "--env", "prod"],
                &["token", "restore", "--env", "prod"],
                &["doctor", "--server", NOBODY, "--env", "prod"],
            ] {
                cage.run(arguments, Stdout::Clean);
            }
        }
        // A damaged note, and a damaged escrow.
        cage.host.write(&format!("{STORE}/.state/unfinished.json"), &content);
        cage.run(&["resume"], Stdout::Clean);
        cage.host.remove(&format!("{STORE}/.state/unfinished.json"));
        for file in ["value", "properties.json"] {
            let escrow = format!("{STORE}/kv-prod/spacetimedb-publisher-claims/00000009");
            cage.host.write(&format!("{escrow}/properties.json"), "{}");
            cage.host.write(&format!("{escrow}/value"), "{}");
            cage.host.write(&format!("{escrow}/{file}"), &content);
            cage.run(&["token", "restore", "--env", "prod"], Stdout::Clean);
            cage.run(&["verify", "--env", "prod"], Stdout::Clean);
        }
    }
}

#[test]
fn every_command_that_reads_a_cli_toml() {
    let cage = Cage::new();
    for name in cage.inputs("cli-tomls") {
        for command in [
            &["verify"][..],
            &["doctor", "--server", NOBODY],
            &["rotate", "--env", "prod", "--dry-run"],
            &["rotate", "--env", "prod"],
            &["rollback", "--env", "prod"],
            &["sync", "--env", "prod"],
            &["resume", "--env", "prod"],
            &["token", "resign", "--private-key", PRIVATE],
            &["token", "restore", "--env", "prod"],
        ] {
            cage.run(&[command, &["--cli-toml", &name]].concat(), Stdout::Clean);
        }
        cage.run(&["token", "decode", "--cli-toml", &name], Stdout::Asked);
        let content = fs::read(&name).unwrap();
        cage.run_with_input(&["token", "decode", "-"], &content, Stdout::Asked);
        cage.run(&["verify", "--config", &name], Stdout::Clean);
    }
    cage.check_files();
}

#[test]
fn every_command_that_reads_a_configuration() {
    let cage = Cage::new();
    for config in cage.inputs("configs") {
        for command in [
            &["verify"][..],
            &["rotate", "--env", "local", "--yes"],
            &["resume"],
            &["token", "restore", "--env", "local"],
        ] {
            cage.run(&[command, &["--config", &config]].concat(), Stdout::Clean);
        }
    }
    cage.check_files();
}

/// People do paste secrets into the wrong place.
#[test]
fn a_secret_pasted_into_the_command_line() {
    let cage = Cage::new();
    let key = marked_key().to_pem();
    let token = marked_token();
    let bearer = format!("Bearer {token}");
    let unsigned = token.rsplit_once('.').unwrap().0;
    for secret in [key.as_str(), &key.replace('\n', " "), &token, &bearer, unsigned] {
        let flag = format!("--token={secret}");
        let valued = format!("--yes={secret}");
        for arguments in [
            &[secret][..],
            &["token", secret],
            &["key", secret],
            &["rotate", secret],
            &["rotate", &flag],
            &["rotate", "--env", "local", &valued],
            &["rotate", "--env", secret, "--yes"],
            &["rotate", "--env", "local", "--host-env", secret, "--yes"],
            &["resume", "--env", secret],
            &["rollback", "--env", secret],
            &["sync", "--env", secret],
            &["sync", "--env", "local", "--expect-identity", secret],
            &["verify", "--env", secret],
            &["verify", "--max-age-days", secret],
            &["verify", "--keys-dir", secret],
            &["verify", "--config", secret],
            &["verify", "--cli-toml", secret],
            &["rotate", "--env", "prod", "--keys-dir", secret],
            &["key", "generate", "--out", "new", "--alg", secret],
            &["key", "generate", "--out", secret],
            &["key", "fingerprint", secret],
            &["key", "normalize", secret],
            &["key", "normalize", "--", secret],
            &["key", "check", secret, secret],
            &["key", "check", "--", secret, secret],
            &["token", "decode", "--cli-toml", secret],
            &["token", "resign", "--cli-toml", secret, "--private-key", PRIVATE],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", secret],
            &["token", "resign", "--cli-toml", CLI_TOML, "--expiry", secret],
            &["token", "restore", "--env", secret],
            &["jwks", "export", secret],
            &["jwks", "export", PUBLIC, "--issuer", secret, "--out", "site"],
            &["jwks", "export", PUBLIC, "--issuer", "https://a.example", "--out", secret],
            &["jwks", "lint", secret],
            &["jwks", "rollover", "--token-ttl", secret],
            &["identity", "inspect", secret],
            &["identity", "derive", "--issuer", secret, "--subject", secret],
            &["identity", "map", "--from-issuer", secret, "--to-issuer", "b"],
            &["identity", "map", "--from-issuer", "a", "--to-issuer", "b", "--input", secret],
            &["identity", "map", "--from-issuer", "a", "--to-issuer", "b", "--out", secret],
            &["doctor", "--server", secret],
            &["doctor", "--server", NOBODY, "--database", secret],
            &["doctor", "--server", NOBODY, "--env", secret],
            &["doctor", "--server", NOBODY, "--restart", secret],
            &["doctor", "--server", NOBODY, "--timeout", secret],
            &["doctor", "--logs", secret],
            &["completions", secret],
            &["man", "--out", secret],
            &["--config", secret, "verify"],
            &["--json", secret],
        ] {
            cage.run(arguments, Stdout::Clean);
        }
        cage.run(&["token", "decode", secret], Stdout::Asked);
    }
    cage.check_files();
}

/// `/proc/PID/cmdline` of the program and of what it starts, from its start to its end.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes() {
    let cage = Cage::new();
    for arguments in
        [&["rotate", "--env", "local", "--yes"][..], &["rollback", "--env", "local"], &["verify"]]
    {
        // The watcher may be late on a busy machine: again, until enough was seen.
        let (mut seen, started) = (0, Instant::now());
        while seen < 3 {
            assert!(
                started.elapsed() < Duration::from_mins(5),
                "{} is never seen",
                name(arguments)
            );
            let mut command = cage.host.command(arguments);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let process = PathBuf::from(format!("/proc/{}", child.id()));
            let children = process.join(format!("task/{}/children", child.id()));
            while child.try_wait().unwrap().is_none() {
                let Ok(line) = fs::read(process.join("cmdline")) else { continue };
                assert!(!cage.marks.are_in(&line), "{}", name(arguments));
                let started = fs::read_to_string(&children).unwrap_or_default();
                assert_eq!(started, "", "{} starts a process", name(arguments));
                // Of a process that has ended, the line is empty.
                seen += usize::from(!line.is_empty());
            }
        }
    }
}

/// Nothing is started, so nothing can be handed over: `az` and `openssl` take secrets as arguments.
#[test]
fn no_other_program_is_run() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![package.join("src"), package.join("../spacetime-keys-core/src")];
    let mut sources = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for start in ["process::Command", "Command::new(", "posix_spawn", "exec("] {
                assert!(!text.contains(start), "{}: {start}", path.display());
            }
            sources += 1;
        }
    }
    assert!(sources > 30, "{sources}");
}
