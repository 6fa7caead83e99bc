//! Which server and database `doctor` asks about where nobody types them, and what it calls them.

use std::fs;
use std::process::Command;

use serde_json::json;
use spacetime_keys_core::Identity;
use spacetime_keys_stand_ins::plain::{NOBODY, Plain};

use super::PATIENT;
use super::live::Live;
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, Run};

fn owner() -> Identity {
    Identity::parse(IDENTITY).unwrap()
}

/// The real host and its server, which `cli.toml` calls `mine`.
fn world() -> (Host, Plain) {
    let host = Host::new();
    let server = Live::serve(&host, owner()).server;
    let address = server.url.trim_start_matches("http://");
    host.write(CLI_TOML, host.read(CLI_TOML).replace("127.0.0.1:3103", address));
    (host, server)
}

#[track_caller]
fn ask(command: &mut Command, arguments: &[&str], exit: i32) -> (Run, serde_json::Value) {
    let run = Run::of(command.args(["doctor", "--json"]).args(PATIENT).args(arguments), b"");
    assert_eq!(run.status, Some(exit), "{arguments:?}: {run:?}");
    let said = run.json();
    (run, said)
}

fn command(host: &Host) -> Command {
    host.command(&[] as &[&str])
}

#[test]
fn a_server_by_its_url_its_host_and_its_nickname() {
    let (host, server) = world();
    let address = server.url.trim_start_matches("http://");
    let localhost = address.replace("127.0.0.1", "localhost");
    for name in [&*server.url, address, &localhost, "mine", &format!("{}/", server.url)] {
        let (_, said) = ask(&mut command(&host), &["--server", name, "--database", "app"], 0);
        assert_eq!(said["outcome"], "updates", "{name}: {said:#}");
        assert_eq!(said["asked"]["server_from"], "argument");
    }
    // `local` is a known name; what listens at its port is another matter.
    let (_, said) = ask(&mut command(&host), &["--server", NOBODY], 1);
    assert_eq!(said["asked"]["server"], format!("http://{NOBODY}"));
}

#[test]
fn names_that_are_no_servers() {
    let (host, server) = world();
    for (name, words) in [
        ("db.example.com:3000", "`http://` or `https://` is missing"),
        ("nobody", "no saved server has this nickname"),
        ("ftp://db.example.com", "begins with `http://`"),
        ("http://me:keep-me@db.example.com", "a user name"),
        ("http://db.example.com/?keep-me", "a query"),
        ("", "no saved server"),
    ] {
        let (run, said) = ask(&mut command(&host), &["--server", name], 2);
        let error = &said["error"];
        assert_eq!(error["code"], "ERR_SERVER_NAME");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("--server: ") && message.contains(words), "{message}");
        let hint = error["hint"].as_str().unwrap();
        assert!(
            hint.contains("http://HOST:PORT") && hint.contains("local, maincloud, mine"),
            "{hint}"
        );
        assert!(!run.stdout.contains("keep-me") && !run.stdout.contains("example.com"), "{run:?}");
    }
    assert!(server.take().is_empty());
}

#[test]
fn without_arguments_the_default_server_is_asked() {
    let (host, server) = world();
    let before = host.tree();
    let (run, said) = ask(&mut command(&host), &[], 0);
    assert_eq!(said["asked"]["server"], server.url.as_str());
    assert_eq!(said["asked"]["server_from"], "default_server");
    assert_eq!(said["asked"]["database"], json!(null));
    assert!(run.stderr.contains("(default_server of cli.toml)"), "{run:?}");
    assert_eq!(host.tree(), before);
    // A nickname, too; and one that is none is said to be that.
    let default = |name: &str| {
        let address = server.url.trim_start_matches("http://");
        let content = host.read(CLI_TOML);
        let old = format!("default_server = \"{address}\"");
        host.write("other.toml", content.replace(&old, &format!("default_server = \"{name}\"")));
        ["--cli-toml", "other.toml"]
    };
    let (_, said) = ask(&mut command(&host), &default("mine"), 0);
    assert_eq!(said["asked"]["server"], server.url.as_str());
    let (_, said) = ask(&mut command(&host), &default("gone"), 2);
    let message = said["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("default_server of cli.toml: "), "{message}");
}

#[test]
fn where_nothing_names_a_server() {
    let host = Host::empty();
    let (_, said) = ask(command(&host).env("HOME", host.path("home")), &[], 2);
    assert_eq!(said["error"]["code"], "ERR_USAGE");
    let hint = said["error"]["hint"].as_str().unwrap();
    for place in [
        "--server",
        "[host] server",
        "spacetime.json",
        "data/.config/spacetime/cli.toml",
        "home/.config/spacetime",
        "/stdb/config",
    ] {
        assert!(hint.contains(place), "{place}: {hint}");
    }
    // A log needs none.
    host.write("log", "PUBLISH_SUCCESS\n");
    let (_, said) = ask(&mut command(&host), &["--logs", "log"], 0);
    assert_eq!(said["asked"]["server"], json!(null));
}

#[test]
fn a_project_names_server_and_database() {
    let (host, server) = world();
    host.write(
        "spacetime.json",
        "// ours\n{ server: 'local', database: 'wrong', env: { KEY: 'keep-me' }, }",
    );
    host.write("spacetime.local.json", "{ \"server\": \"mine\" }");
    host.write("spacetime.dev.json", "{ database: 'app' }");
    let (run, said) = ask(&mut command(&host), &["--env", "dev"], 0);
    assert_eq!(said["outcome"], "updates", "{said:#}");
    assert_eq!(
        (&said["asked"]["server_from"], &said["asked"]["database_from"]),
        (&json!("project"), &json!("project"))
    );
    assert!(run.stderr.contains("app (spacetime.json)"), "{run:?}");
    assert!(!run.stdout.contains("keep-me") && !run.stderr.contains("keep-me"), "{run:?}");
    // The base by itself has another.
    let (_, said) = ask(&mut command(&host), &[], 0);
    assert_eq!(said["asked"]["database"], "wrong");
    // Arguments count more. From a folder below, too.
    fs::create_dir_all(host.path("src/deep")).unwrap();
    let mut below = command(&host);
    below.current_dir(host.path("src/deep"));
    let files = ["--cli-toml", "../../data/.config/spacetime/cli.toml", "--database", "app"];
    let (_, said) = ask(&mut below, &files, 0);
    assert_eq!(said["asked"]["server"], server.url.as_str(), "{said:#}");
    assert_eq!(said["asked"]["database_from"], "argument");
}

#[test]
fn a_project_with_several_databases() {
    let (host, _server) = world();
    host.write(
        "spacetime.json",
        "{ server: 'mine', children: [ { database: 'app' }, { database: 'b' } ] }",
    );
    let (run, said) = ask(&mut command(&host), &[], 0);
    assert_eq!(said["asked"]["database"], json!(null));
    assert!(run.stderr.contains("--database: app, b"), "{run:?}");
    let (_, said) = ask(&mut command(&host), &["--database", "app"], 0);
    assert_eq!(
        (&said["outcome"], &said["asked"]["server_from"]),
        (&json!("updates"), &json!("project"))
    );
}

#[test]
fn an_anonymous_project() {
    let (host, _server) = world();
    host.write("spacetime.json", "{ server: 'mine', database: 'app', anonymous: true }");
    let (_, said) = ask(&mut command(&host), &[], 1);
    assert_eq!((&said["outcome"], &said["status"]), (&json!("not_owner"), &json!(403)), "{said:#}");
    assert!(said["verdict"].as_str().unwrap().contains("`anonymous: true`"), "{said:#}");
    assert_eq!((&said["remedy"], &said["cures"]), (&json!([]), &json!(false)));
    // Another database is none of the project's.
    let (_, said) = ask(&mut command(&host), &["--database", "new"], 0);
    assert_eq!(said["outcome"], "creates", "{said:#}");
}

/// A project may be somebody else's work: it sends the token to nobody who is not known.
#[test]
fn a_project_leads_the_token_nowhere() {
    let (host, _server) = world();
    host.write("spacetime.json", "{ server: 'http://evil.example', database: 'app' }");
    let (_, said) = ask(&mut command(&host), &[], 3);
    assert_eq!(said["error"]["code"], "ERR_PROJECT_SERVER");
    assert!(!said.to_string().contains("evil"), "{said:#}");
    // One that everybody may write is not taken at all.
    host.write("spacetime.json", "{ server: 'local', database: 'theirs' }");
    host.set_mode("spacetime.json", 0o666);
    let (_, said) = ask(&mut command(&host), &[], 0);
    assert_eq!(said["asked"]["server_from"], "default_server", "{said:#}");
    assert!(said["checks"].to_string().contains("everybody may write it"), "{said:#}");
    host.set_mode("spacetime.json", 0o644);
    // And one that is damaged is a finding, for the SpacetimeDB CLI does not get past it.
    host.write("spacetime.json", "{ database: 'keep-me");
    let (run, said) = ask(&mut command(&host), &[], 1);
    assert!(said["checks"].to_string().contains("not JSON5"), "{said:#}");
    assert!(!run.stdout.contains("keep-me"), "{run:?}");
}

/// One container, or a plain `spacetime start`: the CLI's own folder has all.
#[test]
fn the_usual_places() {
    let (host, server) = world();
    let usual = "home/.config/spacetime";
    fs::create_dir_all(host.path(usual)).unwrap();
    for (from, name) in [(CLI_TOML, "cli.toml"), (PRIVATE, "id_ecdsa"), (PUBLIC, "id_ecdsa.pub")] {
        fs::rename(host.path(from), host.path(&format!("{usual}/{name}"))).unwrap();
    }
    host.remove("data");
    host.remove(".generated");
    let home = host.path("home");
    let (run, said) = ask(command(&host).env("HOME", &home), &["--database", "app"], 0);
    assert_eq!(said["asked"]["server"], server.url.as_str(), "{said:#}");
    assert!(run.stderr.contains("(found in a usual place)"), "{run:?}");
    let mounted = |said: &serde_json::Value| said["checks"].to_string().contains("a pair, ");
    assert!(mounted(&said), "{said:#}");
    // What is done there names the files.
    let key = spacetime_keys_core::PrivateKey::generate().unwrap();
    let old = host.read(&format!("{usual}/cli.toml"));
    let claims = json!({ "iss": "localhost", "sub": "somebody", "iat": 1 });
    let token = crate::common::token(&key, &claims);
    let begin = old.find("spacetimedb_token = \"").unwrap() + 21;
    let end = begin + old[begin..].find('"').unwrap();
    host.write(&format!("{usual}/cli.toml"), format!("{}{token}{}", &old[..begin], &old[end..]));
    let (_, said) = ask(command(&host).env("HOME", &home), &[], 1);
    let remedy = said["remedy"].to_string();
    assert!(
        remedy
            .contains(&format!("--cli-toml {}", home.join(".config/spacetime/cli.toml").display())),
        "{said:#}"
    );
    // What is named is meant, though it is not there.
    let named = ["--cli-toml", "data/cli.toml", "--server", &server.url];
    let (_, said) = ask(command(&host).env("HOME", &home), &named, 1);
    assert_eq!(said["asked"]["cli_toml"], "data/cli.toml");
}

/// What stands in the place of another thing is said to.
#[test]
fn true_reasons() {
    let (host, server) = world();
    let check = |arguments: &[&str], name: &str| {
        let (_, said) = ask(&mut command(&host), arguments, 1);
        let checks = said["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == name).unwrap().to_string()
    };
    let said = check(&["--keys-dir", PRIVATE], "mounted_keys");
    assert!(said.contains("name the folder"), "{said}");
    let said = check(&["--cli-toml", "data", "--server", "http://127.0.0.1:9"], "cli_toml");
    assert!(said.contains("is a directory"), "{said}");
    let path = format!("{}/database/app", server.url);
    let said = check(&["--server", &path], "server");
    assert!(said.contains("without the path"), "{said}");
    #[cfg(feature = "aws-lc-rs")]
    {
        let https = server.url.replace("http:", "https:");
        let said = check(&["--server", &https], "server");
        assert!(said.contains("does not speak https") && said.contains("http://"), "{said}");
    }
}
