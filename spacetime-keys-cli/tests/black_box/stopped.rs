//! A run that stops at a point, as if it were slow there, and goes on.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Host, Run};

/// A process that has stopped itself.
pub(crate) struct Stopped(Option<Child>);

impl Stopped {
    pub(crate) fn at(host: &Host, arguments: &[&str], point: impl std::fmt::Display) -> Self {
        let mut command = host.command(arguments);
        command.arg("--json").env("SPACETIME_KEYS_FAILPOINT", format!("{point}=stop"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let stopped = Self(Some(command.spawn().unwrap()));
        let state = format!("/proc/{}/stat", stopped.0.as_ref().unwrap().id());
        let started = Instant::now();
        loop {
            let stat = fs::read_to_string(&state).unwrap();
            let state = stat.rsplit_once(") ").unwrap().1.as_bytes()[0];
            if state == b'T' {
                return stopped;
            }
            assert_ne!(state, b'Z', "{arguments:?} ended before point {point}");
            assert!(started.elapsed() < Duration::from_mins(5), "{arguments:?} does not stop");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn goes_on(&mut self) -> Run {
        let child = self.0.take().unwrap();
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-CONT", &id]).status().unwrap();
        assert!(kill.success());
        child.wait_with_output().unwrap().into()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
