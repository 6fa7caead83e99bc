//! Every step of a run on key vaults fails, and the process is killed there: also between the steps
//! on this host, where no request would show it. This build's program, which has failpoints.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use spacetime_keys_test_support::{again, sample, seed};

use super::faults::{GROUP, copy_of, mend};
use super::fleet::Fleet;
use super::state::{check_any, check_proven, keys_in};
use crate::common::{Host, PROGRAM, Run};
use crate::failpoints::number_of;

/// How many of each command are tried on a change.
const THIN: usize = 24;

/// Runs this build's program to the N-th point. What it said there; `None`: that was not reached.
pub(crate) fn struck(
    fleet: &Fleet,
    host: &Host,
    arguments: &[&str],
    point: usize,
    how: &str,
) -> Option<Run> {
    let led = fleet.command(host, &[]);
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(host.path("")).env_clear();
    command.envs(led.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("SPACETIME_KEYS_FAILPOINT", format!("{point}={how}")).stdin(Stdio::null());
    let output = command.output().unwrap();
    if output.status.success() {
        return None;
    }
    if how == "kill" {
        assert_eq!(output.status.signal(), Some(9), "{output:?}");
    }
    let run = Run::from(output);
    if how != "kill" {
        assert!(run.stderr.contains("a test made this step fail"), "{run:?}");
    }
    Some(run)
}

// Slow: a run of the program, and one that repairs, for each step that is tried.
#[test]
fn every_step_fails_and_is_killed() {
    let seed = seed();
    let (mut there_are, mut tried) = (0, 0);
    for (arguments, rotated) in [
        (&["rotate", "--env", "local", "--yes"][..], false),
        (&["rotate", "--env", "local", "--yes"], true),
        (&["rollback", "--env", "local", "--yes"], true),
    ] {
        let fleet = Fleet::new();
        let start = Fleet::host();
        if rotated {
            fleet.good(&start, &["rotate", "--env", "all", "--yes"]);
        }
        let vaults = fleet.stand_in.snapshot();
        let before = keys_in(&fleet, &start);
        let points = number_of(|point| {
            fleet.stand_in.reset(&vaults);
            struck(&fleet, &copy_of(&start), arguments, point, "fail").is_some()
        });
        assert!(points > 30, "{arguments:?}: {points} points");
        let all: Vec<_> =
            (0..points).flat_map(|point| [(point, "fail"), (point, "kill")]).collect();
        there_are += all.len();
        for (point, how) in sample(all, THIN, seed) {
            let context = format!("{arguments:?}: {how} at point {point}, {}", again(seed));
            fleet.stand_in.reset(&vaults);
            let host = copy_of(&start);
            assert!(struck(&fleet, &host, arguments, point, how).is_some(), "{context}");
            check_any(&fleet, &host, &before, &context);
            let begun = host.path(".spacetime-keys/.state/unfinished.json").exists();
            mend(&fleet, &host, begun, &context);
            if begun || rotated {
                check_proven(&fleet, &host, &GROUP, &context);
            }
            tried += 1;
        }
    }
    println!("{tried} of {there_are} points tried");
}
