//! `--restart`: the server takes up what a run has mounted, and is asked whether it did. The real
//! server: `tests/real-server/restart.rs`.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use spacetime_keys_core::Identity;
use spacetime_keys_stand_ins::plain::{Plain, reply};

use crate::common::{CLI_TOML, Host, IDENTITY, PUBLIC, Run};
use crate::doctor::live::{Live, RESTART};
use crate::doctor::standin::Standin;

/// Does nothing at its first run, and restarts the server at each later one.
const AT_THE_SECOND: &str = "if [ -e once ]; then touch restart; fi; touch once";
const ROTATE: [&str; 4] = ["rotate", "--env", "local", "--yes"];

/// A host that rotated once, its server, which has that pair, and a configuration that names both.
fn world(command: &str) -> (Host, Live) {
    let host = Host::rotated("local");
    let live = Live::serve(&host, Identity::parse(IDENTITY).unwrap());
    configure(&host, &live.server.url, command);
    (host, live)
}

fn configure(host: &Host, url: &str, command: &str) {
    let text = format!("[host]\nserver = {url:?}\ndatabase = \"app\"\nrestart = {command:?}\n");
    host.write("spacetime-keys.toml", text);
}

fn fingerprint(host: &Host) -> String {
    host.run(&["key", "fingerprint", "--json", PUBLIC]).success().json()["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A run, its exit code, and its one document.
#[track_caller]
fn told(host: &Host, arguments: &[&str], exit: i32) -> (Run, Value) {
    let run = host.run(&[arguments, &["--json"]].concat());
    assert_eq!(run.status, Some(exit), "{run:?}");
    let document = run.json();
    (run, document)
}

#[test]
fn the_server_is_restarted_and_proven() {
    let (host, _live) = world(RESTART);
    let before = fingerprint(&host);
    let (_, report) = told(&host, &[&ROTATE[..], &["--restart"]].concat(), 0);
    let now = fingerprint(&host);
    assert_ne!(before, now);
    let server = &report["server"];
    assert_eq!(server["ok"], true, "{report:#}");
    assert_eq!(server["restarted"], true);
    assert_eq!(
        (&server["served_fingerprint"], &server["outcome"]),
        (&json!(now), &json!("updates"))
    );
    assert_eq!(report.get("rolled_back"), None);
    assert!(!report["next"].to_string().contains("Restart the server"), "{report:#}");

    // It has the key by now: nothing is restarted for nothing.
    let (_, report) = told(&host, &["sync", "--env", "local", "--restart", "exit 1"], 0);
    assert_eq!(
        (&report["server"]["ok"], &report["server"]["restarted"]),
        (&json!(true), &json!(false))
    );

    let text = host.run(&["rollback", "--env", "local", "--yes", "--restart"]).success().stdout;
    assert!(text.contains("server: proven http://127.0.0.1:"), "{text}");
    assert_eq!(fingerprint(&host), before);
}

#[test]
fn a_server_that_goes_on_with_the_key_before() {
    let (host, _live) = world(RESTART);
    let before = fingerprint(&host);
    let stale = ["--restart", "true", "--wait", "1s"];
    let (_, report) = told(&host, &[&ROTATE[..], &stale].concat(), 1);
    let server = &report["server"];
    assert_eq!((&server["ok"], &server["served_fingerprint"]), (&json!(false), &json!(before)));
    assert!(server["verdict"].as_str().unwrap().contains("serves another key"), "{report:#}");
    assert_ne!(fingerprint(&host), before, "the rotation is done");
    assert_eq!(report.get("rolled_back"), None, "nobody said so");

    // What it says is one command to get back.
    let hint = report["next"][0].as_str().unwrap();
    let back = hint.split('`').find(|part| part.contains("rollback")).unwrap();
    let back: Vec<_> = back.split(' ').skip(1).chain(["--yes"]).collect();
    let (_, report) = told(&host, &back, 0);
    assert_eq!(report["server"]["ok"], true, "{report:#}");
    assert_eq!(fingerprint(&host), before);
}

#[test]
fn the_pair_before_is_brought_back() {
    let (host, _live) = world(AT_THE_SECOND);
    let before = fingerprint(&host);
    let wish = ["--restart", "--rollback-on-failure", "--wait", "1s"];
    let (_, report) = told(&host, &[&ROTATE[..], &wish].concat(), 1);
    assert_eq!(report["server"]["ok"], false, "{report:#}");
    let back = &report["rolled_back"];
    assert_eq!(
        (&back["operation"], &back["server"]["ok"]),
        (&json!("rollback"), &json!(true)),
        "{report:#}"
    );
    assert_eq!(fingerprint(&host), before);
    host.run(&["verify", "--env", "local"]).success();
    let asked = host.run(&["doctor", "--timeout", "10m"]).success();
    assert!(asked.stdout.contains("update"), "{asked:?}");

    // A person reads it in one line each.
    let (host, _live) = world(AT_THE_SECOND);
    let run = host.run(&[&ROTATE[..], &wish, &["-q"]].concat());
    assert_eq!(run.status, Some(1), "{run:?}");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("rotate: done") && lines[1].starts_with("server: NOT PROVEN"),
        "{run:?}"
    );
    assert!(
        lines[2].starts_with("rollback: done") && lines[3].starts_with("server: proven"),
        "{run:?}"
    );
}

#[test]
fn a_rollback_that_fails_says_so() {
    let (host, _live) = world(RESTART);
    // The restart command of a person who mounts another pair by hand: a rollback is refused for that.
    let meddles = "cp .generated/spacetimedb-keys/id_ecdsa.pub x; echo broken > .generated/spacetimedb-keys/id_ecdsa";
    let wish = ["--rollback-on-failure", "--wait", "0", "--restart", meddles];
    let (_, report) = told(&host, &[&ROTATE[..], &wish].concat(), 1);
    assert_eq!(report["rolled_back"]["error"]["code"], "ERR_MOUNTED_UNSOUND", "{report:#}");
    assert!(!report["rolled_back"]["error"]["hint"].as_str().unwrap().is_empty());
}

#[test]
fn what_stands_in_the_servers_place() {
    let page = Plain::serve(|_, stream| {
        reply(stream, "200 OK\r\nContent-Type: text/html", "<html>");
    });
    for (url, expected) in [
        ("http://127.0.0.1:9", "does not answer: no connection"),
        (&page.url, "is not what answers: an HTML page came"),
    ] {
        let host = Host::rotated("local");
        configure(&host, url, "true");
        let (_, report) = told(&host, &[&ROTATE[..], &["--restart", "--wait", "1s"]].concat(), 1);
        let verdict = report["server"]["verdict"].as_str().unwrap();
        assert!(verdict.contains(expected), "{report:#}");
        assert_eq!(report["server"]["served_fingerprint"], Value::Null);
    }
}

#[test]
fn a_command_that_fails_and_a_token_that_is_refused() {
    let (host, _live) = world("touch restart; exit 3");
    let (_, report) = told(&host, &[&ROTATE[..], &["--restart"]].concat(), 0);
    let failed = report["server"]["failed"].as_str().unwrap();
    assert!(
        failed.contains('3'),
        "the server has the key all the same; still it is told: {report:#}"
    );

    // The key is right, and a publish would not go well: that is no failure of the restart.
    let host = Host::rotated("local");
    let public = host.path(PUBLIC);
    let server = Plain::serve(move |request, stream| {
        let refusal = Some((401, "TokenError(Error(InvalidSignature))".to_owned()));
        let standin = Standin {
            refusal,
            ..Standin::new(std::fs::read_to_string(&public).unwrap(), &IDENTITY)
        };
        let (head, body) = standin.answer(request);
        reply(stream, &head, body);
    });
    configure(&host, &server.url, "true");
    let wish = ["--restart", "--rollback-on-failure"];
    let (_, report) = told(&host, &[&ROTATE[..], &wish].concat(), 1);
    assert_eq!(report["server"]["outcome"], "unauthorized", "{report:#}");
    assert_eq!(report.get("rolled_back"), None, "another pair would not cure that");
    // A user who leaves the token as it is has not asked about it.
    let leaves = [&ROTATE[..], &["--restart", "--no-preserve-publisher-token"]].concat();
    let (_, report) = told(&host, &leaves, 0);
    assert_eq!(report["server"]["outcome"], Value::Null, "{report:#}");
}

#[test]
fn nothing_is_begun_that_cannot_be_ended() {
    let (host, _live) = world(RESTART);
    let (_, report) = told(&host, &[&ROTATE[..], &["--restart", "--dry-run"]].concat(), 0);
    let next = report["next"].to_string();
    assert!(next.contains("touch restart") && next.contains("1m"), "{next}");
    assert!(!host.path("restart").exists());

    let before = fingerprint(&host);
    let usage = |text: &str, more: &[&str], expected: &str| {
        host.write("spacetime-keys.toml", text);
        let run = host.run(&[&ROTATE[..], more].concat());
        assert_eq!(run.status, Some(2), "{run:?}");
        assert!(run.stderr.contains(expected), "{expected}: {run:?}");
        assert_eq!(fingerprint(&host), before);
    };
    let server = "[host]\nserver = \"http://127.0.0.1:9\"\n";
    usage(server, &["--restart"], "it is not known how to restart the server");
    usage(server, &["--restart", " "], "it is not known how to restart the server");
    let nameless = host.read(CLI_TOML).replace("default_server", "was_default_server");
    host.write(CLI_TOML, nameless);
    usage("", &["--restart", "true"], "no server is named");
    usage(server, &["--wait", "5s"], "--restart");
    usage(server, &["--rollback-on-failure"], "--restart");
    usage(server, &["--restart", "true", "--no-sync-mounted-keys"], "cannot be used with");
    usage(
        server,
        &["--restart", "true", "--compromised", "--rollback-on-failure"],
        "--compromised",
    );
}

#[test]
fn a_run_that_was_killed_while_it_waited() {
    let (host, _live) = world("touch asked; while [ -e asked ]; do sleep 0.05; done");
    let before = fingerprint(&host);
    let mut command = host.command(&[&ROTATE[..], &["--restart"]].concat());
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    while !host.path("asked").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it waits for its command");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(host.path("asked")).unwrap();
    assert_ne!(fingerprint(&host), before, "the rotation was done before");
    // Nothing is unfinished but the restart.
    assert_eq!(
        told(&host, &["resume"], 0).1["next"][0].as_str().unwrap().split(';').next(),
        Some("no run was interrupted")
    );
    let (_, report) = told(&host, &["sync", "--env", "local", "--restart", RESTART], 0);
    assert_eq!(
        (&report["server"]["ok"], &report["server"]["restarted"]),
        (&json!(true), &json!(true))
    );
}
