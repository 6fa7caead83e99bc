//! The data plane: one case an operation, and what the program's own suites take for granted. What
//! they would notice themselves is not repeated here: the stand-in would only agree with itself.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::{Client, Reply, logged_in, version};
use serde_json::{Value, json};
use spacetime_keys_stand_ins::{Operation, Rights, Setup, StandIn};

const VAULT: &str = "kv-prod";

#[test]
fn no_good_token_is_challenged_before_anything_is_stored_or_told() {
    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.write(VAULT, "known", "value-of-known", None, &[]);
    let stranger = Client::new(&stand_in);
    let mut elsewhere = Client::new(&stand_in);
    elsewhere.login(&stand_in, "https://management.core.windows.net//.default");
    stand_in.clear_log();

    for (who, invalid) in [(&stranger, false), (&elsewhere, true)] {
        for reply in [who.put(VAULT, "a", "1").unwrap(), who.get(VAULT, "/secrets/known")] {
            assert_eq!((reply.status, reply.codes().0.as_str()), (401, "Unauthorized"));
            let challenge = reply.header("www-authenticate");
            let expected = "Bearer authorization=\"https://login.microsoftonline.com/\
                            11111111-2222-4333-8444-555555555555\", \
                            resource=\"https://vault.azure.net\"";
            assert!(challenge.starts_with(expected), "{challenge}");
            assert_eq!(challenge.contains("error=\"invalid_token\""), invalid);
            assert!(!reply.body.contains("value-of-known"));
        }
    }
    assert_eq!(stand_in.secret(VAULT, "a"), None);
    assert!(stand_in.requests().iter().all(|request| !request.authorized));
    assert_eq!(stand_in.requests()[0].operation, Operation::Challenge);

    assert_eq!(client.get(VAULT, "/secrets/known").status, 200);
    stand_in.set_token_lifetime(Duration::ZERO);
    assert_eq!(Client::logged_in(&stand_in).get(VAULT, "/secrets/known").status, 401);
}

#[test]
fn every_put_makes_a_version_of_its_own() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let body = json!({ "value": "one", "contentType": "text/plain", "tags": { "a": "1" } });
    let first = client.vault("PUT", VAULT, "/secrets/key", &body).unwrap().json();
    let second = client.put(VAULT, "key", "two").unwrap().json();
    let id = version(&first);
    assert_eq!(first["id"], format!("https://kv-prod.vault.azure.net/secrets/key/{id}"));
    // Neither tags nor content type are handed on to the next version.
    assert_eq!((&second["tags"], &second["contentType"]), (&Value::Null, &Value::Null));
    assert_eq!(client.get(VAULT, "/secrets/key").json(), second);
    assert_eq!(client.get(VAULT, &format!("/secrets/key/{id}")).json(), first);

    let versions = stand_in.secret(VAULT, "key").unwrap();
    assert_eq!(versions.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(stand_in.requests()[0].version, Some(id));
    let missing = client.get(VAULT, "/secrets/other");
    assert_eq!((missing.status, missing.codes().0.as_str()), (404, "SecretNotFound"));
}

#[test]
fn what_is_too_large_is_refused() {
    let (_stand_in, client) = logged_in(&[VAULT]);
    for (length, status) in [(25_600, 200), (25_601, 400)] {
        assert_eq!(client.put(VAULT, "key", &"x".repeat(length)).unwrap().status, status);
    }
}

#[test]
fn an_update_changes_what_it_names() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let id = stand_in.write(VAULT, "key", "one", Some("a/b"), &[("x", "1")]);
    let path = format!("/secrets/key/{id}");
    let change = json!({ "tags": { "y": "2" }, "attributes": { "enabled": false } });
    let changed = client.vault("PATCH", VAULT, &path, &change).unwrap().json();
    assert_eq!((&changed["tags"], &changed["contentType"]), (&change["tags"], &json!("a/b")));
    let reply = client.get(VAULT, &path);
    assert_eq!((reply.status, reply.codes()), (403, ("Forbidden".into(), "SecretDisabled".into())));
}

/// All items of a list, and the sizes of its pages.
fn pages(client: &Client, path: &str) -> (Vec<Value>, Vec<usize>) {
    let mut url = format!("https://{VAULT}.vault.azure.net{path}?api-version=7.4");
    let (mut items, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let page = client.send("GET", &url, b"").unwrap().json();
        let values = page["value"].as_array().unwrap().clone();
        sizes.push(values.len());
        items.extend(values);
        match page["nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => return (items, sizes),
        }
    }
}

#[test]
fn lists_come_in_pages_and_in_no_order() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let write = |name: &str| stand_in.write(VAULT, name, "x", None, &[]);
    let written: Vec<String> = (0..60).map(|_| write("key")).collect();
    let (items, sizes) = pages(&client, "/secrets/key/versions");
    assert_eq!(sizes, [25, 25, 10]);
    let listed: Vec<String> = items.iter().map(version).collect();
    assert_ne!(listed, written);
    assert_eq!(BTreeSet::from_iter(&listed), BTreeSet::from_iter(&written));
    assert!(items.iter().all(|item| item["value"].is_null()));

    (0..30).for_each(|n| drop(write(&format!("s-{n}"))));
    assert_eq!(pages(&client, "/secrets").1, [25, 6]);
}

#[test]
fn a_deleted_secret_keeps_its_name_until_it_is_recovered() {
    // It takes a while, or it is there at once.
    for recovery in [Duration::from_hours(1), Duration::ZERO] {
        let stand_in = StandIn::start(Setup { recovery, ..Setup::of(&[VAULT]) });
        let client = Client::logged_in(&stand_in);
        let call = |method, path| client.vault(method, VAULT, path, &Value::Null).unwrap();
        stand_in.write(VAULT, "key", "one", None, &[]);
        let deleted = call("DELETE", "/secrets/key");
        assert_eq!(deleted.status, 200);
        assert_eq!(call("GET", "/deletedsecrets/key").json(), deleted.json());
        assert_eq!(call("GET", "/secrets/key").codes().0, "SecretNotFound");
        assert_eq!(stand_in.secret(VAULT, "key"), None);
        let refused = client.put(VAULT, "key", "two").unwrap();
        let inner = "ObjectIsDeletedButRecoverable";
        assert_eq!((refused.status, refused.codes()), (409, ("Conflict".into(), inner.into())));

        assert_eq!(call("POST", "/deletedsecrets/key/recover").status, 200);
        if recovery.is_zero() {
            assert_eq!(call("GET", "/secrets/key").json()["value"], "one");
        } else {
            let refused = client.put(VAULT, "key", "two").unwrap();
            assert_eq!(refused.codes().1, "ObjectIsBeingRecovered");
            assert_eq!(call("GET", "/secrets/key").status, 404);
        }
    }
}

#[test]
fn rights_and_firewall_are_each_vaults_own() {
    let (stand_in, client) = logged_in(&[VAULT, "kv-test"]);
    for vault in [VAULT, "kv-test"] {
        stand_in.write(vault, "key", "one", None, &[]);
    }
    let outcome = |reply: Reply| (reply.status, reply.codes().1);
    let refused = |code: &str| (403, code.to_owned());
    stand_in.set_rights(VAULT, Rights::User);
    assert_eq!(client.get(VAULT, "/secrets/key").status, 200);
    assert_eq!(outcome(client.put(VAULT, "key", "two").unwrap()), refused("ForbiddenByRbac"));
    stand_in.set_rights(VAULT, Rights::None);
    assert_eq!(outcome(client.get(VAULT, "/secrets/key")), refused("ForbiddenByRbac"));
    stand_in.set_firewall(VAULT, true);
    assert_eq!(outcome(client.get(VAULT, "/secrets/key")), refused("ForbiddenByFirewall"));
    assert_eq!(client.put("kv-test", "key", "two").unwrap().status, 200);
    assert_eq!(stand_in.secret(VAULT, "key").unwrap().len(), 1);
}
