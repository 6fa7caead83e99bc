//! Every fault at every request of a run, and SIGKILL there: the invariants hold, and `resume` ends
//! in a proven state.
//!
//! A run tries a sample of the points of each start; how many is printed.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use spacetime_keys_core::Fingerprint;
use spacetime_keys_stand_ins::{Fault, Matcher, Operation, Snapshot};
use spacetime_keys_test_support::{again, sample, seed};

use super::fleet::{Fleet, PATIENT, PUBLIC_SECRET, config};
use super::points::{Point, points_of};
use super::state::{check_any, check_proven, keys_in};
use crate::common::{Content, Host, Run};

const WORKERS: usize = 6;
/// Of each start, on a change.
const THIN: usize = 60;
pub(crate) const GROUP: [&str; 2] = ["kv-dev", "kv-local"];

/// A start, and the command that faults strike.
struct Start {
    name: &'static str,
    arguments: &'static [&'static str],
    vaults: Snapshot,
    host: Host,
}

impl Start {
    fn new(
        name: &'static str,
        arguments: &'static [&'static str],
        prepare: impl FnOnce(&Fleet, &Host),
    ) -> Self {
        let fleet = Fleet::new();
        let host = Fleet::host();
        prepare(&fleet, &host);
        Self { name, arguments, vaults: fleet.stand_in.snapshot(), host }
    }
}

fn rotated(fleet: &Fleet, host: &Host) {
    fleet.good(host, &["rotate", "--env", "all", "--yes"]);
}

fn starts() -> Vec<Start> {
    vec![
        Start::new("rotate, first met", &["rotate", "--env", "local", "--yes"], |_, _| {}),
        Start::new(
            "rotate, players keep their tokens",
            &["rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"],
            rotated,
        ),
        Start::new("rotate all", &["rotate", "--env", "all", "--yes"], rotated),
        Start::new("rollback", &["rollback", "--env", "local", "--yes"], rotated),
        Start::new("sync, behind", &["sync", "--env", "local"], |fleet, host| {
            let behind = Host::new();
            rotated(fleet, host);
            for file in [crate::common::PRIVATE, crate::common::PUBLIC, crate::common::CLI_TOML] {
                host.write(file, behind.read(file));
            }
        }),
        Start::new("resume, half-written", &["resume"], |fleet, host| {
            rotated(fleet, host);
            let put = Matcher::vault("kv-dev").operation(Operation::Put).secret(PUBLIC_SECRET);
            fleet.stand_in.clear_log();
            fleet.stand_in.fault(put, Fault::Forbidden("ForbiddenByRbac".to_owned()));
            fleet.bad(host, &["rotate", "--env", "local", "--yes"]);
        }),
    ]
}

/// A host with the same files; the mark of an interrupted run names its own paths.
pub(crate) fn copy_of(host: &Host) -> Host {
    let copy = Host::empty();
    let folders = [host, &copy].map(|host| host.path("").to_string_lossy().into_owned());
    for (path, entry) in host.tree() {
        let name = path.to_string_lossy().into_owned();
        if let Content::File(content) = entry.content {
            if name.ends_with("unfinished.json") {
                let text = String::from_utf8(content).unwrap();
                copy.write(&name, text.replace(&folders[0], &folders[1]));
            } else {
                copy.write(&name, content);
            }
            copy.set_mode(&name, entry.mode);
        }
    }
    copy
}

/// What came of the points.
#[derive(Default)]
struct Counts {
    tried: AtomicUsize,
    /// The run took no harm: it went on, or tried again by itself.
    endured: AtomicUsize,
    killed: AtomicUsize,
    /// The request did not come: which ones do depends a little on chance.
    missed: AtomicUsize,
}

/// A run that a point may strike.
pub(crate) fn struck(fleet: &Fleet, host: &Host, arguments: &[&str], point: &Point) -> Run {
    fleet.stand_in.fault(point.matcher(), point.fault.clone());
    let mut command = fleet.command(host, arguments);
    command.arg("--json");
    // It begins when the stand-in knows whom to kill: a shell with the same number waits for that.
    let mut waiting = Command::new("sh");
    waiting.args(["-c", "read -r _; exec \"$@\"", "sh"]).arg(command.get_program());
    waiting.args(command.get_args()).current_dir(host.path("")).env_clear();
    waiting.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    waiting.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = waiting.spawn().unwrap();
    fleet.stand_in.set_process(child.id());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let output = child.wait_with_output().unwrap();
    if point.kills() && fleet.stand_in.struck() > 0 {
        assert_eq!(output.status.signal(), Some(9), "{point}: {output:?}");
    }
    output.into()
}

/// From the start, the point; then what holds; then `resume`, and what holds then.
fn try_point(
    fleet: &Fleet,
    start: &Start,
    before: &BTreeSet<Fingerprint>,
    point: &Point,
    counts: &Counts,
) {
    let context = format!("{}: {point}", start.name);
    fleet.stand_in.reset(&start.vaults);
    let host = copy_of(&start.host);
    if point.hangs() {
        // It is waited out. Whatever else is too slow for this ends the run likewise.
        host.write("spacetime-keys.toml", config("client-secret", 3));
    }
    let run = struck(fleet, &host, start.arguments, point);
    counts.tried.fetch_add(1, Ordering::Relaxed);
    if fleet.stand_in.struck() == 0 {
        counts.missed.fetch_add(1, Ordering::Relaxed);
    }
    check_any(fleet, &host, before, &context);
    if run.status == Some(0) {
        counts.endured.fetch_add(1, Ordering::Relaxed);
        // Another operator may have written after the proof had read.
        if !point.is_second_writer() {
            check_proven(fleet, &host, &GROUP, &context);
        }
        return;
    }
    if run.status.is_none() {
        counts.killed.fetch_add(1, Ordering::Relaxed);
    } else {
        assert!(matches!(run.status, Some(3 | 4)), "{context}: {run:?}");
        assert!(!run.code().is_empty() && !run.hint().is_empty(), "{context}: {run:?}");
    }
    fleet.stand_in.clear_faults();
    let begun = host.path(".spacetime-keys/.state/unfinished.json").exists();
    // Another operator's half-written pair was there before this run could begin: it refused.
    if !begun && point.is_second_writer() {
        assert_eq!(run.status, Some(3), "{context}: {run:?}");
        return;
    }
    mend(fleet, &host, begun, &format!("{context}, after {run:?}"));
    // A host met for the first time, whose run never began, has nobody's claims to keep yet.
    if begun || start.name != "rotate, first met" {
        check_proven(fleet, &host, &GROUP, &context);
    }
    check_any(fleet, &host, before, &context);
}

/// `resume`, and what its hints say where another operator came in between.
pub(crate) fn mend(fleet: &Fleet, host: &Host, begun: bool, context: &str) {
    // No fault is left to wait for.
    host.write("spacetime-keys.toml", config("client-secret", PATIENT));
    let mut command = vec!["resume".to_owned()];
    if !begun {
        command.extend(["--env", "local"].map(str::to_owned));
    }
    for _ in 0..2 {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--json"]).collect();
        let run = fleet.run(host, &arguments);
        if run.status == Some(0) {
            return;
        }
        let hint = run.hint();
        let next = hint.split_once("`spacetime-keys ").and_then(|(_, rest)| rest.split_once('`'));
        let (next, _) = next.unwrap_or_else(|| panic!("{context}: no way out in {run:?}"));
        command = next.split(' ').map(str::to_owned).collect();
    }
    panic!("{context}: {command:?} does not mend it");
}

// Slow: hundreds of runs, each resumed; hangs are waited out for 3 s each.
#[test]
fn every_fault_at_every_request() {
    let seed = seed();
    println!("{}", again(seed));
    let fleets: Vec<Fleet> = (0..WORKERS).map(|_| Fleet::new()).collect();
    let (mut all, mut tried_in_all) = (0, 0);
    for start in starts() {
        // Clean runs show the requests that there are. Which ones do depends a little on chance: a
        // point is what comes each time.
        let fleet = &fleets[0];
        let clean = || {
            fleet.stand_in.reset(&start.vaults);
            let host = copy_of(&start.host);
            let before = keys_in(fleet, &host);
            fleet.good(&host, start.arguments);
            check_proven(fleet, &host, &GROUP, start.name);
            (before, fleet.stand_in.requests())
        };
        let ((before, mut requests), (_, again)) = (clean(), clean());
        let again: Vec<Matcher> = again.iter().map(Matcher::of).collect();
        requests.retain(|request| again.contains(&Matcher::of(request)));
        let points = points_of(&requests);
        let there_are = points.len();
        let points = sample(points, THIN, seed);

        let (counts, next) = (Counts::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for fleet in &fleets {
                let (points, start, before) = (&points, &start, &before);
                let (counts, next) = (&counts, &next);
                scope.spawn(move || {
                    while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        try_point(fleet, start, before, point, counts);
                    }
                });
            }
        });
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        println!(
            "{}: {} requests, {there_are} points, {} tried: {} endured, {} killed, {} missed",
            start.name,
            requests.len(),
            count(&counts.tried),
            count(&counts.endured),
            count(&counts.killed),
            count(&counts.missed),
        );
        assert_eq!(count(&counts.tried), points.len());
        // Most faults must have struck, or the test has lost its subject.
        assert!(count(&counts.missed) * 10 < points.len(), "{} missed", count(&counts.missed));
        assert!(there_are > 200, "{}: {there_are}", start.name);
        all += there_are;
        tried_in_all += points.len();
    }
    println!("{tried_in_all} of {all} points tried");
}
