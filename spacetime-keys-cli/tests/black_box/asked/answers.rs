//! What the server says counts; where it is not what its version and its key predict, that is said.

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::{NOBODY, Plain, far_address, reply};

use super::{NOW, SUBJECT, ask, ask_one_that_says, claims, local, standin};
use crate::common::{CLI_TOML, Host, IDENTITY, PUBLIC, Run, token};
use crate::doctor::standin::Standin;

#[test]
fn a_token_that_the_server_takes() {
    let key = PrivateKey::generate().unwrap();
    let (run, said, server) = ask_one_that_says(&key, &local(&key), 200, "");
    assert_eq!(run.status, Some(0), "{said:#}");
    let identity = Identity::from_claims("localhost", SUBJECT).to_string();
    assert_eq!((&said["accepted"], &said["identity"]), (&json!(true), &json!(identity)));
    assert_eq!(
        said["asked"],
        json!({
            "url": server.url,
            "version": "2.8.3",
            "key": key.public_key().fingerprint().to_string(),
            "token_sent": true,
            "token_withheld": null,
        })
    );
    let answer = json!({ "accepted": true, "status": 200, "reason": null });
    assert_eq!((&said["answer"], &said["expected"]), (&answer, &answer));
    assert_eq!((&said["differs"], &said["difference"]), (&json!(false), &json!(null)));
    assert_eq!((&said["server"], &said["issuer"]), (&json!("2.8"), &json!(null)));
    assert_eq!(server.take_tokens(), 1);
}

/// The publisher's, as the SpacetimeDB CLI sends it.
#[test]
fn the_publishers_token() {
    let host = Host::new();
    let key = host.read(PUBLIC);
    let server = Standin {
        public_key: key,
        bearer: IDENTITY.to_owned(),
        ..standin(&PrivateKey::generate().unwrap(), "localhost")
    }
    .serve();
    let run = host.run(&["token", "check", "--server", &server.url, "--cli-toml", CLI_TOML]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let expected =
        format!("accepted\nidentity {IDENTITY}\nsaid by {} (SpacetimeDB 2.8.3, key ", server.url);
    assert!(run.stdout.starts_with(&expected), "{run:?}");
    assert!(run.stdout.ends_with("its version and its keys lead to the same answer\n"), "{run:?}");
    let quiet =
        host.run(&["token", "check", "-q", "--server", &server.url, "--cli-toml", CLI_TOML]);
    assert_eq!(quiet.stdout, format!("accepted\nidentity {IDENTITY}\n"));
}

/// The verdict is known, and another server's owner is not shown to this one.
#[test]
fn a_token_of_another_key_is_not_sent() {
    let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    for secret in [local(&other), "gho_throwaway0123456789".to_owned()] {
        let (run, said, server) = ask_one_that_says(&key, &secret, 200, "");
        assert_eq!(run.status, Some(1), "{said:#}");
        assert_eq!((&said["accepted"], &said["status"]), (&json!(false), &json!(401)));
        assert_eq!(said["asked"]["token_withheld"], "another_key", "{said:#}");
        assert_eq!((&said["asked"]["token_sent"], &said["answer"]), (&json!(false), &json!(null)));
        assert!(said["remedy"].is_string(), "{said:#}");
        let asked = server.take();
        assert!(asked.len() >= 2 && asked.iter().all(|asked| asked.method == "GET"));
        assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
    }
}

#[test]
fn plain_http_to_another_machine() {
    let Some(far) = far_address() else { return println!("no address but loopback: not tried") };
    let key = PrivateKey::generate().unwrap();
    let server = standin(&key, "localhost").serve_at(far);
    let (run, said) = ask(&server.url, &local(&key), &[]);
    // Its key has signed it, so the answer can be predicted.
    assert_eq!((run.status, &said["accepted"]), (Some(0), &json!(true)), "{said:#}");
    assert_eq!(said["asked"]["token_withheld"], "plain_http");
    assert_eq!(server.take_tokens(), 0);
    let text = Run::of(
        &mut Host::empty().command(&["token", "check", "--server", &server.url]),
        local(&key).as_bytes(),
    );
    assert!(text.stdout.contains("--plain-http"), "{text:?}");
    // What an issuer's keys decide cannot.
    let external = token(&key, &json!({ "iss": "http://127.0.0.1:9", "sub": SUBJECT, "iat": NOW }));
    let other = PrivateKey::generate().unwrap();
    let strange = standin(&other, "localhost").serve_at(far);
    let (run, said) = ask(&strange.url, &external, &[]);
    assert_eq!((run.status, run.code()), (Some(3), "ERR_TOKEN_WITHHELD".to_owned()), "{said:#}");
    assert!(run.hint().contains("--plain-http"), "{said:#}");
    assert_eq!((server.take_tokens(), strange.take_tokens()), (0, 0));
    // Somebody has agreed.
    let (run, said) = ask(&server.url, &local(&key), &["--plain-http"]);
    assert_eq!((run.status, &said["asked"]["token_sent"]), (Some(0), &json!(true)), "{said:#}");
    assert_eq!(server.take_tokens(), 1);
    // Names of this machine are this machine.
    let near = standin(&key, "localhost").serve();
    let port = near.url.rsplit(':').next().unwrap();
    for name in ["localhost", "127.0.0.1"] {
        ask(&format!("http://{name}:{port}"), &local(&key), &[]);
        assert_eq!(near.take_tokens(), 1, "{name}");
    }
}

#[test]
fn answers_that_were_not_foretold() {
    let key = PrivateKey::generate().unwrap();
    let good = local(&key);
    let mut expired = claims("localhost");
    expired["exp"] = json!(1_000_000_000);
    let expired = token(&key, &expired);
    for (token, status, body, difference, reason) in [
        (&good, 401, "Invalid token: ExpiredSignature", "clocks", json!("ExpiredSignature")),
        (&expired, 200, "", "clocks", json!(null)),
        (
            &good,
            401,
            "Invalid token: InvalidSignature",
            "several_servers",
            json!("InvalidSignature"),
        ),
        (&good, 401, "Authorization required", "taken_out", json!(null)),
        (&good, 400, "", "another_identity", json!(null)),
        (&good, 401, "Unauthorized", "proxy", json!(null)),
        (&good, 403, "<html>Sign in</html>", "proxy", json!(null)),
    ] {
        let (run, said, _server) = ask_one_that_says(&key, token, status, body);
        assert_eq!(said["difference"]["code"], difference, "{said:#}");
        assert_eq!((&said["differs"], &said["reason"]), (&json!(true), &reason), "{said:#}");
        assert_eq!(run.status, Some(i32::from(status != 200)), "{said:#}");
        assert_ne!(said["answer"]["accepted"], said["expected"]["accepted"], "{said:#}");
        assert_eq!(said["status"], status, "{said:#}");
        let remedy = if status == 200 { &json!(null) } else { &said["difference"]["hint"] };
        assert_eq!(&said["remedy"], remedy, "{said:#}");
    }
    // To a person, too.
    let refusal = (401, "Invalid token: ExpiredSignature".to_owned());
    let server = Standin { refusal: Some(refusal), ..standin(&key, "localhost") }.serve();
    let host = Host::empty();
    let mut command = host.command(&["token", "check", "--server", &server.url]);
    let said = Run::of(&mut command, good.as_bytes()).stdout;
    assert!(said.starts_with("refused: 401 ExpiredSignature\n"), "{said}");
    assert!(said.contains("expected it to be accepted: whether it has expired"), "{said}");
}

#[test]
fn no_answer() {
    let key = PrivateKey::generate().unwrap();
    let page = Plain::serve(|_, stream| {
        reply(stream, "200 OK\r\nContent-Type: text/html", "<!doctype html>");
    });
    let whole = standin(&key, "localhost");
    let gateway = Plain::serve(move |request, stream| {
        let (head, body) = if request.header("authorization").is_some() {
            ("502 Bad Gateway".to_owned(), String::new())
        } else {
            whole.answer(request)
        };
        reply(stream, &head, body);
    });
    for (url, words) in [
        (format!("http://{NOBODY}"), "no connection"),
        (page.url.clone(), "an HTML page"),
        (gateway.url.clone(), "a gateway's error"),
    ] {
        let (run, said) = ask(&url, &local(&key), &[]);
        assert_eq!(
            (run.status, run.code()),
            (Some(4), "ERR_SERVER_UNREACHED".to_owned()),
            "{said:#}"
        );
        let message = said["error"]["message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains(&url), "{message}");
    }
    assert_eq!(page.take_tokens(), 0);
}

/// A server that hides its version is taken for one of the newest, or for what somebody says.
#[test]
fn a_server_that_tells_no_version() {
    let key = PrivateKey::generate().unwrap();
    let server = Standin { health: None, ..standin(&key, "localhost") }.serve();
    for (more, rules) in [(&[][..], "2.14"), (&["--server-version", "1.2"], "1.2")] {
        let (run, said) = ask(&server.url, &local(&key), more);
        assert_eq!((run.status, &said["server"]), (Some(0), &json!(rules)), "{said:#}");
        assert_eq!(said["asked"]["version"], json!(null));
    }
}
