//! No mounted key is lost, whatever stands in a mounted file, whenever it came to stand there, and
//! whatever a tag or a name says of it.
//!
//! The judge shares nothing with the guard: it collects the private keys of all files of the host.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_test_support::{again, sample, seed};

use crate::common::{Host, PRIVATE, PUBLIC, Run, STORE};
use crate::failpoints::number_of;
use crate::scenario::{copy_of, keys_in, mounted_is_a_pair};
use crate::stopped::Stopped;

/// How many points of each command are tried on a change.
const THIN: usize = 12;

const SYNC: &[&str] = &["sync", "--env", "local"];
const RESUME: &[&str] = &["resume", "--env", "local"];

fn fingerprint(key: &PrivateKey) -> String {
    key.public_key().fingerprint().to_string()
}

fn new_key() -> PrivateKey {
    PrivateKey::generate().unwrap()
}

/// Another program mounts a pair.
fn mounts(host: &Host, key: &PrivateKey) {
    host.mount(key);
}

#[track_caller]
fn assert_kept(host: &Host, keys: &[&PrivateKey], context: &str) {
    let there = keys_in(host);
    for key in keys {
        assert!(there.contains(&fingerprint(key)), "{context}: a private key is gone");
    }
}

/// The run's command, and what its refusals name, until it is done; three commands at the most.
#[track_caller]
fn leads_out(host: &Host, arguments: &[&str], context: &str) {
    let mut arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    let mut said = Vec::new();
    for _ in 0..3 {
        let run = host.run(&[&arguments[..], &["--json".to_owned()]].concat());
        if run.status == Some(0) {
            assert!(mounted_is_a_pair(host), "{context}: the mounted files are no pair");
            return;
        }
        let hint = run.hint();
        let command =
            hint.split_once("`spacetime-keys ").and_then(|(_, rest)| rest.split_once('`'));
        let (command, _) = command.unwrap_or_else(|| panic!("{context}: no way out: {run:?}"));
        said.push(format!("{arguments:?}: {}", run.code()));
        arguments = command.split(' ').map(str::to_owned).collect();
    }
    panic!("{context}: no end in three commands: {said:#?}");
}

#[test]
fn a_private_key_under_the_other_name() {
    for command in [RESUME, SYNC] {
        let host = Host::rotated("local");
        let key = new_key();
        host.write(PRIVATE, key.public_key().to_pem());
        host.write(PUBLIC, key.to_pem().as_bytes());
        let run = host.run(command).success();
        assert_kept(&host, &[&key], "swapped");
        assert!(mounted_is_a_pair(&host));
        // What is said to be kept is the key, and not the public one that stood in its place.
        let kept = run.stdout.split_once("it is kept in ").unwrap().1;
        let kept = kept.split_once(". Delete").unwrap().0;
        assert!(PrivateKey::from_pem(host.read(kept)).is_ok(), "{kept}");
        assert_eq!(run.stdout.matches("it is kept in ").count(), 1, "{}", run.stdout);
    }
}

#[test]
fn a_private_key_in_each_file() {
    let host = Host::rotated("local");
    let (one, other) = (new_key(), new_key());
    host.write(PRIVATE, one.to_pem().as_bytes());
    host.write(PUBLIC, other.to_pem().as_bytes());
    host.run(SYNC).success();
    assert_kept(&host, &[&one, &other], "two private keys");
}

/// A leftover in the mounted folder may be all that is left of what stood there.
#[test]
fn a_leftover_with_a_key() {
    let host = Host::rotated("local");
    let key = new_key();
    let leftover = ".generated/spacetimedb-keys/.spacetime-keys-tmp-a1b2c3";
    host.write(leftover, key.to_pem().as_bytes());
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    assert_kept(&host, &[&key], "a leftover");
    assert!(!host.path(leftover).exists());
}

#[test]
fn nothing_is_replaced_where_nothing_can_be_set_aside() {
    let host = Host::rotated("local");
    let key = new_key();
    host.write(PUBLIC, key.to_pem().as_bytes());
    let folder = format!("{STORE}/.state/set-aside");
    if host.path(&folder).exists() {
        host.remove(&folder);
    }
    host.write(&folder, "a file in the folder's place");
    let run = host.run(&[RESUME, &["--json"]].concat());
    assert_eq!(run.status, Some(4), "{run:?}");
    assert_eq!(host.read(PUBLIC), *key.to_pem());
    host.remove(&folder);
    leads_out(&host, RESUME, "there is room again");
    assert_kept(&host, &[&key], "there is room again");
}

/// What may hold a key that this program cannot read.
#[test]
fn what_is_no_key_of_ours() {
    let two = format!("{}{}", *new_key().to_pem(), *new_key().to_pem());
    let cut = new_key().to_pem()[..120].to_owned();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIH=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for content in [two.as_str(), &cut, encrypted, "\u{30}\u{1}\u{7f}"] {
        for file in [PRIVATE, PUBLIC] {
            let host = Host::rotated("local");
            host.write(file, content);
            host.run(RESUME).success();
            let tree = host.tree();
            let kept = tree.values().any(|entry| {
                matches!(&entry.content, crate::common::Content::File(found) if found == content.as_bytes())
            });
            assert!(kept, "{file}: {} bytes are gone", content.len());
            assert!(mounted_is_a_pair(&host));
        }
    }
}

/// The earlier pair is mounted, and one version of it in the store is not what its tag says.
#[test]
fn a_tag_is_not_believed() {
    let damages: [fn(&Host, &Path); 2] = [
        |_, version| fs::write(version.join("value"), "").unwrap(),
        |_, version| fs::write(version.join("value"), new_key().to_pem().as_bytes()).unwrap(),
    ];
    for damage in damages {
        let host = Host::rotated("local");
        let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
        let mounted = [host.read(PRIVATE), host.read(PUBLIC)];
        host.run(&["rotate", "--env", "local", "--yes"]).success();
        // From a backup, say.
        host.write(PRIVATE, &mounted[0]);
        host.write(PUBLIC, &mounted[1]);
        for vault in ["kv-dev", "kv-local"] {
            let version = format!("{STORE}/{vault}/spacetimedb-jwt-private-key/00000002");
            damage(&host, &host.path(&version));
        }
        host.run(SYNC).success();
        assert_kept(&host, &[&key], "the vaults' copies are damaged");
    }
}

fn with_a_foreign_pair(key: &PrivateKey) -> Host {
    let host = Host::rotated("local");
    mounts(&host, key);
    host
}

/// Runs to a point, at which the process is killed. Whether it came so far.
fn is_killed(host: &Host, arguments: &[&str], point: usize) -> bool {
    let mut command = host.command(arguments);
    command.env("SPACETIME_KEYS_FAILPOINT", format!("{point}=kill"));
    let run = command.stdin(Stdio::null()).output().unwrap();
    run.status.code().is_none()
}

/// Some of a run's points, by the seed.
fn points_of(start: &Host, arguments: &[&str], seed: u64) -> Vec<usize> {
    let points = number_of(|point| is_killed(&copy_of(start), arguments, point));
    assert!(points > 15, "{arguments:?}: {points} points");
    sample((0..points).collect(), THIN, seed)
}

/// A run is killed, the server starts without keys and makes a pair, and the run is finished.
#[test]
fn another_pair_after_a_kill() {
    let seed = seed();
    let adopt = ["rotate", "--env", "local", "--adopt-mounted", "--allow-unverified", "--yes"];
    for arguments in [SYNC, &adopt] {
        let (first, second) = (new_key(), new_key());
        let start = with_a_foreign_pair(&first);
        for point in points_of(&start, arguments, seed) {
            let context = format!("{arguments:?} killed at {point}, {}", again(seed));
            let host = copy_of(&start);
            let before = keys_in(&host);
            assert!(is_killed(&host, arguments, point), "{context}");
            // What was mounted by the run itself is not the foreign program's to remove.
            let mounted = host.read(PRIVATE) == *first.to_pem();
            mounts(&host, &second);
            leads_out(&host, RESUME, &context);
            let after = keys_in(&host);
            let missing: BTreeSet<_> = before.difference(&after).collect();
            // The other program itself has overwritten what nobody had kept yet.
            let overwritten = mounted.then(|| fingerprint(&first));
            assert!(
                missing.iter().all(|key| Some((*key).clone()) == overwritten),
                "{context}: {missing:?} are gone"
            );
            assert_kept(&host, &[&second], &context);
        }
    }
}

/// Another program writes while a run is at work: it is stopped at a point, and goes on afterwards.
#[test]
fn another_pair_between_look_and_mount() {
    let seed = seed();
    for arguments in [SYNC, &["rotate", "--env", "local", "--yes"], RESUME] {
        let start = Host::rotated("local");
        // Something is to be mounted: the host is behind.
        let behind = Host::new();
        if arguments[0] != "rotate" {
            for file in [PRIVATE, PUBLIC, crate::common::CLI_TOML] {
                start.write(file, behind.read(file));
            }
        }
        if arguments == RESUME {
            start.write(PUBLIC, "");
        }
        for point in points_of(&start, arguments, seed) {
            let context = format!("{arguments:?} stopped at {point}, {}", again(seed));
            let host = copy_of(&start);
            let before = keys_in(&host);
            let key = new_key();
            let mut process = Stopped::at(&host, arguments, point);
            mounts(&host, &key);
            let run = process.goes_on();
            assert_kept(&host, &[&key], &context);
            let after = keys_in(&host);
            assert!(before.is_subset(&after), "{context}: a key is gone");
            assert!(matches!(run.status, Some(0 | 3 | 4)), "{context}: {run:?}");
        }
    }
}

/// A folder with the highest number that there is: the next version would be the first again.
#[test]
fn a_folder_that_is_no_version() {
    let host = Host::rotated("local");
    let before = keys_in(&host);
    let secret = format!("{STORE}/kv-local/spacetimedb-jwt-private-key");
    fs::create_dir(host.path(&format!("{secret}/{}", u64::MAX))).unwrap();
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    assert!(host.path(&format!("{secret}/00000003")).exists());
    assert!(before.is_subset(&keys_in(&host)));
}

/// The journal's id becomes a part of file names.
#[test]
fn a_journal_that_names_a_path() {
    let host = with_a_foreign_pair(&new_key());
    assert!(is_killed(&host, SYNC, 4));
    let journal = format!("{STORE}/.state/unfinished.json");
    let mut document: Value = serde_json::from_str(&host.read(&journal)).unwrap();
    document["rotation_id"] = "x/../../../../pwned".into();
    host.write(&journal, document.to_string());
    let before = host.tree();
    let run = host.run(&["resume", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_JOURNAL_DAMAGED"), "{run:?}");
    assert!(host.tree() == before, "something was written");
}

/// What `verify` names first leads out: of a private key without its public one that no vault has, and of a first
/// vault beside a token of an unknown key.
#[test]
fn what_verify_names_is_not_refused() {
    let host = Host::rotated("local");
    let key = new_key();
    host.write(PRIVATE, key.to_pem().as_bytes());
    host.remove(PUBLIC);
    let verify = |host: &Host| host.run(&["verify", "--env", "local", "--json"]).json();
    let hint = |report: &Value| report["problems"][0]["hint"].as_str().unwrap().to_owned();
    let report = verify(&host);
    assert!(hint(&report).contains("`spacetime-keys sync --env local`"), "{report:#}");
    host.run(SYNC).success();
    assert_kept(&host, &[&key], "a private key alone");
    assert_eq!(verify(&host)["ok"], true);

    let host = Host::new();
    host.mount(&new_key());
    let report = verify(&host);
    let hints = report["problems"].as_array().unwrap();
    let named = hints.iter().any(|problem| {
        problem["hint"].as_str().unwrap().contains("rotate --env local --expect-identity HEX")
    });
    assert!(named, "{report:#}");
    let identity = crate::common::IDENTITY;
    let rotate = ["rotate", "--env", "local", "--yes", "--expect-identity", identity];
    host.run(&rotate).success();
    assert_eq!(verify(&host)["ok"], true);
}

/// A version that a killed run did not finish may hold the mounted key that it was to adopt.
#[test]
fn a_half_written_version_with_a_key() {
    let host = Host::rotated("local");
    let key = new_key();
    mounts(&host, &key);
    let adopt = ["rotate", "--env", "local", "--yes", "--adopt-mounted"];
    let mut command = host.command(&adopt);
    command.env("SPACETIME_KEYS_FAILPOINT", "store:value-written=kill");
    assert_eq!(Run::from(command.output().unwrap()).status, None);
    // Now it is nowhere else.
    mounts(&host, &new_key());
    host.run(&["resume"]).success();
    assert_kept(&host, &[&key], "half a version");
}

/// A killed run may leave what it tried to write with, too.
#[test]
fn a_leftover_in_the_store_stops_nothing() {
    let host = Host::rotated("local");
    let folder = format!("{STORE}/kv-local/spacetimedb-jwt-private-key");
    host.write(&format!("{folder}/.spacetime-keys-tmp-a1b2c3"), "");
    fs::create_dir(host.path(&folder).join(".spacetime-keys-tmp-d4e5f6")).unwrap();
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    assert_eq!(fs::read_dir(host.path(&folder)).unwrap().count(), 3);
}
