//! Vault values that are the key, and are written in another form.

use super::*;

/// A host whose vaults hold the mounted pair, each half as another tool has written it.
fn host(changes: &[Changed]) -> Host {
    let host = Host::new();
    for vault in ["kv-dev", "kv-local"] {
        for (half, file) in [(Half::Private, PRIVATE), (Half::Public, PUBLIC)] {
            let pem = host.read(file);
            let is_same =
                |other: Half| matches!(other, Half::Private) == matches!(half, Half::Private);
            let change = changes.iter().find(|(changed, _)| is_same(*changed));
            let value = change.map_or_else(|| pem.clone(), |(_, change)| change(half, &pem));
            store(&host, vault, half, 1, &value);
        }
    }
    host
}

/// State → `verify` → the command that it prints → well. What was there stays as an earlier version.
#[test]
fn a_value_in_another_form_is_reported_and_written_clean_by_resume() {
    for (what, change) in FORMS {
        for changes in [both(*change).as_slice(), &both(*change)[..1], &both(*change)[1..]] {
            let host = host(changes);
            let before = host.mounted();
            let run = host.run(VERIFY);
            assert_eq!(run.status, Some(0), "{what}: {run:?}");
            for problem in problems(&run) {
                assert_eq!(problem["code"], "ERR_KEY_NOT_CANONICAL", "{what}: {problem:#}");
                assert_eq!(problem["severity"], "warning", "{what}: {problem:#}");
                assert!(problem["message"].as_str().unwrap().contains("written as"), "{problem:#}");
            }
            // Of each vault of the group that was asked about, and of each half that is so.
            assert_eq!(problems(&run).len(), changes.len(), "{what}: {run:?}");
            let old = latest(&host, "kv-local", Half::Private);

            follow(&host, VERIFY, what);
            proven(&host, what);
            assert_eq!(host.mounted(), before, "{what}");
            let kept = &versions(&host, "kv-local", Half::Private)[0];
            assert_eq!(std::fs::read_to_string(kept.join("value")).unwrap(), old, "{what}");
        }
    }
}

#[test]
fn a_value_in_another_form_is_rotated_and_returned_to() {
    for (what, change) in FORMS {
        let host = host(&both(*change));
        let before = host.mounted();
        let run = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success();
        assert_eq!(run.json()["pairs"][0]["previous_fingerprint"], before.to_string(), "{what}");
        proven(&host, what);
        assert_ne!(host.mounted(), before, "{what}");
        host.run(&["rollback", "--env", "local", "--yes"]).success();
        proven(&host, what);
        assert_eq!(host.mounted(), before, "{what}");
    }
}

/// A host that is behind gets PEM, whatever the vault holds.
#[test]
fn a_value_in_another_form_is_mounted_clean_by_sync() {
    for (what, change) in FORMS {
        let host = host(&both(*change));
        let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
        host.remove(PRIVATE);
        host.remove(PUBLIC);
        host.run(&["sync", "--env", "local"]).success();
        assert_eq!(host.read(PRIVATE), *key.to_pem(), "{what}");
        assert_eq!(host.read(PUBLIC), key.public_key().to_pem(), "{what}");
        follow(&host, VERIFY, what);
        proven(&host, what);
    }
}

/// Values that are no key by themselves, beside a pair that is mounted: that is the pair in use.
#[test]
fn values_that_say_nothing_are_replaced_by_the_mounted_pair() {
    let pkcs12 =
        include_str!("../../../../spacetime-keys-core/tests/fixtures/pem/pkcs12-base64.pem");
    for (what, value) in [("PKCS#12", pkcs12), ("an empty value", ""), ("a note", "see the wiki")] {
        let host = host(&[]);
        let before = host.mounted();
        for vault in ["kv-dev", "kv-local"] {
            store(&host, vault, Half::Private, 1, value);
            store(&host, vault, Half::Public, 1, value);
        }
        let run = host.run(VERIFY);
        assert_eq!(run.status, Some(1), "{what}: {run:?}");
        let problem = &problems(&run)[0];
        assert_eq!(problem["code"], "ERR_GROUP_UNSOUND", "{problem:#}");
        if what == "PKCS#12" {
            assert!(problem["message"].as_str().unwrap().contains("PKCS#12"), "{problem:#}");
        }
        let hint = problem["hint"].as_str().unwrap();
        host.run(&command(hint)).success();
        assert_eq!(host.mounted(), before, "{what}");
        let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
        assert_eq!(latest(&host, "kv-local", Half::Private), *key.to_pem(), "{what}");
        // What cannot be read is an earlier version now, and may have been a key once.
        let left = problems(&host.run(VERIFY));
        assert!(left.iter().all(|problem| problem["code"] == "ERR_VERSION_DAMAGED"), "{left:#?}");
        host.run(&command(left[0]["hint"].as_str().unwrap())).success();
        host.run(VERIFY).success();
    }
}

/// The same where nothing is mounted: the way out is to convert the value, not to replace the key.
#[test]
fn a_value_that_cannot_be_read_is_named_and_converted() {
    let host = host(&[]);
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    for vault in ["kv-dev", "kv-local"] {
        store(&host, vault, Half::Private, 1, "see the wiki");
    }
    host.remove(PRIVATE);
    host.remove(PUBLIC);
    let run = host.run(&["resume", "--env", "local", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_STORED_UNREADABLE"), "{run:?}");
    let shown = &problems(&host.run(VERIFY))[0];
    assert_eq!(shown["hint"], run.hint(), "verify and resume say the same");
    assert!(run.hint().contains("id_ecdsa"), "{}", run.hint());
    // As the hint says: the key, as PEM text, as id_ecdsa.
    host.write(PRIVATE, key.to_pem().as_bytes());
    host.set_mode(PRIVATE, 0o600);
    host.run(&["resume", "--env", "local"]).success();
    assert_eq!(latest(&host, "kv-local", Half::Private), *key.to_pem());
    assert_eq!(host.mounted(), key.public_key().fingerprint());
}
