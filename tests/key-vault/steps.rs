//! Every step of a run on key vaults fails, and the process is killed there: also between the steps
//! on this host, where no request would show it. This build's program, which has failpoints.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use crate::common::{Host, PROGRAM, Run};
use crate::faults::{GROUP, copy_of, mend};
use crate::fleet::Fleet;
use crate::state::{check_any, check_proven, keys_in};

/// Runs this build's program to the N-th point. Whether it was reached.
fn struck(fleet: &Fleet, host: &Host, arguments: &[&str], point: usize, how: &str) -> bool {
    let led = fleet.command(host, &[]);
    let mut command = std::process::Command::new(PROGRAM);
    command.args(arguments).current_dir(host.path("")).env_clear();
    command.envs(led.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("SPACETIME_KEYS_FAILPOINT", format!("{point}={how}")).stdin(Stdio::null());
    let output = command.output().unwrap();
    if output.status.success() {
        return false;
    }
    if how == "kill" {
        assert_eq!(output.status.signal(), Some(9), "{output:?}");
    } else {
        let run = Run::from(output);
        assert!(run.stderr.contains("a test made this step fail"), "{run:?}");
    }
    true
}

#[test]
fn every_step_fails_and_is_killed() {
    let mut tried = 0;
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
        for how in ["fail", "kill"] {
            let mut point = 0;
            loop {
                let context = format!("{arguments:?}: {how} at point {point}");
                fleet.stand_in.reset(&vaults);
                let host = copy_of(&start);
                if !struck(&fleet, &host, arguments, point, how) {
                    break;
                }
                check_any(&fleet, &host, &before, &context);
                let begun = host.path(".spacetime-keys/.state/unfinished.json").exists();
                mend(&fleet, &host, begun, &context);
                if begun || rotated {
                    check_proven(&fleet, &host, &GROUP, &context);
                }
                point += 1;
            }
            assert!(point > 30, "{arguments:?}: {point} points");
            tried += point;
        }
    }
    println!("{tried} points tried");
}
