//! A log, read as it comes: of any size, in little memory.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use spacetime_keys_core::doctor::{LogScanner, LogSeen};

use crate::failure::Failure;

/// `path` or, for `-`, standard input, to its end.
pub(crate) fn read(path: &Path) -> Result<LogSeen, Failure> {
    let failed = |error: std::io::Error| Failure::io("reading", path, &error);
    if path == Path::new("-") {
        return scan(std::io::stdin().lock()).map_err(failed);
    }
    scan(File::open(path).map_err(failed)?).map_err(failed)
}

fn scan(mut log: impl Read) -> std::io::Result<LogSeen> {
    let mut scanner = LogScanner::default();
    let mut piece = vec![0; 64 << 10];
    loop {
        match log.read(&mut piece) {
            Ok(0) => return Ok(scanner.finish()),
            Ok(length) => scanner.push(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
