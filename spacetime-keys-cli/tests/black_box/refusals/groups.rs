//! Pairs and groups that are not sound.

use super::*;

/// What somebody did to a host.
pub(super) enum Change {
    Remove(String),
    Write(String, String),
}

use Change::{Remove, Write};

impl Change {
    pub(super) fn make(&self, host: &Host) {
        match self {
            Remove(path) => host.remove(path),
            Write(path, content) => host.write(path, content),
        }
    }
}

/// Ways in which a group can be unsound, on a host that was rotated once: version 1 is the adopted
/// pair, version 2 the present one.
fn unsound_groups() -> Vec<(&'static str, Vec<Change>)> {
    let other = PrivateKey::generate().unwrap();
    let all = |vault: &str, half: &str| format!("{STORE}/kv-{vault}/spacetimedb-jwt-{half}-key");
    let value = |vault: &str, half: &str| stored(vault, half, 2) + "/value";
    vec![
        ("a public key that is behind", vec![Remove(stored("local", "public", 2))]),
        ("a private key that is behind", vec![Remove(stored("dev", "private", 2))]),
        ("no public key", vec![Remove(all("local", "public"))]),
        ("no private key", vec![Remove(all("dev", "private"))]),
        ("one vault empty", vec![Remove(format!("{STORE}/kv-local"))]),
        (
            "one vault behind",
            vec![Remove(stored("dev", "private", 2)), Remove(stored("dev", "public", 2))],
        ),
        (
            "no private key but the mounted one",
            vec![Remove(all("dev", "private")), Remove(all("local", "private"))],
        ),
        (
            "a public key cut off",
            vec![Write(value("local", "public"), "-----BEGIN PUBLIC".to_owned())],
        ),
        ("an empty private key", vec![Write(value("dev", "private"), String::new())]),
        (
            "a pair of its own",
            vec![
                Write(value("dev", "private"), other.to_pem().to_string()),
                Write(value("dev", "public"), other.public_key().to_pem()),
            ],
        ),
    ]
}

#[test]
fn an_unsound_group_is_refused_and_resume_mends_it() {
    for (what, changes) in unsound_groups() {
        println!("{what}");
        let host = Host::rotated("local");
        for change in changes {
            change.make(&host);
        }
        let refusal = refused(&host, ROTATE, REFUSED, "ERR_GROUP_UNSOUND");
        refused(&host, ROLLBACK, REFUSED, "ERR_GROUP_UNSOUND");
        let verified = host.run(&["verify", "--env", "dev", "--env", "local"]);
        assert_eq!(verified.status, Some(1), "{verified:?}");
        follow(&host, &refusal);
        proven(&host, "local");
        host.run(&["verify", "--env", "dev"]).success();
        host.run(ROTATE).success();
    }
}

#[test]
fn sync_takes_only_a_sound_pair() {
    let host = Host::rotated("local");
    host.remove(&stored("local", "public", 2));
    let refusal = refused(&host, SYNC, REFUSED, "ERR_GROUP_UNSOUND");
    refused(&host, RESTORE, REFUSED, "ERR_GROUP_UNSOUND");
    follow(&host, &refusal);
    proven(&host, "local");
}

#[test]
fn a_private_key_that_is_nowhere() {
    let host = Host::rotated("local");
    let present = host.read(PRIVATE);
    for vault in ["dev", "local"] {
        host.remove(&format!("{STORE}/kv-{vault}/spacetimedb-jwt-private-key"));
    }
    host.remove(PRIVATE);
    let refusal = refused(&host, RESUME, REFUSED, "ERR_PRIVATE_KEY_LOST");
    // As the hint says: from a backup, as id_ecdsa.
    host.write(PRIVATE, present);
    follow(&host, &refusal);
    proven(&host, "local");
}

#[test]
fn nothing_to_take_and_nothing_to_go_back_to() {
    let host = Host::new();
    for command in [ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, REFUSED, "ERR_VAULT_EMPTY");
    }
    // Repairing an empty vault: the mounted pair becomes its first.
    host.run(RESUME).success();
    proven(&host, "local");
    refused(&host, ROLLBACK, REFUSED, "ERR_NO_EARLIER_PAIR");
    refused(&Host::configured(), RESUME, REFUSED, "ERR_VAULT_EMPTY");
}
