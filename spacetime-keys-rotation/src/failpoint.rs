//! Places where the tests make a run fail, or kill it.
//!
//! Every place that changes something calls [`reached`] with a name. In a build without the
//! `testing` feature that does nothing at all, and is compiled away. With it,
//! `SPACETIME_KEYS_FAILPOINT=N=fail` lets the N-th (counted from 0) fail, or the one of that name;
//! `N=kill` sends this process SIGKILL there, and `N=stop` SIGSTOP.

use crate::error::Failure;
#[cfg(feature = "testing")]
use crate::error::Kind;

#[cfg(not(feature = "testing"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
#[inline]
pub(crate) const fn reached(_name: &str) -> Result<(), Failure> {
    Ok(())
}

#[cfg(feature = "testing")]
pub(crate) fn reached(name: &str) -> Result<(), Failure> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);

    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let wanted = std::env::var("SPACETIME_KEYS_FAILPOINT").unwrap_or_default();
    match wanted.split_once('=') {
        Some((at, how)) if at.parse() == Ok(number) || at == name => {
            use rustix::process::{Signal, getpid, kill_process};
            if how == "stop" {
                // The test that looks at it lets it go on.
                let _ = kill_process(getpid(), Signal::STOP);
                return Ok(());
            }
            if how == "kill" {
                let _ = kill_process(getpid(), Signal::KILL);
            }
            Err(Kind::Failpoint(name.to_owned()).into())
        }
        _ => Ok(()),
    }
}
