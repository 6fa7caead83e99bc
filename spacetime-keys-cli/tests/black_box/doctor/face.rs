//! How `doctor` looks to a person: marks, one line, widths; and what it could not see.

use super::standin::Standin;
use super::{PATIENT, Said};
use crate::common::{Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE, Unprivileged};

fn url(host: &Host) -> String {
    Standin::of(host).serve().url
}

fn ask(host: &Host, more: &[&str]) -> Run {
    let asked = ["doctor", "--server", &url(host), "--database", "app"];
    host.run(&[&asked[..], &PATIENT, more].concat())
}

#[test]
fn marks_and_lines() {
    let host = Host::rotated("local");
    host.set_mode(PRIVATE, 0o644);
    let run = ask(&host, &[]);
    assert_eq!(run.status, Some(1), "{run:?}");
    let marked = |mark: &str| run.stdout.lines().filter(|line| line.starts_with(mark)).count();
    assert!(marked("ok   ") > 3 && marked("FAIL ") == 1 && marked("no ") == 0, "{}", run.stdout);
    for line in run.stdout.lines().filter(|line| !line.starts_with("  ")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let unseen = ask(&Host::new(), &["--keys-dir", "gone"]);
    assert!(unseen.stdout.contains("\nFAIL mounted keys"), "{}", unseen.stdout);
    let unnamed = host.run(&["doctor", "--server", &url(&host)]);
    assert!(unnamed.stdout.contains("\n?    database"), "{}", unnamed.stdout);
}

#[test]
fn quiet_is_the_verdict() {
    let host = Host::rotated("local");
    let run = ask(&host, &["-q"]);
    assert_eq!(
        (run.status, &*run.stdout),
        (Some(0), "a publish would update the database, as far as permission goes (200)\n")
    );
    assert_eq!(host.run(&["verify", "--env", "local", "-q"]).stdout, "ok\n");
    let run = host.run(&["rotate", "--env", "local", "--yes", "-q"]).success();
    assert!(
        run.stdout.starts_with("rotate: done and proven ") && run.stdout.lines().count() == 1,
        "{run:?}"
    );
    assert_eq!(run.stderr, "");
    host.remove(PUBLIC);
    let run = host.run(&["verify", "--env", "local", "-q"]);
    assert_eq!((run.status, &*run.stdout), (Some(1), "not ok\n"));
    // A dry run's steps are what it is run for.
    let run = host.run(&["sync", "--env", "local", "--dry-run", "-q"]).success();
    assert!(run.stdout.lines().count() > 2, "{run:?}");
}

#[test]
fn colours_are_as_somebody_wants_them() {
    let host = Host::rotated("local");
    let coloured = |more: &[&str]| ask(&host, more).stdout.contains("\u{1b}[32m");
    assert!(!coloured(&[]) && !coloured(&["--color", "never"]));
    assert!(coloured(&["--color", "always"]));
    // What is only not known has no colour.
    let run = host.run(&["doctor", "--server", &url(&host), "--color", "always"]);
    assert!(run.stdout.contains("\n?    database"), "{}", run.stdout);
    assert_eq!(host.run(&["verify", "--color", "green"]).status, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_has_a_width() {
    use std::process::Command;
    let host = Host::rotated("local");
    let line = format!(
        "stty cols 60 rows 24; {} doctor --server {} --logs log; true",
        crate::common::PROGRAM,
        url(&host)
    );
    host.write("log", "nothing\n");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(host.path(""));
    let screen = Run::of(&mut command, b"").stdout;
    assert!(screen.contains("\nFAIL") || screen.contains("FAIL\u{1b}"), "{screen}");
    let plain = |line: &str| -> usize {
        // Without the codes of colours.
        let mut parts = line.trim_end().split('\u{1b}');
        let first = parts.next().unwrap_or_default().chars().count();
        first
            + parts
                .map(|part| part.split_once('m').map_or(0, |(_, text)| text.chars().count()))
                .sum::<usize>()
    };
    for line in screen.lines().filter(|line| !line.contains(IDENTITY)) {
        assert!(plain(line) <= 60, "{line:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sign_of_life_for_whoever_waits() {
    use crate::terminal::on_a_terminal;
    use std::time::Duration;
    let host = Host::new();
    let answer = |pause: u64| {
        let server = spacetime_keys_stand_ins::plain::Plain::serve(move |_, stream| {
            std::thread::sleep(Duration::from_millis(pause));
            spacetime_keys_stand_ins::plain::reply(stream, "404 Not Found", "");
        });
        on_a_terminal(&host, &format!("doctor --server {} --timeout 10m", server.url), "").1
    };
    assert!(answer(1500).contains("waiting for an answer of the server"));
}

/// Another user's run left its marks: that is what could not be seen, and no more.
#[test]
fn another_users_state() {
    let host = Host::rotated("local");
    let url = url(&host);
    let user = Unprivileged::of(host);
    let asked = ["doctor", "--json", "--server", &url, "--database", "app"];
    let ask = || {
        let run = user.run(&[&asked[..], &PATIENT].concat());
        Said { document: run.json(), run }
    };
    assert_eq!(ask().run.status, Some(0));
    let state = format!("{STORE}/.state");
    user.host.set_mode(&state, 0o000);
    let said = ask();
    user.host.set_mode(&state, 0o700);
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    assert_eq!(said.run.status, Some(0), "{:#}", said.document);
    let (ok, text) = said.check("run");
    assert!(ok.is_none() && text.contains("permission denied"), "{text}");
    // The same of the store itself.
    user.host.set_mode(STORE, 0o000);
    let said = ask();
    user.host.set_mode(STORE, 0o700);
    assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
    let (ok, text) = said.check("store");
    assert!(ok.is_none() && text.contains("permission denied"), "{text}");
}
