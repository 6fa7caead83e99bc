//! To which servers `doctor` does not send the token.

use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};
use spacetime_keys_stand_ins::plain::far_address;

use super::doctor;
use super::live::Live;
use super::standin::Standin;
use crate::common::{CLI_TOML, Host, IDENTITY, token};

/// Another server of the same `cli.toml`, or a mistyped host.
#[test]
fn a_server_with_another_key() {
    let host = Host::new();
    let other = PrivateKey::generate().unwrap();
    let server = Standin { public_key: other.public_key().to_pem(), ..Standin::of(&host) }.serve();
    let said = doctor(&host, &["--server", &server.url, "--database", "app", "--wait", "1s"]);
    assert_eq!(said.outcome(), ("unauthorized", Some(401)), "{:#}", said.document);
    assert_eq!(said.text("token_withheld"), "another_key");
    let (ok, text) = said.check("token_accepted");
    assert!(ok == Some(false) && text.contains("was not sent"), "{text}");
    let asked = server.take();
    assert!(asked.len() >= 4, "everything else is asked");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn plain_http_to_another_machine() {
    let Some(far) = far_address() else { return println!("no address but loopback: not tried") };
    let host = Host::new();
    let server = Standin::of(&host).serve_at(far);
    let asked = ["--server", &server.url, "--database", "app"];
    let said = doctor(&host, &asked);
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!(said.text("token_withheld"), "plain_http");
    let (ok, text) = said.check("token_accepted");
    assert!(ok == Some(false) && text.contains("--plain-http"), "{text}");
    assert_eq!(server.take_tokens(), 0);
    let said = doctor(&host, &[&asked[..], &["--wait", "1s", "--fix", "--yes"]].concat());
    assert_eq!((said.run.status, server.take_tokens()), (Some(0), 0), "{:#}", said.document);
    let said = doctor(&host, &[&asked[..], &["--plain-http"]].concat());
    assert_eq!(said.document["token_withheld"], json!(null));
    assert!(said.check("token_accepted").0 == Some(true) && server.take_tokens() > 0);
}

/// After the steps it sends only the new token.
#[test]
fn a_fix_sends_what_the_servers_key_has_signed() {
    let host = Host::rotated("local");
    let live = Live::serve(&host, Identity::parse(IDENTITY).unwrap());
    let run = host.run(&["token", "decode", "--json", "--cli-toml", CLI_TOML]).success();
    let claims =
        json!({ "iss": "localhost", "sub": run.json()["claims"]["sub"], "iat": 1_795_315_000 });
    let stranger = token(&PrivateKey::generate().unwrap(), &claims);
    host.set_token(&stranger);
    let said =
        doctor(&host, &["--server", &live.server.url, "--database", "app", "--fix", "--yes"]);
    assert_eq!(
        (said.run.status, said.outcome()),
        (Some(0), ("updates", Some(200))),
        "{:#}",
        said.document
    );
    let sent: Vec<_> = live.server.take();
    let sent: Vec<_> = sent.iter().filter_map(|asked| asked.header("authorization")).collect();
    assert!(!sent.is_empty() && !sent.iter().any(|sent| sent.contains(&stranger)));
}
