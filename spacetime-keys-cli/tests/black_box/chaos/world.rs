//! A fresh host, or two that share a store; running the program there, and what a person does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};
use spacetime_keys_test_support::Random;
use tempfile::TempDir;

use super::judge::{self, Picture};
use super::keys::{self, Pair, Publisher, Scalar};
use crate::common::{CLI_TOML, PRIVATE, PROGRAM, PUBLIC, tree};

/// Whose token the fixture's `cli.toml` holds.
const OWNER: Publisher = Publisher {
    subject: "5fc4710d-c991-4ff0-805e-03cb70013bc0",
    identity: crate::common::IDENTITY,
};
/// Who publishes on a second host of another environment.
const OTHER: Publisher = Publisher {
    subject: "chaos-host-b",
    identity: "c200d1e0068d25a4188a9c2cf8df031fdebb2b044a244fa89487f5a3287324cb",
};
/// Whom a login by mistake makes.
pub(super) const STRANGER: Publisher = Publisher {
    subject: "chaos-stranger",
    identity: "c2003122dd859a12a7441f4c38250fb172e63914cb1c34ca1056028b0b80e22e",
};

/// No command takes so long, on whatever machine.
const DEADLINE: Duration = Duration::from_mins(1);

pub(super) struct Host {
    /// Below the root.
    pub(super) folder: &'static str,
    pub(super) environment: &'static str,
    pub(super) publisher: Publisher,
}

/// How a command is disturbed.
#[derive(Clone, Copy)]
pub(super) enum How {
    Undisturbed,
    KilledAfter(Duration),
    /// `kill` or `fail` at a point.
    At(u64, &'static str),
    /// Stopped at a point, while another program writes a pair.
    StoppedAt(u64),
    /// No file can grow; whether that is an error, or a signal.
    NoRoom(bool),
    /// Modes bind the user, also root.
    Bound,
}

pub(super) struct Call {
    pub(super) host: usize,
    pub(super) arguments: Vec<String>,
    pub(super) how: How,
}

/// What a command came to.
pub(super) struct Ran {
    pub(super) status: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) text: String,
    pub(super) in_time: bool,
    /// Its proof was over when another program wrote.
    pub(super) was_proven: bool,
}

pub(super) struct World {
    root: TempDir,
    pub(super) hosts: Vec<Host>,
    /// Below the root.
    pub(super) store: &'static str,
    /// The private keys that must not be lost, and where each was seen last.
    pub(super) known: BTreeMap<Scalar, PathBuf>,
    /// Files that are not whole, or too open, by what people and other programs did.
    pub(super) excused: BTreeSet<(PathBuf, u32, Vec<u8>)>,
    pub(super) record: Record,
}

/// What a sequence came to.
#[derive(Default)]
pub(super) struct Record {
    pub(super) log: Vec<String>,
    /// The kinds of violations, each with all that had happened.
    pub(super) violations: BTreeMap<String, String>,
    pub(super) commands: usize,
    pub(super) killed: usize,
    pub(super) by_hand: usize,
    /// What people and other programs did, the first set-up among it.
    pub(super) acts: usize,
    pub(super) needed: Vec<usize>,
}

impl World {
    pub(super) fn new(random: &mut Random) -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let environment = random.pick(&["local", "local", "dev", "prod"]);
        let mut world = Self {
            root: tempfile::Builder::new().prefix("chaos-").tempdir_in(place).unwrap(),
            hosts: vec![Host { folder: "a", environment, publisher: OWNER }],
            store: "a/.spacetime-keys",
            known: BTreeMap::new(),
            excused: BTreeSet::new(),
            record: Record::default(),
        };
        let is_shared = random.percent(25);
        // Where somebody has written down that this is the place, keys are made also where nothing else
        // is left.
        let is_set_up = random.percent(50);
        world.person(|world| {
            world.furnish("a");
            if is_set_up {
                fs::write(world.path("a").join("spacetime-keys.toml"), "").unwrap();
            }
            if is_shared {
                world.share_store(random);
            }
            format!("{} hosts, the first of {environment}", world.hosts.len())
        });
        for host in 0..world.hosts.len() {
            if random.percent(70) {
                world.run(host, &["rotate", "--env", world.hosts[host].environment, "--yes"]);
            }
        }
        world
    }

    fn furnish(&self, folder: &str) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-host");
        for (file, mode) in [(PRIVATE, 0o600), (PUBLIC, 0o644), (CLI_TOML, 0o600)] {
            let path = self.path(folder).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, fs::read(fixture.join(file)).unwrap()).unwrap();
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    }

    /// A second host: of the same group and with the same files, or of another group.
    fn share_store(&mut self, random: &mut Random) {
        self.furnish("b");
        self.store = "store";
        for host in ["a", "b"] {
            let file = self.path(host).join("spacetime-keys.toml");
            fs::write(file, "[store]\npath = \"../store\"\n").unwrap();
        }
        let first = self.hosts[0].environment;
        let environment = if random.percent(50) { first } else { "test" };
        let publisher = if environment == first { OWNER } else { OTHER };
        self.hosts.push(Host { folder: "b", environment, publisher });
        if environment != first {
            let pair = Pair::new(random);
            self.mount(1, &pair);
            self.log_in(1, publisher, &pair.private);
        }
    }

    pub(super) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(inside)
    }

    pub(super) fn file(&self, host: usize, file: &str) -> PathBuf {
        self.path(self.hosts[host].folder).join(file)
    }

    pub(super) fn picture(&self) -> Picture {
        judge::picture(tree(self.root.path()))
    }

    /// Another program writes a pair, as servers do.
    pub(super) fn mount(&self, host: usize, pair: &Pair) {
        for (file, content, mode) in
            [(PRIVATE, &pair.private, 0o600), (PUBLIC, &pair.public, 0o644)]
        {
            let path = self.file(host, file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
    }

    /// Puts a token of this publisher into `cli.toml`, as a login does.
    pub(super) fn log_in(&self, host: usize, publisher: Publisher, private: &str) {
        let path = self.file(host, CLI_TOML);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let old = judge::token_in(&text);
        let Some(token) = keys::token(publisher, private) else { return };
        let text = match old {
            Some(old) => text.replace(&old, &token),
            None => format!("spacetimedb_token = \"{token}\"\n{text}"),
        };
        fs::write(path, text).unwrap();
    }

    /// What a person or another program does. What that destroys, the program has not lost; what it
    /// leaves broken or open, the program has not written.
    pub(super) fn person(&mut self, act: impl FnOnce(&mut Self) -> String) {
        let before = judge::scalars(&self.picture());
        let mut done = act(self);
        let after = self.picture();
        let left = judge::scalars(&after);
        let destroyed = before.iter().filter(|(key, _)| !left.contains_key(*key));
        for (key, _) in destroyed {
            self.known.remove(key);
            done.push_str(", which destroys a key");
        }
        judge::add_known(self, &after);
        judge::excuse(self, &after);
        if !done.is_empty() {
            self.record.acts += 1;
            self.record.log.push(format!("- {done}"));
        }
    }

    /// Runs the program to its end.
    pub(super) fn run(&mut self, host: usize, arguments: &[&str]) -> Ran {
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        let call = Call { host, arguments, how: How::Undisturbed };
        self.together(&[call], &mut Random::new(0)).remove(0)
    }

    /// Runs the program, or several at once, and judges what they left.
    pub(super) fn together(&mut self, calls: &[Call], random: &mut Random) -> Vec<Ran> {
        let before = self.picture();
        let mut children: Vec<Child> = calls.iter().map(|call| self.start(call)).collect();
        let mut said = 0;
        for (call, child) in calls.iter().zip(&mut children) {
            match call.how {
                How::KilledAfter(time) => {
                    std::thread::sleep(time);
                    let _ = child.kill();
                }
                How::StoppedAt(_) if is_stopped(child) => {
                    said = ioctl_fionread(child.stderr.as_ref().unwrap()).unwrap();
                    let pair = Pair::new(random);
                    self.person(|world| {
                        world.mount(call.host, &pair);
                        "while it is stopped, another program mounts a pair".into()
                    });
                    let id = Pid::from_child(child);
                    kill_process(id, Signal::CONT).unwrap();
                }
                _ => {}
            }
        }
        let runs: Vec<Ran> = children.into_iter().map(|child| end(child, said)).collect();
        for (call, run) in calls.iter().zip(&runs) {
            self.record.commands += 1;
            self.record.killed += usize::from(run.signal.is_some());
            self.record.log.push(format!("- {}\n{}", call.describe(self), run.describe()));
        }
        judge::after_commands(self, &before, calls, &runs);
        runs
    }

    fn start(&self, call: &Call) -> Child {
        let mut command = match call.how {
            How::NoRoom(is_signal) => {
                let mut shell = Command::new("sh");
                let trap = if is_signal { "" } else { "trap '' XFSZ; " };
                shell.args([
                    "-c",
                    &format!("{trap}ulimit -c 0; ulimit -f 0; exec \"$0\" \"$@\""),
                    PROGRAM,
                ]);
                shell
            }
            How::Bound => {
                // Of util-linux. Without these, modes bind root, too.
                let mut command = Command::new("setpriv");
                command.args(["--bounding-set", "-dac_override,-dac_read_search", PROGRAM]);
                command
            }
            _ => Command::new(PROGRAM),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(&call.arguments).env_clear().env("PATH", path);
        match call.how {
            How::At(point, what) => {
                command.env("SPACETIME_KEYS_FAILPOINT", format!("{point}={what}"));
            }
            How::StoppedAt(point) => {
                command.arg("-v").env("SPACETIME_KEYS_FAILPOINT", format!("{point}=stop"));
            }
            _ => {}
        }
        command.current_dir(self.path(self.hosts[call.host].folder));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Notes a violation, once a sequence and kind.
    pub(super) fn violation(&mut self, kind: &str, what: &str) {
        self.record.log.push(format!("  *** {kind}: {what}"));
        let log = self.record.log.join("\n");
        self.record.violations.entry(kind.to_owned()).or_insert(log);
    }
}

impl Call {
    fn describe(&self, world: &World) -> String {
        let how = match self.how {
            How::Undisturbed => String::new(),
            How::KilledAfter(time) => format!(", killed after {time:?}"),
            How::At(point, what) => format!(", {what} at {point}"),
            How::StoppedAt(point) => format!(", stopped at {point}"),
            How::NoRoom(_) => ", without room".into(),
            How::Bound => ", in a folder that cannot be written".into(),
        };
        format!("{}: {}{how}", world.hosts[self.host].folder, self.arguments.join(" "))
    }
}

impl Ran {
    fn describe(&self) -> String {
        let end = match (self.status, self.signal) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        let lines = self.text.lines().filter(|line| !line.trim().is_empty());
        lines.fold(format!("    {end}"), |text, line| format!("{text}\n    | {line}"))
    }
}

/// Waits until a process has stopped itself. `false` if it has come to its end.
fn is_stopped(child: &Child) -> bool {
    let started = Instant::now();
    loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        match stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()) {
            Some('T') => return true,
            Some('Z') | None => return false,
            _ if started.elapsed() > DEADLINE => return false,
            _ => std::thread::sleep(Duration::from_micros(500)),
        }
    }
}

/// Waits for a process. What it prints has room in the pipes; `said` bytes were there at a stop.
fn end(mut child: Child, said: u64) -> Ran {
    let started = Instant::now();
    let mut in_time = true;
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > DEADLINE {
            in_time = false;
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    let output = child.wait_with_output().unwrap();
    let before: String =
        output.stderr.iter().zip(0..said).map(|(byte, _)| char::from(*byte)).collect();
    let text = [output.stdout, output.stderr].concat();
    Ran {
        status: output.status.code(),
        signal: output.status.signal(),
        text: String::from_utf8_lossy(&text).into_owned(),
        in_time,
        was_proven: ["  proven\n", "  synced\n"].iter().any(|end| before.ends_with(end)),
    }
}
