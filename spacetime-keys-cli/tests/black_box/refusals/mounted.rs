//! Mounted keys that no vault has.

use super::groups::Change::{Remove, Write};
use super::*;

#[test]
fn a_mounted_pair_that_is_none() {
    let other = PrivateKey::generate().unwrap();
    for (what, change) in [
        ("a public key of another pair", Write(PUBLIC.to_owned(), other.public_key().to_pem())),
        ("a private key of another pair", Write(PRIVATE.to_owned(), other.to_pem().to_string())),
        ("no public key", Remove(PUBLIC.to_owned())),
    ] {
        println!("{what}");
        let host = Host::new();
        change.make(&host);
        let refusal = refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNSOUND");
        follow(&host, &refusal);
        proven(&host, "local");
    }
}

#[test]
fn a_mounted_pair_that_is_none_beside_a_stored_one() {
    for missing in [PUBLIC, PRIVATE] {
        let host = Host::rotated("local");
        host.remove(missing);
        for command in [ROTATE, ROLLBACK] {
            let refusal = refused(&host, command, REFUSED, "ERR_MOUNTED_UNSOUND");
            assert!(refusal.hint().contains("resume --env local"), "{refusal:?}");
        }
        host.run(RESUME).success();
        proven(&host, "local");
    }
}

#[test]
fn a_mounted_private_key_that_is_no_key() {
    let host = Host::new();
    host.write(PRIVATE, "no key\n");
    refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNREADABLE");
    // As the hint says: a new pair, once both are out of the way.
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    host.run(&and(ROTATE, &["--expect-identity", IDENTITY])).success();
    proven(&host, "local");
}

/// A host whose vaults hold a pair, and which mounts one that they have never seen.
pub(super) fn with_an_unknown_pair() -> (Host, PrivateKey) {
    let host = Host::rotated("local");
    let unknown = PrivateKey::generate().unwrap();
    host.mount(&unknown);
    (host, unknown)
}

#[test]
fn an_unknown_mounted_pair_is_refused() {
    let (host, _) = with_an_unknown_pair();
    for command in [ROTATE, RESUME, ROLLBACK] {
        refused(&host, command, REFUSED, "ERR_MOUNTED_UNKNOWN");
    }
}

#[test]
fn an_unknown_mounted_pair_can_be_adopted() {
    let (host, unknown) = with_an_unknown_pair();
    host.run(&and(ROTATE, &["--adopt-mounted"])).success();
    proven(&host, "local");
    assert_ne!(host.mounted(), unknown.public_key().fingerprint());
    host.run(ROLLBACK).success();
    proven(&host, "local");
    assert_eq!(host.mounted(), unknown.public_key().fingerprint());
}

#[test]
fn an_unknown_mounted_pair_is_set_aside_by_sync() {
    let (host, unknown) = with_an_unknown_pair();
    follow(&host, &refused(&host, ROTATE, REFUSED, "ERR_MOUNTED_UNKNOWN"));
    proven(&host, "local");
    let aside = tree(&host.path(STORE).join(".state/set-aside"));
    let kept = aside.values().find_map(|entry| match &entry.content {
        Content::File(bytes) => Some((entry.mode, PrivateKey::from_pem(bytes).unwrap())),
        _ => None,
    });
    let (mode, kept) = kept.expect("the key is there");
    assert_eq!(kept.public_key().fingerprint(), unknown.public_key().fingerprint());
    assert_eq!(mode, 0o600);
}

#[test]
fn the_mounted_pair_of_another_environment() {
    let host = Host::rotated("prod");
    for _ in 0..2 {
        host.run(&and(ROTATE, &["--host-env", "prod"])).success();
    }
    let mounted = host.mounted();
    for command in [ROTATE, RESUME, ROLLBACK] {
        let refusal = refused(&host, command, REFUSED, "ERR_MOUNTED_ELSEWHERE");
        assert!(refusal.hint().contains("--host-env"), "{refusal:?}");
    }
    for command in [ROTATE, RESUME, ROLLBACK] {
        host.run(&and(command, &["--host-env", "prod"])).success();
    }
    assert_eq!(host.mounted(), mounted);
    proven(&host, "prod");
}
