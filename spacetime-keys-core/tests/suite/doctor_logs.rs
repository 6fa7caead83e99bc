//! What logs say: every kind of words that servers and the SpacetimeDB CLI have for an end, a
//! refusal and a start, as they stand in real logs; and what is made of it.

mod kinds;

use crate::doctor_model::*;
use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::{
    CheckName, KeyFilesFault, LogEvent, LogScanner, LogSeen, Outcome, State,
};
use spacetime_keys_core::server::Reason;

fn read(log: &[u8]) -> LogSeen {
    let mut whole = LogScanner::default();
    whole.push(log);
    let whole = whole.finish();
    let mut bytewise = LogScanner::default();
    for byte in log {
        bytewise.push(&[*byte]);
    }
    assert_eq!(bytewise.finish(), whole);
    whole
}

fn last(log: &str) -> Option<LogEvent> {
    read(log.as_bytes()).last.map(|last| last.event)
}

fn cause(log: &str) -> Option<LogEvent> {
    read(log.as_bytes()).cause()
}

/// A container's name in colours, and a time.
const PREFIX: &str = "\u{1b}[36mspacetimedb-1  |\u{1b}[0m 2026-11-22T21:53:06.776362Z ";
const BY_CLI: &str = "Error: Pre-publish check failed with status";

#[test]
fn every_kind_is_understood_however_it_is_shown() {
    let pair = Pair::new();
    for (line, event, outcome, status) in kinds::kinds() {
        for shown in [
            line.clone(),
            format!("noise\nspacetimedb-1  | {line}\r\n"),
            format!("{PREFIX}\u{1b}[31m{line}\u{1b}[0m\nnoise"),
            format!("[pod/spacetimedb-0/server] {line}"),
            format!("{line}\nPUBLISH_FAILED\n"),
        ] {
            assert_eq!(cause(&shown), Some(event), "{shown}");
            let scene =
                Scene { asked: false, log: Some(shown.clone().into()), ..Scene::good(&pair) };
            let diagnosis = scene.diagnose();
            assert_eq!((diagnosis.outcome, diagnosis.status), (outcome, status), "{shown}");
            assert!(!diagnosis.ok, "{shown}");
            assert!(
                !diagnosis.verdict.contains("says nothing of a publish"),
                "{}",
                diagnosis.verdict
            );
            let check = check(&diagnosis, CheckName::Log);
            assert_eq!(check.state, State::Broken);
            // What is told of a log is known words, never its text.
            let told =
                format!("{}{}{}", diagnosis.verdict, check.detail, check.hint.as_ref().unwrap());
            for secret in ["a.example", "API_KEY", "something new", "column", "/etc/"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}

#[test]
fn a_log_that_speaks_of_something_else() {
    for log in [
        "",
        "publish_success",
        "2026-11-22T21:53:06Z  INFO app: Error: user has no JSON error",
        "web-1 | JSON error: unexpected end of input",
        "web-1 | Base64",
        "Error in the middle of a line",
        "400 requests with status 200",
        // Somebody asked for the database's logs: no publish.
        "Identity does not own database, expected: c200 got: c200",
    ] {
        assert_eq!(last(log), None, "{log}");
    }
}

#[test]
fn the_bare_cli_says_how_it_ended() {
    let pair = Pair::new();
    let updated = "Uploading to local => http://127.0.0.1:3000\n\
        Checking for breaking changes...\nPublishing module...\n\
        Updated database with name: app, identity: c200\n";
    let created = updated.replace("Updated", "Created new");
    let unnamed = "Created new database with identity: c200";
    let refused = format!(
        "Uploading to local => http://127.0.0.1:3000\nChecking for breaking changes...\n{BY_CLI} \
         403 Forbidden: c200 is not authorized to perform action on database c200: update database\n"
    );
    for (log, event, outcome) in [
        (updated.to_owned(), LogEvent::Updated, Outcome::Updates),
        (created.clone(), LogEvent::Created, Outcome::Creates),
        (unnamed.to_owned(), LogEvent::Created, Outcome::Creates),
        // A refusal, and then a success, is a success.
        (format!("{refused}{updated}"), LogEvent::Updated, Outcome::Updates),
        (
            format!("{refused}PUBLISH_FAILED\n{updated}PUBLISH_SUCCESS\n"),
            LogEvent::PublishSuccess,
            Outcome::Updates,
        ),
    ] {
        assert_eq!((last(&log), cause(&log)), (Some(event), None), "{log}");
        let scene = Scene { asked: false, log: Some(log.clone().into()), ..Scene::good(&pair) };
        let diagnosis = scene.diagnose();
        assert_eq!((diagnosis.outcome, diagnosis.status), (Some(outcome), Some(200)), "{log}");
        assert!(diagnosis.ok, "{diagnosis:#?}");
    }
    let log = format!("{updated}{refused}");
    assert_eq!(last(&log), Some(LogEvent::NotAuthorized));
}

#[test]
fn the_last_word_counts() {
    let seen = read(b"x | PUBLISH_FAILED\nx | starting\nx | PUBLISH_SUCCESS\n");
    assert!(seen.is_success());
    assert_eq!((seen.last.unwrap().line, seen.reason), (3, None));
    let seen = read(b"PUBLISH_SUCCESS\r\nTokenError(Error(InvalidSignature))\r\nPUBLISH_FAILED");
    assert_eq!(seen.last.unwrap().event, LogEvent::PublishFailed);
    assert_eq!(seen.cause(), Some(LogEvent::Refused(Reason::InvalidSignature)));
    assert_eq!(seen.reason.unwrap().line, 2);
    // The second failure's reason is not told.
    assert_eq!(cause("InvalidSignature\nPUBLISH_FAILED\nPUBLISH_FAILED\n"), None);
    let both = read(b"PUBLISH_FAILED: 401 InvalidSignature\n");
    assert_eq!(both.last.unwrap().event, LogEvent::PublishFailed);
    assert_eq!(both.cause(), Some(LogEvent::Refused(Reason::InvalidSignature)));
    // The CLI's own words say less than the cause under them, or the server's above.
    for log in [
        "Error: HTTP status server error (500 Internal Server Error) for url\n\
         `c2` does not own database `c2`",
        "ERROR internal error: `c2` does not own database `c2`\n\
         Error: HTTP status server error (500 Internal Server Error) for url",
    ] {
        assert_eq!(cause(log), Some(LogEvent::NotOwner), "{log}");
    }
    // An attempt of its own, which did not get as far.
    let log = "Uploading to x\n`c2` does not own database `c2`\nUploading to x\n\
        Error: error sending request for url (x)";
    assert_eq!(cause(log), Some(LogEvent::NoConnection));
    // Another program's error after a publish is none of its.
    assert_eq!(
        last("Publishing module...\nPUBLISH_SUCCESS\nweb-1 | Error: listen EADDRINUSE"),
        Some(LogEvent::PublishSuccess)
    );
}

/// Servers note other clients' bad tokens, too: that is no publish's end.
#[test]
fn what_a_server_notes_in_passing() {
    let note = "2026-04-13T13:43:47Z  WARN crates/core/src/auth/token_validation.rs:216: \
        Error fetching public key for issuer https://a.example: FetchError";
    let issuer = Some(LogEvent::Refused(Reason::IssuerKeys));
    assert_eq!(last(&format!("PUBLISH_SUCCESS\n{note}\n")), Some(LogEvent::PublishSuccess));
    // Before a failure that says nothing it is the reason, and by itself it is all that there is.
    assert_eq!(cause(&format!("{note}\nPUBLISH_FAILED\n")), issuer);
    assert_eq!(cause(&format!("{note}\n{BY_CLI} 401 Unauthorized: new words\n")), issuer);
    assert_eq!(cause(note), issuer);
    assert_eq!(last(note), issuer);
}

#[test]
fn a_server_that_does_not_start_and_one_that_has() {
    let refuses = "Error: InvalidKeyFormat";
    let starts = "DEBUG start.rs:159: Starting SpacetimeDB listening on 0.0.0.0:3000";
    let form = Some(LogEvent::KeyFiles(KeyFilesFault::Form));
    assert_eq!(last(&format!("PUBLISH_SUCCESS\n{refuses}")), form);
    // The publisher finds nobody: because the server is down.
    let log = format!(
        "{refuses}\nUploading to x\nError: error sending request for url (x)\nPUBLISH_FAILED"
    );
    assert_eq!(cause(&log), form);
    // It has its keys by now; what was before counts again.
    assert_eq!(
        last(&format!("PUBLISH_SUCCESS\n{refuses}\n{refuses}\n{starts}")),
        Some(LogEvent::PublishSuccess)
    );
    assert_eq!(last(&format!("{refuses}\n{starts}")), None);
    // Mounted files in such a form are repaired, and the server is started again.
    let pair = Pair::new();
    let escaped = pair.private.replace('\n', "\\n");
    let scene = Scene {
        asked: false,
        log: Some(refuses.into()),
        files: Some((Some(escaped), Some(pair.public.clone()))),
        ..Scene::good(&pair)
    };
    let typed: Vec<_> = scene.diagnose().remedy.iter().map(ToString::to_string).collect();
    assert_eq!(
        typed,
        [
            "spacetime-keys key normalize --write keys/id_ecdsa keys/id_ecdsa.pub",
            "docker compose restart",
        ]
    );
    // A token is not judged by it.
    let stranger = cli_toml(Some(&Pair::new().token("owner")), &[]);
    let scene = Scene {
        asked: false,
        log: Some(refuses.into()),
        cli_toml: Some(stranger),
        ..Scene::good(&pair)
    };
    assert_eq!(scene.diagnose().remedy, []);
}

#[test]
fn prefixes_colours_and_bytes_that_are_no_text() {
    let who = Identity::from_claims("localhost", "someone");
    let line = format!(
        "publisher-1  | \u{1b}[2m2026-11-22T04:16:00Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m `{who}` does \
         \u{1b}[1mnot own\u{1b}[0m database `c200`"
    );
    let seen = read(&[&b"\xff\xfe"[..], line.as_bytes(), b"\xc3\n\x1b["].concat());
    assert_eq!((seen.cause(), seen.refused), (Some(LogEvent::NotOwner), Some(who)));
    let line = format!("{who} is not authorized to perform action on database {who}: update");
    assert_eq!(
        (cause(&line), read(line.as_bytes()).refused),
        (Some(LogEvent::NotAuthorized), Some(who))
    );
}

/// A log that is followed is judged by what has come so far.
#[test]
fn what_has_come_so_far() {
    let mut scanner = LogScanner::default();
    scanner.push(b"Uploading\nPUBLISH_SUC");
    assert_eq!(scanner.last(), None);
    // The publisher tries again until the server is there.
    scanner.push(b"\nError: error sending request for url (x)\nPUBLISH_SUC");
    assert_eq!(scanner.last(), None);
    scanner.push(b"CESS\nmore");
    assert_eq!(scanner.last(), Some(LogEvent::PublishSuccess));
}
