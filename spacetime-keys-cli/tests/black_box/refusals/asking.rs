//! Consent, and one run at a time.

use super::*;

#[test]
fn without_a_terminal_a_rotation_needs_yes() {
    let host = Host::new();
    for environment in ["prod", "local", "all"] {
        refused(&host, &["rotate", "--env", environment], REFUSED, "ERR_NOT_CONFIRMED");
    }
    host.run(ROTATE).success();
    proven(&host, "local");
}

#[test]
fn a_second_run_while_one_is_at_work() {
    let host = Host::rotated("local");
    let lock = File::open(host.path(STORE).join(".state/lock")).unwrap();
    lock.lock().unwrap();
    for command in [ROTATE, RESUME, &["resume"], ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, REFUSED, "ERR_LOCKED");
    }
    lock.unlock().unwrap();
    host.run(ROTATE).success();
    proven(&host, "local");
}

#[test]
fn of_two_rotations_at_once_each_wins_or_is_refused() {
    for _ in 0..5 {
        let host = Host::rotated("local");
        let start = || {
            let mut command = host.command(&and(ROTATE, &["--json"]));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let runs = [start(), start()].map(|child| Run::from(child.wait_with_output().unwrap()));
        let winners = runs.iter().filter(|run| run.status == Some(0)).count();
        assert!(winners > 0, "{runs:?}");
        for run in runs.iter().filter(|run| run.status != Some(0)) {
            assert_eq!(run.status, Some(REFUSED), "{run:?}");
        }
        // The adopted pair, the one that `rotated` made, and one a winner.
        let versions = host.path(STORE).join("kv-local/spacetimedb-jwt-private-key");
        assert_eq!(fs::read_dir(versions).unwrap().count(), 2 + winners);
        proven(&host, "local");
    }
}

#[test]
fn a_damaged_note_of_an_unfinished_run() {
    let host = Host::rotated("local");
    host.write(&format!("{STORE}/.state/unfinished.json"), "{");
    for command in [ROTATE, RESUME, ROLLBACK, SYNC, RESTORE] {
        refused(&host, command, FAILED, "ERR_JOURNAL_DAMAGED");
    }
    // As the hint says.
    host.remove(&format!("{STORE}/.state/unfinished.json"));
    host.run(RESUME).success();
    proven(&host, "local");
}
