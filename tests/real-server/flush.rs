//! What a server has written down.
//!
//! Server 1.2.0 handles no signal, and hands what is new in its control database to the disk every
//! 50 ms, if it gets a processor: killed right after a publish, it has forgotten the database by its
//! next start. It tells nobody when it has done so, but the system sees it: a thread whose name says
//! so sleeps in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

const FLUSHER: &str = "log flusher";

/// How often the flusher goes to sleep until it has surely begun and ended a whole round since: it
/// does so twice a round.
const SLEEPS: u64 = 8;

const DEADLINE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until all that a server has answered so far is on the disk: since then the flusher has made
/// its rounds, the last of them changed no file, and no thread waits for a processor or the disk.
pub(crate) fn wait_until_flushed(process: u32, data: &Path) {
    let tasks = PathBuf::from(format!("/proc/{process}/task"));
    let control_database = data.join("control-db");
    let begun = Instant::now();
    loop {
        let before = written(&control_database);
        let Some(sleeps) = flusher_sleeps(&tasks) else {
            // It has ended, or this system does not show its threads.
            thread::sleep(Duration::from_secs(2));
            return;
        };
        while flusher_sleeps(&tasks).is_some_and(|now| now < sleeps + SLEEPS) {
            assert!(begun.elapsed() < DEADLINE, "the server writes nothing down");
            thread::sleep(PAUSE);
        }
        if all_sleep(&tasks) && written(&control_database) == before {
            return;
        }
        assert!(begun.elapsed() < DEADLINE, "the server does not come to rest");
    }
}

/// Of each file: its length, and when it was last written.
fn written(folder: &Path) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
    let (mut found, mut left) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            // What is gone again is no file.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                left.push(entry.path());
            } else {
                found.insert(entry.path(), (metadata.len(), metadata.modified().ok()));
            }
        }
    }
    found
}

/// What the system tells of each thread.
fn statuses(tasks: &Path) -> Vec<String> {
    let threads = fs::read_dir(tasks).into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok()).collect()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = status.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// How often the flusher has gone to sleep by itself so far.
fn flusher_sleeps(tasks: &Path) -> Option<u64> {
    let statuses = statuses(tasks);
    let flusher = statuses.iter().find(|status| field(status, "Name") == Some(FLUSHER))?;
    field(flusher, "voluntary_ctxt_switches")?.parse().ok()
}

/// Whether no thread waits for a processor or for the disk.
fn all_sleep(tasks: &Path) -> bool {
    let asleep =
        |status: &String| field(status, "State").is_some_and(|state| state.starts_with('S'));
    statuses(tasks).iter().all(asleep)
}
