//! A fleet's life: bootstrap, verify, rotate, sync, roll back.

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::fleet::{ESCROW_SECRET, Fleet, PRIVATE_SECRET, PUBLIC_SECRET, VAULTS, steps};
use super::state::{check_proven, identity_of, pair_of};
use crate::common::{Host, token};

/// A first login on a host: a token of the mounted key in a `cli.toml`.
fn log_in(host: &Host, subject: &str) {
    let key = PrivateKey::from_pem(host.read(crate::common::PRIVATE)).unwrap();
    let claims = json!({
        "iss": "localhost", "sub": subject, "aud": ["spacetimedb"], "iat": 1_750_000_000,
    });
    let text = format!("spacetimedb_token = \"{}\"\n", token(&key, &claims));
    host.write(crate::common::CLI_TOML, text);
    host.set_mode(crate::common::CLI_TOML, 0o600);
}

#[test]
fn four_vaults_and_four_hosts() {
    let fleet = Fleet::new();
    let hosts = [Fleet::fresh_host(), Fleet::fresh_host(), Fleet::fresh_host(), Fleet::host()];
    let [prod, test, dev, local] = &hosts;
    let environments = ["prod", "test", "dev", "local"];

    // Bootstrap: empty vaults, and one host with keys in use.
    let first = local.mounted();
    let report = fleet.good(local, &["rotate", "--env", "all", "--yes"]);
    assert_eq!(report["environments"], json!(environments));
    assert_eq!(report["publisher"]["identity"], crate::common::IDENTITY);
    assert_eq!(report["publisher"]["identity_after"], crate::common::IDENTITY);
    assert_eq!(report["dry_run"], false);
    let names = steps(&report);
    assert_eq!(names[0], ("escrow".to_owned(), "local".to_owned()));
    assert_eq!(names.iter().filter(|(step, _)| step == "push-private").count(), 4);
    assert_eq!(names.last().unwrap().0, "prove");
    for step in report["steps"].as_array().unwrap() {
        assert_eq!(step["status"], "done");
        // The version that a write made is told, and is the one that the vault has.
        let wrote = ["escrow", "adopt-private", "adopt-public", "push-private", "push-public"]
            .contains(&step["step"].as_str().unwrap());
        assert_eq!(step["version"].is_string(), wrote, "{step}");
    }
    let pushed = |report: &serde_json::Value, step: &str, environment: &str| {
        let steps = report["steps"].as_array().unwrap();
        let step = steps.iter().find(|s| s["step"] == step && s["environment"] == environment);
        step.unwrap()["version"].as_str().unwrap().to_owned()
    };
    let versions = fleet.stand_in.secret("kv-prod", PRIVATE_SECRET).unwrap();
    assert_eq!(versions.last().unwrap().version, pushed(&report, "push-private", "prod"));
    // The pair that was in use is the version before, in both vaults of its group.
    for vault in ["kv-dev", "kv-local"] {
        let versions = fleet.stand_in.secret(vault, PRIVATE_SECRET).unwrap();
        let adopted = PrivateKey::from_pem(&versions[0].value).unwrap();
        assert_eq!((versions.len(), adopted.public_key().fingerprint()), (2, first));
    }
    // Tags and content type say what a version is.
    let tags = &versions.last().unwrap().tags;
    let pair = pair_of(&fleet, "kv-prod", "bootstrap").to_string();
    assert_eq!(tags["fingerprint"], pair);
    assert_eq!(tags["rotation-id"], report["rotation_id"].as_str().unwrap());
    assert_eq!(tags["origin"], "rotate");
    assert!(tags["tool-version"].starts_with("spacetime-keys/"));
    assert_eq!(versions.last().unwrap().content_type.as_deref(), Some("application/x-pem-file"));

    let verify = fleet.good(local, &["verify"]);
    assert_eq!(verify["ok"], true, "{verify:#}");
    assert_eq!(verify["environments"].as_array().unwrap().len(), 4);
    check_proven(&fleet, local, &["kv-dev", "kv-local"], "bootstrap");

    // Every host follows its vault, and its first publisher's claims go into escrow.
    for (host, environment) in hosts.iter().zip(environments) {
        let report = fleet.good(host, &["sync", "--env", environment]);
        assert_eq!(report["operation"], "sync");
        assert_eq!(host.mounted(), pair_of(&fleet, &format!("kv-{environment}"), environment));
    }
    for (host, subject) in
        [(prod, "publisher-of-prod"), (test, "publisher-of-test"), (dev, "a-dev")]
    {
        log_in(host, subject);
    }

    // Each group, on a host of its own.
    for (host, environment) in hosts.iter().zip(environments) {
        if environment == "local" {
            continue;
        }
        let (before, identity) = (host.mounted(), identity_of(host));
        let report = fleet.good(host, &["rotate", "--env", environment, "--yes"]);
        assert_eq!(report["publisher"]["identity_after"], identity);
        assert_ne!(host.mounted(), before);
        assert_eq!(identity_of(host), identity);
        assert_eq!(report["pairs"][0]["previous_fingerprint"], before.to_string());
        let escrow = fleet.value(&format!("kv-{environment}"), ESCROW_SECRET);
        assert!(escrow.contains(&identity), "{environment}'s claims are not in escrow");
    }
    // dev's rotation was local's, too: its host is behind, and says so, and follows.
    let run = fleet.run(local, &["verify", "--env", "local", "--json"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stdout.contains("ERR_MOUNTED_BEHIND"), "{run:?}");
    for (host, environment) in hosts.iter().zip(environments) {
        fleet.good(host, &["sync", "--env", environment]);
        let verify = fleet.good(host, &["verify", "--env", environment]);
        assert_eq!(verify["ok"], true);
    }
    check_proven(&fleet, local, &["kv-dev", "kv-local"], "sync");

    // Back, and again back: to and fro between the last two pairs.
    let pairs = [prod.mounted(), local.mounted()];
    fleet.good(prod, &["rollback", "--env", "prod", "--yes"]);
    fleet.good(local, &["rollback", "--env", "local", "--yes"]);
    assert_ne!(prod.mounted(), pairs[0]);
    assert_ne!(local.mounted(), pairs[1]);
    check_proven(&fleet, local, &["kv-dev", "kv-local"], "rollback");
    for (host, environment) in hosts.iter().zip(environments) {
        fleet.good(host, &["sync", "--env", environment]);
    }
    let verify = fleet.good(local, &["verify"]);
    assert_eq!(verify["ok"], true, "{verify:#}");

    // Nothing was ever deleted, and repeating a command changes nothing.
    let counts = || VAULTS.map(|v| (fleet.count(v, PRIVATE_SECRET), fleet.count(v, PUBLIC_SECRET)));
    let before = counts();
    assert_eq!(before, [(3, 3), (2, 2), (4, 4), (4, 4)]);
    for arguments in [&["resume", "--env", "local"][..], &["sync", "--env", "local"], &["verify"]] {
        fleet.good(local, arguments);
    }
    assert_eq!(counts(), before);
}

/// The escrow brings a publisher back whose `cli.toml` is gone.
#[test]
fn a_token_is_restored_from_escrow() {
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "local", "--yes"]);
    host.write(crate::common::CLI_TOML, "default_server = \"local\"\n");
    let report = fleet.good(&host, &["token", "restore", "--env", "local"]);
    assert_eq!(report["identity"], crate::common::IDENTITY);
    check_proven(&fleet, &host, &["kv-dev", "kv-local"], "restored");
}

/// `verify` needs only read rights, and `rotate` says which role is missing before it has changed
/// anything.
#[test]
fn reading_is_enough_to_verify() {
    use spacetime_keys_stand_ins::Rights;
    let fleet = Fleet::new();
    let host = Fleet::host();
    fleet.good(&host, &["rotate", "--env", "all", "--yes"]);
    for vault in VAULTS {
        fleet.stand_in.set_rights(vault, Rights::User);
    }
    fleet.stand_in.clear_log();
    assert_eq!(fleet.good(&host, &["verify"])["ok"], true);
    let reads_only = fleet.stand_in.requests().iter().all(|request| {
        use spacetime_keys_stand_ins::Operation::{
            Challenge, GetLatest, GetVersion, ListVersions, Login,
        };
        matches!(request.operation, Challenge | GetLatest | GetVersion | ListVersions | Login)
    });
    assert!(reads_only, "verify did more than read");
    fleet.good(&host, &["sync", "--env", "local"]);

    let (tree, snapshot) =
        (host.read(crate::common::CLI_TOML), fleet.count("kv-prod", PRIVATE_SECRET));
    let run = fleet.bad(&host, &["rotate", "--env", "local", "--yes"]);
    assert_eq!(run.code(), "ERR_STORE_FORBIDDEN");
    assert!(run.hint().contains("Key Vault Secrets Officer"), "{run:?}");
    assert_eq!(host.read(crate::common::CLI_TOML), tree);
    assert_eq!(fleet.count("kv-prod", PRIVATE_SECRET), snapshot);
    // With the role, the run goes on where it stopped.
    for vault in VAULTS {
        fleet.stand_in.set_rights(vault, Rights::Officer);
    }
    fleet.good(&host, &["resume"]);
    check_proven(&fleet, &host, &["kv-dev", "kv-local"], "resumed");
}
