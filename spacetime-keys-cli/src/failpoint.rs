//! Places where the tests make a run fail, or kill it.
//!
//! Every place that changes something calls [`reached`] with a name. In a build without the
//! `failpoints` feature that does nothing at all, and is compiled away. With it:
//! - `SPACETIME_KEYS_FAILPOINT_LOG=FILE` appends each name that is reached, a line each;
//! - `SPACETIME_KEYS_FAILPOINT=N=fail` lets the N-th (counted from 0) fail, `N=kill` sends this
//!   process SIGKILL there.

use crate::failure::Failure;

#[cfg(not(feature = "failpoints"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
#[inline]
pub(crate) const fn reached(_name: &str) -> Result<(), Failure> {
    Ok(())
}

#[cfg(feature = "failpoints")]
pub(crate) fn reached(name: &str) -> Result<(), Failure> {
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);

    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    if let Some(path) = std::env::var_os("SPACETIME_KEYS_FAILPOINT_LOG") {
        let log = std::fs::OpenOptions::new().append(true).create(true).open(path);
        log.and_then(|mut log| writeln!(log, "{name}"))
            .map_err(|_| Failure::bug("failpoint log"))?;
    }
    let wanted = std::env::var("SPACETIME_KEYS_FAILPOINT").unwrap_or_default();
    match wanted.split_once('=') {
        Some((at, how)) if at.parse() == Ok(number) => {
            if how == "kill" {
                let process = rustix::process::getpid();
                let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            }
            Err(Failure::new("ERR_FAILPOINT", "a test made this step fail", "look at the test"))
        }
        _ => Ok(()),
    }
}
