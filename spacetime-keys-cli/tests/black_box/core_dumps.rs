//! The program leaves no core dump: keys are in its memory.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use crate::common::{Host, PRIVATE, PUBLIC, program};

/// A run that has begun, and waits for its input, with a limit that would let it dump.
fn waiting(host: &Host) -> Child {
    let mut command = Command::new("sh");
    let line = "ulimit -S -c \"$(ulimit -H -c)\"; exec \"$@\"";
    command.args(["-c", line, "sh"]).arg(program()).args(["key", "normalize", "-", PUBLIC]);
    command.current_dir(host.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(host.read(PRIVATE).as_bytes()).unwrap();
    while !has_begun(&child) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

/// Sleeping in a read of its input, and no shell any more.
fn has_begun(child: &Child) -> bool {
    let process = format!("/proc/{}", child.id());
    let name = fs::read_to_string(format!("{process}/comm")).unwrap();
    let state = fs::read_to_string(format!("{process}/stat")).unwrap();
    name.starts_with("spacetime-keys") && state.contains(") S ")
}

fn core_limit(process: u32) -> (String, String) {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let mut fields = line.split_whitespace().skip(4).map(str::to_owned);
    (fields.next().unwrap(), fields.next().unwrap())
}

#[test]
fn a_process_that_is_killed_leaves_no_core() {
    let host = Host::new();
    let before = host.tree();
    let mut child = waiting(&host);
    let (soft, hard) = core_limit(child.id());
    // Only its own: what it starts may raise it again, as far as its caller could.
    assert_eq!(soft, "0");
    assert_eq!(hard, core_limit(std::process::id()).1);
    // Of a process that cannot be dumped, even the files in /proc are root's.
    let status = fs::metadata(format!("/proc/{}/environ", child.id())).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&status), 0);
    let killed = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "{status:?}");
    assert!(!status.core_dumped());
    assert_eq!(host.tree(), before);
}
