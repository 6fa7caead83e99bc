//! The lists of retired keys: what a rotation writes for the exchange, and what is made of it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::exchange::{Exchange, Outcome, RetiredKeys};
use spacetime_keys_core::{Error, PrivateKey};

use crate::common::{CONFIG, Host, IDENTITY, PRIVATE, PUBLIC, RETIRED, STORE, token};

const ROTATE: [&str; 4] = ["rotate", "--env", "local", "--yes"];
const DAYS: i64 = 86_400;

fn rotate(host: &Host, more: &[&str]) -> Value {
    host.run(&[&ROTATE, more, &["--json"]].concat()).success().json()
}

/// A list as JSON, read by nothing of ours.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The latest list in a vault; `None`: there is no such secret.
fn stored(host: &Host, environment: &str) -> Option<Value> {
    let list = host.stored(&format!("kv-{environment}"), "spacetimedb-retired-keys")?;
    Some(parsed(&list))
}

fn list(host: &Host) -> Value {
    parsed(&host.read(RETIRED))
}

/// The one key in a list.
#[track_caller]
fn only(list: &Value) -> &Value {
    let keys = list["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1, "{list:#}");
    &keys[0]
}

#[track_caller]
fn is_well(host: &Host) {
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"], json!([]), "{report:#}");
}

/// What `verify` finds, and nothing else; it is followed, and all is well.
#[track_caller]
fn finds_and_mends(host: &Host, codes: &[&str]) {
    for code in codes {
        let run = host.run(&["verify", "--env", "local", "--json"]);
        assert_eq!(run.status, Some(1), "{run:?}");
        let report = run.json();
        let problem = &report["problems"][0];
        assert_eq!(
            (&problem["code"], &problem["severity"]),
            (&json!(code), &json!("error")),
            "{report:#}"
        );
        let hint = problem["hint"].as_str().unwrap();
        let command = hint.split('`').nth(1).unwrap().strip_prefix("spacetime-keys ").unwrap();
        let yes = command.starts_with("rotate").then_some("--yes");
        host.run(&command.split(' ').chain(yes).collect::<Vec<_>>()).success();
    }
    is_well(host);
}

/// What the exchange makes of a player's token, with what a host has mounted.
fn exchanged(host: &Host, player: &str) -> Result<String, Error> {
    let list = RetiredKeys::parse(host.read(RETIRED)).unwrap();
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let exchange = Exchange::new(&list, Signer::new(&key).unwrap())?;
    match exchange.exchange(player, now(), None) {
        Outcome::Exchanged(new) => Ok(new.token.to_string()),
        Outcome::NotNeeded { .. } => Ok(player.to_owned()),
        Outcome::Refused(error) => Err(error),
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A token that the server of this host issues now.
fn player(host: &Host) -> String {
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    token(&key, &json!({ "iss": "localhost", "sub": "a-player", "iat": now(), "exp": null }))
}

#[test]
fn nothing_is_honoured_unless_somebody_says_so() {
    let host = Host::rotated("local");
    assert!(!host.path(RETIRED).exists() && stored(&host, "local").is_none());
    is_well(&host);
}

#[test]
fn players_keep_their_tokens() {
    let host = Host::new();
    let (old, public, player) = (host.mounted(), host.read(PUBLIC), player(&host));
    let said = rotate(&host, &["--honor-old-tokens", "30d"]);
    let steps: Vec<_> =
        said["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
    let place = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    assert!(
        place("adopt-public") < place("retire-keys")
            && place("retire-keys") < place("push-private")
    );
    assert!(place("push-public") < place("mount-retired-keys"));
    assert!(place("mount-retired-keys") < place("mount-private"), "{steps:?}");
    assert!(said["next"].to_string().contains("30days"), "{said:#}");

    let list = list(&host);
    let key = only(&list);
    assert_eq!(key["fingerprint"], old.to_string());
    assert_eq!(key["public_key"], public);
    assert_eq!(key["revoked"], false);
    let [retired, honored] =
        ["retired_at", "honored_until"].map(|name| key[name].as_i64().unwrap());
    assert_eq!(honored - retired, 30 * DAYS);
    assert_eq!(list["publishers"], json!([IDENTITY]));
    assert_eq!(stored(&host, "local").as_ref(), Some(&list));
    assert_eq!(stored(&host, "dev").as_ref(), Some(&list));
    assert_eq!(fs::metadata(host.path(RETIRED)).unwrap().mode() & 0o777, 0o644);
    is_well(&host);

    let new = exchanged(&host, &player).unwrap();
    assert_ne!(new, player);
    // A second rotation honours both, each for its own time.
    rotate(&host, &["--honor-old-tokens", "1h"]);
    assert_eq!(list_of(&host).len(), 2);
    assert!(exchanged(&host, &player).is_ok() && exchanged(&host, &new).is_ok());
    // One that says nothing keeps what was promised, and promises nothing of its own pair.
    let third = self::player(&host);
    rotate(&host, &[]);
    assert!(exchanged(&host, &player).is_ok() && exchanged(&host, &new).is_ok());
    assert_eq!(exchanged(&host, &third), Err(Error::KeyNotHonored));
    // And 0 ends it.
    rotate(&host, &["--honor-old-tokens", "0"]);
    assert_eq!(exchanged(&host, &player), Err(Error::KeyNotHonored));
    is_well(&host);
}

fn list_of(host: &Host) -> Vec<Value> {
    list(host)["keys"].as_array().unwrap().clone()
}

#[test]
fn a_dry_run_says_it_and_writes_nothing() {
    let host = Host::new();
    let before = host.tree();
    let said = rotate(&host, &["--honor-old-tokens", "30d", "--dry-run"]);
    assert!(said["steps"].to_string().contains("mount-retired-keys"), "{said:#}");
    assert_eq!(before, host.tree());
}

#[test]
fn the_policy_says_it_for_every_rotation_and_rollback() {
    let host = Host::new();
    host.write(CONFIG, "[policy]\nhonor_old_tokens = \"12h\"\n");
    let (first, player) = (host.mounted(), player(&host));
    rotate(&host, &[]);
    assert!(exchanged(&host, &player).is_ok());
    let second = host.mounted();
    let later = self::player(&host);
    host.run(&["rollback", "--env", "local", "--yes"]).success();
    // The pair that is in use again is none of the past.
    let list = list(&host);
    assert_eq!(host.mounted(), first);
    assert_eq!(only(&list)["fingerprint"], second.to_string());
    assert_eq!(exchanged(&host, &player), Ok(player.clone()));
    assert!(exchanged(&host, &later).is_ok());
    is_well(&host);
    let shown = host.run(&["config", "show"]).success();
    assert!(shown.stdout.contains("policy.honor_old_tokens  12h"), "{shown:?}");
}

#[test]
fn a_key_that_has_leaked() {
    let host = Host::new();
    let (leaked, player) = (host.mounted(), player(&host));
    let usage = host.run(&[&ROTATE[..], &["--compromised", "--honor-old-tokens", "1h"]].concat());
    assert_eq!(usage.status, Some(2), "{usage:?}");
    rotate(&host, &["--honor-old-tokens", "30d"]);
    host.run(&["rollback", "--env", "local", "--yes"]).success();
    assert_eq!(host.mounted(), leaked);
    let said = rotate(&host, &["--compromised"]);
    assert!(said["next"].to_string().contains("revoked"), "{said:#}");
    let revoked: Vec<_> = list_of(&host).into_iter().filter(|key| key["revoked"] == true).collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["fingerprint"], leaked.to_string());
    assert_eq!(exchanged(&host, &player), Err(Error::KeyRevoked));
    is_well(&host);

    // No way leads back to it.
    let before = host.tree();
    let refused = host.run(&["rollback", "--env", "local", "--yes", "--json"]);
    assert_eq!((refused.status, &*refused.code()), (Some(3), "ERR_PAIR_REVOKED"), "{refused:?}");
    assert!(refused.hint().contains("rotate --env local"), "{refused:?}");
    assert_eq!(before, host.tree());
    // And nothing makes it good again.
    rotate(&host, &["--honor-old-tokens", "30d"]);
    assert_eq!(exchanged(&host, &player), Err(Error::KeyRevoked));
    // Of a leak of all: nothing of any earlier pair is honoured.
    rotate(&host, &["--compromised", "--honor-old-tokens", "0"]);
    let ended = list_of(&host).iter().all(|key| key["honored_until"].as_i64().unwrap() <= now());
    assert!(ended, "{:#}", list(&host));
    rotate(&host, &[]);
    let back = host.run(&["rollback", "--env", "local", "--yes"]);
    assert_eq!(back.status, Some(0), "{back:?}");
    assert_eq!(exchanged(&host, &player), Err(Error::KeyRevoked));
    is_well(&host);
}

#[test]
fn another_host_of_the_vault() {
    let host = Host::new();
    let other = Host::new();
    let player = player(&other);
    rotate(&host, &["--honor-old-tokens", "30d"]);
    std::os::unix::fs::symlink(host.path(STORE), other.path(STORE)).unwrap();
    // Its server has issued tokens since: they are as good.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    other.run(&["sync", "--env", "local"]).success();
    assert!(exchanged(&other, &player).is_ok());
    let [vault, copy] = [stored(&host, "local").unwrap(), list(&other)];
    let [vault, copy] = [&vault, &copy].map(|list| only(list)["retired_at"].as_i64().unwrap());
    assert!(copy > vault, "{copy} {vault}");
    is_well(&other);
    is_well(&host);
    // What another vault's list says is not for this one.
    let said = other.run(&["sync", "--env", "local", "--json"]).success().json();
    assert_eq!(said["steps"].as_array().unwrap().len(), 1, "{said:#}");
}

#[test]
fn what_is_wrong_with_lists_is_found_and_mended() {
    let start = || {
        let host = Host::new();
        rotate(&host, &["--honor-old-tokens", "30d"]);
        host
    };
    let host = start();
    host.write(RETIRED, "{");
    finds_and_mends(&host, &["ERR_RETIRED_KEYS_DAMAGED"]);
    assert_eq!(stored(&host, "local"), Some(list(&host)));

    let host = start();
    host.remove(RETIRED);
    finds_and_mends(&host, &["ERR_RETIRED_KEYS_BEHIND"]);

    // Somebody adds a key of their own.
    let host = start();
    let mut more = RetiredKeys::parse(host.read(RETIRED)).unwrap();
    more.retire(PrivateKey::generate().unwrap().public_key(), now(), 1_000_000);
    host.write(RETIRED, more.to_json());
    finds_and_mends(&host, &["ERR_RETIRED_KEYS_BEHIND"]);
    assert_eq!(list_of(&host).len(), 1);

    // In a vault: what this host has of it counts.
    let host = start();
    let kept = list(&host);
    let value = |vault: &str| format!("{STORE}/kv-{vault}/spacetimedb-retired-keys/00000001/value");
    for vault in ["dev", "local"] {
        host.write(&value(vault), "{}");
    }
    finds_and_mends(&host, &["ERR_RETIRED_KEYS_DAMAGED"]);
    assert_eq!((list(&host), stored(&host, "dev")), (kept.clone(), Some(kept)));

    // One vault of a group without it.
    let host = start();
    host.remove(&format!("{STORE}/kv-dev/spacetimedb-retired-keys"));
    finds_and_mends(&host, &["ERR_RETIRED_KEYS_NOT_SHARED"]);
    assert_eq!(stored(&host, "dev"), Some(list(&host)));

    // The pair in use is revoked: a run did that, and was cut short.
    let host = start();
    let mut revoked = RetiredKeys::parse(host.read(RETIRED)).unwrap();
    revoked.revoke(PrivateKey::from_pem(host.read(PRIVATE)).unwrap().public_key(), now());
    for place in [RETIRED, &value("dev"), &value("local")] {
        host.write(place, revoked.to_json());
    }
    finds_and_mends(&host, &["ERR_PAIR_REVOKED"]);
    assert_eq!(list_of(&host).iter().filter(|key| key["revoked"] == true).count(), 1);
}

/// The key that is to be revoked is nowhere to be read, or only its public half is.
#[test]
fn a_leaked_key_that_is_gone() {
    for public_too in [false, true] {
        let host = Host::rotated("local");
        let leaked = host.mounted().to_string();
        // Killed once the new pair is in a vault, and then the old one is damaged.
        let mut command = host.command(&[&ROTATE[..], &["--compromised"]].concat());
        command.env("SPACETIME_KEYS_FAILPOINT", "before mount-retired-keys local=kill");
        let run = crate::common::Run::of(&mut command, b"");
        assert_eq!(run.status, None, "{run:?}");
        for environment in ["dev", "local"] {
            let vault = format!("{STORE}/kv-{environment}");
            host.write(&format!("{vault}/spacetimedb-jwt-private-key/00000002/value"), "");
            if public_too {
                host.write(&format!("{vault}/spacetimedb-jwt-public-key/00000002/value"), "");
            }
            host.remove(&format!("{vault}/spacetimedb-retired-keys"));
        }
        let other = PrivateKey::generate().unwrap();
        host.mount(&other);
        let run = host.run(&["resume", "--allow-unverified"]);
        assert_eq!(run.status, Some(0), "{run:?}");
        let found = list_of(&host).into_iter().find(|key| key["fingerprint"] == leaked);
        assert_eq!(found.map(|key| key["revoked"] == true), (!public_too).then_some(true));
    }
}

/// A list that was damaged afterwards, on a host that has no copy: what leaked once has leaked for ever.
#[test]
fn a_damaged_list_makes_nothing_good_that_had_leaked() {
    let damages: [fn(&Host, &str); 3] = [
        |host, value| host.write(value, "{}"),
        |host, value| host.write(value, ""),
        |host, value| host.remove(value),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let host = Host::new();
        let leaked = host.mounted().to_string();
        rotate(&host, &["--compromised"]);
        // Another version of the list, which is the one that is damaged.
        rotate(&host, &[]);
        host.run(&["rollback", "--env", "local", "--yes"]).success();
        let folder = |vault| format!("{STORE}/kv-{vault}/spacetimedb-retired-keys");
        for vault in ["dev", "local"] {
            let newest = fs::read_dir(host.path(&folder(vault))).unwrap();
            let newest = newest.map(|entry| entry.unwrap().file_name()).max().unwrap();
            damage(&host, &format!("{}/{}/value", folder(vault), newest.to_str().unwrap()));
        }
        host.remove(RETIRED);
        let verified = host.run(&["verify", "--env", "local", "--json"]);
        assert_eq!(verified.status, Some(1), "{number}: {verified:?}");
        host.run(&["resume", "--env", "local"]).success();
        let found = list_of(&host).into_iter().find(|key| key["fingerprint"] == leaked);
        assert_eq!(found.map(|key| key["revoked"] == true), Some(true), "{number}");
        // That a version's value was taken away stays a warning.
        host.run(&["verify", "--env", "local"]).success();
    }
}

/// A key that somebody put under the list's name may be the only copy.
#[test]
fn nothing_is_lost_that_stands_in_the_lists_place() {
    let host = Host::new();
    let key = PrivateKey::generate().unwrap();
    host.write(RETIRED, key.to_pem().as_bytes());
    rotate(&host, &["--honor-old-tokens", "30d"]);
    let aside = crate::scenario::keys_in(&host);
    assert!(aside.contains(&key.public_key().fingerprint().to_string()));
    is_well(&host);
}

#[test]
fn times() {
    let host = Host::new();
    for (text, seconds) in [("90", 90), ("15m", 900), ("30d", 30 * DAYS), ("1y", 31_557_600)] {
        rotate(&host, &["--honor-old-tokens", text]);
        let mounted = list_of(&host).into_iter().max_by_key(|key| key["retired_at"].as_i64());
        let newest = mounted.unwrap();
        let honored = list_of(&host).iter().any(|key| {
            key["honored_until"].as_i64().unwrap() - key["retired_at"].as_i64().unwrap() == seconds
        });
        assert!(honored, "{text}: {newest}");
    }
    for bad in ["", "soon", "-1", "1.5", "200y"] {
        let run = host.run(&[&ROTATE[..], &["--honor-old-tokens", bad]].concat());
        assert_eq!(run.status, Some(2), "{bad}: {run:?}");
        host.write(CONFIG, format!("[policy]\nhonor_old_tokens = \"{bad}\"\n"));
        let run = host.run(&["verify"]);
        assert_eq!(run.status, Some(2), "{bad}: {run:?}");
        assert!(run.stderr.contains("line 2 (honor_old_tokens)"), "{run:?}");
        host.remove(CONFIG);
    }
}
