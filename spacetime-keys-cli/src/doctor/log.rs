//! A log, read as it comes: of any size, in little memory.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use spacetime_keys_core::doctor::{LogScanner, LogSeen};

use super::Waiting;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

/// How long a file that has ended is left alone before it is read on.
const PAUSE: Duration = Duration::from_millis(200);

/// `path` or, for `-`, standard input. To its end; with a time, until the first word of a publish, and no
/// longer than that.
pub(crate) fn read(
    path: &Path,
    wait: Option<Duration>,
    output: &Output,
) -> Result<LogSeen, Failure> {
    let failed = |error: std::io::Error| Failure::io("reading", path, &error);
    let log = open(path)?;
    if let Some(time) = wait {
        let follows = path != Path::new("-") && path.is_file();
        let waiting = Waiting::new(time, "a publish in the log", output);
        return follow(log, follows, waiting).map_err(failed);
    }
    let mut scanner = LogScanner::default();
    pieces(log, |piece| {
        scanner.push(piece);
        true
    })
    .map_err(failed)?;
    Ok(scanner.finish())
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(Box::new(files::open_argument(path)?))
}

/// Hands out what there is, as long as it is wanted.
fn pieces(mut log: impl Read, mut take: impl FnMut(&[u8]) -> bool) -> std::io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match log.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) if take(piece.get(..length).unwrap_or_default()) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads on a thread of its own, which a pipe that says nothing may hold up until the process ends.
fn follow(
    log: Box<dyn Read + Send>,
    follows: bool,
    mut waiting: Waiting<'_>,
) -> std::io::Result<LogSeen> {
    let (sender, pieces) = mpsc::sync_channel(4);
    thread::spawn(move || read_on(log, follows, &sender));
    let mut scanner = LogScanner::default();
    let tick = Duration::from_secs(1);
    while scanner.last().is_none() && !waiting.left().is_zero() {
        match pieces.recv_timeout(waiting.left().min(tick)) {
            Ok(piece) => scanner.push(&piece?),
            Err(RecvTimeoutError::Timeout) => waiting.sign(),
            // A pipe that has ended says no more.
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(scanner.finish())
}

fn read_on(mut log: impl Read, follows: bool, sender: &SyncSender<std::io::Result<Vec<u8>>>) {
    let mut is_wanted = true;
    loop {
        let read = pieces(&mut log, |piece| {
            is_wanted = sender.send(Ok(piece.to_vec())).is_ok();
            is_wanted
        });
        if let Err(error) = read {
            let _ = sender.send(Err(error));
            return;
        }
        if !follows || !is_wanted {
            return;
        }
        thread::sleep(PAUSE);
    }
}
