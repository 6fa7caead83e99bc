//! `history`: each pair that an environment has had, and what became of it.

use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;

use crate::common::{CONFIG, Host};

const ROTATE: [&str; 4] = ["rotate", "--env", "local", "--yes"];

fn pairs(host: &Host, more: &[&str]) -> Vec<Value> {
    let said = host.run(&[&["history", "--json"], more].concat()).success().json();
    said["pairs"].as_array().unwrap().clone()
}

fn rotate(host: &Host, more: &[&str]) -> Value {
    host.run(&[&ROTATE, more, &["--json"]].concat()).success().json()
}

fn states(pairs: &[Value]) -> Vec<(String, String)> {
    let text = |pair: &Value, name: &str| pair[name].as_str().unwrap_or_default().to_owned();
    pairs.iter().map(|pair| (text(pair, "fingerprint"), text(pair, "state"))).collect()
}

#[test]
fn what_became_of_each_pair() {
    let host = Host::new();
    let first = host.mounted().to_string();
    let said = rotate(&host, &["--honor-old-tokens", "30d"]);
    let second = host.mounted().to_string();
    let found = pairs(&host, &["--env", "local"]);
    let expected = [(&second, "in use"), (&first, "previous")];
    assert_eq!(states(&found), expected.map(|(key, state)| (key.clone(), state.to_owned())));
    assert_eq!(
        (&found[0]["environment"], &found[0]["origin"]),
        (&json!("local"), &json!("rotate"))
    );
    assert_eq!(found[0]["rotation_id"], said["rotation_id"]);
    assert_eq!((&found[1]["origin"], &found[0]["until"]), (&json!("adopt"), &Value::Null));
    assert!(
        found[1]["until"].as_i64().unwrap() - found[1]["since"].as_i64().unwrap() >= 30 * 86_400
    );
    let text = host.run(&["history", "--env", "local"]).success().stdout;
    assert!(
        text.contains("in use") && text.contains("previous, adopted, honoured until"),
        "{text}"
    );

    rotate(&host, &["--compromised"]);
    let third = host.mounted().to_string();
    let expected = [(&third, "in use"), (&second, "revoked"), (&first, "retired")]
        .map(|(key, state)| (key.clone(), state.to_owned()));
    assert_eq!(states(&pairs(&host, &["--env", "local"])), expected);
    // Both vaults of the group, each by its name; a configuration's environments without --env.
    let both = pairs(&host, &["--env", "dev,local"]);
    let environments: Vec<_> =
        both.iter().map(|pair| pair["environment"].as_str().unwrap()).collect();
    assert_eq!(environments, ["dev", "dev", "dev", "local", "local", "local"]);
    host.write(CONFIG, "[policy]\nmax_age_days = 90\n[host]\nenvironment = \"local\"\n");
    let found = pairs(&host, &[]);
    assert_eq!(found.len(), 6);
    let age = found[0]["due"].as_i64().unwrap() - found[0]["since"].as_i64().unwrap();
    assert_eq!(age, 90 * 86_400);
    let text = host.run(&["history"]).success().stdout;
    assert!(text.contains("in use, due ") && text.contains("(in 2months"), "{text}");
}

#[test]
fn a_pair_that_comes_back_is_one_pair() {
    let host = Host::rotated("local");
    let second = host.mounted().to_string();
    host.run(&["rollback", "--env", "local", "--yes"]).success();
    let found = pairs(&host, &["--env", "local"]);
    let first = host.mounted().to_string();
    assert_eq!(states(&found), [(first, "in use".into()), (second, "previous".into())]);
    assert_eq!(found[0]["origin"], "rollback");
}

#[test]
fn what_was_set_aside() {
    let host = Host::rotated("local");
    let foreign = PrivateKey::generate().unwrap();
    host.mount(&foreign);
    let said =
        host.run(&["sync", "--env", "local", "--allow-unverified", "--json"]).success().json();
    let found = pairs(&host, &["--env", "local"]);
    let last = found.last().unwrap();
    assert_eq!((&last["state"], &last["environment"]), (&json!("set aside"), &Value::Null));
    assert_eq!(last["fingerprint"], foreign.public_key().fingerprint().to_string());
    assert_eq!(last["rotation_id"], said["rotation_id"]);
}

#[test]
fn where_nothing_is() {
    let host = Host::configured();
    assert_eq!(pairs(&host, &[]), Vec::<Value>::new());
    let text = host.run(&["history"]).success().stdout;
    assert_eq!(text, "no pair was ever kept here\n");
    let unknown = host.run(&["history", "--env", "nowhere"]);
    assert_eq!(unknown.status, Some(2), "{unknown:?}");
}
