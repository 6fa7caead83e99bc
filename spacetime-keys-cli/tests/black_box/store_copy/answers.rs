//! The four commands say the same of the copy.

use serde_json::{Value, json};

use super::judge::{folder_holds, in_folder, vaults_hold};
use super::world::{AZURE, BACK, BACK_STORE, copied, copy, host, rotated, store, vaults, written};
use crate::common::{CONFIG, Content, Host, STORE};
use crate::key_vault::faults::copy_of;
use crate::key_vault::fleet::{Fleet, PRIVATE_SECRET, PUBLIC_SECRET};

const DAY: i64 = 86_400;
const VERSIONS: usize = 40;

/// Forty versions of a private key: rotations and rollbacks, one leak, players who keep their tokens.
fn long_history() -> Host {
    let host = host();
    for _ in 0..2 {
        host.run(&["rotate", "--env", "all", "--yes"]).success();
    }
    for round in 0.. {
        let count = in_folder(&store(&host), "kv-local", PRIVATE_SECRET).len();
        if count >= VERSIONS {
            break;
        }
        let arguments: &[&str] = match round % 5 {
            0 | 2 => &["rotate", "--env", "local", "--yes"],
            1 if round == 16 => &["rotate", "--env", "local", "--compromised", "--yes"],
            1 => &["rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"],
            _ => &["rollback", "--env", "local", "--yes"],
        };
        host.run(arguments).success();
    }
    // As if years had gone by; each third version is of the same second as the one before it.
    let now = in_folder(&store(&host), "kv-local", PRIVATE_SECRET).last().unwrap().created;
    for vault in ["kv-local", "kv-dev"] {
        for secret in super::world::SECRETS {
            let count = in_folder(&store(&host), vault, secret).len();
            for number in 1..=count {
                let name = format!(".spacetime-keys/{vault}/{secret}/{number:08}/properties.json");
                let mut properties: Value = serde_json::from_str(&host.read(&name)).unwrap();
                let steps = i64::try_from(2 * (count - number) / 3).unwrap();
                properties["created"] = json!(now - DAY * (20 + steps));
                host.write(&name, serde_json::to_vec_pretty(&properties).unwrap());
            }
        }
    }
    host
}

/// Folders of a store are nobody else's; a copy as files has others.
fn close(host: &Host) {
    let is_store = |path: &std::path::Path| path.starts_with(STORE) || path.starts_with(BACK_STORE);
    for (path, entry) in host.tree() {
        if is_store(&path) && entry.content == Content::Folder {
            host.set_mode(path.to_str().unwrap(), 0o700);
        }
    }
}

/// What the four commands say by one configuration, each from the same state.
fn answers(fleet: &Fleet, host: &Host, configuration: &str) -> Vec<Value> {
    let vaults = fleet.stand_in.snapshot();
    let ask = |arguments: &[&str], kept: &[&str]| {
        let host = copy_of(host);
        close(&host);
        let all = [arguments, &["--config", configuration, "--json"]].concat();
        let run = fleet.run(&host, &all);
        assert!(matches!(run.status, Some(0 | 1)), "{configuration}: {arguments:?}: {run:?}");
        fleet.stand_in.restore(&vaults);
        let document = run.json();
        kept.iter().map(|name| document[*name].clone()).collect::<Value>()
    };
    let verify = ["ok", "environments", "mounted", "policy", "problems", "publisher"];
    let token = ["identity", "issuer", "subject", "verified_with"];
    vec![
        ask(&["history", "--env", "all"], &["pairs"]),
        ask(&["verify", "--env", "all"], &verify),
        ask(&["rollback", "--env", "local", "--yes"], &["pairs", "environments", "publisher"]),
        ask(&["rollback", "--env", "prod", "--host-env", "local", "--yes"], &["pairs"]),
        ask(&["token", "restore", "--env", "local"], &token),
    ]
}

// Slow: forty runs make the history, and the three stores are asked five times each.
#[test]
fn forty_versions_there_and_back() {
    let (fleet, host) = (Fleet::new(), long_history());
    // What two vaults wrote in one second came in this order, and nothing else says so.
    fleet.stand_in.set_clock(Some(1_790_000_000));
    let source = vaults(&store(&host));
    let there = copied(&fleet, &host, CONFIG, AZURE);
    assert!(written(&there) > 160, "{there:#}");
    vaults_hold(&fleet, &store(&host), true, "there");
    let back = copied(&fleet, &host, AZURE, BACK);
    assert_eq!(written(&back), written(&there));
    folder_holds(&store(&host), &host.path(BACK_STORE), true, "back");
    assert!(vaults(&store(&host)) == source, "the source was changed");
    fleet.stand_in.set_clock(None);

    let of_folder = answers(&fleet, &host, CONFIG);
    assert!(of_folder[0][0].as_array().unwrap().len() > 20, "{:#}", of_folder[0]);
    assert!(of_folder[1].to_string().contains("ERR_KEY_TOO_OLD"), "{:#}", of_folder[1]);
    assert_eq!(answers(&fleet, &host, AZURE), of_folder, "the vaults say something else");
    assert_eq!(answers(&fleet, &host, BACK), of_folder, "the second folder says something else");

    for to in [AZURE, BACK] {
        assert_eq!(written(&copied(&fleet, &host, CONFIG, to)), 0, "{to}");
    }
    // And from where it came: the folder has it all.
    assert_eq!(written(&copied(&fleet, &host, AZURE, CONFIG)), 0);
    assert!(vaults(&store(&host)) == source, "the source was changed");
}

#[test]
fn a_source_that_goes_on_is_followed() {
    let (fleet, host) = (Fleet::new(), rotated());
    copied(&fleet, &host, CONFIG, AZURE);
    host.run(&["rotate", "--env", "prod", "--host-env", "local", "--yes"]).success();
    let plan = copy(&fleet, &host, CONFIG, AZURE, &["--dry-run"]).success().json();
    assert_eq!(
        (plan["dry_run"].clone(), plan["steps"][0]["status"].clone()),
        (json!(true), json!("planned"))
    );
    let document = copied(&fleet, &host, CONFIG, AZURE);
    assert_eq!(written(&document), written(&plan), "{document:#}");
    for (step, planned) in
        document["steps"].as_array().unwrap().iter().zip(plan["steps"].as_array().unwrap())
    {
        assert_eq!((&step["environment"], &step["status"]), (&json!("prod"), &json!("done")));
        assert_eq!((&step["from"], &step["secret"]), (&planned["from"], &planned["secret"]));
        let all = fleet.stand_in.secret("kv-prod", step["secret"].as_str().unwrap()).unwrap();
        assert!(all.iter().any(|version| version.version == step["version"]), "{step}");
    }
    vaults_hold(&fleet, &store(&host), true, "followed");
}

/// The vaults go on by themselves: copied back, the folder follows, and takes the lead again.
#[test]
fn to_and_fro_between_both() {
    let (fleet, host) = (Fleet::new(), rotated());
    copied(&fleet, &host, CONFIG, AZURE);
    for _ in 0..2 {
        fleet.good(&host, &["rotate", "--config", AZURE, "--env", "local", "--yes"]);
        // One is ahead: the other way is refused.
        let refused = copy(&fleet, &host, CONFIG, AZURE, &[]);
        assert_eq!(
            (refused.status, &*refused.code()),
            (Some(3), "ERR_COPY_DIVERGED"),
            "{refused:?}"
        );
        copied(&fleet, &host, AZURE, CONFIG);
        vaults_hold(&fleet, &store(&host), true, "back");
        host.run(&["rotate", "--env", "local", "--yes"]).success();
        copied(&fleet, &host, CONFIG, AZURE);
        vaults_hold(&fleet, &store(&host), true, "there");
    }
    assert_eq!(answers(&fleet, &host, AZURE), answers(&fleet, &host, CONFIG));
}

/// Of a vault's own versions that have one second in common, the tags tell the order.
#[test]
fn a_vault_with_one_second_for_all() {
    let (fleet, host) = (Fleet::new(), host());
    fleet.stand_in.set_clock(Some(1_790_000_000));
    for _ in 0..3 {
        fleet.good(&host, &["rotate", "--config", AZURE, "--env", "local", "--yes"]);
    }
    fleet.stand_in.set_clock(None);
    copied(&fleet, &host, AZURE, BACK);
    vaults_hold(&fleet, &host.path(BACK_STORE), true, "one second");
    assert_eq!(answers_of_local(&fleet, &host, BACK), answers_of_local(&fleet, &host, AZURE));
    fleet.good(&host, &["rotate", "--config", AZURE, "--env", "local", "--yes"]);
    copied(&fleet, &host, AZURE, BACK);
    vaults_hold(&fleet, &host.path(BACK_STORE), true, "and one more");
}

fn answers_of_local(fleet: &Fleet, host: &Host, configuration: &str) -> Value {
    fleet.good(host, &["history", "--env", "local", "--config", configuration])["pairs"].clone()
}

/// Names of vaults and secrets are each configuration's own; tags of others come along.
#[test]
fn under_other_names() {
    let host = rotated();
    let folder = ".spacetime-keys/kv-prod/spacetimedb-jwt-private-key/00000001/properties.json";
    let text = host.read(folder).replace("\"tags\": {", "\"tags\": {\n\"owner\": \"a = b\",");
    host.write(folder, text);
    host.write(
        "other.toml",
        "[store]\npath = \"other\"\nprivate_secret = \"priv\"\npublic_secret = \"pub\"\n\
         [policy]\nmax_age_days = 10\n[environments]\nprod = \"vault-p\"\n",
    );
    let document =
        host.run(&["store", "copy", "--to", "other.toml", "--env", "prod", "--yes", "--json"]);
    let document = document.success().json();
    assert_eq!(document["environments"][0]["to"], "vault-p");
    let source = in_folder(&store(&host), "kv-prod", PRIVATE_SECRET);
    let found = in_folder(&host.path("other"), "vault-p", "priv");
    assert_eq!(found, source);
    assert_eq!(found[0].tags["owner"], "a = b");
    let history = |more: &[&str]| {
        host.run(&[&["history", "--env", "prod", "--json"], more].concat()).success().json()
    };
    assert_eq!(history(&["--config", "other.toml"]), history(&[]));
    let public = in_folder(&host.path("other"), "vault-p", "pub");
    assert_eq!(public, in_folder(&store(&host), "kv-prod", PUBLIC_SECRET));
}
