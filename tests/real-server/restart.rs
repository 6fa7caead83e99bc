//! `--restart`: the program runs the restart, and asks the real server whether it has the new key. A
//! server that does not come up, and one that comes up with another key.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::host::{DATABASE, Host};
use crate::process::{Ended, run};
use crate::server::Server;
use crate::{assert_serves_the_mounted_key, host_with_a_database, publish_as_the_owner};

const PAUSE: Duration = Duration::from_millis(5);

/// A restart command that this process answers.
pub(crate) struct Restarts {
    wanted: PathBuf,
    done: PathBuf,
}

impl Restarts {
    pub(crate) fn of(host: &Host) -> Self {
        Self { wanted: host.path("restart-wanted"), done: host.path("restart-done") }
    }

    pub(crate) fn command_line(&self) -> String {
        format!(
            "echo > '{0}'; until [ -e '{1}' ]; do sleep 0.02; done; read -r code < '{1}'; rm '{1}'; exit $code",
            self.wanted.display(),
            self.done.display()
        )
    }

    /// Runs a command that runs the command line.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        mut restart: impl FnMut() -> Result<(), String>,
    ) -> Ended {
        thread::scope(|scope| {
            let running = scope.spawn(|| run(command));
            while !running.is_finished() {
                if fs::remove_file(&self.wanted).is_ok() {
                    // The command gets its answer whatever happens: nothing waits for ever.
                    let restarted = catch_unwind(AssertUnwindSafe(&mut restart));
                    answer(&self.done, matches!(restarted, Ok(Ok(()))));
                    if let Err(panic) = restarted {
                        resume_unwind(panic);
                    }
                }
                thread::sleep(PAUSE);
            }
            running.join().unwrap()
        })
    }
}

/// Written whole before it is seen.
fn answer(done: &Path, well: bool) {
    let beside = done.with_extension("new");
    fs::write(&beside, format!("{}\n", i32::from(!well))).unwrap();
    fs::rename(&beside, done).unwrap();
}

/// A host whose configuration names server, database and restart command.
struct Kept {
    host: Host,
    server: Server,
    owner: String,
    restarts: Restarts,
}

impl Kept {
    fn new() -> Self {
        let (host, server) = host_with_a_database();
        let (owner, restarts) = (host.identity(), Restarts::of(&host));
        let (url, line) = (server.url(), restarts.command_line());
        let text =
            format!("[host]\nserver = {url:?}\ndatabase = {DATABASE:?}\nrestart = {line:?}\n");
        fs::write(host.path("spacetime-keys.toml"), text).unwrap();
        Self { host, server, owner, restarts }
    }

    /// A rotation with a restart.
    fn rotate(
        &mut self,
        more: &[&str],
        mut restart: impl FnMut(&Host, &mut Server),
    ) -> (Option<i32>, Value) {
        let Self { host, server, restarts, .. } = self;
        let mut command = host.command(env!("CARGO_BIN_EXE_spacetime-keys"));
        command.args(["rotate", "--env", "local", "--yes", "--json", "--restart"]).args(more);
        let ended = restarts.run(&mut command, || {
            restart(host, server);
            Ok(())
        });
        let report = serde_json::from_str(&ended.stdout);
        (ended.code, report.unwrap_or_else(|error| panic!("{error}: {}", ended.output())))
    }

    #[track_caller]
    fn is_owned_as_before(&self) {
        assert_serves_the_mounted_key(&self.server, &self.host);
        publish_as_the_owner(&self.host, &self.server, &self.owner);
    }
}

#[track_caller]
fn is(report: &Value, pointer: &str, expected: impl Into<Value>) {
    assert_eq!(report.pointer(pointer), Some(&expected.into()), "{pointer}: {report:#}");
}

#[test]
fn a_restart_is_proven() {
    let mut kept = Kept::new();
    let (code, report) = kept.rotate(&[], |_, server| server.restart());
    assert_eq!(code, Some(0), "{report:#}");
    is(&report, "/server/ok", true);
    is(&report, "/server/outcome", "updates");
    kept.is_owned_as_before();
}

#[test]
fn a_server_that_does_not_come_up() {
    let mut kept = Kept::new();
    let before = fs::read(kept.host.private_key()).unwrap();
    let (code, report) = kept.rotate(&["--wait", "2s"], |_, server| server.stop());
    assert_eq!(code, Some(1), "{report:#}");
    is(&report, "/server/ok", false);
    is(&report, "/server/verdict", "the server does not answer: no connection");
    assert_ne!(fs::read(kept.host.private_key()).unwrap(), before);

    // The same again, and back: what is down comes up with the pair before.
    kept.server.restart();
    kept.is_owned_as_before();
    let before = fs::read(kept.host.private_key()).unwrap();
    let mut times = 0;
    let (code, report) = kept.rotate(&["--wait", "2s", "--rollback-on-failure"], |_, server| {
        times += 1;
        if times == 1 { server.stop() } else { server.restart() }
    });
    assert_eq!((code, times), (Some(1), 2), "{report:#}");
    is(&report, "/rolled_back/server/ok", true);
    is(&report, "/rolled_back/server/outcome", "updates");
    assert_eq!(fs::read(kept.host.private_key()).unwrap(), before);
    kept.is_owned_as_before();
}

#[test]
fn a_server_that_comes_up_with_another_key() {
    let mut kept = Kept::new();
    let (code, report) =
        kept.rotate(&["--wait", "2s", "--rollback-on-failure"], with_another_key());
    assert_eq!(code, Some(1), "{report:#}");
    let verdict = report.pointer("/server/verdict").and_then(Value::as_str).unwrap();
    assert!(verdict.contains("serves another key"), "{report:#}");
    is(&report, "/rolled_back/server/ok", true);
    kept.is_owned_as_before();
}

/// At the first restart, somebody else's files are where the server looks; at later ones the host's.
fn with_another_key() -> impl FnMut(&Host, &mut Server) {
    let mut is_first = true;
    move |host, server| {
        if std::mem::take(&mut is_first) {
            let files = [host.private_key(), host.public_key()];
            let kept = files.each_ref().map(|file| fs::read(file).unwrap());
            host.make_keys_by_openssl();
            server.restart();
            for (file, content) in files.iter().zip(kept) {
                fs::write(file, content).unwrap();
            }
        } else {
            server.restart();
        }
    }
}
