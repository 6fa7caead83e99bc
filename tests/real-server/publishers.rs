//! Whose token is in `cli.toml`: that of another issuer, a mistaken login's, nobody's.

use std::fs;

use serde_json::Value;

use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::tree::tree;
use crate::doctor::world::external;
use crate::host::{DATABASE, Host, NICKNAME, copy};
use crate::server::Server;
use crate::{
    assert_serves_the_mounted_key, assert_verified, host_with_a_database, log_in_and_publish,
    publish_as_the_owner, rotate,
};

/// Nobody is told to log in, or out. A warning not to do so is welcome.
#[track_caller]
fn assert_nobody_is_sent_to_log_in(said: &str) {
    let lower = said.to_lowercase().replace("do not log in", "");
    for words in ["log in", "log back in", "spacetime login", "logout", "log out"] {
        assert!(!lower.contains(words), "`{words}`: {said}");
    }
}

#[track_caller]
fn quietly(host: &Host, arguments: &[&str]) {
    assert_nobody_is_sent_to_log_in(&host.spacetime_keys(arguments).output());
}

/// What stands for a web login: a token whose key is its issuer's, not this server's.
struct External {
    host: Host,
    server: Server,
    owner: String,
    cli_toml: String,
}

impl External {
    fn new() -> Self {
        let host = Host::with_keys();
        let server = Server::start(&host);
        host.spacetime(&[
            "server",
            "add",
            NICKNAME,
            "--url",
            server.url(),
            "-d",
            "--no-fingerprint",
        ])
        .expect_success();
        let external = external(&host);
        let known = fs::read_to_string(host.cli_toml()).unwrap();
        let cli_toml = format!("spacetimedb_token = \"{}\"\n{known}", external.good);
        fs::write(host.cli_toml(), &cli_toml).unwrap();
        let published = host.publish(NICKNAME).expect_success();
        assert!(published.stdout.contains("Created new database"), "{}", published.output());
        let owner = external.person.identity();
        assert_eq!(server.owner(), owner);
        Self { host, server, owner, cli_toml }
    }

    /// Nothing in `cli.toml` is another, and it is good for a publish before the restart and after.
    #[track_caller]
    fn assert_left_alone(&mut self) {
        assert!(fs::read_to_string(self.host.cli_toml()).unwrap() == self.cli_toml);
        publish_as_the_owner(&self.host, &self.server, &self.owner);
        self.server.restart();
        assert_serves_the_mounted_key(&self.server, &self.host);
        publish_as_the_owner(&self.host, &self.server, &self.owner);
        let said = self.host.spacetime_keys(&["verify"]).output();
        assert_nobody_is_sent_to_log_in(&said);
        // In a fingerprint it is no status.
        let is_status = |word| word == "401";
        assert!(!said.split(|c: char| !c.is_ascii_alphanumeric()).any(is_status), "{said}");
        assert_verified(&self.host);
        let diagnosis = Diagnosis::of(&self.host, self.server.url(), Some(DATABASE));
        assert_eq!((diagnosis.code, diagnosis.outcome()), (Some(0), "updates"));
        assert_nobody_is_sent_to_log_in(&diagnosis.printed);
        assert!(fs::read_to_string(self.host.cli_toml()).unwrap() == self.cli_toml);
    }
}

// Slow: the server is restarted four times, with everything written down before.
#[test]
fn an_external_login_is_left_alone() {
    let mut external = External::new();
    let host = &external.host;
    let first = external.server.public_key();
    let (old_private, old_public) = (host.path("old"), host.path("old.pub"));
    copy(&host.private_key(), &old_private);
    copy(&host.public_key(), &old_public);

    quietly(host, &["rotate", "--env", "local", "--yes"]);
    external.assert_left_alone();
    let second = external.server.public_key();
    assert_ne!(second, first);

    // Behind its vault, as a second host would be.
    copy(&old_private, &external.host.private_key());
    copy(&old_public, &external.host.public_key());
    quietly(&external.host, &["sync", "--env", "local"]);
    external.assert_left_alone();
    assert_eq!(external.server.public_key(), second);

    quietly(&external.host, &["rollback", "--env", "local", "--yes"]);
    external.assert_left_alone();
    assert_eq!(external.server.public_key(), first);

    quietly(&external.host, &["rotate", "--env", "local", "--yes"]);
    external.assert_left_alone();
}

/// The codes of the problems that `verify` has found.
fn problems(host: &Host) -> (Option<i32>, Vec<String>) {
    let verified = host.try_spacetime_keys(&["verify", "--env", "local", "--json"]);
    let document: Value = serde_json::from_str(&verified.stdout).unwrap();
    let problems = document.get("problems").and_then(Value::as_array).unwrap();
    let codes = problems.iter().filter_map(|problem| problem.get("code")?.as_str());
    (verified.code, codes.map(str::to_owned).collect())
}

/// "Please log back in", followed: the token is good, and somebody else's.
#[test]
fn a_mistaken_login_is_refused_and_undone() {
    let (host, mut server) = host_with_a_database();
    let owner = server.owner();
    rotate(&host, &owner);
    server.restart();
    host.log_out();
    host.log_in(&server);
    assert_ne!(host.identity(), owner);

    let before = tree(&host.path(""));
    for command in [&["rotate", "--yes"][..], &["rollback", "--yes"], &["sync"]] {
        let refused = host.try_spacetime_keys(&[command, &["--env", "local"]].concat());
        assert_eq!(refused.code, Some(3), "{}", refused.output());
        assert!(refused.stderr.contains("token restore"), "{}", refused.output());
    }
    let (code, codes) = problems(&host);
    assert_eq!(code, Some(1));
    assert!(codes.iter().any(|code| code == "ERR_PUBLISHER_UNKNOWN"), "{codes:?}");
    let diagnosis = Diagnosis::of(&host, server.url(), Some(DATABASE));
    assert_eq!((diagnosis.code, diagnosis.outcome()), (Some(1), "not_owner"));
    assert!(tree(&host.path("")) == before, "a refusal changed something");

    host.spacetime_keys(&["token", "restore", "--env", "local"]);
    publish_as_the_owner(&host, &server, &owner);
    assert_verified(&host);
    rotate(&host, &owner);
    server.restart();
    publish_as_the_owner(&host, &server, &owner);
}

/// A server that nobody of this host publishes to.
#[test]
fn nobody_is_logged_in() {
    let host = Host::with_keys();
    let mut server = Server::start(&host);
    let first = server.public_key();
    for command in [&["rotate", "--yes"][..], &["sync"], &["rollback", "--yes"]] {
        quietly(&host, &[command, &["--env", "local"]].concat());
        assert!(!host.cli_toml().exists());
        quietly(&host, &["verify"]);
        server.restart();
        assert_serves_the_mounted_key(&server, &host);
    }
    assert_eq!(server.public_key(), first);

    // A later publisher is an owner like any other.
    log_in_and_publish(&host, &server);
    let owner = server.owner();
    rotate(&host, &owner);
    server.restart();
    publish_as_the_owner(&host, &server, &owner);
}

/// The CLI makes its file whatever it is asked, so a file without a token is no sign of a login. The
/// way out that is printed is one.
#[test]
fn a_cli_toml_without_a_token() {
    let host = Host::with_keys();
    let mut server = Server::start(&host);
    host.spacetime(&["server", "add", NICKNAME, "--url", server.url(), "-d", "--no-fingerprint"])
        .expect_success();
    let cli_toml = fs::read_to_string(host.cli_toml()).unwrap();
    let before = tree(&host.path(""));
    let refused = host.try_spacetime_keys(&["rotate", "--env", "local", "--yes"]);
    assert_eq!(refused.code, Some(3), "{}", refused.output());
    assert!(refused.stderr.contains("--no-preserve-publisher-token"), "{}", refused.output());
    assert!(tree(&host.path("")) == before, "a refusal changed something");

    let first = server.public_key();
    host.spacetime_keys(&["rotate", "--env", "local", "--yes", "--no-preserve-publisher-token"]);
    assert_eq!(fs::read_to_string(host.cli_toml()).unwrap(), cli_toml);
    server.restart();
    assert_serves_the_mounted_key(&server, &host);
    assert_ne!(server.public_key(), first);
    host.log_in(&server);
    let published = host.publish(NICKNAME).expect_success();
    assert!(published.stdout.contains("Created new database"), "{}", published.output());
    assert_verified(&host);
}
