//! `token check --server`: its verdict is the real server's, whatever the token; and where the two differ,
//! it says why.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::NOBODY;

use crate::host::Host;
use crate::http;
use crate::issuer::Issuer;
use crate::server::Server;
use crate::tokens::{generate, mint, now};

const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";

fn key(file: &Path) -> PrivateKey {
    PrivateKey::from_pem(fs::read(file).unwrap()).unwrap()
}

fn sign(key: &PrivateKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = Signer::new(key).unwrap().sign(message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// What a server issues with this key, but for what is changed.
fn local(key: &PrivateKey, change: &Value) -> String {
    let mut claims =
        json!({ "iss": "localhost", "sub": SUBJECT, "aud": ["spacetimedb"], "iat": now() });
    let members = claims.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| *value != json!("left out"));
    sign(key, &json!({ "typ": "JWT", "alg": "ES256" }), &claims)
}

/// What is at this place of a document.
fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or(&Value::Null)
}

fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    at(document, pointer).as_str()
}

/// What `token check --server` says, and its exit code.
fn check(host: &Host, server: &Server, token: &str) -> (Option<i32>, Value) {
    let file = host.path("asked.jwt");
    fs::write(&file, token).unwrap();
    let place = format!("@{}", file.display());
    let ended =
        host.try_spacetime_keys(&["token", "check", "--json", "--server", server.url(), &place]);
    (ended.code, serde_json::from_str(&ended.stdout).expect("one JSON document"))
}

#[test]
fn the_verdict_is_the_servers() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    let own = key(&host.private_key());
    let old = PrivateKey::generate().unwrap();
    let issuers = [(); 4].map(|()| Issuer::serve(&host));
    let [es256, rs256, spoilt, bare] = &issuers;
    let (es_key, es_public) = generate(&host, "es256", "ES256");
    let (rs_key, rs_public) = generate(&host, "rs256", "RS256");
    let (unpublished, _) = generate(&host, "unpublished", "ES256");
    // One folder each: they are served from the host's one, so what is published last is seen by all
    // but for the first use, which is when a server takes the set.
    let issued = |issuer: &Issuer, change: Value| {
        let mut change = change;
        change.as_object_mut().unwrap().insert("iss".to_owned(), json!(issuer.url()));
        local(&key(&es_key), &change)
    };
    let player: Value = {
        let url = format!("{}/v1/identity", server.url());
        serde_json::from_str(&http::raw("POST", &url, None, b"").unwrap().body).unwrap()
    };
    let hmac = {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "typ": "JWT", "alg": "HS256" }));
        let claims = part(json!({ "iss": "localhost", "sub": SUBJECT, "iat": now() }));
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 32]))
    };
    let good = local(&own, &json!({}));
    let mut cases = vec![
        ("the publisher's", good.clone()),
        ("an anonymous player's", text(&player, "/token").unwrap().to_owned()),
        ("of an old key", local(&old, &json!({}))),
        ("expired", local(&own, &json!({ "exp": now() - 3600 }))),
        ("just expired, within the leeway", local(&own, &json!({ "exp": now() - 20 }))),
        ("expired, of an old key", local(&old, &json!({ "exp": now() - 3600 }))),
        ("no iat", local(&own, &json!({ "iat": "left out" }))),
        ("iat is a text", local(&own, &json!({ "iat": "1" }))),
        (
            "another's hex_identity",
            local(&own, &json!({ "hex_identity": Identity::from_claims("a", "b").to_string() })),
        ),
        ("no sub", local(&own, &json!({ "sub": "left out" }))),
        ("an empty sub", local(&own, &json!({ "sub": "" }))),
        ("a sub of 129 bytes", local(&own, &json!({ "sub": "s".repeat(129) }))),
        ("aud is null", local(&own, &json!({ "aud": null }))),
        ("HS256", hmac),
        ("opaque", "gho_throwaway0123456789abcdefghijkl".to_owned()),
        ("two parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("cut off", good[..good.len() - 9].to_owned()),
        ("padded", format!("{good}==")),
        ("the server's key, another issuer", local(&own, &json!({ "iss": "https://id.example" }))),
        (
            "an issuer that nobody reaches",
            local(&old, &json!({ "iss": format!("http://{NOBODY}") })),
        ),
        ("an issuer that is no URL", local(&old, &json!({ "iss": "my-app" }))),
    ];
    let mut compared = Vec::new();
    let mut compare = |cases: Vec<(&'static str, String)>| {
        for (case, token) in cases {
            compared.push(agrees(&host, &server, case, &token));
        }
    };
    compare(std::mem::take(&mut cases));
    es256.publish(&host, std::slice::from_ref(&es_public));
    let slash = json!({ "iss": format!("{}/", es256.url()) });
    compare(vec![
        ("an issuer's, with its kid", mint(&host, &es_key, es256, "u_1").0),
        ("an issuer's, without a kid", issued(es256, json!({}))),
        ("an issuer's, of an unpublished key", mint(&host, &unpublished, es256, "u_1").0),
        ("an issuer's, expired", issued(es256, json!({ "exp": now() - 3600 }))),
        ("an issuer's, no iat", issued(es256, json!({ "iat": "left out" }))),
        (
            "an issuer's, another's hex_identity",
            issued(es256, json!({ "hex_identity": "00".repeat(32) })),
        ),
        ("an issuer's, of another key and no kid", local(&old, &json!({ "iss": es256.url() }))),
        ("an issuer's, with a slash", local(&key(&es_key), &slash)),
    ]);
    rs256.publish(&host, &[rs_public]);
    compare(vec![("an issuer's, RS256", mint(&host, &rs_key, rs256, "u_1").0)]);
    spoilt.publish(&host, &[es_public]);
    let set = host.path("issuer/.well-known/jwks.json");
    let bad_set = fs::read_to_string(&set).unwrap().replace("\"kid\"", "\"kid_\"");
    fs::write(&set, bad_set).unwrap();
    compare(vec![("an issuer's whose set spoils", mint(&host, &es_key, spoilt, "u_1").0)]);
    fs::remove_file(host.path("issuer/.well-known/openid-configuration")).unwrap();
    compare(vec![(
        "an issuer's without a discovery document",
        mint(&host, &es_key, bare, "u_1").0,
    )]);

    let accepted = compared.iter().filter(|accepted| **accepted).count();
    println!("{} kinds of tokens, {accepted} accepted", compared.len());
    assert!(compared.len() >= 30 && accepted >= 8);
}

/// Whether both accept; fails if they do not say the same.
fn agrees(host: &Host, server: &Server, case: &str, token: &str) -> bool {
    let reply = server.ping(token);
    let (code, said) = check(host, server, token);
    let accepted = reply.status == 200;
    let told = (at(&said, "/accepted").as_bool(), at(&said, "/status").as_u64(), code);
    let expected = (Some(accepted), Some(u64::from(reply.status)), Some(i32::from(!accepted)));
    assert_eq!(told, expected, "{case}: {}\n{said:#}", reply.body);
    assert_eq!(at(&said, "/difference"), &Value::Null, "{case}: {said:#}");
    if let Some(words) = text(&said, "/reason") {
        assert!(reply.body.contains(words), "{case}: {words}: {}", reply.body);
    }
    accepted
}

/// The server keeps an issuer's set for five minutes.
#[test]
fn a_set_that_the_server_has_from_before() {
    let host = Host::with_keys();
    let server = Server::start(&host);
    let (old, old_public) = generate(&host, "old", "ES256");
    let (new, new_public) = generate(&host, "new", "ES256");
    let issuer = Issuer::serve(&host);
    issuer.publish(&host, std::slice::from_ref(&old_public));
    let (code, said) = check(&host, &server, &mint(&host, &old, &issuer, "u_1").0);
    assert_eq!((code, at(&said, "/differs")), (Some(0), &json!(false)), "{said:#}");
    issuer.publish(&host, &[old_public, new_public]);
    let (code, said) = check(&host, &server, &mint(&host, &new, &issuer, "u_1").0);
    assert_eq!((code, at(&said, "/accepted")), (Some(1), &json!(false)), "{said:#}");
    assert_eq!(text(&said, "/reason"), Some("KeyIDNotFound"));
    assert_eq!(
        (at(&said, "/expected/accepted"), at(&said, "/difference/code")),
        (&json!(true), &json!("kept_keys"))
    );
}
