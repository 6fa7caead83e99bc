//! Every call of az in a run fails, or does what it should and its answer is lost, or hangs, or is
//! killed; then the same run again, to a proven end. No private key is lost on the way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use spacetime_keys_core::fleet::Operation;
use spacetime_keys_test_support::{again, is_all, sample, seed};

use super::host::{Host, check_any, check_proven};
use super::stand_in::{PATIENT, StandIn};

/// Of each start, on a change.
const THIN: usize = 16;
const WORKERS: usize = 2;
/// What hangs is waited for so long. What else is too slow for it ends the run likewise.
const HANG: Duration = Duration::from_secs(4);

const ACTIONS: [&str; 3] = ["show", "list-versions", "set"];
const KINDS: [&str; 5] = ["crash", "hang", "after", "hang-after", "kill-after"];

/// A call, and what happens to it.
#[derive(Debug)]
struct Point {
    action: &'static str,
    at: usize,
    kind: &'static str,
}

#[derive(Default)]
struct Counts {
    endured: AtomicUsize,
    finished: AtomicUsize,
    missed: AtomicUsize,
}

struct Start {
    name: &'static str,
    operation: Operation,
    stand_in: StandIn,
    host: Host,
}

fn starts() -> Vec<Start> {
    let rotated = |times: usize| {
        let (stand_in, host) = (StandIn::new(), Host::new());
        for _ in 0..times {
            host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
        }
        (stand_in, host)
    };
    let start = |name, operation, (stand_in, host)| Start { name, operation, stand_in, host };
    let (vaults, _) = rotated(1);
    vec![
        start("rotate, first met", Operation::Rotate, rotated(0)),
        start("rotate, again", Operation::Rotate, rotated(1)),
        start("rollback", Operation::Rollback, rotated(1)),
        start("sync, behind", Operation::Sync, (vaults, Host::new())),
    ]
}

/// A clean run shows the calls that there are.
fn points_of(start: &Start) -> Vec<Point> {
    let (stand_in, host) = (start.stand_in.copy(), start.host.copy());
    host.run(&stand_in, start.operation, PATIENT).unwrap();
    check_proven(&host, &stand_in, start.name);
    let mut points = Vec::new();
    for action in ACTIONS {
        for at in 1..=stand_in.count(action) {
            // Only a write has an effect.
            let kinds = KINDS.iter().filter(|kind| action == "set" || !kind.contains("after"));
            points.extend(kinds.map(|kind| Point { action, at, kind }));
        }
    }
    points
}

fn try_point(start: &Start, point: &Point, counts: &Counts) {
    let context = format!("{}: {point:?}", start.name);
    let (stand_in, host) = (start.stand_in.copy(), start.host.copy());
    let before = host.keys(&stand_in);
    stand_in.fault(point.action, &point.at.to_string(), point.kind);
    let timeout = if point.kind.contains("hang") { HANG } else { PATIENT };
    let first = host.run(&stand_in, start.operation, timeout);
    if !stand_in.has_struck() {
        counts.missed.fetch_add(1, Ordering::Relaxed);
    }
    check_any(&host, &stand_in, &before, &context);
    let between = host.keys(&stand_in);
    stand_in.clear_faults();
    match first {
        Ok(_) => counts.endured.fetch_add(1, Ordering::Relaxed),
        Err(failure) => {
            let is_told = failure.kind().code().starts_with("ERR_STORE_");
            assert!(is_told, "{context}: {failure}");
            if let Err(failure) = host.run(&stand_in, start.operation, PATIENT) {
                panic!("{context}: not finished: {failure}");
            }
            counts.finished.fetch_add(1, Ordering::Relaxed)
        }
    };
    check_proven(&host, &stand_in, &context);
    check_any(&host, &stand_in, &between, &context);
}

// Slow: some hundred calls of az a point; hangs are waited out.
#[test]
fn a_fault_at_every_call_and_the_same_run_again() {
    let seed = seed();
    println!("{}", again(seed));
    for start in starts() {
        let points = points_of(&start);
        let there_are = points.len();
        let points = sample(points, THIN, seed);
        let (counts, next) = (Counts::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        try_point(&start, point, &counts);
                    }
                });
            }
        });
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let [endured, finished, missed] =
            [&counts.endured, &counts.finished, &counts.missed].map(count);
        println!(
            "{}: {there_are} points, {} tried: {endured} endured, {finished} finished by the next run, {missed} missed",
            start.name,
            points.len(),
        );
        assert_eq!(endured + finished, points.len());
        assert!(missed * 10 <= points.len() || !is_all(), "{missed} missed");
        assert!(there_are > 40, "{}: {there_are}", start.name);
    }
}
