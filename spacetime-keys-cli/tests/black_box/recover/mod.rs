//! `token recover`: an owner's claims, found where somebody or something wrote them down.

mod asked;
mod places;
mod told;

use serde_json::Value;

use crate::common::{CLI_TOML, Host, IDENTITY, Run};

/// The `sub` of the real host's publisher.
const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";
/// Somebody else's, whose claims lie beside the owner's.
const CANARY: &str = "0ca4a121-dead-4bee-8fee-ca4a121ca4a1";
/// The owner in `tests/fixtures/data-2.8.3`.
const OWNER: &str = "c2008fb7b002557d269ace521238fabdc2db704165ffd3f98191fc2809c17c3f";

fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

/// A host whose `cli.toml` is lost; and the token that was in it.
fn without_token() -> (Host, String) {
    let host = Host::new();
    let token = host.token();
    host.remove(CLI_TOML);
    (host, token)
}

/// Recovers an owner from these places. The host's key has signed the token that is there then.
#[track_caller]
fn recovers(host: &Host, identity: &str, places: &[&str]) -> Value {
    let arguments =
        [&["token", "recover", "--json", "-v", "--identity", identity], places].concat();
    let run = host.run(&arguments).success();
    let report = run.json();
    assert_eq!(report["found"], true);
    assert_eq!(report["identity"], identity);
    assert_eq!(report["after"]["identity"], identity);
    assert_eq!(report["after"]["signed_by"], host.mounted().to_string());
    let key = ".generated/spacetimedb-keys/id_ecdsa.pub";
    let check = ["token", "check", "--json", "--cli-toml", CLI_TOML, "--public-key", key];
    let checked = host.run(&check).success().json();
    assert_eq!((&checked["accepted"], &checked["identity"]), (&true.into(), &identity.into()));
    report
}

/// Nothing is printed of anybody else, nor a token of anybody.
#[track_caller]
fn tells_nothing_of_others(run: &Run) {
    for said in [&run.stdout, &run.stderr] {
        for secret in [CANARY, "canary", "eyJ"] {
            assert!(!said.contains(secret), "{run:?}");
        }
    }
}

#[test]
fn the_owner_is_found_in_a_commit_log() {
    let (host, _) = without_token();
    let log = fixture("data-2.8.3/00000000000000000000.stdb.log");
    host.write("data/replicas/1/clog/00000000000000000000.stdb.log", log);
    let report = recovers(&host, OWNER, &[]);
    assert_eq!(report["subject"], "11ca1be8-7645-47fe-be83-153111b6c323");
    assert_eq!(report["issuer"], "localhost");
    let source = &report["source"];
    assert!(source["file"].as_str().unwrap().ends_with(".stdb.log"), "{source}");
    assert!(report["searched"]["candidates"].as_u64().unwrap() > 0);
    assert_eq!(report["before"], Value::Null);
}

#[test]
fn another_publisher_that_is_replaced_is_named() {
    let host = Host::new();
    host.write("log", fixture("data-2.8.3/00000000000000000000.stdb.log"));
    let run = host.run(&["token", "recover", "--identity", OWNER, "log"]).success();
    assert!(run.stderr.contains(IDENTITY), "{run:?}");
    assert!(run.stdout.contains(OWNER), "{run:?}");
}
