//! The data plane: challenge, versions, pages, limits, soft delete, rights.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::common::{Client, logged_in, version};
use serde_json::{Value, json};
use spacetime_keys_stand_ins::{Operation, Rights, Setup, StandIn};

const VAULT: &str = "kv-prod";

#[test]
fn no_good_token_is_challenged_before_anything_is_stored_or_told() {
    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.write(VAULT, "known", "value-of-known", None, &[]);
    let stranger = Client::new(&stand_in);
    let mut forger = Client::new(&stand_in);
    forger.token = Some("not-a-token".to_owned());
    let mut elsewhere = Client::new(&stand_in);
    elsewhere.login(&stand_in, "https://management.core.windows.net//.default");
    stand_in.clear_log();

    for (who, invalid) in [(&stranger, false), (&forger, true), (&elsewhere, true)] {
        for reply in [
            who.put(VAULT, "a", "1").unwrap(),
            who.vault("PUT", VAULT, "/secrets/a", &Value::Null).unwrap(),
            who.get(VAULT, "/secrets/known"),
            who.get(VAULT, "/secrets/unknown"),
        ] {
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
    let challenges =
        stand_in.requests().iter().filter(|one| one.operation == Operation::Challenge).count();
    assert_eq!(challenges, 4);

    assert_eq!(client.get(VAULT, "/secrets/known").status, 200);
    stand_in.revoke_tokens();
    assert_eq!(client.get(VAULT, "/secrets/known").status, 401);

    stand_in.set_token_lifetime(Duration::ZERO);
    assert_eq!(Client::logged_in(&stand_in).get(VAULT, "/secrets/known").status, 401);
}

#[test]
fn every_put_makes_a_version_of_its_own() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let body = json!({ "value": "one", "contentType": "text/plain", "tags": { "a": "1" },
                       "attributes": { "exp": 1, "nbf": 4_000_000_000_u64 } });
    let first = client.vault("PUT", VAULT, "/secrets/key", &body).unwrap();
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.header("x-ms-keyvault-region"), "westeurope");
    assert!(!first.header("x-ms-request-id").is_empty());
    let first = first.json();
    let second = client.put(VAULT, "key", "two").unwrap().json();

    let id = version(&first);
    assert_eq!(id.len(), 32);
    assert_eq!(first["id"], format!("https://kv-prod.vault.azure.net/secrets/key/{id}"));
    assert_eq!(first["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    assert!(first["attributes"]["created"].is_u64());
    // Neither tags nor content type are handed on to the next version.
    assert_eq!((&second["tags"], &second["contentType"]), (&Value::Null, &Value::Null));

    for path in ["/secrets/key", "/secrets/key/"] {
        assert_eq!(client.get(VAULT, path).json(), second);
    }
    // Its expiry is over and its beginning far away: that is advice alone.
    let read = client.get(VAULT, &format!("/secrets/key/{id}")).json();
    assert_eq!(read, first);
    assert_eq!((&read["value"], &read["tags"]["a"]), (&json!("one"), &json!("1")));

    let versions = stand_in.secret(VAULT, "key").unwrap();
    assert_eq!(versions.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(versions[0].version, id);
    assert!(!format!("{versions:?}").contains("one\""));

    let missing = [
        client.get(VAULT, "/secrets/other"),
        client.get(VAULT, "/secrets/other/versions"),
        client.get(VAULT, "/secrets/key/00000000000000000000000000000000"),
    ];
    for reply in missing {
        assert_eq!((reply.status, reply.codes().0.as_str()), (404, "SecretNotFound"));
    }
    let writes: Vec<_> = stand_in.requests().into_iter().take(2).collect();
    assert_eq!(writes[0].version.as_deref(), Some(id.as_str()));
    assert_eq!(writes[1].version, Some(version(&second)));
}

#[test]
fn an_update_changes_what_it_names() {
    let (stand_in, client) = logged_in(&[VAULT]);
    stand_in.set_clock(Some(1_000));
    let id = stand_in.write(VAULT, "key", "one", Some("a/b"), &[("x", "1")]);
    stand_in.write(VAULT, "key", "two", None, &[]);
    stand_in.set_clock(Some(2_000));

    let path = format!("/secrets/key/{id}");
    let changed = client.vault("PATCH", VAULT, &path, &json!({ "tags": { "y": "2" } })).unwrap();
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["tags"], json!({ "y": "2" }));
    assert_eq!(changed.json()["value"], Value::Null);
    let version = stand_in.secret(VAULT, "key").unwrap().remove(0);
    assert_eq!((version.created, version.updated), (1_000, 2_000));
    assert_eq!((version.content_type.as_deref(), version.enabled), (Some("a/b"), true));

    let off = json!({ "attributes": { "enabled": false }, "contentType": "c/d" });
    assert_eq!(client.vault("PATCH", VAULT, &path, &off).unwrap().status, 200);
    let reply = client.get(VAULT, &path);
    assert_eq!((reply.status, reply.codes()), (403, ("Forbidden".into(), "SecretDisabled".into())));
    assert_eq!(client.get(VAULT, "/secrets/key").status, 200);

    stand_in.set_enabled(VAULT, "key", None, false);
    stand_in.set_enabled(VAULT, "key", Some(&id), true);
    assert_eq!(client.get(VAULT, "/secrets/key").codes().1, "SecretDisabled");
    assert_eq!(client.get(VAULT, &path).status, 200);
    // Without a version, the newest.
    let on = json!({ "attributes": { "enabled": true } });
    assert_eq!(client.vault("PATCH", VAULT, "/secrets/key/", &on).unwrap().status, 200);
    assert_eq!(client.get(VAULT, "/secrets/key").json()["value"], "two");
}

/// All items of a list, and the sizes of its pages.
fn pages(client: &Client, mut url: String) -> (Vec<Value>, Vec<usize>) {
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
    stand_in.set_clock(Some(1_000));
    let written: Vec<String> =
        (0..60).map(|n| stand_in.write(VAULT, "key", &format!("value-{n}"), None, &[])).collect();
    let url = "https://kv-prod.vault.azure.net/secrets/key/versions?api-version=7.4";

    let mut orders = BTreeSet::new();
    for _ in 0..3 {
        let (items, sizes) = pages(&client, url.to_owned());
        assert_eq!(sizes, [25, 25, 10]);
        let listed: Vec<String> = items.iter().map(version).collect();
        assert_ne!(listed, written);
        assert_eq!(BTreeSet::from_iter(&listed), BTreeSet::from_iter(&written));
        assert!(items.iter().all(|item| item["value"].is_null()));
        assert!(items.iter().all(|item| item["attributes"]["created"] == 1_000));
        orders.insert(listed);
    }
    assert_eq!(orders.len(), 3);
    assert_eq!(pages(&client, format!("{url}&maxresults=7")).1, [7, 7, 7, 7, 7, 7, 7, 7, 4]);
    for wrong in ["0", "26", "x"] {
        let reply = client.send("GET", &format!("{url}&maxresults={wrong}"), b"").unwrap();
        assert_eq!((reply.status, reply.codes().0.as_str()), (400, "BadParameter"));
    }

    for n in 0..30 {
        stand_in.write(VAULT, &format!("s-{n}"), "x", None, &[]);
    }
    let all = "https://kv-prod.vault.azure.net/secrets?api-version=7.4".to_owned();
    let (items, sizes) = pages(&client, all);
    assert_eq!((items.len(), sizes), (31, vec![25, 6]));
    assert!(items.iter().any(|item| item["id"] == "https://kv-prod.vault.azure.net/secrets/s-7"));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let stand_in = StandIn::start(Setup { seed, ..Setup::of(&[VAULT]) });
        for n in 0..30 {
            stand_in.write(VAULT, "key", &n.to_string(), None, &[]);
        }
        let url = "https://kv-prod.vault.azure.net/secrets/key/versions?api-version=7.4";
        let (items, _) = pages(&Client::logged_in(&stand_in), url.to_owned());
        items.iter().map(version).collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn limits() {
    let (stand_in, client) = logged_in(&[VAULT]);
    let tags = |n: usize| (0..n).map(|n| (n.to_string(), "x")).collect::<BTreeMap<_, _>>();
    let good = [
        json!({ "value": "x".repeat(25_600) }),
        json!({ "value": "x", "contentType": "c".repeat(255) }),
        json!({ "value": "x", "tags": tags(15) }),
    ];
    let bad = [
        json!({ "value": "x".repeat(25_601) }),
        json!({ "value": "é".repeat(12_801) }),
        json!({ "value": "x", "contentType": "c".repeat(256) }),
        json!({ "value": "x", "tags": tags(16) }),
        json!({ "value": "x", "tags": { "a": 1 } }),
        json!({ "value": "x", "tags": { "a": "x".repeat(513) } }),
        json!({ "value": 1 }),
        json!({}),
        json!([]),
    ];
    for body in good {
        assert_eq!(client.vault("PUT", VAULT, "/secrets/key", &body).unwrap().status, 200);
    }
    for body in bad {
        let reply = client.vault("PUT", VAULT, "/secrets/key", &body).unwrap();
        assert_eq!((reply.status, reply.codes().0.as_str()), (400, "BadParameter"));
    }
    assert_eq!(stand_in.secret(VAULT, "key").unwrap().len(), 3);
    assert_eq!(client.put(VAULT, &"n".repeat(127), "x").unwrap().status, 200);
    for name in ["under_score", "do.t", "per%20cent", &"n".repeat(128)] {
        let reply = client.put(VAULT, name, "x").unwrap();
        assert_eq!((reply.status, reply.codes().0.as_str()), (400, "BadParameter"), "{name}");
    }

    for (version, status) in
        [("7.4", 200), ("7.5", 200), ("7.6", 200), ("2025-07-01", 200), ("7.3", 400), ("", 400)]
    {
        let url = format!("https://kv-prod.vault.azure.net/secrets/key?api-version={version}");
        assert_eq!(client.send("GET", &url, b"").unwrap().status, status, "{version}");
    }
}

#[test]
fn a_deleted_secret_keeps_its_name_until_it_is_recovered() {
    let recovery = Duration::from_secs(2);
    let stand_in = StandIn::start(Setup { recovery, ..Setup::of(&[VAULT]) });
    let client = Client::logged_in(&stand_in);
    let call = |method, path| client.vault(method, VAULT, path, &Value::Null).unwrap();
    stand_in.write(VAULT, "key", "one", None, &[]);
    stand_in.write(VAULT, "kept", "x", None, &[]);

    assert_eq!(call("GET", "/deletedsecrets/key").status, 404);
    let deleted = call("DELETE", "/secrets/key");
    assert_eq!(deleted.status, 200);
    let recovery_id = "https://kv-prod.vault.azure.net/deletedsecrets/key";
    assert_eq!(deleted.json()["recoveryId"], recovery_id);
    assert!(deleted.json()["deletedDate"].is_u64());
    assert_eq!(call("GET", "/deletedsecrets/key").json(), deleted.json());
    for path in ["/secrets/key", "/secrets/key/versions"] {
        assert_eq!(call("GET", path).codes().0, "SecretNotFound");
    }
    assert_eq!(call("DELETE", "/secrets/key").status, 404);
    assert_eq!(stand_in.secret(VAULT, "key"), None);
    assert_eq!(stand_in.secret_names(VAULT), ["kept"]);
    let refused = client.put(VAULT, "key", "two").unwrap();
    let inner = "ObjectIsDeletedButRecoverable";
    assert_eq!((refused.status, refused.codes()), (409, ("Conflict".into(), inner.into())));

    assert_eq!(call("POST", "/deletedsecrets/key/recover").status, 200);
    // It takes a while.
    assert_eq!(client.put(VAULT, "key", "two").unwrap().codes().1, "ObjectIsBeingRecovered");
    assert_eq!(call("GET", "/secrets/key").status, 404);
    std::thread::sleep(recovery);
    assert_eq!(call("GET", "/secrets/key").json()["value"], "one");

    stand_in.delete(VAULT, "key");
    assert_eq!(client.put(VAULT, "key", "two").unwrap().codes().1, inner);
}

#[test]
fn rights_and_firewall_are_each_vaults_own() {
    let (stand_in, client) = logged_in(&[VAULT, "kv-test"]);
    for vault in [VAULT, "kv-test"] {
        stand_in.write(vault, "key", "one", None, &[]);
    }
    let reads = ["/secrets/key", "/secrets/key/versions", "/secrets"];
    let rbac = (403, "ForbiddenByRbac".to_owned());
    let outcome = |reply: crate::common::Reply| (reply.status, reply.codes().1);

    stand_in.set_rights(VAULT, Rights::User);
    for path in reads {
        assert_eq!(client.get(VAULT, path).status, 200);
    }
    for (method, path) in [
        ("PUT", "/secrets/key"),
        ("PATCH", "/secrets/key"),
        ("DELETE", "/secrets/key"),
        ("GET", "/deletedsecrets/key"),
        ("POST", "/deletedsecrets/key/recover"),
    ] {
        let reply = client.vault(method, VAULT, path, &json!({ "value": "two" })).unwrap();
        assert!(reply.body.contains("Microsoft.KeyVault/vaults/secrets/"), "{}", reply.body);
        assert_eq!(outcome(reply), rbac);
    }
    stand_in.set_rights(VAULT, Rights::None);
    for path in reads {
        assert_eq!(outcome(client.get(VAULT, path)), rbac);
    }
    stand_in.set_firewall(VAULT, true);
    assert_eq!(outcome(client.get(VAULT, reads[0])), (403, "ForbiddenByFirewall".to_owned()));
    assert_eq!(client.put("kv-test", "key", "two").unwrap().status, 200);
    assert_eq!(stand_in.secret(VAULT, "key").unwrap().len(), 1);

    stand_in.set_firewall(VAULT, false);
    stand_in.set_rights(VAULT, Rights::Officer);
    assert_eq!(client.put(VAULT, "key", "two").unwrap().status, 200);
}
