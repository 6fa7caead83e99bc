//! Others at work on the same stores: kept off where a lock can, noticed where it cannot.

use std::fs;
use std::process::{Child, Stdio};

use super::judge::{folder_holds, vaults_hold};
use super::world::{AZURE, BACK, BACK_STORE, copied, copy, rotated, store, vaults};
use crate::common::{CONFIG, Host, Run, STORE};
use crate::key_vault::faults::copy_of;
use crate::key_vault::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET};
use crate::stopped::Stopped;

/// In the middle of the private keys of the first environment.
const MIDDLE: &str = "30";
const COPY: [&str; 5] = ["store", "copy", "--to", BACK, "--yes"];

#[test]
fn rotations_and_copies_of_the_same_stores_wait() {
    let host = rotated();
    let mut run = Stopped::at(&host, &COPY, MIDDLE);
    for arguments in [
        &["rotate", "--env", "local", "--yes"][..],
        &["rotate", "--env", "local", "--yes", "--config", BACK],
        &["store", "copy", "--to", BACK, "--yes"],
        &["store", "copy", "--config", BACK, "--to", CONFIG, "--yes"],
    ] {
        let refused = host.run(&[arguments, &["--json"]].concat());
        assert_eq!(
            (refused.status, &*refused.code()),
            (Some(3), "ERR_LOCKED"),
            "{arguments:?}: {refused:?}"
        );
    }
    // Who only reads does not wait, and who copies elsewhere does not either.
    host.write("third.toml", "[store]\npath = \"third\"\n");
    host.run(&["store", "copy", "--to", "third.toml", "--yes"]).success();
    assert_eq!(host.run(&["history", "--env", "local"]).status, Some(0));
    assert_eq!(run.goes_on().status, Some(0));
    folder_holds(&store(&host), &host.path(BACK_STORE), true, "after all");
    folder_holds(&store(&host), &host.path("third"), true, "elsewhere");
    host.run(&["rotate", "--env", "local", "--yes"]).success();

    // And the other way round: a copy waits for a rotation.
    let mut run =
        Stopped::at(&host, &["rotate", "--env", "local", "--yes"], "before mount-private local");
    for arguments in [&COPY[..], &["store", "copy", "--config", BACK, "--to", CONFIG, "--yes"]] {
        let refused = host.run(&[arguments, &["--json"]].concat());
        assert_eq!((refused.status, &*refused.code()), (Some(3), "ERR_LOCKED"), "{refused:?}");
    }
    assert_eq!(run.goes_on().status, Some(0));
}

/// A program that ignores the lock: `cp`, `az`, another version of this program.
#[test]
fn another_hand_at_the_source_is_noticed() {
    for secret in [PRIVATE_SECRET, PUBLIC_SECRET, ESCROW_SECRET] {
        let host = rotated();
        let mut run = Stopped::at(&host, &COPY, MIDDLE);
        let added = format!("{STORE}/kv-local/{secret}/00000099");
        let first = format!("{STORE}/kv-local/{secret}/00000001");
        for file in ["value", "properties.json"] {
            host.write(&format!("{added}/{file}"), host.read(&format!("{first}/{file}")));
        }
        let source = vaults(&store(&host));
        let run = run.goes_on();
        assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_CHANGED"), "{secret}: {run:?}");
        assert!(run.hint().contains("store copy --to CONFIG"), "{run:?}");
        assert!(vaults(&store(&host)) == source, "the source was changed");
        fs::remove_dir_all(host.path(&added)).unwrap();
        host.run(&COPY).success();
        folder_holds(&store(&host), &host.path(BACK_STORE), true, secret);
    }
}

#[test]
fn another_hand_at_the_destination_is_noticed() {
    for vault in ["kv-prod", "kv-local"] {
        for secret in [PRIVATE_SECRET, PUBLIC_SECRET, ESCROW_SECRET] {
            let host = rotated();
            let mut run = Stopped::at(&host, &COPY, MIDDLE);
            let added = format!("{BACK_STORE}/{vault}/{secret}/00000099/value");
            host.write(&added, "somebody else's");
            let run = run.goes_on();
            assert_eq!(
                (run.status, &*run.code()),
                (Some(3), "ERR_COPY_CHANGED"),
                "{vault} {secret}: {run:?}"
            );
            let again = host.run(&[&COPY[..], &["--json"]].concat());
            assert_eq!((again.status, &*again.code()), (Some(3), "ERR_COPY_DIVERGED"), "{again:?}");
            assert_eq!(host.read(&added), "somebody else's");
        }
    }
}

/// Two machines, which have no lock in common.
#[test]
fn two_copies_into_the_same_vaults_at_once() {
    let fleet = Fleet::new();
    let hosts = {
        let host = rotated();
        [copy_of(&host), host]
    };
    let empty = fleet.stand_in.snapshot();
    let mut stopped = 0;
    for round in 0..4 {
        fleet.stand_in.reset(&empty);
        let start = |host: &Host| -> Child {
            let copy = ["store", "copy", "--config", CONFIG, "--to", AZURE, "--yes", "--json"];
            let mut command = fleet.command(host, &copy);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let running: Vec<Child> = hosts.iter().map(start).collect();
        for child in running {
            let run: Run = child.wait_with_output().unwrap().into();
            if run.status != Some(0) {
                assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_CHANGED"), "{run:?}");
                stopped += 1;
            }
        }
        copied(&fleet, &hosts[0], CONFIG, AZURE);
        vaults_hold(&fleet, &store(&hosts[0]), true, &format!("round {round}"));
        let history = |config| {
            fleet.good(&hosts[0], &["history", "--env", "all", "--config", config])["pairs"].clone()
        };
        assert_eq!(history(AZURE), history(CONFIG));
        // Duplicates are not copied back.
        fs::remove_dir_all(hosts[0].path(BACK_STORE)).unwrap_or_default();
        assert_eq!(copy(&fleet, &hosts[0], AZURE, BACK, &[]).status, Some(0));
        folder_holds(&store(&hosts[0]), &hosts[0].path(BACK_STORE), true, "back");
    }
    println!("{stopped} of 8 copies noticed the other one");
}

/// The later of two writes an earlier version, so that the vault hands that one out.
#[test]
fn a_late_write_of_another_copy_is_set_right() {
    let (fleet, host) = (Fleet::new(), rotated());
    copied(&fleet, &host, CONFIG, AZURE);
    let versions = fleet.stand_in.secret("kv-prod", PRIVATE_SECRET).unwrap();
    let late = &versions[1];
    let tags: Vec<_> =
        late.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fleet.stand_in.write("kv-prod", PRIVATE_SECRET, &late.value, None, &tags);
    assert_ne!(fleet.value("kv-prod", PRIVATE_SECRET), versions.last().unwrap().value);
    let document = copied(&fleet, &host, CONFIG, AZURE);
    assert_eq!(document["steps"].as_array().unwrap().len(), 1, "{document:#}");
    vaults_hold(&fleet, &store(&host), true, "set right");
    let history = |config| {
        fleet.good(&host, &["history", "--env", "all", "--config", config])["pairs"].clone()
    };
    assert_eq!(history(AZURE), history(CONFIG));
}
