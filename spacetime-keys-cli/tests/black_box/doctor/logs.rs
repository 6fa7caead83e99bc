//! `--logs`: what real programs printed while somebody published, as it is and as containers show it.

use std::fs;
use std::path::Path;

use super::standin::Standin;
use crate::common::{Host, Run};

/// The refusal of servers 2.x, as their CLI prints it; see `publish-answers.jsonl`.
const NOT_AUTHORIZED: &str = "Error: Pre-publish check failed with status 403 Forbidden: \
    c200824422f76c45df85cdd48fba24af4e8e0a034dd0dc1523c7eec7dd066948 is not authorized to perform \
    action on database c200b82f4e9d3e265a4480f924dd3977bc7ec148707251c4d4c1434d4f27afeb: update database\n";

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/logs");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A publish by the guide's publisher: what the CLI said, and its own last word.
fn published(cli: &str, word: &str) -> String {
    format!("{}{word}\n", fixture(cli))
}

fn succeeded() -> String {
    published("cli-1.3-updated.log", "PUBLISH_SUCCESS")
}

fn invalid_signature() -> String {
    published("cli-1.3-invalid-signature.log", "PUBLISH_FAILED")
}

fn not_owner() -> String {
    published("cli-1.3-not-owner.log", "PUBLISH_FAILED")
}

/// The same log as it is shown elsewhere.
fn variants(log: &str) -> Vec<(&'static str, Vec<u8>)> {
    let every_line = |change: &dyn Fn(&str) -> String| -> String {
        log.lines().map(change).collect::<Vec<_>>().join("\n") + "\n"
    };
    let prefixed = |prefix: &str| every_line(&|line| format!("{prefix}{line}"));
    let coloured = every_line(&|line| format!("\u{1b}[31m{line}\u{1b}[0m"));
    vec![
        ("as it is", log.into()),
        ("compose", prefixed("spacetimedb-1  | ").into()),
        ("compose in colours", prefixed("\u{1b}[36mspacetimedb-1  |\u{1b}[0m ").into()),
        ("compose with times", prefixed("spacetimedb-1  | 2026-11-22T21:53:06.776362Z ").into()),
        ("kubernetes", prefixed("[pod/spacetimedb-0/server] ").into()),
        ("coloured lines", coloured.into()),
        ("CRLF", log.replace('\n', "\r\n").into()),
        ("no newline at the end", log.trim_end().into()),
        ("noise before", [&b"\xff\xfe\x00 pulling image\n"[..], log.as_bytes()].concat()),
    ]
}

/// Asks only about a log: as a file, then through standard input.
#[track_caller]
fn read(log: &[u8], case: &str) -> Run {
    let host = Host::empty();
    host.write("publish.log", log);
    let before = host.tree();
    let from_file = host.run(&["doctor", "--json", "--logs", "publish.log"]);
    let from_stdin = Run::of(&mut host.command(&["doctor", "--json", "--logs", "-"]), log);
    assert_eq!(from_file.status, from_stdin.status, "{case}");
    assert_eq!(from_file.json(), from_stdin.json(), "{case}");
    assert_eq!(host.tree(), before, "{case}");
    from_file
}

#[test]
fn what_came_last() {
    let server = fixture("server-1.2-not-owner.log");
    let cases = [
        ("success", succeeded(), 0, ("updates", 200), "PUBLISH_SUCCESS"),
        ("bare", fixture("cli-1.3-updated.log"), 0, ("updates", 200), "Updated database with"),
        ("bare, new", fixture("cli-1.3-created.log"), 0, ("creates", 200), "Created new database"),
        (
            "bare, refused and then well",
            NOT_AUTHORIZED.to_owned() + &fixture("cli-1.3-updated.log"),
            0,
            ("updates", 200),
            "Updated database with",
        ),
        ("401", invalid_signature(), 1, ("unauthorized", 401), "InvalidSignature"),
        ("not the owner", not_owner(), 1, ("not_owner", 500), "does not own database"),
        ("the server's own log", server, 1, ("not_owner", 500), "does not own database"),
        (
            "2.x",
            format!("{NOT_AUTHORIZED}PUBLISH_FAILED\n"),
            1,
            ("not_owner", 403),
            "not authorized to perform action",
        ),
        ("failed, then well", invalid_signature() + &succeeded(), 0, ("updates", 200), "SUCCESS"),
        ("well, then 401", succeeded() + &invalid_signature(), 1, ("unauthorized", 401), "Invalid"),
        (
            "401, then logged in anew",
            invalid_signature() + &not_owner(),
            1,
            ("not_owner", 500),
            "does not own database",
        ),
    ];
    let mut read_logs = 0;
    for (case, log, exit, (outcome, status), words) in cases {
        for (variant, log) in variants(&log) {
            let case = format!("{case}, {variant}");
            let run = read(&log, &case);
            assert_eq!(run.status, Some(exit), "{case}: {run:?}");
            let said = run.json();
            let text = |name: &str| said.get(name).unwrap().clone();
            assert_eq!(
                (text("outcome"), text("status")),
                (outcome.into(), status.into()),
                "{case}"
            );
            let shown = said.get("checks").unwrap().to_string();
            assert!(shown.contains(words), "{case}: {shown}");
            assert!(exit == 0 || !shown.contains("spacetime login"), "{case}: {shown}");
            read_logs += 2;
        }
    }
    println!("{read_logs} logs read");
}

/// Logs as people had them, each with what must be told of it.
#[test]
fn logs_from_the_field() {
    let refused = "Error: Pre-publish check failed with status 401 Unauthorized:";
    let expired = format!("{refused} Invalid token: ExpiredSignature\n");
    let issuer = "https://abc.example/auth/v1";
    let fetch = format!("Error fetching public key for issuer {issuer}");
    let fetch = format!(
        "2026-04-13T13:43:47Z  WARN crates/core/src/auth/token_validation.rs:216: {fetch}: \
         FetchError\n{refused} {fetch}\n"
    );
    for (log, outcome, verdict) in [
        (expired, Some("unauthorized"), "the token has expired"),
        (fetch, Some("unauthorized"), "could not read the keys of the token's issuer"),
        (
            "spacetimedb-1  | Error: InvalidKeyFormat\n".to_owned(),
            Some("unreachable"),
            "cannot use its key files",
        ),
        ("error: could not compile `module`\n".to_owned(), None, "ends in an error"),
    ] {
        for (variant, log) in variants(&log) {
            let case = format!("{verdict}, {variant}");
            let run = read(&log, &case);
            assert_eq!(run.status, Some(1), "{case}: {run:?}");
            let said = run.json();
            assert_eq!(said["outcome"].as_str(), outcome, "{case}: {said:#}");
            assert!(said["verdict"].as_str().unwrap().contains(verdict), "{case}: {said:#}");
            assert!(!run.stdout.contains("says nothing of a publish"), "{case}: {said:#}");
            assert!(!run.stdout.contains(issuer), "{case}: {said:#}");
        }
    }
}

#[test]
fn a_log_without_a_publish() {
    for log in ["", "\n\n", "starting\nlistening on 0.0.0.0:3000\n", "\u{1b}[31m\u{1b}["] {
        let run = read(log.as_bytes(), log);
        assert_eq!(run.status, Some(1), "{log:?}: {run:?}");
        assert_eq!(run.json().get("outcome"), Some(&serde_json::Value::Null), "{log:?}");
    }
    // It failed, and does not say why.
    let run = read(b"PUBLISH_FAILED\n", "failed");
    assert_eq!(run.status, Some(1), "{run:?}");
    let host = Host::empty();
    let run = host.run(&["doctor", "--json", "--logs", "missing.log"]);
    assert_eq!(run.status, Some(4), "{run:?}");
}

/// The log and the server together: the present counts, and the log is one check of it.
#[test]
fn beside_a_server() {
    let host = Host::new();
    let url = Standin::of(&host).serve().url;
    let ask = |log: String| {
        host.write("publish.log", log);
        let arguments = ["--server", &url, "--database", "app", "--logs", "publish.log"];
        super::doctor(&host, &arguments)
    };
    let said = ask(succeeded());
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!((said.run.status, said.check("log").0), (Some(0), Some(true)));
    // It has been repaired since; but the log still ends in a failure: no success yet.
    let said = ask(invalid_signature());
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!((said.run.status, said.check("log").0), (Some(1), Some(false)));
}

/// A log of any size is read as it comes.
#[test]
fn a_large_log() {
    let mut log = "spacetimedb-1  | nothing to see here, one line like the other\n".repeat(500_000);
    log.push_str(&invalid_signature());
    let run = read(log.as_bytes(), "large");
    assert_eq!(run.json().get("outcome").unwrap(), "unauthorized");
    let one_line = "x".repeat(8 << 20) + "PUBLISH_SUCCESS";
    assert_eq!(read(one_line.as_bytes(), "one line").status, Some(0));
}
