//! One run at a time on what it guards, whatever the working folder, the configuration or the
//! container; and a run that was cut short is finished by its own host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE, token};
use crate::scenario::{keys_in, mounted_is_a_pair, token_fits_mounted_key};
use crate::stopped::Stopped;

const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];
const ROTATE_PROD: &[&str] = &["rotate", "--env", "prod", "--yes"];
const KEYS: &str = ".generated/spacetimedb-keys";

#[track_caller]
fn assert_busy(run: &Run) {
    assert_eq!((run.status, run.code()), (Some(3), "ERR_LOCKED".into()), "{run:?}");
    let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`rotate`, since 2"), "it says who, and since when: {message}");
}

/// A configuration of its own elsewhere, which means another host's files.
fn elsewhere_of(host: &Host) -> Host {
    let elsewhere = Host::empty();
    let [keys, cli_toml] = [KEYS, CLI_TOML].map(|path| host.path(path).display().to_string());
    let text = format!("[host]\nmounted_keys_dir = {keys:?}\ncli_toml = {cli_toml:?}\n");
    elsewhere.write("spacetime-keys.toml", text);
    elsewhere
}

/// A run of `rotate` that has the lock, and waits.
fn stopped(host: &Host) -> Stopped {
    Stopped::at(host, ROTATE, "before mount-private local")
}

#[test]
fn other_working_folders_and_other_configurations() {
    let host = Host::rotated("local");
    let elsewhere = elsewhere_of(&host);
    let before = keys_in(&host);
    let mut run = stopped(&host);
    for command in [ROTATE, &["sync", "--env", "local"], &["resume", "--env", "local"]] {
        assert_busy(&elsewhere.run(&[command, &["--json"]].concat()));
    }
    // With only the mounted folder, or only cli.toml, in common.
    let third = Host::new();
    for (flag, path) in [("--keys-dir", KEYS), ("--cli-toml", CLI_TOML)] {
        let path = host.path(path).display().to_string();
        assert_busy(&third.run(&[ROTATE, &[flag, &path, "--json"]].concat()));
    }
    assert_eq!(run.goes_on().status, Some(0));
    assert!(before.is_subset(&keys_in(&host)) && mounted_is_a_pair(&host));
    for folder in [KEYS, "data/.config/spacetime", &format!("{STORE}/.state")] {
        let holder = host.path(folder).join(".spacetime-keys-tmp-holder");
        assert!(!holder.exists(), "{}", holder.display());
    }
}

/// Two containers count processes each for itself: to both, they are number 1.
#[test]
fn two_containers() {
    let host = Host::rotated("local");
    let mut run = stopped(&host);
    let program = host.command(ROTATE);
    let mut contained = Command::new("unshare");
    contained.args(["--pid", "--fork", "--mount-proc"]).arg(program.get_program());
    contained.args(program.get_args()).arg("--json").current_dir(host.path(""));
    for (name, value) in program.get_envs() {
        contained.env(name, value.unwrap_or_default());
    }
    let run_there = Run::from(contained.output().unwrap());
    if run_there.stderr.contains("unshare failed") {
        println!("skipped: no namespaces here");
    } else {
        assert_busy(&run_there);
    }
    assert_eq!(run.goes_on().status, Some(0));
}

#[test]
fn the_token_commands_wait_for_nobody() {
    let host = Host::rotated("local");
    let token = host.read(CLI_TOML);
    let mut run = stopped(&host);
    let [cli_toml, key] = [CLI_TOML, PRIVATE];
    for command in [
        &["token", "restore", "--env", "local"][..],
        &["token", "resign", "--cli-toml", cli_toml, "--private-key", key, "--allow-unverified"],
    ] {
        assert_busy(&host.run(&[command, &["--json"]].concat()));
    }
    assert_eq!(host.read(CLI_TOML), token);
    assert_eq!(run.goes_on().status, Some(0));
    assert!(token_fits_mounted_key(&host));
}

/// A host of `prod`, whose rotation was killed after its pushes.
fn cut_short(machine: &str) -> Host {
    let host = Host::rotated("prod");
    let mut command = host.command(ROTATE_PROD);
    command.env("SPACETIME_KEYS_MACHINE", machine);
    command.env("SPACETIME_KEYS_FAILPOINT", "before mount-private prod=kill");
    assert_eq!(Run::from(command.output().unwrap()).status, None);
    host
}

fn on(machine: &str, host: &Host, arguments: &[&str]) -> Run {
    let mut command = host.command(arguments);
    Run::from(command.env("SPACETIME_KEYS_MACHINE", machine).output().unwrap())
}

/// What a host has beside the store.
fn files_of(host: &Host) -> Vec<(PathBuf, String)> {
    [PRIVATE, PUBLIC, CLI_TOML].map(|path| (host.path(path), host.read(path))).into()
}

/// Another host's files come in the place of this one's; the store stays, and paths are the same.
fn change_places(host: &Host, other: &Host) {
    for path in [KEYS, "data"] {
        let between = host.path("between");
        fs::rename(host.path(path), &between).unwrap();
        fs::rename(other.path(path), host.path(path)).unwrap();
        fs::rename(&between, other.path(path)).unwrap();
    }
}

#[test]
fn another_host_finishes_what_concerns_the_vaults() {
    for same_machine in [false, true] {
        // Without a machine's id, what is mounted tells.
        let other_machine = if same_machine { "a" } else { "b" };
        let host = cut_short("a");
        let mut dev = host.command(&["rotate", "--env", "local", "--yes"]);
        let local = Host::new();
        let key = PrivateKey::generate().unwrap();
        local.mount(&key);
        local.set_token(&token(&key, &json!({"iss": "localhost", "sub": "another-owner"})));
        let [keys, cli_toml] = [KEYS, CLI_TOML].map(|path| local.path(path));
        dev.env("SPACETIME_KEYS_MACHINE", "c").arg("--keys-dir").arg(&keys);
        let made = Run::from(dev.arg("--cli-toml").arg(&cli_toml).output().unwrap());
        assert_eq!(made.status, Some(0), "a third host's own group is free: {made:?}");

        let before = keys_in(&host);
        change_places(&host, &local);
        let mounted = files_of(&host);
        let resumed = on(other_machine, &host, &["resume"]);
        assert_eq!(resumed.status, Some(0), "{resumed:?}");
        assert!(resumed.stderr.contains("another host"), "{resumed:?}");
        assert_eq!(files_of(&host), mounted, "this host's files are its own");
        let said = waits_for_another_host(other_machine, &host);
        assert!(!said.contains(" here "), "the vaults are done: {said}");
        // It is free, and the run waits for its own host.
        assert_eq!(on(other_machine, &host, ROTATE).status, Some(0));

        change_places(&host, &local);
        let resumed = on("a", &host, &["resume"]);
        assert_eq!(resumed.status, Some(0), "{resumed:?}");
        assert!(before.is_subset(&keys_in(&host)));
        assert!(mounted_is_a_pair(&host) && token_fits_mounted_key(&host));
        let verified = on("a", &host, &["verify", "--env", "prod"]);
        assert_eq!(verified.status, Some(0));
        assert!(!verified.stdout.contains("another host"), "{verified:?}");
        assert!(!host.path(STORE).join(".state/unfinished.json").exists());
    }
}

#[test]
fn a_run_that_seems_another_hosts_hides_no_other() {
    // Another machine's run stands in the first note, so this host's has one of its own; and then
    // somebody mounts another environment's pair here.
    let host = cut_short("a");
    let local = host.command(&["rotate", "--env", "local", "--yes", "--no-sync-mounted-keys"]);
    let no_token = |mut command: Command| {
        command.env("SPACETIME_KEYS_MACHINE", "b").arg("--no-preserve-publisher-token");
        command
    };
    assert_eq!(Run::from(no_token(local).output().unwrap()).status, Some(0));
    let mut sync = no_token(host.command(&["sync", "--env", "local"]));
    sync.env("SPACETIME_KEYS_FAILPOINT", "after mount-private local=kill");
    assert_eq!(Run::from(sync.output().unwrap()).status, None);
    let prods = host.stored("kv-prod", "spacetimedb-jwt-private-key").unwrap();
    host.mount(&PrivateKey::from_pem(prods).unwrap());
    let first = || host.read(&format!("{STORE}/.state/unfinished.json"));
    let theirs = first();

    let resumed = on("b", &host, &["resume", "--no-preserve-publisher-token"]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    assert_eq!(first(), theirs, "the other machine's note is not ours to write over");
    let verified = on("b", &host, &["verify", "--env", "local"]);
    assert!(!verified.stdout.contains("was interrupted"), "no circle: {verified:?}");
}

/// What `verify` says of a run that is left to another host: a warning, in text and in JSON.
fn waits_for_another_host(machine: &str, host: &Host) -> String {
    let text = on(machine, host, &["verify", "--env", "local"]).stdout;
    assert!(text.contains("warning: prod: a run that another host began is unfinished"), "{text}");
    assert!(
        text.contains(&format!("{KEYS}\n")) && text.contains("`spacetime-keys resume`"),
        "{text}"
    );
    let json = on(machine, host, &["verify", "--env", "local", "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let problems = report["problems"].as_array().unwrap();
    let found = problems.iter().find(|problem| problem["code"] == "ERR_UNFINISHED_ELSEWHERE");
    assert_eq!(found.unwrap()["severity"], "warning", "{json}");
    found.unwrap()["hint"].as_str().unwrap().to_owned()
}

#[test]
fn verify_tells_of_a_run_that_another_host_began() {
    let host = cut_short("a");
    let said = waits_for_another_host("b", &host);
    assert!(
        said.contains("`spacetime-keys resume` here finishes only what concerns the vaults"),
        "{said}"
    );
    assert_eq!(on("a", &host, &["resume"]).status, Some(0));
    let verified = on("b", &host, &["verify", "--env", "prod"]);
    assert!(!verified.stdout.contains("another host"), "{verified:?}");
}

/// A note of a version that knew of no machine.
#[test]
fn a_note_from_before_is_finished() {
    let host = cut_short("a");
    let path = format!("{STORE}/.state/unfinished.json");
    let mut journal: serde_json::Value = serde_json::from_str(&host.read(&path)).unwrap();
    for field in ["machine", "mounted", "left"] {
        journal.as_object_mut().unwrap().remove(field).unwrap();
    }
    host.write(&path, journal.to_string());
    assert_eq!(on("b", &host, &["resume"]).status, Some(0));
    assert!(mounted_is_a_pair(&host) && token_fits_mounted_key(&host));
    assert_eq!(on("b", &host, &["verify", "--env", "prod"]).status, Some(0));
}

/// Each would be waited for, for ever.
#[test]
fn a_pipe_in_a_files_place() {
    let journal = format!("{STORE}/.state/unfinished.json");
    let lock = format!("{STORE}/.state/lock");
    for path in [PRIVATE, PUBLIC, CLI_TOML, &journal, &lock] {
        let host = Host::rotated("local");
        if host.path(path).exists() {
            host.remove(path);
        }
        assert!(Command::new("mkfifo").arg(host.path(path)).status().unwrap().success());
        for command in [ROTATE, &["sync", "--env", "local"], &["verify", "--env", "local"]] {
            let mut child = host.command(command).spawn().unwrap();
            let status =
                ends_soon(&mut child).unwrap_or_else(|| panic!("{command:?} waits for {path}"));
            let looks_only = command[0] == "verify" && path == lock;
            assert_eq!(status.success(), looks_only, "{command:?}, {path}");
        }
        assert!(host.path(path).symlink_metadata().is_ok(), "{path}");
    }
}

fn ends_soon(child: &mut std::process::Child) -> Option<std::process::ExitStatus> {
    for _ in 0..3000 {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    None
}

/// A user who may write the folder cannot have something else written by the note.
#[test]
fn a_link_in_the_notes_place() {
    let host = Host::rotated("local");
    host.write("valuable", "as it was");
    let note: &Path = &host.path(KEYS).join(".spacetime-keys-tmp-holder");
    std::os::unix::fs::symlink(host.path("valuable"), note).unwrap();
    host.run(ROTATE).success();
    assert_eq!(host.read("valuable"), "as it was");
}

/// What was cut short with nothing done, and whose key is lost since, does not stand in the way.
#[test]
fn a_run_of_which_nothing_is_left() {
    let host = Host::new();
    let mut command = host.command(&["resume", "--env", "local"]);
    command.env("SPACETIME_KEYS_FAILPOINT", "file:renamed=fail");
    assert_ne!(Run::from(command.output().unwrap()).status, Some(0));
    let note = host.path(&format!("{STORE}/.state/unfinished.json"));
    for file in [PRIVATE, PUBLIC] {
        fs::remove_file(host.path(file)).unwrap();
    }

    host.run(&["resume", "--dry-run"]);
    assert!(note.exists(), "a dry run changes nothing");
    let resumed = host.run(&["resume", "--json"]);
    assert_eq!((resumed.status, resumed.code()), (Some(3), "ERR_VAULT_EMPTY".into()));
    assert!(!note.exists());
    host.run(&["rotate", "--env", "local", "--yes", "--expect-identity", IDENTITY]).success();
    host.run(&["verify", "--env", "local"]).success();
}

/// A rollback was cut short, and what it returned to has leaked since.
#[test]
fn a_rollback_to_what_another_host_has_revoked() {
    let host = Host::rotated("local");
    let on = |machine: &str, arguments: &[&str], failpoint: &str| {
        let mut command = host.command(arguments);
        command.env("SPACETIME_KEYS_MACHINE", machine).env("SPACETIME_KEYS_FAILPOINT", failpoint);
        Run::from(command.output().unwrap())
    };
    let rollback = ["rollback", "--env", "local", "--yes"];
    assert_eq!(on("a", &rollback, "before mount-private local=kill").status, None);
    let leaked = ["--compromised", "--no-sync-mounted-keys", "--no-preserve-publisher-token"];
    let revoked = on("b", &[ROTATE, &leaked].concat(), "");
    assert_eq!(revoked.status, Some(0), "{revoked:?}");

    let resumed = on("a", &["resume"], "");
    assert_eq!(resumed.status, Some(0), "it is brought up to its vault: {resumed:?}");
    let verified = on("a", &["verify", "--env", "local"], "");
    assert_eq!(verified.status, Some(0), "{verified:?}");
    let again = on("a", &[&rollback[..], &["--json"]].concat(), "");
    assert_eq!((again.status, again.code()), (Some(3), "ERR_PAIR_REVOKED".into()));
}

/// The same, where what is mounted now shows another host: the note stays for that one, and stops nobody.
#[test]
fn a_run_of_which_nothing_is_left_and_that_seems_another_hosts() {
    let host = Host::new();
    let mut command = host.command(&["resume", "--env", "local"]);
    command.env("SPACETIME_KEYS_FAILPOINT", "file:renamed=fail");
    assert_ne!(Run::from(command.output().unwrap()).status, Some(0));
    assert!(host.path(&format!("{STORE}/.state/unfinished.json")).exists());
    let elsewhere = ["--no-sync-mounted-keys", "--no-preserve-publisher-token"];
    let prods = on("b", &host, &[ROTATE_PROD, &elsewhere].concat());
    assert_eq!(prods.status, Some(0), "{prods:?}");
    let prods = host.stored("kv-prod", "spacetimedb-jwt-private-key").unwrap();
    host.mount(&PrivateKey::from_pem(prods).unwrap());

    let resumed = host.run(&["resume", "--no-preserve-publisher-token", "--json"]);
    assert_eq!((resumed.status, resumed.code()), (Some(3), "ERR_VAULT_EMPTY".into()));
    host.run(&["sync", "--env", "prod", "--no-preserve-publisher-token"]).success();
}

/// Prod's key never gets into another environment's vault because that one is empty.
#[test]
fn another_environments_pair_is_no_first_pair() {
    let host = Host::rotated("prod");
    let before = host.tree();
    for command in ["resume", "sync"] {
        let run = host.run(&[command, "--env", "local", "--json"]);
        assert_eq!((run.status, run.code()), (Some(3), "ERR_VAULT_EMPTY".into()), "{run:?}");
        assert_eq!(host.tree(), before, "{command}");
    }
}
