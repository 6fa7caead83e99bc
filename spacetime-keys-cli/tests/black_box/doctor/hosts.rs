//! What doctor sees of a host: its key files, its `cli.toml`, and the servers that it knows.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

use super::standin::Standin;
use super::{PATIENT, Said, doctor};
use crate::common::{CLI_TOML, Host, PRIVATE, PUBLIC, Run, STORE, Unprivileged, token};

const SUBJECT: &str = "37f0c23f-a152-43b9-8728-c04a94a51ed9";

/// A host whose token is its mounted key's, and a server that uses this key.
struct Pair {
    host: Host,
    key: PrivateKey,
    url: String,
}

impl Pair {
    fn new() -> Self {
        Self::with(None)
    }

    /// With a server that refuses the token that way.
    fn with(refusal: Option<(u16, String)>) -> Self {
        let (host, key) = (Host::new(), PrivateKey::generate().unwrap());
        host.mount(&key);
        let claims = json!({ "iss": "localhost", "sub": SUBJECT, "iat": 1_795_315_000 });
        host.set_token(&token(&key, &claims));
        let identity = Identity::from_claims("localhost", SUBJECT);
        let url = Standin { refusal, ..Standin::new(host.read(PUBLIC), &identity) }.serve().url;
        // As `spacetime server add` and `server fingerprint` leave it.
        let content = host.read(CLI_TOML);
        let (head, _) = content.split_once("[[server_configs]]").unwrap();
        host.write(CLI_TOML, format!("{head}{}", server_config("mine", &url, &key)));
        Self { host, key, url }
    }

    fn doctor(&self) -> Said {
        doctor(&self.host, &["--server", &self.url, "--database", "app"])
    }

    /// Asks, and expects the publish to be predicted as good all the same.
    #[track_caller]
    fn check(&self, name: &str, ok: bool, words: &str) -> Said {
        let said = self.doctor();
        assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
        let (found, text) = said.check(name);
        assert_eq!(found, Some(ok), "{name}: {text}");
        assert!(text.contains(words), "{name}: {text}");
        said
    }
}

fn server_config(nickname: &str, url: &str, key: &PrivateKey) -> String {
    let host = url.trim_start_matches("http://");
    let pem = key.public_key().to_pem();
    format!(
        "[[server_configs]]\nnickname = \"{nickname}\"\nhost = \"{host}\"\nprotocol = \"http\"\n\
         ecdsa_public_key = \"\"\"\n{pem}\"\"\"\n\n"
    )
}

#[test]
fn a_sound_host() {
    let pair = Pair::new();
    let before = pair.host.tree();
    let said = pair.doctor();
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!(said.run.status, Some(0), "{:#}", said.document);
    assert!(said.remedy().is_empty(), "{:?}", said.remedy());
    let owner = Identity::from_claims("localhost", SUBJECT).to_string();
    assert_eq!((said.text("identity"), said.text("owner")), (&*owner, &*owner));
    assert_eq!(said.document.get("owns").unwrap(), &json!([super::standin::DATABASE_IDENTITY]));
    assert_eq!(pair.host.tree(), before);
    // To a person: the verdict, then the checks.
    let asked = ["doctor", "--server", &pair.url, "--database", "app"];
    let run = pair.host.run(&[&asked[..], &PATIENT].concat()).success();
    assert!(run.stdout.lines().count() > 5, "{}", run.stdout);
    // Lines are wrapped.
    let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let owns = "owns 1 database here. Nobody can publish to it without this identity's token.";
    assert!(words.contains(&format!("{owner} {owns}")), "{}", run.stdout);
}

#[test]
fn without_a_database_and_without_anything() {
    let pair = Pair::new();
    let said = doctor(&pair.host, &["--server", &pair.url]);
    assert_eq!(said.check("token_accepted").0, Some(true), "{:#}", said.document);
    assert_eq!(said.text("owner"), "");
    // Nothing to ask: that is a matter of usage.
    let empty = Host::empty();
    let run = empty.run(&["doctor", "--json"]);
    assert_eq!(run.status, Some(2), "{run:?}");
    let said = doctor(&empty, &["--server", &pair.url, "--database", "app"]);
    assert_eq!(said.outcome(), ("not_owner", Some(403)), "{:#}", said.document);
}

#[test]
fn key_files() {
    let pair = Pair::new();
    pair.host.set_mode(PRIVATE, 0o644);
    let said = pair.check("key_mode", false, "");
    let chmod = said.remedy().into_iter().find(|step| step.starts_with("chmod "));
    assert!(chmod.is_some_and(|step| step.contains("600")), "{:?}", said.remedy());
    pair.host.set_mode(PRIVATE, 0o600);
    pair.check("key_mode", true, "");

    let other = PrivateKey::generate().unwrap();
    pair.host.write(PUBLIC, other.public_key().to_pem());
    pair.check("mounted_keys", false, "");

    pair.host.mount(&pair.key);
    pair.host.remove(PUBLIC);
    pair.check("mounted_keys", false, "");
    pair.host.remove(PRIVATE);
    pair.check("mounted_keys", false, "");
    // Without the folder the server may be on another machine, unless it was named.
    pair.host.remove(".generated");
    let arguments = ["--server", &pair.url, "--database", "app"];
    assert_eq!(doctor(&pair.host, &arguments).run.status, Some(0));
    let named = [&arguments[..], &["--keys-dir", ".generated/spacetimedb-keys"]].concat();
    let said = doctor(&pair.host, &named);
    assert_eq!(said.check("mounted_keys").0, Some(false), "{:#}", said.document);

    // Neither missing nor readable.
    pair.host.mount(&pair.key);
    pair.host.remove(PRIVATE);
    symlink("id_ecdsa", pair.host.path(PRIVATE)).unwrap();
    pair.check("mounted_keys", false, "");
    pair.host.remove(PRIVATE);
    pair.host.write(&format!("{PRIVATE}/file"), "");
    pair.check("mounted_keys", false, "");
}

/// The server goes on with the key that it has read.
#[test]
fn a_restart_is_pending() {
    let pair = Pair::new();
    pair.host.mount(&PrivateKey::generate().unwrap());
    let said = pair.check("served_key", false, "");
    assert!(!said.remedy().is_empty(), "{:#}", said.document);
    // Its new token is refused until then.
    let pair = Pair::new();
    pair.host.run(&["rotate", "--env", "local", "--yes"]).success();
    let said = pair.doctor();
    assert_eq!(said.check("served_key").0, Some(false), "{:#}", said.document);
    assert!(said.remedy().iter().any(|step| step.contains("restart")), "{:?}", said.remedy());
}

#[test]
fn what_cli_toml_remembers() {
    let pair = Pair::new();
    pair.check("server_key", true, "");
    let content = pair.host.read(CLI_TOML);
    let (head, _) = content.split_once("[[server_configs]]").unwrap();
    let other = PrivateKey::generate().unwrap();

    let stale = server_config("mine", &pair.url, &other);
    pair.host.write(CLI_TOML, format!("{head}{stale}"));
    let said = pair.check("server_key", false, "");
    let refresh = said.remedy().into_iter().find(|step| step.contains("server fingerprint"));
    assert!(refresh.is_some(), "{:#}", said.document);
}

/// `cli.toml` has one token for all servers.
#[test]
fn two_servers_share_a_file() {
    let refusal = (401, "Invalid token: InvalidSignature".to_owned());
    let (pair, other) = (Pair::with(Some(refusal)), PrivateKey::generate().unwrap());
    let claims = json!({ "iss": "localhost", "sub": SUBJECT, "iat": 1_795_315_000 });
    pair.host.set_token(&token(&other, &claims));
    let both = [
        server_config("mine", &pair.url, &pair.key),
        server_config("other", "http://spacetime.example.com", &other),
    ];
    let content = pair.host.read(CLI_TOML);
    let (head, _) = content.split_once("[[server_configs]]").unwrap();
    pair.host.write(CLI_TOML, format!("{head}{}", both.concat()));
    let said = pair.doctor();
    assert_eq!(said.outcome(), ("unauthorized", Some(401)), "{:#}", said.document);
    assert_eq!(said.check("shared_cli_toml").0, Some(false), "{:#}", said.document);
    // The other server goes on with a copy of the file as it was.
    let copied = said.remedy().into_iter().any(|step| step.starts_with("cp -p "));
    assert!(copied, "{:?}", said.remedy());
}

/// What the SpacetimeDB CLI itself would not read.
#[test]
fn a_cli_toml_that_is_none() {
    let pair = Pair::new();
    for content in [
        "spacetimedb_token = ",
        "spacetimedb_token = 5\n",
        "\u{0}",
        "default_server = []\n",
        "web_session_token = 5\n",
        "server_configs = 3\n",
        "[[server_configs]]\nnickname = 5\nhost = \"a\"\nprotocol = \"http\"\n",
        "[[server_configs]]\nhost = \"a\"\n",
    ] {
        pair.host.write(CLI_TOML, content);
        let said = pair.doctor();
        assert_eq!(said.outcome().0, "bad_request", "{content:?}: {:#}", said.document);
        assert_eq!(said.run.status, Some(1));
        let (ok, text) = said.check("cli_toml");
        assert_eq!(ok, Some(false), "{text}");
    }
    pair.host.write(CLI_TOML, b"spacetimedb_token = \"\xff\"\n");
    assert_eq!(pair.doctor().outcome().0, "bad_request");
    // A token that cannot stand in a header.
    let line = "spacetimedb_token = \"eyJhbGciOi\\nJFUzI1NiJ9.e30.x\"\n";
    pair.host.write(CLI_TOML, line);
    let said = pair.doctor();
    assert_eq!(said.outcome(), ("bad_request", None), "{:#}", said.document);
    assert!(!said.run.stdout.contains("eyJhbGciOi"));
}

/// Files that are there, and that this user may not read.
#[test]
fn another_users_files() {
    let pair = Pair::new();
    let url = pair.url.clone();
    let user = Unprivileged::of(pair.host);
    let arguments = ["doctor", "--json", "-v", "--server", &url, "--database", "app"];
    let ask = || user.run(&[&arguments[..], &PATIENT].concat());
    let check = |run: &Run, name: &str| -> String {
        let said = run.json();
        let checks = said.get("checks").and_then(Value::as_array).unwrap().clone();
        let of_it = |check: &&Value| check.get("name").is_some_and(|found| found == name);
        checks.iter().find(of_it).unwrap_or_else(|| panic!("no {name}: {said:#}")).to_string()
    };
    // It works without the prohibition.
    assert_eq!(ask().status, Some(0));

    user.host.set_mode(PRIVATE, 0o000);
    let run = ask();
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(check(&run, "mounted_keys").contains("read"), "{run:?}");
    user.host.set_mode(PRIVATE, 0o600);

    user.host.set_mode(CLI_TOML, 0o000);
    let run = ask();
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(check(&run, "cli_toml").contains("read"), "{run:?}");
    let outcome = run.json().get("outcome").unwrap().clone();
    assert!(outcome != "updates" && outcome != "creates", "what was not seen is not foretold");
    user.host.set_mode(CLI_TOML, 0o600);

    user.host.set_mode(".generated/spacetimedb-keys", 0o000);
    let run = ask();
    user.host.set_mode(".generated/spacetimedb-keys", 0o700);
    assert!(check(&run, "mounted_keys").contains("read"), "{run:?}");
}

/// No remedy is to log in: that is what loses databases.
#[test]
fn nobody_is_told_to_log_in() {
    let pair = Pair::new();
    pair.host.run(&["rotate", "--env", "local", "--yes"]).success();
    for text in ["", "opaque", "a.b.c"] {
        pair.host.set_token(text);
        let said = pair.doctor();
        for step in said.remedy() {
            assert!(!step.contains("login") && !step.contains("logout"), "{step}");
        }
        assert!(!said.remedy().is_empty(), "{text:?}: {:#}", said.document);
        pair.host.write(
            CLI_TOML,
            pair.host
                .read(CLI_TOML)
                .replace(&format!("spacetimedb_token = \"{text}\""), "spacetimedb_token = \"x\""),
        );
    }
}

/// It reads: with everything read-only and a run cut short beside it, too.
#[test]
fn it_writes_nothing() {
    let pair = Pair::new();
    pair.host.run(&["rotate", "--env", "local", "--yes"]).success();
    let before = pair.host.tree();
    for arguments in [
        &["doctor", "--server", &pair.url][..],
        &["doctor", "--server", &pair.url, "--database", "app", "-v"],
        &["doctor", "--server", "http://spacetime.invalid", "--json", "--timeout", "1s"],
    ] {
        pair.host.run(arguments);
    }
    assert_eq!(pair.host.tree(), before);
    assert!(before.keys().any(|path| path.starts_with(STORE)));
}
