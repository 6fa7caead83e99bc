//! What is asked on a terminal. `script` lends the program one.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::common::{Host, PROGRAM};

/// Runs a command on a terminal, waits for its question, types an answer. Exit code and screen.
pub(crate) fn on_a_terminal(host: &Host, arguments: &str, answer: &str) -> (Option<i32>, String) {
    let mut child = Command::new("script")
        .args(["-qec", &format!("{PROGRAM} {arguments}"), "/dev/null"])
        .current_dir(host.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = Vec::new();
    let mut output = child.stdout.take().unwrap();
    let mut byte = [0];
    while !screen.ends_with(b"] ") && output.read(&mut byte).unwrap() == 1 {
        screen.extend(byte);
    }
    // A program that asked nothing has ended by now, and reads nothing. The keyboard stays until the
    // end: `script` would type the end of input behind an answer that is not read yet.
    let mut keyboard = child.stdin.take().unwrap();
    let _ = writeln!(keyboard, "{answer}");
    output.read_to_end(&mut screen).unwrap();
    (child.wait().unwrap().code(), String::from_utf8_lossy(&screen).into_owned())
}

#[test]
fn production_wants_its_name_typed() {
    for (answer, code) in [("yes", 3), ("y", 3), ("", 3), ("test", 3), ("prod", 0)] {
        let host = Host::new();
        let before = host.tree();
        let (status, screen) = on_a_terminal(&host, "rotate --env prod", answer);
        assert!(screen.contains("type `prod`"), "{screen}");
        assert_eq!(status, Some(code), "{answer}: {screen}");
        assert_eq!(before == host.tree(), code != 0, "{answer}");
    }
}

#[test]
fn other_environments_want_a_yes() {
    let host = Host::new();
    let before = host.tree();
    for answer in ["", "n", "prod"] {
        let (status, screen) = on_a_terminal(&host, "rotate --env local", answer);
        assert_eq!(status, Some(3), "{answer}: {screen}");
        assert!(before == host.tree(), "{answer}");
    }
    for command in ["rotate --env local", "rollback --env local"] {
        let (status, screen) = on_a_terminal(&host, command, "y");
        assert_eq!(status, Some(0), "{screen}");
    }
    host.run(&["verify", "--env", "local"]).success();
}

#[test]
fn colours_are_for_terminals() {
    let host = Host::new();
    let (_, screen) = on_a_terminal(&host, "rollback --env local", "");
    assert!(screen.contains("\u{1b}["), "{screen:?}");
    let plain = host.run(&["rollback", "--env", "local"]);
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:?}");
}
