//! Programs that end by themselves, or are ended.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Far more than any of the programs needs, so that a slow machine is not a failed test.
const DEADLINE: Duration = Duration::from_mins(10);

/// How a program ended, and what it said.
pub(crate) struct Ended {
    pub(crate) success: bool,
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Both outputs, for assertions about what a person reads.
    pub(crate) fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn expect_success(self) -> Self {
        assert!(self.success, "the program failed:\n{}", self.output());
        self
    }

    #[track_caller]
    pub(crate) fn expect_failure(self) -> Self {
        assert!(!self.success, "the program succeeded:\n{}", self.output());
        self
    }
}

/// Runs a program to its end, without input. Panics when the end does not come.
pub(crate) fn run(command: &mut Command) -> Ended {
    // Files, not pipes: a program never waits for somebody to read a file.
    let (mut stdout, mut stderr) = (temporary_file(), temporary_file());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", name(command)));

    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > DEADLINE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{} did not end:\n{}{}", name(command), text(&mut stdout), text(&mut stderr));
        }
        thread::sleep(Duration::from_millis(5));
    };
    Ended {
        success: status.success(),
        code: status.code(),
        stdout: text(&mut stdout),
        stderr: text(&mut stderr),
    }
}

fn temporary_file() -> File {
    tempfile::tempfile().unwrap()
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
