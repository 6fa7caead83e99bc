//! Every point at which a run can die.
//!
//! The program is built with the feature `testing`: each place that is about to change
//! something, or just did, has a number. A run is done once to count them; then, for each number
//! and from the same start, the step fails there, and separately the real process is killed there
//! by SIGKILL. After each, what the design promises must hold.

use std::collections::BTreeSet;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

use spacetime_keys_test_support::{again, count, sample, seed};

use crate::common::{Content, Host, Run};
use crate::failpoints;
use crate::scenario::{
    Scenario, copy_of, identity_of, keys_in, mounted_is_a_pair, token_fits_mounted_key,
};

/// How a point is hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Fail,
    Kill,
}

const FAULTS: [Fault; 2] = [Fault::Fail, Fault::Kill];

/// How many points of a scenario are tried on a change, and of each pair of runs.
const THIN: usize = 60;
const THIN_FIRSTS: usize = 12;
const THIN_SECONDS: usize = 20;

/// Runs with a fault at one point. Whether the point was reached.
fn run_with_fault(host: &Host, arguments: &[&str], point: usize, fault: Fault) -> bool {
    let how = if fault == Fault::Kill { "kill" } else { "fail" };
    let output = host
        .command(arguments)
        .arg("--json")
        .env("SPACETIME_KEYS_FAILPOINT", format!("{point}={how}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return false;
    }
    match fault {
        Fault::Kill => assert_eq!(output.status.signal(), Some(9), "{output:?}"),
        Fault::Fail => {
            let run = Run::from(output);
            assert_eq!((run.status, run.code().as_str()), (Some(4), "ERR_FAILPOINT"), "{run:?}");
        }
    }
    true
}

/// The command that a problem's hint or a note prints between backquotes.
fn command_in(hint: &str) -> Option<Vec<String>> {
    let (_, rest) = hint.split_once("`spacetime-keys ")?;
    let (command, _) = rest.split_once('`')?;
    Some(command.split(' ').map(str::to_owned).collect())
}

/// Whether a run got as far as to change anything: keys, token, or its own mark of having begun.
fn has_begun(host: &Host, start: &Host) -> bool {
    // Its lock's note, which a killed run leaves, and what keeps its folder out of a repository tell of
    // nothing that was changed.
    let own = |path: &Path| {
        path.ends_with(".spacetime-keys-tmp-holder")
            || path.ends_with(".gitignore")
            || path.components().any(|part| part.as_os_str() == ".state")
    };
    let visible = |host: &Host| -> Vec<_> {
        let tree = host.tree().into_iter();
        tree.filter(|(path, entry)| !own(path) && entry.content != Content::Folder).collect()
    };
    host.path(".spacetime-keys/.state/unfinished.json").exists() || visible(host) != visible(start)
}

/// Does what `verify` says until it says ok, as a person would. How many commands that took.
fn mend(host: &Host, environment: &str, context: &str) -> usize {
    for commands in 0..4 {
        let verify = host.run(&["verify", "--json", "--env", environment]);
        let report = verify.json();
        if verify.status == Some(0) {
            assert_eq!(report["ok"], true, "{context}");
            return commands;
        }
        assert_eq!(verify.status, Some(1), "{context}: {verify:?}");
        let hints = report["problems"].as_array().unwrap().iter().filter_map(|problem| {
            (problem["severity"] == "error").then(|| command_in(problem["hint"].as_str()?))?
        });
        let command = hints.into_iter().next();
        let command = command.unwrap_or_else(|| panic!("{context}: no way out in {report:#}"));
        let run = host.run(&command);
        assert_eq!(run.status, Some(0), "{context}: {command:?} does not mend {report:#}: {run:?}");
    }
    panic!("{context}: four commands of verify's own did not mend it");
}

/// What holds after a fault, before anything is repaired.
fn check_visible_state(host: &Host, scenario: &Scenario, context: &str) {
    // No half-written file: whatever is mounted is a whole key, and cli.toml still has its token.
    for (path, marker) in [
        (crate::common::PRIVATE, "-----END PRIVATE KEY-----\n"),
        (crate::common::PUBLIC, "-----END PUBLIC KEY-----\n"),
    ] {
        if host.path(path).exists() && !scenario.starts_damaged {
            assert!(host.read(path).ends_with(marker), "{context}: {path} is cut off");
        }
    }
    if host.path(crate::common::CLI_TOML).exists() {
        assert_eq!(identity_of(host), crate::common::IDENTITY, "{context}: the identity changed");
    }
}

/// What holds in the end.
fn check_end(host: &Host, scenario: &Scenario, before: &BTreeSet<String>, context: &str) {
    let after = keys_in(host);
    assert!(before.is_subset(&after), "{context}: a private key is gone");
    if host.path(crate::common::CLI_TOML).exists() {
        assert_eq!(identity_of(host), crate::common::IDENTITY, "{context}: the identity changed");
        assert!(token_fits_mounted_key(host), "{context}: the token is void");
    }
    if scenario.mounts {
        assert!(mounted_is_a_pair(host), "{context}: the mounted files are no pair");
    }
    for (path, entry) in host.tree() {
        let name = path.to_string_lossy();
        assert!(!name.ends_with("unfinished.json"), "{context}: {name} is left over");
        // A run that died before it began may leave an empty or harmless one, until the next run.
        if let (true, Content::File(content)) = (name.contains("spacetime-keys-tmp"), entry.content)
        {
            let text = String::from_utf8_lossy(&content);
            let secret = text.contains("PRIVATE") || text.contains("spacetimedb_token");
            assert!(!secret, "{context}: {name} holds a secret");
        }
    }
}

/// The list says of the pair that was mounted at first what becomes of its tokens.
fn check_list(host: &Host, start: &Host, scenario: &Scenario, context: &str) {
    let Some(revoked) = scenario.retires.filter(|_| host.mounted() != start.mounted()) else {
        return;
    };
    let list: serde_json::Value = serde_json::from_str(&host.read(crate::common::RETIRED)).unwrap();
    let first = start.mounted().to_string();
    let mut keys = list["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["fingerprint"] == first);
    let key = key.unwrap_or_else(|| panic!("{context}: the pair before is not in the list"));
    assert_eq!(key["revoked"], revoked, "{context}: {list:#}");
    assert_eq!(list["publishers"][0], crate::common::IDENTITY, "{context}");
    let mounted = host.mounted().to_string();
    let in_use = list["keys"].as_array().unwrap().iter().any(|key| key["fingerprint"] == mounted);
    assert!(!in_use, "{context}: the pair in use is retired");
}

/// The next run cleans up.
fn check_no_leftovers(host: &Host, context: &str) {
    for path in host.tree().keys() {
        let name = path.to_string_lossy();
        assert!(!name.contains("spacetime-keys-tmp"), "{context}: {name} is left over");
    }
}

/// What must hold after a fault, and after everything that people do then.
/// Gives the keys that must not be lost from now on: those from `before`, and those that this very
/// run has pushed, for they may be in use.
fn check_fault(
    host: &Host,
    start: &Host,
    before: &BTreeSet<String>,
    scenario: &Scenario,
    context: &str,
) -> BTreeSet<String> {
    check_visible_state(host, scenario, context);
    let kept: BTreeSet<String> = before.union(&keys_in(host)).cloned().collect();
    if has_begun(host, start) {
        mend(host, scenario.environment, context);
        check_end(host, scenario, &kept, context);
        check_list(host, start, scenario, context);
    }
    kept
}

/// The points of a run from a start, and one beyond, where it comes to its end.
fn points_of(start: &Host, arguments: &[&str]) -> Range<usize> {
    let reaches = |point| run_with_fault(&copy_of(start), arguments, point, Fault::Fail);
    0..failpoints::number_of(reaches) + 1
}

/// The points of a run, each with both faults; some of them in the thin lane.
fn every_point(scenario: &Scenario) {
    let seed = seed();
    let start = (scenario.prepare)();
    let points = points_of(&start, scenario.arguments);
    let beyond = points.end - 1;
    assert!(beyond >= scenario.at_least, "{}: only {beyond} points", scenario.name);
    let points: Vec<_> = points.flat_map(|point| FAULTS.map(|fault| (point, fault))).collect();
    let (there_are, points) = (points.len(), sample(points, THIN, seed));
    for &(point, fault) in &points {
        let host = copy_of(&start);
        let context = format!("{}, {fault:?} at {point}, {}", scenario.name, again(seed));
        let reached = run_with_fault(&host, scenario.arguments, point, fault);
        assert_eq!(reached, point < beyond, "{context}");
        let kept = check_fault(&host, &start, &keys_in(&start), scenario, &context);
        // Repeating any command is harmless.
        let again = host.run(scenario.arguments);
        assert_eq!(again.status, Some(0), "{context}, again: {again:?}");
        assert_eq!(mend(&host, scenario.environment, &context), 0, "{context}, again");
        check_end(&host, scenario, &kept, &context);
        check_no_leftovers(&host, &context);
    }
    println!("{}: {} of {there_are} points tried", scenario.name, points.len());
}

/// Kills a run at every third point and then, for each of those, `command` at each of its points.
/// (Three in a row are one file's: written, flushed, renamed. Over a run, every kind has its turn.)
fn every_point_twice(scenario: &Scenario, command: &[&str]) {
    let seed = seed();
    let start = (scenario.prepare)();
    let firsts = points_of(&start, scenario.arguments);
    let firsts: Vec<usize> = (firsts.start..firsts.end - 1).step_by(3).collect();
    assert!(firsts.len() >= 8, "only {} points", firsts.len());
    let mut tried = 0;
    for point in sample(firsts, THIN_FIRSTS, seed) {
        let interrupted = copy_of(&start);
        assert!(run_with_fault(&interrupted, scenario.arguments, point, Fault::Kill));
        let before: BTreeSet<String> =
            keys_in(&start).union(&keys_in(&interrupted)).cloned().collect();
        let seconds = points_of(&interrupted, command);
        let beyond = seconds.end - 1;
        for second in sample(seconds.collect(), THIN_SECONDS, seed ^ point as u64) {
            // The kinds of fault alternate: both are tried at every kind of point.
            let fault = if (point + second) % 2 == 0 { Fault::Kill } else { Fault::Fail };
            let host = copy_of(&interrupted);
            let context = format!(
                "{}, {point}, {command:?} {fault:?} at {second}, {}",
                scenario.name,
                again(seed)
            );
            assert_eq!(run_with_fault(&host, command, second, fault), second < beyond, "{context}");
            check_fault(&host, &start, &before, scenario, &context);
            tried += 1;
        }
    }
    println!("{}, then {}: {tried} pairs of points tried", scenario.name, command.join(" "));
    assert!(tried > count(THIN_FIRSTS * THIN_SECONDS / 2, 300), "only {tried} pairs");
}

/// One test a scenario: they run side by side.
macro_rules! scenarios {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            every_point(&crate::scenario::$name());
        })+
    };
}

scenarios! {
    rotate_a_host_met_for_the_first_time
    rotate_again
    rotate_all
    rotate_and_adopt
    rotate_without_a_host
    rollback
    sync_a_host_that_is_behind
    sync_sets_an_unknown_key_aside
    resume_a_vault_without_its_public_key
    resume_an_empty_vault_of_the_group
    resume_a_divided_group
    resume_mismatched_mounted_files
    rotate_and_honor
    rotate_after_a_leak
    rollback_with_a_list
    sync_a_list
}

// Slow: two faults a run: some thousand runs with --all.
#[test]
fn resume_an_interrupted_rotation() {
    every_point_twice(&crate::scenario::rotate_a_host_met_for_the_first_time(), &["resume"]);
}

// Slow: two faults a run: some thousand runs with --all.
#[test]
fn the_same_rotation_again_after_an_interrupted_one() {
    every_point_twice(&crate::scenario::rotate_again(), &["rotate", "--env", "local", "--yes"]);
}
