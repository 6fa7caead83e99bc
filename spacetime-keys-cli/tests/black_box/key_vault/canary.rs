//! No secret in any argument list, temporary file or output, however talkative.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use spacetime_keys_stand_ins::{Fault, Matcher, Operation};

use super::fleet::{Fleet, PRIVATE_SECRET, VAULTS};
use crate::common::{Host, Run};

/// Pieces of this length of a secret must not show.
const PIECE: usize = 16;

/// Private keys' bodies, token signatures, the login's secret and token.
fn secrets(fleet: &Fleet, host: &Host) -> Vec<String> {
    let mut secrets = vec![
        fleet
            .stand_in
            .environment()
            .into_iter()
            .find(|(name, _)| name == "AZURE_CLIENT_SECRET")
            .unwrap()
            .1,
        fleet.stand_in.token(),
    ];
    for vault in VAULTS {
        let versions = fleet.stand_in.secret(vault, PRIVATE_SECRET).unwrap_or_default();
        for version in versions {
            // The header of a private key's DER, before the secret number, is the same in all.
            let body: String =
                version.value.lines().filter(|line| !line.starts_with('-')).collect();
            let der = STANDARD.decode(&body).unwrap();
            let scalar = &der[36..68];
            secrets.push(body[49..91].to_owned());
            secrets.push(URL_SAFE_NO_PAD.encode(scalar));
            secrets
                .push(scalar.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")));
        }
    }
    let token = host.token();
    secrets.push(token.rsplit('.').next().unwrap().to_owned());
    secrets
}

fn assert_clean(text: &[u8], secrets: &[String], what: &str) {
    let text = String::from_utf8_lossy(text);
    for secret in secrets {
        for start in 0..=secret.len().saturating_sub(PIECE) {
            let piece = &secret[start..(start + PIECE).min(secret.len())];
            assert!(!text.contains(piece), "{what} shows a secret");
        }
    }
}

/// What the program, and whatever it starts, was started with: all processes that have this in
/// their environment. Other tests' processes may well have secrets in their arguments.
fn watch(mark: &str, done: &AtomicBool) -> BTreeSet<Vec<u8>> {
    let mut seen = BTreeSet::new();
    while !done.load(Ordering::Relaxed) {
        for process in fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()) {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            if String::from_utf8_lossy(&environment).contains(mark) {
                seen.extend(fs::read(process.join("cmdline")));
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    seen
}

/// Everything that is left in a folder, except where secrets belong.
fn leftovers(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            all.extend(fs::read(path).unwrap());
        }
    }
    all
}

fn talkative(fleet: &Fleet, host: &Host, arguments: &[&str]) -> (Run, BTreeSet<Vec<u8>>) {
    let temp = host.path("temp");
    fs::create_dir_all(&temp).unwrap();
    let mut command = fleet.command(host, arguments);
    command
        .args(["-v", "-v", "-v"])
        .env("TMPDIR", &temp)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("AZURE_SDK_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (mark, done) = (temp.to_str().unwrap(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(mark, &done));
        let output = child.wait_with_output().unwrap();
        done.store(true, Ordering::Relaxed);
        (output.into(), watcher.join().unwrap())
    })
}

// Slow: 36 runs, most of them with retries that wait.
#[test]
fn no_secret_shows() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    let faults: [(&str, Option<Fault>); 9] = [
        ("nothing", None),
        ("a cut answer", Some(Fault::CutJson)),
        ("a lost answer", Some(Fault::DropAfter)),
        ("a refusal", Some(Fault::Forbidden("ForbiddenByRbac".to_owned()))),
        ("throttling", Some(Fault::Status429 { retry_after: Some(0) })),
        ("an error of the service", Some(Fault::Status500)),
        ("an expired token", Some(Fault::TokenExpired)),
        ("a stale answer", Some(Fault::StaleRead)),
        ("an untrusted certificate", Some(Fault::UntrustedCa)),
    ];
    let mut outputs = Vec::new();
    for (name, fault) in faults {
        fleet.stand_in.clear_faults();
        fleet.stand_in.clear_log();
        if let Some(fault) = fault {
            let at = match fault {
                Fault::UntrustedCa => Matcher::vault("kv-local"),
                Fault::StaleRead => Matcher::vault("kv-local").operation(Operation::GetLatest),
                _ => Matcher::vault("kv-local").operation(Operation::Put),
            };
            fleet.stand_in.fault(at.times(8), fault);
        }
        for arguments in [
            &["rotate", "--env", "local", "--yes"][..],
            &["verify"],
            &["resume"],
            &["sync", "--env", "local", "--json"],
        ] {
            let (run, processes) = talkative(&fleet, &host, arguments);
            outputs.push((format!("{name}: {arguments:?}"), run, processes));
        }
    }
    let secrets = secrets(&fleet, &host);
    assert!(secrets.len() > 20, "too few secrets to look for");
    let mut requests_shown = 0;
    for (name, run, processes) in &outputs {
        assert_clean(run.stdout.as_bytes(), &secrets, &format!("{name}: stdout"));
        assert_clean(run.stderr.as_bytes(), &secrets, &format!("{name}: stderr"));
        requests_shown += run.stderr.matches("kv-local.vault.azure.net/secrets/").count();
        for arguments in processes {
            assert_clean(arguments, &secrets, &format!("{name}: a process's arguments"));
        }
    }
    let is_ours = |line: &Vec<u8>| String::from_utf8_lossy(line).contains("spacetime-keys");
    assert!(outputs.iter().any(|(_, _, lines)| lines.iter().any(is_ours)), "nobody watched");
    // The log is talkative indeed: each request, and the SDK's own lines.
    assert!(requests_shown > 100, "{requests_shown}");
    assert!(outputs.iter().any(|(_, run, _)| run.stderr.contains("typespec_client_core")));
    assert_clean(&leftovers(&host.path("temp")), &secrets, "a temporary file");
    let state = leftovers(&host.path(".spacetime-keys"));
    assert_clean(&state, &secrets, "what a run leaves behind");
}
