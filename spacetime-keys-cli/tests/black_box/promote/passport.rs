//! What a source says of itself, and to whom it sends what.

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::NOBODY;

use super::{Prod, SUBJECT};
use crate::common::{CLI_TOML, CONFIG, PRIVATE, PUBLIC};
use crate::doctor::standin::{DATABASE_IDENTITY, Standin};

#[test]
fn it_says_what_the_destination_needs_and_no_secret() {
    let prod = Prod::new();
    let server = prod.server().serve();
    let before = prod.host.tree();
    let run = prod.ask(&server.url, &["--count", "thing", "--count", "app.other"]).success();
    assert!(prod.host.tree() == before);
    let passport = run.json();
    assert_eq!(passport["environment"], "prod");
    assert_eq!(passport["server_version"], "2.8.3");
    assert_eq!(passport["public_key"], prod.host.read(PUBLIC));
    assert_eq!(passport["fingerprint"], prod.host.mounted().to_string());
    let publisher = json!({ "identity": prod.owner, "issuer": "localhost", "subject": SUBJECT });
    assert_eq!(passport["publisher"], publisher);
    let counts = json!([{ "table": "thing", "rows": 25 }, { "table": "other", "rows": 25 }]);
    let database = json!({ "name": "app", "identity": DATABASE_IDENTITY, "owner": prod.owner, "counts": counts });
    assert_eq!(passport["databases"], json!([database]));
    let token = prod.token();
    let signature = token.rsplit('.').next().unwrap();
    for secret in [signature, &token[..40], "PRIVATE"] {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    }
    // The same document, in the frame of `--json`.
    let framed = prod.ask(&server.url, &["--json", "--count", "thing"]).success().json();
    assert_eq!(framed["passport"]["publisher"], publisher);
}

/// The token goes out where rows are counted, and there only to the server whose key has signed it.
#[test]
fn the_token_goes_to_nobody_else() {
    let prod = Prod::new();
    let sent = |server: Standin, more: &[&str]| {
        let server = server.serve();
        let run = prod.ask(&server.url, more);
        let requests = server.take();
        assert!(!requests.is_empty());
        (run, requests.iter().filter(|request| request.header("authorization").is_some()).count())
    };
    assert_eq!(sent(prod.server(), &[]).1, 0);
    assert!(sent(prod.server(), &["--count", "thing"]).1 > 0);
    // A server with another key: nothing is signed for it, and nothing is sent.
    let other = PrivateKey::generate().unwrap().public_key().to_pem();
    let server = Standin { public_key: other, ..prod.server() };
    let (run, tokens) = sent(server.clone(), &["--count", "thing", "--json"]);
    assert_eq!((run.status, run.code().as_str(), tokens), (Some(3), "ERR_SERVED_KEY", 0));
    // Nor where no key is mounted here that could be compared.
    prod.host.remove(PRIVATE);
    prod.host.remove(PUBLIC);
    let (run, tokens) = sent(server, &["--count", "thing", "--json"]);
    assert_eq!((run.status, run.code().as_str(), tokens), (Some(4), "ERR_UNCOUNTED", 0));
}

#[test]
fn what_is_no_source_has_no_passport() {
    let prod = Prod::new();
    let ask = |server: &Standin, more: &[&str]| {
        let server = server.clone().serve();
        let run = prod.ask(&server.url, &[&["--json"], more].concat());
        (run.status, run.code())
    };
    let refused = |code: &str| (Some(3), code.to_owned());
    let failed = |code: &str| (Some(4), code.to_owned());
    let good = prod.server();
    assert_eq!(ask(&good, &["--database", "another"]), failed("ERR_OWNER_UNKNOWN"));
    let stranger = Identity::from_claims("localhost", "stranger");
    let server = Standin { owner: stranger.to_string(), ..good.clone() };
    assert_eq!(ask(&server, &[]), refused("ERR_PASSPORT_CLAIMS"));
    assert_eq!(ask(&good, &["--env", "test"]), refused("ERR_OTHER_HOST"));
    for table in ["1", "a b", "a;b", "a-b", "", "x.", "a\"b"] {
        let run = prod.ask("http://127.0.0.1:9", &["--json", "--count", table]);
        assert_eq!(run.status, Some(2), "{table}: {run:?}");
    }
    let server = Standin { refusal: Some((401, "Invalid token".to_owned())), ..good.clone() };
    assert_eq!(ask(&server, &["--count", "thing"]), failed("ERR_UNCOUNTED"));
    assert_eq!(ask(&good, &["--count", "other.thing"]), failed("ERR_UNCOUNTED"));
    let run = prod.ask(&format!("http://{NOBODY}"), &["--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_SERVER_UNREACHED"));
    prod.host.write(CONFIG, "[promotion]\norder = [\"test\", \"prod\"]\n");
    let run = prod.ask("http://127.0.0.1:9", &["--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(2), "ERR_PROMOTION_LIST"), "{run:?}");
}

/// A token is not needed for a passport: where it is lost, the escrow has its claims.
#[test]
fn the_claims_come_from_escrow_where_the_token_is_lost() {
    let prod = Prod::new();
    prod.host.run(&["rotate", "--env", "prod", "--yes"]).success();
    prod.host.remove(CLI_TOML);
    let server = prod.server().serve();
    let passport = prod.ask(&server.url, &[]).success().json();
    assert_eq!(passport["publisher"]["subject"], Value::from(SUBJECT));
}
