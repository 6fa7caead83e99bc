//! A whole promotion, and what it needs.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Two, files, secrets, site};

// Slow: two servers, a promotion and its dry run.
#[test]
fn prods_data_serves_at_test_and_prod_is_down_for_seconds() {
    let two = Two::new();
    let (prod, test) = (&two.prod, &two.test);
    // Neither is needed: test takes nothing of prod's but the passport.
    assert!(!prod.host.path(".spacetime-keys").exists());
    let before = files(&prod.folder());

    let dry = two.recipe().run("promote-prod-to-test-dry").expect_success();
    assert!(dry.stdout.contains("Number of deleted files"), "{}", dry.output());
    two.assert_test_is_as_before();

    let ended = AtomicBool::new(false);
    let (promoted, down) = thread::scope(|scope| {
        let url = prod.url.clone();
        let ended = &ended;
        let down = scope.spawn(move || downtime(&url, ended));
        let promoted = two.recipe().with("promotion_counts", "thing").run("promote-prod-to-test");
        ended.store(true, Ordering::Relaxed);
        (promoted, down.join().unwrap())
    });
    let promoted = promoted.expect_success();
    println!("prod was down for {} ms", down.as_millis());
    // Measured, so that it is known; a busy machine is no failed test.
    assert!(down < Duration::from_mins(1), "prod was down for {down:?}");
    assert!(promoted.stdout.contains("thing: 25 rows, 25 at the source"), "{}", promoted.output());
    assert!(prod.answers());

    two.assert_promoted(25);
    secrets::assert_none_of_prod(&two);
    // What the copy is: prod's, and with nothing of this host's own gone.
    let kept = test.host.path("data/server.previous");
    assert!(kept.is_dir() && test.host.path("data/server/config.toml").exists());
    assert!(!test.host.path("data/server.before").exists());
    let passport =
        fs::read_to_string(test.host.path("data/server.promotion/passport.json")).unwrap();
    assert!(!passport.contains("PRIVATE") && !passport.contains("eyJ"), "{passport}");
    // Prod has nothing that it had not before.
    let after = files(&prod.folder());
    let outside = |path: &&std::path::PathBuf| !path.starts_with(prod.data());
    assert!(after.iter().filter(outside).eq(before.iter().filter(outside)));

    // The publisher of before is not lost: its claims are in test's own escrow.
    let escrow = "spacetimedb-publisher-claims";
    let vault = test.host.path(".spacetime-keys/kv-test").join(escrow);
    let written: String =
        files(&vault).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(written.contains(&two.owner) && written.matches("\"subject\"").count() >= 2);

    let status = two.recipe().run("sync-status").expect_success().stdout;
    println!("{status}");
    let here = status.lines().find(|line| line.starts_with("this host")).unwrap();
    assert!(
        here.contains("running") && here.contains("1.2.0") && here.contains("prod, 20"),
        "{status}"
    );
    assert!(status.contains("unreachable"), "{status}");
}

/// For how long prod does not answer, while the promotion is at work.
fn downtime(url: &str, ended: &AtomicBool) -> Duration {
    let mut down = Duration::ZERO;
    let mut since = None;
    while !ended.load(Ordering::Relaxed) {
        match (site::answers(url), since) {
            (false, None) => since = Some(Instant::now()),
            (true, Some(begun)) => {
                down += Instant::elapsed(&begun);
                since = None;
            }
            _ => {}
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert!(since.is_none(), "prod does not answer at the end");
    assert!(!down.is_zero(), "prod was never stopped");
    down
}
