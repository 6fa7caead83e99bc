//! Every step of a copy fails, and the process is killed there: the same command again ends it.

use spacetime_keys_test_support::{again, sample, seed};

use super::judge::{folder_holds, vaults_hold};
use super::world::{AZURE, BACK, BACK_STORE, copied, rotated, store, vaults};
use crate::common::{CONFIG, Host};
use crate::failpoints::number_of;
use crate::key_vault::fleet::Fleet;
use crate::key_vault::steps;

/// How many of each way are tried on a change.
const THIN: usize = 16;

/// Copies to the N-th point. Whether it was reached.
fn struck(fleet: &Fleet, host: &Host, to: &str, point: usize, how: &str) -> bool {
    let run = steps::struck(fleet, host, &["store", "copy", "--to", to, "--yes"], point, how);
    if let Some(run) = run.as_ref().filter(|_| how != "kill") {
        assert!(run.stderr.contains("store copy --to CONFIG` goes on"), "{run:?}");
    }
    run.is_some()
}

// Slow: a copy, and one that goes on, for each step that is tried.
#[test]
fn every_step_fails_and_is_killed() {
    let seed = seed();
    let (fleet, host) = (Fleet::new(), rotated());
    let empty = fleet.stand_in.snapshot();
    let source = vaults(&store(&host));
    for (to, fewest) in [(BACK, 150), (AZURE, 50)] {
        let start = || {
            fleet.stand_in.reset(&empty);
            let back = host.path(BACK_STORE);
            if back.exists() {
                std::fs::remove_dir_all(back).unwrap();
            }
        };
        let points = number_of(|point| {
            start();
            struck(&fleet, &host, to, point, "fail")
        });
        assert!(points > fewest, "{to}: {points} points");
        let holds = |whole: bool, context: &str| {
            if to == AZURE {
                vaults_hold(&fleet, &store(&host), whole, context);
            } else {
                folder_holds(&store(&host), &host.path(BACK_STORE), whole, context);
            }
        };
        let all: Vec<_> =
            (0..points).flat_map(|point| [(point, "fail"), (point, "kill")]).collect();
        for (point, how) in sample(all, THIN, seed) {
            let context = format!("{to}: {how} at point {point}, {}", again(seed));
            start();
            assert!(struck(&fleet, &host, to, point, how), "{context}");
            holds(false, &context);
            // Once more, at the same place of what is left.
            struck(&fleet, &host, to, point, how);
            holds(false, &context);
            copied(&fleet, &host, CONFIG, to);
            holds(true, &context);
            assert!(vaults(&store(&host)) == source, "{context}: the source was changed");
            // The note of a lock's holder goes with the next run that takes the lock.
            let mut left = host.tree().into_keys().map(|path| path.to_string_lossy().into_owned());
            let left = left.find(|path| path.contains("-tmp-") && !path.ends_with("-holder"));
            assert_eq!(left, None, "{context}");
        }
        println!("{to}: {points} points, each failed and killed");
    }
}
