//! What `--server` names: a server, or a version, as it once did.

use serde_json::json;
use spacetime_keys_core::PrivateKey;

use super::{local, standin};
use crate::common::{CLI_TOML, Host, PUBLIC, Run};

#[test]
fn urls_hosts_and_nicknames() {
    let key = PrivateKey::generate().unwrap();
    let server = standin(&key, "localhost").serve();
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let host = Host::new();
    let saved = format!(
        "[[server_configs]]\nnickname = \"here\"\nhost = \"{address}\"\nprotocol = \"http\"\n"
    );
    host.write(CLI_TOML, host.read(CLI_TOML) + &saved);
    for name in [&*server.url, &*address, "here"] {
        let mut command = host.command(&["token", "check", "--json", "--server", name]);
        let run = Run::of(&mut command, local(&key).as_bytes());
        assert_eq!(run.status, Some(0), "{name}: {run:?}");
        assert_eq!(run.json()["asked"]["url"], server.url);
    }
    let run = Run::of(
        &mut host.command(&["token", "check", "--json", "--server", "nobody"]),
        local(&key).as_bytes(),
    );
    assert_eq!((run.status, run.code()), (Some(2), "ERR_SERVER_NAME".to_owned()));
    assert!(run.hint().contains("here"), "{run:?}");
}

#[test]
fn versions_are_understood_by_the_old_name() {
    let host = Host::new();
    for (arguments, rules) in [
        (&["--server", "1.2"][..], "1.2"),
        (&["--server-version", "2.8.3"], "2.8"),
        (&["--server", "v2.14.0-rc1"], "2.14"),
        (&[], "2.14"),
    ] {
        let asked = ["token", "check", "--json", "--cli-toml", CLI_TOML, "--public-key", PUBLIC];
        let run = host.run(&[&asked[..], arguments].concat()).success();
        assert_eq!(run.json()["server"], rules, "{arguments:?}");
        assert_eq!(run.json().get("asked"), None);
    }
}

#[test]
fn what_does_not_go_together() {
    let host = Host::new();
    for arguments in [
        &["--server", "http://127.0.0.1:9", "--public-key", PUBLIC][..],
        &["--server", "http://127.0.0.1:9", "--keys-dir", ".generated/spacetimedb-keys"],
        // A version says nothing of keys.
        &["--server", "2.8"],
        &["--server-version", "2.8"],
    ] {
        let asked = ["token", "check", "--json", "--cli-toml", CLI_TOML];
        let run = host.run(&[&asked[..], arguments].concat());
        assert_eq!((run.status, run.code()), (Some(2), "ERR_USAGE".to_owned()), "{arguments:?}");
        assert_ne!(run.json()["error"]["hint"], json!(""));
    }
}
