//! No core dump of this process: keys are in its memory.
//!
//! The limit stops dumps into files. Where the system hands them to a program (`|` in
//! `/proc/sys/kernel/core_pattern`), Linux does not ask for the limit, but for whether the process may
//! be dumped at all; such a one cannot be read by a debugger of its own user either (prctl(2),
//! `PR_SET_DUMPABLE`). Only in the program: a library must not decide this for its host.

#[cfg(unix)]
mod limits {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// As the parent of this process had it.
    static CALLERS: OnceLock<Rlimit> = OnceLock::new();

    /// From here on there is none. Where the system refuses, the work goes on as it did before.
    pub(crate) fn forbid() {
        let callers = getrlimit(Resource::Core);
        let _ = CALLERS.set(callers);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..callers });
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }

    /// Runs what starts programs of others, such as the server: those have the limit that they would have
    /// had without us.
    pub(crate) fn for_others<T>(work: impl FnOnce() -> T) -> T {
        let ours = getrlimit(Resource::Core);
        if let Some(callers) = CALLERS.get() {
            let _ = setrlimit(Resource::Core, *callers);
        }
        let result = work();
        let _ = setrlimit(Resource::Core, ours);
        result
    }
}

#[cfg(not(unix))]
mod limits {
    pub(crate) fn forbid() {}

    pub(crate) fn for_others<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
}

pub(crate) use limits::{for_others, forbid};
