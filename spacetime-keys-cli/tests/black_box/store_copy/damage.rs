//! Versions that cannot be read: left behind and told, or a reason to stop.

use serde_json::json;

use super::judge::{in_folder, vaults_hold};
use super::world::{AZURE, BACK, BACK_STORE, copied, copy, rotated, store, written};
use crate::common::{CONFIG, Host, STORE};
use crate::key_vault::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET};

/// The only version there.
const ESCROW: &str = ".spacetime-keys/kv-local/spacetimedb-publisher-claims/00000001/value";

fn version(secret: &str, number: usize) -> String {
    format!("{STORE}/kv-test/{secret}/{number:08}/value")
}

/// kv-test has four pairs. The second has leaked; a rollback returns to the third.
fn count(host: &Host) -> usize {
    in_folder(&store(host), "kv-test", PRIVATE_SECRET).len()
}

#[test]
fn what_no_command_needs_is_left_out_and_told() {
    let (fleet, host) = (Fleet::new(), rotated());
    let all = count(&host);
    host.write(&version(PRIVATE_SECRET, 1), [0x2d, 0xff, 0xfe]);
    host.write(&version(PUBLIC_SECRET, 2), "no key at all\n");
    let document = copied(&fleet, &host, CONFIG, AZURE);
    let left = document["environments"].as_array().unwrap().iter();
    let left: Vec<_> =
        left.flat_map(|found| found["left_out"].as_array().unwrap().clone()).collect();
    assert_eq!(
        left,
        [
            json!({"secret": PRIVATE_SECRET, "version": "00000001"}),
            json!({"secret": PUBLIC_SECRET, "version": "00000002"})
        ]
    );
    assert!(document["notes"].to_string().contains("00000001"), "{document:#}");
    assert_eq!(fleet.count("kv-test", PRIVATE_SECRET), all - 1);
    assert_eq!(fleet.count("kv-test", PUBLIC_SECRET), all - 1);
    // It is told each time, and what is there is not written again.
    let again = copied(&fleet, &host, CONFIG, AZURE);
    assert_eq!(written(&again), 0);
    assert_eq!(again["notes"], document["notes"]);
    let of = |config| {
        let more = ["history", "--env", "test", "--config", config];
        fleet.good(&host, &more)["pairs"].clone()
    };
    assert_eq!(of(AZURE), of(CONFIG));
}

#[test]
fn what_a_rollback_returns_to_does_not_vanish() {
    let (fleet, host) = (Fleet::new(), rotated());
    let previous = count(&host) - 1;
    let kept = host.read(&version(PRIVATE_SECRET, previous));
    let other = host.read(&version(PRIVATE_SECRET, 1));
    // Empty; another key than its tag says; gone.
    for damage in [Some(String::new()), Some(other), None] {
        match &damage {
            Some(text) => host.write(&version(PRIVATE_SECRET, previous), text),
            None => host.remove(&version(PRIVATE_SECRET, previous)),
        }
        let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
        assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_UNREADABLE"), "{run:?}");
        let message = run.json()["error"]["message"].to_string();
        let name = format!("version {previous:08} of {PRIVATE_SECRET} in kv-test");
        assert!(message.contains(&name), "{message}");
        assert_eq!(fleet.count("kv-prod", PRIVATE_SECRET), 0, "something was written");
    }
    // Its hint's first way out, and the second.
    host.write(&version(PRIVATE_SECRET, previous), &kept);
    copied(&fleet, &host, CONFIG, AZURE);
    vaults_hold(&fleet, &store(&host), true, "mended");
    host.remove(&version(PRIVATE_SECRET, previous));
    host.run(&["rotate", "--env", "test", "--host-env", "local", "--yes"]).success();
    copied(&fleet, &host, CONFIG, BACK);
    assert_eq!(in_folder(&host.path(BACK_STORE), "kv-test", PRIVATE_SECRET).len(), previous + 1);
}

#[test]
fn a_latest_version_is_mended_first() {
    let (fleet, host) = (Fleet::new(), rotated());
    let latest = count(&host);
    for secret in [PRIVATE_SECRET, PUBLIC_SECRET] {
        let kept = host.read(&version(secret, latest));
        host.write(&version(secret, latest), "half of a k");
        let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
        assert_eq!((run.status, &*run.code()), (Some(3), "ERR_GROUP_UNSOUND"), "{run:?}");
        assert!(run.hint().contains("resume --env test"), "{run:?}");
        host.write(&version(secret, latest), kept);
    }
    // A list that is damaged, but text, says the same wherever it is.
    host.write(ESCROW, "{}");
    copied(&fleet, &host, CONFIG, AZURE);
    assert_eq!(fleet.value("kv-local", ESCROW_SECRET), "{}");
    host.write(ESCROW, "");
    let run = copy(&fleet, &host, CONFIG, BACK, &[]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_UNREADABLE"), "{run:?}");
    assert_eq!(fleet.count("kv-test", PRIVATE_SECRET), latest);
}

#[test]
fn disabled_versions_of_a_vault() {
    let (fleet, host) = (Fleet::new(), rotated());
    copied(&fleet, &host, CONFIG, AZURE);
    let versions = fleet.stand_in.secret("kv-test", PRIVATE_SECRET).unwrap();
    let [.., previous, latest] = versions.as_slice() else { panic!("{}", versions.len()) };
    let set = |version: &str, on| {
        fleet.stand_in.set_enabled("kv-test", PRIVATE_SECRET, Some(version), on);
    };
    // The first: no rollback returns to it.
    set(&versions[0].version, false);
    let document = copied(&fleet, &host, AZURE, BACK);
    assert!(document["notes"].to_string().contains(&versions[0].version), "{document:#}");
    assert_eq!(
        in_folder(&host.path(BACK_STORE), "kv-test", PRIVATE_SECRET).len(),
        versions.len() - 1
    );
    // As a destination it cannot be compared.
    let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_UNREADABLE"), "{run:?}");
    set(&versions[0].version, true);
    host.remove(BACK_STORE);
    // The one before: a rollback needs it. The latest: nothing is known of it.
    set(&previous.version, false);
    let run = copy(&fleet, &host, AZURE, BACK, &[]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_UNREADABLE"), "{run:?}");
    set(&previous.version, true);
    set(&latest.version, false);
    let run = copy(&fleet, &host, AZURE, BACK, &[]);
    assert_eq!((run.status, &*run.code()), (Some(4), "ERR_STORE_SECRET_DISABLED"), "{run:?}");
    set(&latest.version, true);
    assert!(!host.path(BACK_STORE).exists(), "something was written");
    copied(&fleet, &host, AZURE, BACK);
}

/// What stands beside a value is gone: the version is one without tags, here and there.
#[test]
fn without_properties() {
    let (fleet, host) = (Fleet::new(), rotated());
    let last = version(PRIVATE_SECRET, count(&host)).replace("value", "properties.json");
    host.remove(&version(PRIVATE_SECRET, 1).replace("value", "properties.json"));
    host.write(&last, "no json");
    copied(&fleet, &host, CONFIG, AZURE);
    let found = fleet.stand_in.secret("kv-test", PRIVATE_SECRET).unwrap();
    assert!(
        !found[0].tags.contains_key("fingerprint") && found[0].tags.contains_key("copied-created")
    );
    let of = |config| {
        let more = ["history", "--env", "test", "--config", config];
        fleet.good(&host, &more)["pairs"].clone()
    };
    assert_eq!(of(AZURE), of(CONFIG));
    assert_eq!(written(&copied(&fleet, &host, CONFIG, AZURE)), 0);
}

/// What a key vault would refuse is found before anything is written.
#[test]
fn too_large_for_a_key_vault() {
    let (fleet, host) = (Fleet::new(), rotated());
    let properties = version(PRIVATE_SECRET, 1).replace("value", "properties.json");
    let kept = host.read(&properties);
    let tags: Vec<_> = (0..8).map(|number| format!("\"other-{number}\": \"x\", ")).collect();
    let tags = tags.concat();
    for text in [tags, format!("\"long\": \"{}\", ", "x".repeat(257))] {
        host.write(&properties, kept.replace("\"tags\": {", &format!("\"tags\": {{{text}")));
        let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
        assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_TOO_LARGE"), "{run:?}");
        copied(&fleet, &host, CONFIG, BACK);
        host.remove(BACK_STORE);
    }
    host.write(&properties, kept);
    let escrow = host.read(ESCROW);
    host.write(ESCROW, format!("{}{escrow}", " ".repeat(25_600)));
    let run = copy(&fleet, &host, CONFIG, AZURE, &[]);
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_COPY_TOO_LARGE"), "{run:?}");
    assert_eq!(fleet.count("kv-prod", PRIVATE_SECRET), 0, "something was written");
}
