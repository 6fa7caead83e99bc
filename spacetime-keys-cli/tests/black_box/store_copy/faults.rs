//! Every fault at every request of a copy into key vaults, and SIGKILL there: the vaults hold a
//! beginning of the source, the source stays, and the same command again ends it.

use std::sync::atomic::{AtomicUsize, Ordering};

use spacetime_keys_stand_ins::{Matcher, Snapshot};
use spacetime_keys_test_support::{again, sample, seed};

use super::judge::vaults_hold;
use super::world::{AZURE, copied, host, store, vaults};
use crate::common::{CONFIG, Host, Tree};
use crate::key_vault::faults::{copy_of, struck};
use crate::key_vault::fleet::{Fleet, PATIENT, config};
use crate::key_vault::points::{Point, points_of};

const WORKERS: usize = 4;
/// Of the points, on a change.
const THIN: usize = 60;
const COPY: [&str; 7] = ["store", "copy", "--config", CONFIG, "--to", AZURE, "--yes"];

struct Start {
    host: Host,
    source: Tree,
    empty: Snapshot,
}

#[derive(Default)]
struct Counts {
    endured: AtomicUsize,
    killed: AtomicUsize,
    missed: AtomicUsize,
}

fn try_point(fleet: &Fleet, start: &Start, point: &Point, counts: &Counts) {
    let context = point.to_string();
    fleet.stand_in.reset(&start.empty);
    let host = copy_of(&start.host);
    if point.hangs() {
        // It is waited out.
        host.write(AZURE, config("client-secret", 3));
    }
    let run = struck(fleet, &host, &COPY, point);
    if fleet.stand_in.struck() == 0 {
        counts.missed.fetch_add(1, Ordering::Relaxed);
    }
    fleet.stand_in.clear_faults();
    host.write(AZURE, config("client-secret", PATIENT));
    assert!(files(&host) == start.source, "{context}: the source was changed");
    if point.is_second_writer() {
        // It is noticed, now or by the next look, and nothing follows it.
        let arguments = [&COPY[..], &["--json"]].concat();
        let next = fleet.run(&host, &arguments);
        assert_eq!(
            (next.status, &*next.code()),
            (Some(3), "ERR_COPY_DIVERGED"),
            "{context}: {next:?}"
        );
        if run.status != Some(0) {
            assert!(
                ["ERR_COPY_CHANGED", "ERR_COPY_DIVERGED"].contains(&&*run.code()),
                "{context}: {run:?}"
            );
        }
        return;
    }
    match run.status {
        Some(0) => {
            counts.endured.fetch_add(1, Ordering::Relaxed);
            vaults_hold(fleet, &store(&host), true, &context);
        }
        None => {
            counts.killed.fetch_add(1, Ordering::Relaxed);
            vaults_hold(fleet, &store(&host), false, &context);
        }
        status => {
            assert!(matches!(status, Some(3 | 4)), "{context}: {run:?}");
            assert!(!run.code().is_empty() && !run.hint().is_empty(), "{context}: {run:?}");
            vaults_hold(fleet, &store(&host), false, &context);
        }
    }
    copied(fleet, &host, CONFIG, AZURE);
    vaults_hold(fleet, &store(&host), true, &context);
    assert!(files(&host) == start.source, "{context}: the source was changed");
}

/// The source's vaults; folders of a host that was copied as files have other modes.
fn files(host: &Host) -> Tree {
    let mut all = vaults(&store(host));
    all.retain(|_, entry| entry.content != crate::common::Content::Folder);
    all
}

// Slow: each of the points that are tried is a run of the program, and another one; hangs are waited out.
#[test]
fn every_fault_at_every_request() {
    let seed = seed();
    println!("{}", again(seed));
    let host = host();
    for more in [&[][..], &["--honor-old-tokens", "30d"]] {
        host.run(&[&["rotate", "--env", "local", "--yes"], more].concat()).success();
    }
    let fleets: Vec<Fleet> = (0..WORKERS).map(|_| Fleet::new()).collect();
    let fleet = &fleets[0];
    let start = Start { source: files(&host), empty: fleet.stand_in.snapshot(), host };
    let clean = || {
        fleet.stand_in.reset(&start.empty);
        copied(fleet, &start.host, CONFIG, AZURE);
        vaults_hold(fleet, &store(&start.host), true, "without a fault");
        fleet.stand_in.requests()
    };
    // Which requests come depends a little on chance: a point is what comes each time.
    let (mut requests, second) = (clean(), clean());
    let second: Vec<Matcher> = second.iter().map(Matcher::of).collect();
    requests.retain(|request| second.contains(&Matcher::of(request)));
    let points = points_of(&requests);
    let there_are = points.len();
    assert!(there_are > 500, "{there_are}");
    let points = sample(points, THIN, seed);
    let (counts, next) = (Counts::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for fleet in &fleets {
            let (points, start, counts, next) = (&points, &start, &counts, &next);
            scope.spawn(move || {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    try_point(fleet, start, point, counts);
                }
            });
        }
    });
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    println!(
        "{} requests, {} of {there_are} points tried: {} endured, {} killed, {} missed",
        requests.len(),
        points.len(),
        count(&counts.endured),
        count(&counts.killed),
        count(&counts.missed),
    );
    assert!(count(&counts.missed) * 10 < points.len(), "{} missed", count(&counts.missed));
}
