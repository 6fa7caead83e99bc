//! What the destination refuses, and what it writes.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::{Identity, PrivateKey};

use super::{ADMIT, PASSPORT, Prod, SUBJECT, admit, refuses, test_host, two};
use crate::common::{CLI_TOML, CONFIG, Host, IDENTITY, PRIVATE, PUBLIC, RETIRED, token};

/// A passport with something else in the place of a member.
fn with(passport: &Value, member: &str, value: Value) -> String {
    let mut passport = passport.clone();
    *passport.pointer_mut(member).unwrap() = value;
    passport.to_string()
}

#[test]
fn the_publisher_gets_a_token_of_the_destinations_own_key() {
    let (prod, host) = two();
    let replaced = host.token();
    let report = admit(&host, &[]).success().json();
    assert_eq!((&report["changed"], &report["dry_run"]), (&true.into(), &false.into()));
    assert_eq!(report["identity"], prod.owner.to_string());
    assert_eq!(report["signed_by"], host.mounted().to_string());
    assert_eq!(report["replaced"], IDENTITY);
    let gates: Vec<_> = report["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| gate["name"].as_str().unwrap())
        .collect();
    assert_eq!(gates, ["order", "owner", "key", "stopped", "secrets"]);
    // Judged by others than what made it.
    let check = |key: &str| {
        let check = ["token", "check", "--json", "--cli-toml", CLI_TOML, "--public-key", key];
        host.run(&check).json()
    };
    host.write("prod.pub", prod.host.read(PUBLIC));
    let (here, there) = (check(PUBLIC), check("prod.pub"));
    assert_eq!((&here["accepted"], &here["identity"]), (&true.into(), &json!(prod.owner)));
    assert_eq!((&there["accepted"], &there["status"]), (&false.into(), &401.into()));
    let mode = std::fs::metadata(host.path(CLI_TOML)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Both publishers' claims are in test's own vault, and in no other.
    let escrow = host.stored("kv-test", "spacetimedb-publisher-claims").unwrap();
    assert!(escrow.contains(SUBJECT) && escrow.contains(IDENTITY), "{escrow}");
    assert!(host.stored("kv-prod", "spacetimedb-publisher-claims").is_none());
    assert_ne!(host.token(), replaced);

    // Again: nothing to do. The one who was replaced can be brought back, and admitted over.
    let before = host.tree();
    assert_eq!(admit(&host, &[]).success().json()["changed"], false);
    assert!(host.tree() == before);
    let restore = ["token", "restore", "--env", "test", "--expect-identity", IDENTITY];
    host.run(&restore).success();
    assert_eq!(admit(&host, &[]).success().json()["changed"], true);
    host.run(&["verify", "--env", "test"]).success();
}

/// Where the gates send the earlier data back, its owner is needed: nobody has kept the claims before.
#[test]
fn the_earlier_publishers_claims_are_kept_first() {
    let (prod, host) = two();
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let claims =
        json!({ "sub": "tests-own", "iss": "localhost", "aud": ["spacetimedb"], "iat": 1 });
    host.set_token(&token(&key, &claims));
    let earlier = Identity::from_claims("localhost", "tests-own").to_string();
    let report = admit(&host, &[]).success().json();
    assert_eq!(report["escrowed"], json!([earlier, prod.owner]));
    host.run(&["token", "restore", "--env", "test", "--expect-identity", &earlier]).success();
    // An external issuer's token is signed by nobody here, and is not kept either.
    let external = json!({ "sub": "u", "iss": "https://id.example.com", "iat": 1 });
    host.set_token(&token(&key, &external));
    assert_eq!(admit(&host, &[]).success().json()["escrowed"], json!([]));
}

#[test]
fn a_cli_toml_is_made_and_a_readable_one_is_closed() {
    let (_, host) = two();
    host.remove(CLI_TOML);
    let report = admit(&host, &[]).success().json();
    assert_eq!((&report["replaced"], &report["changed"]), (&Value::Null, &true.into()));
    host.set_mode(CLI_TOML, 0o644);
    assert_eq!(admit(&host, &[]).success().json()["changed"], true);
    let mode = std::fs::metadata(host.path(CLI_TOML)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_dry_run_says_what_is_in_the_way_and_changes_nothing() {
    let (_, host) = two();
    let before = host.tree();
    let report = admit(&host, &["--dry-run"]).success().json();
    assert_eq!((&report["changed"], &report["dry_run"]), (&false.into(), &true.into()));
    // Before there is any data.
    let look = ["promote", "admit", "--passport", PASSPORT, "--dry-run"];
    let run = host.run(&look).success();
    assert!(run.stdout.contains("prod to test"), "{run:?}");
    assert!(host.tree() == before);
    assert_eq!(host.run(&look[..4]).status, Some(2));
    let unasked = host.run(&[&ADMIT[..6], &["--json"]].concat());
    assert_eq!((unasked.status, unasked.code().as_str()), (Some(3), "ERR_NOT_CONFIRMED"));
    assert!(host.tree() == before);
}

#[test]
fn data_goes_down_and_never_to_prod() {
    let prod = Prod::new();
    let passport = prod.passport();
    let host = test_host(&passport);
    let is = |environment: &str, order: &str| {
        host.write(CONFIG, format!("[host]\nenvironment = \"{environment}\"\n{order}"));
    };
    is("prod", "");
    refuses(&host, 3, "ERR_PROMOTION_UPWARD", &[]);
    is("test", "");
    refuses(&host, 3, "ERR_OTHER_HOST", &["--env", "dev"]);
    for (from, code) in [("test", "ERR_PROMOTION_UPWARD"), ("dev", "ERR_PROMOTION_UPWARD")] {
        host.write(PASSPORT, with(&passport, "/environment", from.into()));
        refuses(&host, 3, code, &[]);
    }
    host.write(PASSPORT, with(&passport, "/environment", "staging".into()));
    refuses(&host, 3, "ERR_PROMOTION_UNLISTED", &[]);
    is("test", "[promotion]\norder = [\"prod\", \"staging\", \"test\"]\n");
    admit(&host, &["--dry-run"]).success();
    is("test", "[promotion]\norder = [\"prod\", \"test\", \"staging\"]\n");
    refuses(&host, 3, "ERR_PROMOTION_UPWARD", &[]);
}

#[test]
fn the_same_key_or_one_that_is_honoured_is_refused() {
    let (prod, host) = two();
    // Prod's key is one whose tokens test's exchange would make good.
    let mut list = RetiredKeys::default();
    list.retire(prod.key.public_key(), 1, u32::MAX);
    host.write(RETIRED, list.to_json());
    refuses(&host, 3, "ERR_PROMOTION_SAME_KEY", &[]);
    // Revoked, it is honoured by nobody.
    list.revoke(prod.key.public_key(), 2);
    host.write(RETIRED, list.to_json());
    admit(&host, &["--dry-run"]).success();

    let host = Host::empty();
    host.write(CONFIG, "[host]\nenvironment = \"test\"\n");
    host.mount(&prod.key);
    std::fs::create_dir_all(host.path("server/control-db")).unwrap();
    host.write(PASSPORT, prod.passport().to_string());
    let run = refuses(&host, 3, "ERR_PROMOTION_SAME_KEY", &[]);
    assert!(run.hint().contains("rotate --env test"), "{run:?}");
}

#[test]
fn data_on_which_a_server_runs_is_refused() {
    let (_, host) = two();
    host.write("server/spacetime.pid", "1");
    let server = File::options().write(true).open(host.path("server/spacetime.pid")).unwrap();
    server.lock().unwrap();
    refuses(&host, 3, "ERR_SERVER_RUNS", &[]);
    server.unlock().unwrap();
    admit(&host, &["--dry-run"]).success();
}

#[test]
fn what_is_no_data_is_refused() {
    let (_, host) = two();
    std::fs::rename(host.path("server"), host.path("outer")).unwrap();
    std::fs::create_dir(host.path("server")).unwrap();
    refuses(&host, 4, "ERR_NO_DATA", &[]);
    // A slash was forgotten: the data lies one folder further down, which is said.
    std::fs::rename(host.path("outer"), host.path("server/server")).unwrap();
    let run = refuses(&host, 4, "ERR_NO_DATA", &[]);
    assert!(run.stdout.contains("such data lies in server/server"), "{run:?}");
    host.remove("server");
    refuses(&host, 4, "ERR_NO_DATA", &[]);
}

#[test]
fn a_key_that_is_not_the_vaults_is_refused() {
    let (_, host) = two();
    let key = PrivateKey::generate().unwrap();
    host.mount(&key);
    refuses(&host, 3, "ERR_MOUNTED_DIFFERS", &[]);
    host.remove(PUBLIC);
    refuses(&host, 3, "ERR_MOUNTED_UNSOUND", &[]);
}

#[test]
fn passports_that_are_none() {
    let prod = Prod::new();
    let passport = prod.passport();
    let host = test_host(&passport);
    let other = PrivateKey::generate().unwrap().public_key().to_pem();
    let twice = json!([passport["databases"][0], passport["databases"][0]]);
    let count = json!([{ "table": "a; DROP", "rows": 1 }]);
    let mut added = passport.clone();
    added["more"] = 1.into();
    for bad in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        added.to_string(),
        passport.to_string().replacen('{', "{\"version\":1,", 1),
        with(&passport, "/version", 2.into()),
        with(&passport, "/environment", "../prod".into()),
        with(&passport, "/server_version", "<b>".into()),
        with(&passport, "/public_key", other.into()),
        with(&passport, "/fingerprint", "00".into()),
        with(&passport, "/publisher/subject", "somebody".into()),
        with(&passport, "/publisher/identity", "c200".into()),
        with(&passport, "/databases", json!([])),
        with(&passport, "/databases", twice),
        with(&passport, "/databases/0/name", "\u{202e}app".into()),
        with(&passport, "/databases/0/owner", "x".into()),
        with(&passport, "/databases/0/counts", count),
        with(&passport, "/databases/0/counts/0/rows", json!(-1)),
        format!("{passport}{}", " ".repeat(1 << 20)),
    ] {
        host.write(PASSPORT, &bad);
        let run = refuses(&host, 4, "ERR_PASSPORT", &[]);
        assert!(run.hint().contains("promote passport"), "{run:?}");
    }
    let stranger = Identity::from_claims("localhost", "stranger");
    host.write(PASSPORT, with(&passport, "/databases/0/owner", json!(stranger)));
    refuses(&host, 3, "ERR_PASSPORT_OWNER", &[]);
    // An owner whose tokens somebody else signs.
    let external = Identity::from_claims("https://id.example.com", SUBJECT);
    let mut oidc = passport.clone();
    oidc["publisher"]["issuer"] = "https://id.example.com".into();
    oidc["publisher"]["identity"] = json!(external);
    oidc["databases"][0]["owner"] = json!(external);
    host.write(PASSPORT, oidc.to_string());
    refuses(&host, 3, "ERR_OWNER_EXTERNAL", &[]);
    // In the frame of `--json`, and from standard input.
    host.write(PASSPORT, json!({ "passport": passport }).to_string());
    admit(&host, &["--dry-run"]).success();
}
