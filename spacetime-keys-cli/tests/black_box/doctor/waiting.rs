//! `--wait`: for a server that comes up, and for a log that goes on.

use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use spacetime_keys_core::Identity;
use spacetime_keys_stand_ins::plain::{NOBODY, Plain, reply};

use super::live::Live;
use super::standin::Standin;
use crate::common::{Host, Run};

/// A server that ends its first connections without a word.
fn comes_up_after(host: &Host, connections: usize) -> Plain {
    let standin = Standin::of(host);
    let came = AtomicUsize::new(0);
    Plain::serve(move |request, stream| {
        if came.fetch_add(1, Ordering::SeqCst) >= connections {
            let (head, body) = standin.answer(request);
            reply(stream, &head, body);
        }
    })
}

#[test]
fn until_the_server_answers() {
    let host = Host::new();
    let ask = |wait: &[&str]| {
        let url = comes_up_after(&host, 2).url;
        let asked = ["doctor", "--json", "--server", &url, "--database", "app"];
        host.run(&[&asked[..], wait].concat())
    };
    // It is not there at first.
    let run = ask(&[]);
    assert_eq!((run.status, &run.json()["outcome"]), (Some(1), &"unreachable".into()));
    let run = ask(&["--wait", "10m"]);
    assert_eq!((run.status, &run.json()["outcome"]), (Some(0), &"updates".into()), "{run:?}");
    assert!(run.stderr.contains("waiting for an answer of the server"), "{run:?}");
}

#[test]
fn no_longer_than_it_may() {
    let host = Host::new();
    let began = Instant::now();
    let url = format!("http://{NOBODY}");
    let run = host.run(&["doctor", "--json", "--server", &url, "--wait", "2"]);
    assert_eq!((run.status, &run.json()["outcome"]), (Some(1), &"unreachable".into()));
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    // What an answer says is the answer: a refusal is not waited for.
    let server = Live::serve(&host, Identity::from_claims("localhost", "another")).server;
    let asked = ["doctor", "--json", "--server", &server.url, "--database", "app"];
    let run = host.run(&[&asked[..], &["--wait", "10m"]].concat());
    assert_eq!((run.status, &run.json()["outcome"]), (Some(1), &"not_owner".into()), "{run:?}");
    let health = server.take().iter().filter(|request| request.path == "/v1/health").count();
    assert_eq!(health, 1);
}

/// The log's other end stays open: nobody says that it has ended.
#[test]
fn a_log_that_goes_on() {
    let host = Host::empty();
    for (lines, exit, outcome) in [
        ("starting\nPUBLISH_SUCCESS\n", 0, "updates"),
        ("x\nInvalidSignature\nPUBLISH_FAILED\n", 1, "unauthorized"),
    ] {
        let mut command = host.command(&["doctor", "--json", "--logs", "-", "--wait", "10m"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = child.stdin.take().unwrap();
        for line in lines.split_inclusive('\n') {
            log.write_all(line.as_bytes()).unwrap();
        }
        let run = Run::from(child.wait_with_output().unwrap());
        drop(log);
        assert_eq!(run.status, Some(exit), "{run:?}");
        assert_eq!(run.json()["outcome"], outcome);
    }
}

#[test]
fn a_log_that_says_nothing() {
    let host = Host::empty();
    host.write("log", "starting\n");
    let began = Instant::now();
    let run = host.run(&["doctor", "--json", "--logs", "log", "--wait", "2s"]);
    assert_eq!((run.status, &run.json()["outcome"]), (Some(1), &serde_json::Value::Null));
    assert!(began.elapsed() >= Duration::from_secs(2), "it is read on: {:?}", began.elapsed());
    assert!(run.stderr.contains("waiting for a publish in the log"), "{run:?}");
    // A pipe that has ended says no more.
    let mut ended = host.command(&["doctor", "--json", "--logs", "-", "--wait", "10m"]);
    assert_eq!(Run::of(&mut ended, b"starting\n").status, Some(1));
    let missing = host.run(&["doctor", "--json", "--logs", "missing", "--wait", "10m"]);
    assert_eq!(missing.status, Some(4), "{missing:?}");
}

/// A file is read on as it grows.
#[test]
fn a_file_that_grows() {
    let host = Host::empty();
    host.write("log", "starting\n");
    let mut command = host.command(&["doctor", "--json", "--logs", "log", "--wait", "10m"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Once it says that it waits, it has read what there was; sooner does no harm.
    std::thread::sleep(Duration::from_millis(300));
    let mut log = std::fs::File::options().append(true).open(host.path("log")).unwrap();
    log.write_all(b"x | PUBLISH_SUCCESS\n").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.status, Some(0), "{run:?}");
}
