//! The entrypoint, with stand-ins for the server and the SpacetimeDB CLI that do what real ones rarely
//! do. The real ones: `tests/real-server/deploy`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{DEPLOY, ENTRYPOINT};
use crate::common::{Host, Run};

const DEADLINE: Duration = Duration::from_mins(1);

/// A kit with keys and a module, in which `spacetime start` and `spacetime publish` are these.
struct Container {
    host: Host,
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Container {
    /// `statuses`: what `/v1/ping` answers, one after the other, then the last one for ever.
    fn new(statuses: &'static [&'static str], start: &str, publish: &str) -> Self {
        let host = Host::new();
        host.run(&DEPLOY).success();
        host.write("dist/module.wasm", "a module");
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> calls\ncase $1 in\nstart) {start} ;;\npublish) {publish} ;;\nesac\n"
        );
        host.write("bin/spacetime", script);
        let bin = host.path("bin/spacetime");
        fs::set_permissions(bin, fs::Permissions::from_mode(0o755)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap_or_default();
                assert!(request[..length].starts_with(b"GET /v1/ping "));
                let at = count.fetch_add(1, Ordering::SeqCst);
                let status = statuses[at.min(statuses.len() - 1)];
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nlocation: /v1/ping\r\nconnection: close\r\n\r\n"
                );
            }
        });
        Self { host, port, asked }
    }

    fn command(&self) -> Command {
        let path = |inside: &str| self.host.path(inside);
        let mut command = Command::new("dash");
        let search = format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap());
        command.arg(ENTRYPOINT).current_dir(path("")).env_clear().env("PATH", search);
        command.env("SPACETIMEDB_DATABASE", "game").env("SPACETIMEDB_READY_SECONDS", "60");
        command.env("SPACETIMEDB_LISTEN", format!("0.0.0.0:{}", self.port));
        command.env("SPACETIMEDB_KEYS", path(".generated/spacetimedb-keys"));
        command.env("SPACETIMEDB_DATA", path("server")).env("SPACETIMEDB_MODULES", path("dist"));
        command.env("XDG_CONFIG_HOME", path("data/.config"));
        command
    }

    fn start(&self) -> Running {
        self.start_with(&mut self.command())
    }

    fn start_with(&self, command: &mut Command) -> Running {
        let log = fs::File::create(self.host.path("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Running(command.spawn().unwrap())
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.host.path("calls")).unwrap_or_default()
    }

    fn until(&self, child: &mut Running, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let ended = child.0.try_wait().unwrap();
            let log = || self.host.read("log");
            assert!(ended.is_none() && began.elapsed() < DEADLINE, "{ended:?} {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// One marker, and nothing is running any more that was started here.
    #[track_caller]
    fn assert_ended(&self, marker: &str) {
        let log = self.host.read("log");
        let markers: Vec<&str> = log.lines().filter(|line| line.starts_with("PUBLISH_")).collect();
        assert_eq!(markers.len(), usize::from(!marker.is_empty()), "{log}");
        assert!(
            markers.iter().all(|line| line.contains(marker) && line.contains(" run=")),
            "{log}"
        );
        let began = Instant::now();
        let mark = format!("{}", self.host.path("server").display());
        while running(&mark) {
            assert!(began.elapsed() < DEADLINE, "the server is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The entrypoint's process: whatever becomes of the test, it does not stay behind.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        Run::of(Command::new("kill").args([name, &pid]), b"").success();
    }

    /// The exit code, when it has ended.
    #[track_caller]
    fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < DEADLINE, "it runs on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.try_wait().ok().flatten().is_none() {
            self.signal("-TERM");
            let _ = self.0.wait();
        }
    }
}

/// Whether a process has this word among its arguments.
fn running(word: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .any(|line| line.windows(word.len()).any(|part| part == word.as_bytes()))
}

/// Runs on until it is ended, and is then found by its arguments.
const SERVES: &str = "while :; do sleep 0.1; done";

#[test]
fn a_publish_waits_for_a_200() {
    let container =
        Container::new(&["405", "404", "500", "302", "204", "401", "200"], SERVES, "echo done");
    let mut child = container.start();
    container.until(&mut child, || container.host.read("log").contains("PUBLISH_SUCCESS"));
    assert_eq!(container.asked.load(Ordering::SeqCst), 7);
    assert_eq!(container.calls().matches("publish").count(), 1, "{}", container.calls());
    child.signal("-INT");
    assert_eq!(child.ended(), Some(0));
    container.assert_ended("PUBLISH_SUCCESS");
    // Never ready, for as long as it may take.
    let container = Container::new(&["405"], SERVES, "echo done");
    let mut command = container.command();
    let run = Run::of(command.env("SPACETIMEDB_READY_SECONDS", "1"), b"");
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stdout.contains("reason=not_ready"), "{run:?}");
    assert!(!container.calls().contains("publish"));
    // A server that ends by itself is not waited for.
    let container = Container::new(&["500"], "exit 3", "echo done");
    let mut child = container.start();
    assert_eq!(child.ended(), Some(1));
    container.assert_ended("reason=not_ready");
}

/// Words of servers and CLIs of all versions.
#[test]
fn a_refusal_is_told_apart_and_not_tried_again() {
    for (said, reason) in [
        ("Pre-publish check failed with status 401 Unauthorized: Invalid token", "unauthorized"),
        ("TokenError(Error(InvalidSignature))", "unauthorized"),
        ("Error: Identity c2 is not valid for server mine.", "unauthorized"),
        ("403 Forbidden: c2 is not authorized to perform action on database c2", "not_owner"),
        ("c2 does not own database c2 (500 Internal Server Error)", "not_owner"),
        ("401 Unauthorized: app is not registered to the identity c2", "not_owner"),
        ("error: could not compile", "error"),
        ("", "error"),
    ] {
        let publish = format!("echo '{said}' >&2; exit 1");
        let container = Container::new(&["200"], SERVES, &publish);
        let mut child = container.start();
        assert_eq!(child.ended(), Some(1), "{said}");
        container.assert_ended(&format!("database=game reason={reason}"));
        assert_eq!(container.calls().matches("publish").count(), 1, "{said}");
        let log = container.host.read("log");
        assert!(log.contains(said) && log.contains("next, on the host: "), "{log}");
        assert!(log.contains("spacetime-keys doctor --logs -"), "{log}");
    }
}

#[test]
fn a_stop_at_any_moment_ends_all_of_it() {
    // Before the server is ready; while a publish hangs; where SIGINT does nothing.
    for (statuses, start, publish, until) in [
        (&["500"][..], SERVES, "echo done", "start"),
        (&["200"], SERVES, "while :; do sleep 0.1; done", "publish"),
        (&["200"], "trap '' INT; while :; do sleep 0.1; done", "echo done", "publish"),
    ] {
        for name in ["-INT", "-TERM"] {
            let container = Container::new(statuses, start, publish);
            let mut child = container.start();
            container.until(&mut child, || container.calls().contains(until));
            child.signal(name);
            assert_eq!(child.ended(), Some(0), "{until} {name}");
            assert!(!running(&container.host.path("dist/module.wasm").display().to_string()));
            let log = container.host.read("log");
            assert!(!log.contains("PUBLISH_FAILED"), "{log}");
            let marker = if log.contains("PUBLISH_SUCCESS") { "PUBLISH_SUCCESS" } else { "" };
            container.assert_ended(marker);
        }
    }
}

/// The exit code of a server that ends by itself is the container's.
#[test]
fn a_server_that_ends_takes_the_container_with_it() {
    let container = Container::new(&["200"], "sleep 1; exit 7", "echo done");
    let mut child = container.start();
    assert_eq!(child.ended(), Some(7));
    container.assert_ended("PUBLISH_SUCCESS");
}

/// Docker starts an ended container again: one that was refused then waits, and tries nothing.
#[test]
fn a_refused_container_stays_down() {
    let container = Container::new(&["200"], SERVES, "echo 'InvalidSignature'; exit 1");
    let note = container.host.path("refused");
    let mut command = container.command();
    let run = Run::of(command.env("SPACETIMEDB_STAY_DOWN", &note), b"");
    assert_eq!((run.status, note.exists()), (Some(1), true), "{run:?}");
    let calls = container.calls();
    let mut command = container.command();
    let mut child = container.start_with(command.env("SPACETIMEDB_STAY_DOWN", &note));
    container.until(&mut child, || container.host.read("log").contains("--force-recreate"));
    child.signal("-INT");
    assert_eq!(child.ended(), Some(0));
    assert_eq!(container.calls(), calls, "neither server nor publish");
}

#[test]
fn what_is_missing_ends_it_before_there_is_a_server() {
    type Break = fn(&Host);
    const ALL: [(&str, Break); 8] = [
        ("keys_missing", |host| host.remove(".generated")),
        ("keys_missing", |host| host.remove(".generated/spacetimedb-keys/id_ecdsa")),
        ("keys_missing", |host| host.remove(".generated/spacetimedb-keys/id_ecdsa.pub")),
        ("keys_missing", |host| host.write(".generated/spacetimedb-keys/id_ecdsa", "")),
        ("no_module", |host| host.remove("dist")),
        ("no_token", |host| {
            host.write("server/replicas/1", "");
            host.remove("data");
        }),
        ("no_token", |host| {
            host.write("server/replicas/1", "");
            host.write("data/.config/spacetime/cli.toml", "# spacetimedb_token = \"x\"\n");
        }),
        ("", |host| host.write("server/replicas/1", "")),
    ];
    for (reason, break_it) in ALL {
        let container = Container::new(&["200"], SERVES, "echo done");
        break_it(&container.host);
        let mut child = container.start();
        if reason.is_empty() {
            // With its token, a server with data is one that was here before.
            container.until(&mut child, || container.host.read("log").contains("PUBLISH_SUCCESS"));
            child.signal("-TERM");
            assert_eq!(child.ended(), Some(0));
            continue;
        }
        assert_eq!(child.ended(), Some(1), "{reason}");
        container.assert_ended(&format!("reason={reason}"));
        assert_eq!(container.calls(), "", "{reason}");
        assert!(container.host.read("log").contains("next, on the host: "), "{reason}");
    }
    // What the log says is what `doctor` makes of it.
    let container = Container::new(&["200"], SERVES, "echo done");
    container.host.remove(".generated");
    assert_eq!(container.start().ended(), Some(1));
    let told = container.host.run(&["doctor", "--logs", "log"]);
    assert_eq!(told.status, Some(1), "{told:?}");
    assert!(told.stdout.contains("the key files are not there"), "{told:?}");
}
