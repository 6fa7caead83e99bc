//! What the real server answers to tokens, and what we say that it answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use spacetime_keys_core::jwks::{ServerCache, rollover};
use spacetime_keys_core::server::{Reason, Rules, Server as Oracle, Verdict};
use spacetime_keys_core::{PrivateKey, PublicKey};

use crate::host::Host;
use crate::http::{self, Reply};
use crate::issuer::Issuer;
use crate::module;
use crate::server::Server;

const SAMPLES: &str = "../spacetime-keys-core/tests/fixtures/token-verdicts";

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

impl Server {
    pub(crate) fn ping(&self, token: &str) -> Reply {
        http::get_as(&format!("{}/v1/ping", self.url()), token).unwrap()
    }

    /// Whether the server takes the token for one of this identity.
    fn is_identity(&self, token: &str, identity: &str) -> bool {
        let url = format!("{}/v1/identity/{identity}/verify", self.url());
        http::get_as(&url, token).unwrap().status == 204
    }
}

#[track_caller]
fn assert_foretold(server: &Server, token: &str, verdict: &Verdict, case: &str) {
    let reply = server.ping(token);
    assert_eq!(reply.status, verdict.status, "{case}: {verdict:?}: {}", reply.body);
    match (verdict.identity, verdict.words) {
        (Some(identity), None) => {
            assert!(server.is_identity(token, &identity.to_string()), "{case}");
        }
        (None, Some(words)) => {
            // Of an issuer that it cannot reach, a server says only that.
            let hidden = reply.body.contains("Error fetching public key for issuer")
                && !token_is_local(token);
            assert!(reply.body.contains(words) || hidden, "{case}: {}", reply.body);
        }
        _ => panic!("{case}: {verdict:?}"),
    }
}

fn token_is_local(token: &str) -> bool {
    spacetime_keys_core::jwt::Token::parse(token)
        .is_ok_and(|token| token.claims().get_str("iss").as_deref() == Some("localhost"))
}

/// The samples' private key is nobody's. Servers start with a private key of another pair, too, and
/// verify with the public one: all that this needs.
#[test]
fn the_samples_verdicts_by_http() {
    let host = Host::with_keys();
    fs::copy(format!("{SAMPLES}.pub.pem"), host.public_key()).unwrap();
    let server = Server::start(&host);
    let key = PublicKey::from_pem(fs::read(host.public_key()).unwrap()).unwrap();
    let oracle = Oracle::new(Rules::V1_2).with_local_key(&key).unwrap();

    let samples = fs::read_to_string(format!("{SAMPLES}.jsonl")).unwrap();
    let (mut compared, mut accepted) = (0, 0);
    for line in samples.lines() {
        let sample: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| sample.get(name).and_then(Value::as_str).unwrap();
        let verdict = oracle.check(text("token"), now());
        assert_foretold(&server, text("token"), &verdict, text("case"));
        compared += 1;
        accepted += u32::from(verdict.accepted);
    }
    println!("{compared} samples, {accepted} accepted");
    assert!(compared >= 78 && accepted > 20);

    // Of a token of this size the server reads a part, and answers with only the status line.
    let large = "a".repeat((1 << 20) + 1);
    let answered = http::raw("GET", &format!("{}/v1/ping", server.url()), Some(&large), b"");
    assert_eq!(answered.unwrap().status, oracle.check(&large, now()).status);
}

/// A key pair in a folder of the host, made by the program: private and public file.
pub(crate) fn generate(host: &Host, name: &str, algorithm: &str) -> (PathBuf, PathBuf) {
    let folder = host.path(name);
    let arguments = ["key", "generate", "--alg", algorithm, "--out", folder.to_str().unwrap()];
    let made = host.spacetime_keys_json(&arguments);
    let file = |name: &str| PathBuf::from(made.get(name).and_then(Value::as_str).unwrap());
    (file("private_key"), file("public_key"))
}

/// A token and its identity, by the program.
pub(crate) fn mint(
    host: &Host,
    private_key: &Path,
    issuer: &Issuer,
    subject: &str,
) -> (String, String) {
    let minted = host.spacetime_keys_json(&[
        "token",
        "mint",
        "--private-key",
        private_key.to_str().unwrap(),
        "--issuer",
        issuer.url(),
        "--subject",
        subject,
    ]);
    let text = |name: &str| minted.get(name).and_then(Value::as_str).unwrap().to_owned();
    (text("token"), text("identity"))
}

fn foretell(host: &Host, issuer: &Issuer, token: &str) -> Verdict {
    let key = PublicKey::from_pem(fs::read(host.public_key()).unwrap()).unwrap();
    let set = http::get(&issuer.jwks_url()).unwrap().body;
    Oracle::new(Rules::V1_2)
        .with_local_key(&key)
        .unwrap()
        .with_issuer_keys(set.as_bytes())
        .check(token, now())
}

#[test]
fn a_minted_token_of_a_static_issuer_is_accepted() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    for algorithm in ["ES256", "RS256"] {
        let (private_key, public_key) = generate(&host, algorithm, algorithm);
        // One of its own each: a server keeps an issuer's set for five minutes.
        let issuer = Issuer::serve(&host);
        issuer.publish(&host, &[public_key]);
        let (token, identity) = mint(&host, &private_key, &issuer, "u_1");
        assert_foretold(&server, &token, &foretell(&host, &issuer, &token), algorithm);
        assert!(server.is_identity(&token, &identity), "{algorithm}");

        // It is good for a publish, and the database is its bearer's.
        let database = format!("of-{}", algorithm.to_lowercase());
        let url = format!("{}/v1/database/{database}", server.url());
        let published = http::put(&url, &token, &module::wasm(1)).unwrap();
        assert_eq!(published.status, 200, "{}", published.body);
        assert!(http::get(&url).unwrap().body.contains(&identity));

        // Another key of the same kind, unpublished: predicted, too.
        let (unpublished, _) = generate(&host, &format!("{algorithm}-unpublished"), algorithm);
        let (token, identity) = mint(&host, &unpublished, &issuer, "u_1");
        let verdict = foretell(&host, &issuer, &token);
        assert_eq!(verdict.reason, Some(Reason::KeyIdNotFound));
        assert_foretold(&server, &token, &verdict, "unpublished");
        assert!(!server.is_identity(&token, &identity));
    }
}

/// A set that `jwks lint` calls bad is one that the server takes nothing of.
#[test]
fn a_spoilt_set() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    let (private_key, public_key) = generate(&host, "app", "ES256");
    let issuer = Issuer::serve(&host);
    issuer.publish(&host, &[public_key]);
    let path = host.path("issuer/.well-known/jwks.json");
    let set = fs::read_to_string(&path).unwrap();
    let bad = r#"{"kty":"EC","crv":"secp256k1","x":"","y":"","kid":"x"}"#;
    fs::write(&path, set.replacen('[', &format!("[{bad},"), 1)).unwrap();
    let (token, _) = mint(&host, &private_key, &issuer, "u_1");
    let verdict = foretell(&host, &issuer, &token);
    assert!(!verdict.accepted);
    assert_foretold(&server, &token, &verdict, "spoilt");
    // A failed fetch is not kept: once the issuer answers, it works.
    fs::write(&path, set).unwrap();
    assert_foretold(&server, &token, &foretell(&host, &issuer, &token), "mended");
}

/// A new key by the planner's times. The server's clock is the wall's, so its own refresh is waited
/// for, five minutes, and must come within the time that the planner gives it.
// Slow: the server keeps an issuer's set for five minutes, by its own clock.
#[test]
fn a_rollover() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    let (old, old_public) = generate(&host, "old", "ES256");
    let (new, new_public) = generate(&host, "new", "ES256");
    let issuer = Issuer::serve(&host);
    issuer.publish(&host, std::slice::from_ref(&old_public));
    let (old_token, old_identity) = mint(&host, &old, &issuer, "u_1");
    assert!(server.is_identity(&old_token, &old_identity));

    let plan = rollover(now(), 900, ServerCache::default());
    let published = Instant::now();
    issuer.publish(&host, &[old_public, new_public]);
    let (new_token, new_identity) = mint(&host, &new, &issuer, "u_1");
    assert_eq!(new_identity, old_identity, "the key is no part of the identity");
    // Too early: this is what the planner's waiting is for.
    assert!(server.ping(&new_token).body.contains("KeyIDNotFound"));
    let allowed = Duration::from_secs((plan.activate - plan.publish).unsigned_abs());
    while !server.is_identity(&new_token, &new_identity) {
        assert!(published.elapsed() < allowed, "not within {allowed:?}");
        thread::sleep(Duration::from_secs(2));
    }
    println!("the new key is known after {:?}; planned: {allowed:?}", published.elapsed());
    assert!(published.elapsed() > Duration::from_mins(1), "the server asked earlier than known");
    assert!(server.is_identity(&old_token, &old_identity), "old and new both pass");
    assert!(plan.retire - plan.activate > 900, "the last old token outlives its key");
}

/// The key that a token was signed with must not matter to who it is.
#[test]
fn an_owner_token_is_the_servers_own() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    let minted = host.spacetime_keys_json(&[
        "token",
        "mint",
        "--private-key",
        host.private_key().to_str().unwrap(),
        "--purpose",
        "owner",
        "--target",
        "prod",
        "--subject",
        "5fc4710d-c991-4ff0-805e-03cb70013bc0",
    ]);
    let text = |name: &str| minted.get(name).and_then(Value::as_str).unwrap();
    assert!(server.is_identity(
        text("token"),
        "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad"
    ));
    // Another server's is not.
    let other = PrivateKey::generate().unwrap();
    fs::write(host.path("other"), other.to_pem().as_bytes()).unwrap();
    let issuer = Issuer::serve(&host);
    let (token, identity) = mint(&host, &host.path("other"), &issuer, "u_1");
    assert!(!server.is_identity(&token, &identity));
}
