//! What survives a power cut: a file is flushed before it takes its name, and its folder after it.
//!
//! No kill shows this, for a killed process loses nothing that it has handed to the system. `strace`
//! lists the calls in their order.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Host, PROGRAM, Run};

/// A call that matters here, and the files that it is about.
#[derive(Debug)]
enum Call {
    Write(PathBuf),
    Flush(PathBuf),
    /// Or a link, which gives a file its name, too.
    Rename(PathBuf, PathBuf),
}

/// Runs a command of the program on a host, and lists its calls.
fn calls_of(host: &Host, arguments: &[&str]) -> Vec<Call> {
    let mut traced = Command::new("strace");
    // No content: `-s 0` shows none of what is written.
    traced.args(["-f", "-y", "-s", "0", "-o", "strace.log", "-e"]);
    traced.arg("trace=write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat");
    traced.arg(PROGRAM).args(arguments).current_dir(host.path(""));
    Run::of(&mut traced, b"").success();
    let log = host.read("strace.log");
    host.remove("strace.log");
    log.lines().filter_map(|line| call(line, &host.path(""))).collect()
}

/// A line such as `12 fsync(5</folder/file>) = 0` or `12 rename("/folder/a", "/folder/b") = 0`.
fn call(line: &str, folder: &Path) -> Option<Call> {
    let (_, line) = line.split_once(' ')?;
    let (name, rest) = line.trim_start().split_once('(')?;
    let (rest, result) = rest.rsplit_once(" = ")?;
    assert!(!rest.contains("<unfinished"), "two threads at once: {line}");
    if result.starts_with('-') {
        return None;
    }
    let inside = |path: &str| folder.join(path);
    let of_descriptor = || Some(inside(rest.split_once('<')?.1.split_once('>')?.0));
    let found = match name {
        "fsync" | "fdatasync" => Call::Flush(of_descriptor()?),
        "write" | "writev" | "pwrite64" => Call::Write(of_descriptor()?),
        _ => {
            let mut names = rest.split('"').skip(1).step_by(2);
            Call::Rename(inside(names.next()?), inside(names.next()?))
        }
    };
    let (Call::Write(path) | Call::Flush(path) | Call::Rename(path, _)) = &found;
    path.starts_with(folder).then_some(found)
}

/// How many files took a name. Fails where one was not flushed before, or its folder not after.
fn check(calls: &[Call], context: &str) -> usize {
    let (mut unflushed, mut renamed) = (BTreeSet::new(), 0);
    for (at, call) in calls.iter().enumerate() {
        match call {
            Call::Write(path) => {
                unflushed.insert(path);
            }
            Call::Flush(path) => {
                unflushed.remove(path);
            }
            Call::Rename(from, to) => {
                renamed += 1;
                let inside = unflushed.iter().find(|path| path.starts_with(from));
                assert!(
                    inside.is_none(),
                    "{context}: {inside:?} has its name before it is flushed"
                );
                // Nothing is done before the new name lasts.
                let parent = to.parent().unwrap();
                let next = calls[at + 1..].first();
                assert!(
                    matches!(next, Some(Call::Flush(path)) if path == parent),
                    "{context}: after {} comes {next:?}",
                    to.display()
                );
            }
        }
    }
    renamed
}

#[test]
fn what_has_a_name_is_on_the_disk() {
    let host = Host::new();
    let mut renamed = 0;
    for arguments in [
        &["rotate", "--env", "local", "--yes"][..],
        &["rotate", "--env", "all", "--yes"],
        &["rollback", "--env", "local", "--yes"],
        &["key", "generate", "--out", "pair"],
    ] {
        renamed += check(&calls_of(&host, arguments), &arguments.join(" "));
    }
    assert!(renamed > 40, "{renamed} names");
}

#[test]
fn a_call_too_few_is_seen() {
    let (temporary, file, folder) =
        (PathBuf::from("/f/temporary"), PathBuf::from("/f/file"), PathBuf::from("/f"));
    let write = || Call::Write(temporary.clone());
    let flush = |path: &PathBuf| Call::Flush(path.clone());
    let rename = || Call::Rename(temporary.clone(), file.clone());
    assert_eq!(check(&[write(), flush(&temporary), rename(), flush(&folder)], "whole"), 1);
    for calls in [
        vec![write(), rename(), flush(&folder)],
        vec![write(), flush(&temporary), rename()],
        vec![write(), flush(&temporary), write(), rename(), flush(&folder)],
    ] {
        assert!(std::panic::catch_unwind(|| check(&calls, "cut")).is_err());
    }
}
