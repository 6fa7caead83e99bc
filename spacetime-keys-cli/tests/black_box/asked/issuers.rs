//! Tokens of an issuer: its keys are fetched where the server would fetch them.

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::{NOBODY, Plain, reply};

use super::{SUBJECT, ask, claims, standin};
use crate::common::{Host, token};
use crate::doctor::standin::Standin;

/// An issuer that publishes this key, and the set.
fn issuer(key: &PrivateKey) -> (Plain, String) {
    let host = Host::empty();
    host.write("key.pub", key.public_key().to_pem());
    let set = host.run(&["jwks", "export", "key.pub"]).success().stdout;
    let served = set.clone();
    let issuer = Plain::serve(move |request, stream| {
        let host = request.header("host").unwrap_or_default();
        match &*request.path {
            "/.well-known/openid-configuration" => {
                let uri = format!("http://{host}/set");
                reply(stream, "200 OK", json!({ "jwks_uri": uri }).to_string());
            }
            "/set" => reply(stream, "200 OK", &served),
            _ => reply(stream, "404 Not Found", ""),
        }
    });
    (issuer, set)
}

#[test]
fn the_issuers_keys_are_asked_for_as_the_server_asks() {
    let (server_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (issuer, _) = issuer(&key);
    // Slashes at the end are of no account for the keys, and of all for the identity.
    for iss in [issuer.url.clone(), format!("{}/", issuer.url)] {
        let server = standin(&server_key, &iss).serve();
        let (run, said) = ask(&server.url, &token(&key, &claims(&iss)), &[]);
        assert_eq!((run.status, &said["differs"]), (Some(0), &json!(false)), "{said:#}");
        assert_eq!(said["identity"], Identity::from_claims(&iss, SUBJECT).to_string());
        let place = format!("{}/.well-known/openid-configuration", issuer.url);
        assert_eq!(said["issuer"], json!({ "keys_from": place, "error": null }));
        let asked: Vec<_> = issuer.take().into_iter().map(|asked| asked.path).collect();
        assert_eq!(asked, ["/.well-known/openid-configuration", "/set"]);
    }
    assert_eq!(issuer.take_tokens(), 0);
    // The server's own key is tried first: then nobody else is asked.
    let server = standin(&server_key, &issuer.url).serve();
    let (_, said) = ask(&server.url, &token(&server_key, &claims(&issuer.url)), &[]);
    assert_eq!((&said["issuer"], &said["differs"]), (&json!(null), &json!(false)), "{said:#}");
    assert!(issuer.take().is_empty());
}

#[test]
fn where_server_and_issuer_do_not_agree() {
    let (server_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (issuer, _) = issuer(&key);
    let other = PrivateKey::generate().unwrap();
    for (signer, refusal, difference) in [
        (&key, Some("Error fetching public key for issuer X"), json!("issuer_unreached")),
        (&key, Some("Specified key ID not found in JWKs"), json!("kept_keys")),
        (&other, None, json!("kept_keys")),
        (&other, Some("Invalid token: InvalidSignature"), json!(null)),
    ] {
        let refusal = refusal.map(|words| (401, words.to_owned()));
        let accepted = refusal.is_none();
        let server = Standin { refusal, ..standin(&server_key, &issuer.url) }.serve();
        let (run, said) = ask(&server.url, &token(signer, &claims(&issuer.url)), &[]);
        assert_eq!(said["difference"].get("code").unwrap_or(&json!(null)), &difference, "{said:#}");
        assert_eq!((run.status, &said["accepted"]), (Some(i32::from(!accepted)), &json!(accepted)));
    }
}

/// Servers take no set that stands in the document's own place.
#[test]
fn a_set_in_the_place_of_the_discovery_document() {
    let (server_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (_, set) = issuer(&key);
    let direct = Plain::serve(move |_, stream| reply(stream, "200 OK", &set));
    let words = "Error fetching public key for issuer X".to_owned();
    let server =
        Standin { refusal: Some((401, words)), ..standin(&server_key, &direct.url) }.serve();
    let (_, said) = ask(&server.url, &token(&key, &claims(&direct.url)), &[]);
    assert_eq!((&said["differs"], &said["accepted"]), (&json!(false), &json!(false)), "{said:#}");
}

/// From here they cannot be had, and the server may be elsewhere: its answer counts, and nothing is
/// predicted.
#[test]
fn an_issuer_that_only_the_server_can_reach() {
    let (server_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let iss = format!("http://{NOBODY}");
    let server = standin(&server_key, &iss).serve();
    let (run, said) = ask(&server.url, &token(&key, &claims(&iss)), &[]);
    assert_eq!((run.status, &said["accepted"]), (Some(0), &json!(true)), "{said:#}");
    assert_eq!((&said["expected"], &said["differs"]), (&json!(null), &json!(null)));
    assert!(said["issuer"]["error"].as_str().unwrap().contains("no connection"), "{said:#}");
    // Somebody has the set.
    let (_issuer, set) = issuer(&key);
    let host = Host::empty();
    host.write("set.json", set);
    let file = host.path("set.json");
    let (_, said) =
        ask(&server.url, &token(&key, &claims(&iss)), &["--jwks", file.to_str().unwrap()]);
    assert_eq!(
        (&said["differs"], &said["expected"]["accepted"]),
        (&json!(false), &json!(true)),
        "{said:#}"
    );
    // What a terminal would obey is not printed, and nobody's password is sent.
    for odd in [
        "http://127.0.0.1:9/\u{202e}",
        "http://127.0.0.1:9/\u{1b}[31m",
        "http://me:secret@127.0.0.1:9",
    ] {
        let (run, said) = ask(&server.url, &token(&key, &claims(odd)), &[]);
        assert!(
            said["issuer"]["error"].is_string() && said["issuer"]["keys_from"] == "",
            "{said:#}"
        );
        assert!(!run.stdout.contains("secret") && !run.stdout.contains('\u{202e}'), "{run:?}");
    }
    // What is no URL nobody asks for keys.
    let words = "Error fetching public key for issuer my-app".to_owned();
    let server = Standin { refusal: Some((401, words)), ..standin(&server_key, "my-app") }.serve();
    let (_, said) = ask(&server.url, &token(&key, &claims("my-app")), &[]);
    assert_eq!(
        (&said["differs"], &said["remedy_code"]),
        (&json!(false), &json!("mend-issuer")),
        "{said:#}"
    );
}
