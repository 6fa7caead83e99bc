//! az does not outlive its call, nor a secret's file its run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use spacetime_keys_core::fleet::Operation;
use spacetime_keys_rotation::store::{Az, AzCli, KeyStore};
use spacetime_keys_rotation::{Silent, Watch};

use super::answers::new;
use super::host::{Host, check_any, check_proven};
use super::stand_in::{PATIENT, StandIn, is_alive, names, wait_until};

/// For the process that is killed: where its stand-in is.
const FOLDER: &str = "SPACETIME_KEYS_TEST_STAND_IN";

// Slow: a deadline is waited out that a busy machine keeps.
#[test]
fn a_deadline_kills_az_and_all_that_it_has_started() {
    let hangs = |kind| {
        let stand_in = StandIn::new();
        // As long as it takes to get that far on a busy machine.
        let store = AzCli::new(stand_in.az(Duration::from_secs(10)), Arc::new(Silent));
        stand_in.fault("set", "1", kind);
        let failure = store.put("kv-dev", "s", &new("v")).err().unwrap();
        assert_eq!(failure.kind().code(), "ERR_STORE_TIMEOUT");
        assert_eq!(stand_in.hanging().len(), 2);
        for process in stand_in.hanging() {
            wait_until("az is gone", || !is_alive(process));
        }
        assert_eq!(stand_in.leftovers(), [""; 0]);
        assert_eq!(stand_in.values("kv-dev", "s").len(), usize::from(kind == "hang-after"));
    };
    // At once: both wait.
    std::thread::scope(|scope| {
        for kind in ["hang", "hang-after"] {
            scope.spawn(move || hangs(kind));
        }
    });
}

/// Says, once it is told so, that the run is to stop.
#[derive(Debug, Default)]
struct Stop(AtomicBool);

impl Watch for Stop {
    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_stop_ends_a_hanging_az_at_once_and_the_same_run_again_finishes() {
    // The second write hangs before, or after, it has had its effect; the first is done.
    for kind in ["hang", "hang-after"] {
        let (stand_in, host) = (StandIn::new(), Host::new());
        let before = host.keys(&stand_in);
        stand_in.fault("set", "2", kind);
        let stop = Arc::new(Stop::default());
        let watch: Arc<dyn Watch> = Arc::clone(&stop) as _;
        let (failure, took) = std::thread::scope(|scope| {
            let run = || host.run_watched(&stand_in, Operation::Rotate, PATIENT, &watch);
            let run = scope.spawn(run);
            wait_until("az hangs", || stand_in.hanging().len() == 2);
            stop.0.store(true, Ordering::Relaxed);
            let since = Instant::now();
            (run.join().unwrap().err().unwrap(), since.elapsed())
        });
        assert_eq!(failure.kind().code(), "ERR_STOPPED", "{kind}");
        assert!(failure.is_resumable(), "{kind}");
        assert!(took < PATIENT / 4, "{kind}: {took:?}");
        for process in stand_in.hanging() {
            wait_until("az is gone", || !is_alive(process));
        }
        check_any(&host, &stand_in, &before, kind);
        stand_in.clear_faults();
        host.run(&stand_in, Operation::Rotate, PATIENT).unwrap();
        check_proven(&host, &stand_in, kind);
    }
}

#[test]
fn what_a_killed_script_has_started_is_killed_too() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    stand_in.fault("set", "1", "orphan");
    let failure = store.put("kv-dev", "s", &new("v")).err().unwrap();
    assert_eq!(failure.kind().code(), "ERR_STORE_ANSWER");
    wait_until("the program is gone", || !is_alive(stand_in.hanging()[0]));
    assert_eq!(stand_in.leftovers(), [""; 0]);
}

#[test]
fn what_a_good_call_leaves_behind_is_not_waited_for() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    store.put("kv-dev", "s", &new("v")).unwrap();
    stand_in.fault("show", "1", "leaves-behind");
    // It would hold the output open for an hour.
    assert_eq!(*store.read("kv-dev", "s").unwrap().latest.unwrap().value, "v");
    let left = stand_in.hanging()[0];
    assert!(is_alive(left), "it is nobody's to stop");
    kill_process(Pid::from_raw(left.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
}

/// Not a test: the run that [`a_killed_run_leaves_a_secret_to_the_next_one`] kills.
#[test]
#[ignore = "another test starts and kills it"]
fn a_run_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let (program, secret_files) = (folder.join("az"), folder.join("secrets"));
    let az = Az { program, secret_files, timeout: Duration::from_hours(1) };
    let _ = AzCli::new(az, Arc::new(Silent)).put("kv-dev", "s", &new("a secret"));
}

#[test]
fn a_killed_run_leaves_a_secret_to_the_next_one() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    stand_in.fault("set", "1", "hang");
    let mut run = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "az::stopped::a_run_that_is_killed"])
        .env(FOLDER, stand_in.path(""))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("az hangs", || stand_in.hanging().len() == 2);
    // As long as it lives, its file is its own, whatever another run removes.
    store.clean_up("kv-dev", "s").unwrap();
    let left = stand_in.leftovers();
    assert_eq!(left.len(), 1);
    let folder = stand_in.path("secrets").join(&left[0]);
    assert_eq!(std::fs::read_to_string(folder.join("value")).unwrap(), "a secret");
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(names(&folder).len(), 2);
    store.clean_up("kv-dev", "s").unwrap();
    assert_eq!(stand_in.leftovers(), [""; 0]);
    // Nobody was left who could have stopped that one.
    let group = Pid::from_raw(stand_in.hanging()[0].try_into().unwrap()).unwrap();
    kill_process_group(group, Signal::KILL).unwrap();
}

#[test]
fn many_calls_at_once_keep_apart() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    std::thread::scope(|scope| {
        for number in 0..12 {
            let store = &store;
            scope.spawn(move || {
                let (secret, value) = (format!("s{number}"), format!("value {number}"));
                let version = store.put("kv-dev", &secret, &new(&value)).unwrap();
                store.clean_up("kv-dev", &secret).unwrap();
                assert_eq!(*store.get("kv-dev", &secret, &version).unwrap().value, value);
            });
        }
    });
    assert_eq!(stand_in.leftovers(), [""; 0]);
    assert_eq!(stand_in.count("set"), 12);
    assert!(PATIENT > Duration::from_mins(1));
}
