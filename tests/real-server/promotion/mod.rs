//! Promotion from host to host, as the recipes do it: two folders with a server each, a real sshd between
//! them, rsync and just.

mod killed;
mod refused;
mod road;
mod secrets;
mod site;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::run;
use road::{Recipe, Road};
use site::Site;

/// More than anything here takes, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(5);

/// Waits for something to be so.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < DEADLINE, "not within the time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Makes a script that can be run at once. Another program copies it: one that is still open for writing
/// somewhere cannot be run.
fn install(place: &Path, text: &str) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let draft = place.with_extension("draft");
    fs::write(&draft, text).unwrap();
    let mut install = Command::new("install");
    run(install.args(["-m", "755"]).arg(&draft).arg(place)).expect_success();
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Two hosts that know nothing of each other, and the way between them.
struct Two {
    prod: Site,
    test: Site,
    road: Road,
    /// Who owns prod's database.
    owner: String,
}

impl Two {
    /// A prod with rows, and a test with a database of its own and a key that its vault has.
    fn new() -> Self {
        let (prod, test) = (Site::new("prod"), Site::new("test"));
        test.host.spacetime_keys(&[
            "rotate",
            "--env",
            "test",
            "--yes",
            "--no-preserve-publisher-token",
        ]);
        for site in [&prod, &test] {
            site.start();
            site.publish_first();
        }
        prod.add_rows(0..25);
        test.add_rows(100..103);
        let owner = prod.owner();
        assert_ne!(test.owner(), owner);
        Self { road: Road::new(), prod, test, owner }
    }

    /// The recipes on test, that take from prod.
    fn recipe(&self) -> Recipe {
        self.road.recipe(&self.prod, &self.test)
    }

    /// Test's own database is there, and is test's publisher's.
    #[track_caller]
    fn assert_test_is_as_before(&self) {
        self.test.wait_until_it_answers();
        assert_ne!(self.test.owner(), self.owner);
        assert_eq!(self.test.rows(), 3);
        self.test.publish();
    }

    /// Test has prod's data, and prod's owner publishes there with a token of test's key.
    #[track_caller]
    fn assert_promoted(&self, rows: u64) {
        self.test.wait_until_it_answers();
        assert_eq!(self.test.owner(), self.owner);
        assert_eq!(self.test.rows(), rows);
        self.test.publish();
        assert_eq!(self.test.owner(), self.owner);
        let (here, there) = (self.test.token(), self.prod.token());
        assert_eq!(self.prod.sql(&here, "SELECT * FROM thing").status, 401, "test's token at prod");
        assert_eq!(
            self.test.sql(&there, "SELECT * FROM thing").status,
            401,
            "prod's token at test"
        );
    }
}
