//! Waiting, with a sign of life.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::output::Output;

/// The time between two questions to a server that does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// The time between two notes that this still waits.
const SIGN: Duration = Duration::from_secs(10);

/// A time that ends, and what is waited for.
pub(crate) struct Waiting<'a> {
    began: Instant,
    time: Duration,
    told: Option<Instant>,
    what: &'static str,
    output: &'a Output,
}

impl<'a> Waiting<'a> {
    /// Begins to wait; nothing is said yet. `what` ends "waiting for …".
    pub(crate) fn new(time: Duration, what: &'static str, output: &'a Output) -> Self {
        Self { began: Instant::now(), time, told: None, what, output }
    }

    /// Asks again and again until the answer is enough, or the time is over: the last answer. Each question
    /// may take what is left, or [`PAUSE`] at least.
    pub(crate) fn until<T, E>(
        mut self,
        mut ask: impl FnMut(Duration) -> Result<T, E>,
        is_enough: impl Fn(&T) -> bool,
    ) -> Result<T, E> {
        loop {
            let answer = ask(self.left().max(PAUSE))?;
            if is_enough(&answer) || self.left().is_zero() {
                return Ok(answer);
            }
            self.sign();
            thread::sleep(PAUSE.min(self.left()));
        }
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.time.saturating_sub(self.began.elapsed())
    }

    /// Says that this waits, where it has not been said for a while.
    pub(crate) fn sign(&mut self) {
        if self.told.is_some_and(|told| told.elapsed() < SIGN) {
            return;
        }
        self.told = Some(Instant::now());
        let (what, left) = (self.what, self.left().as_secs());
        self.output.note(&format!("waiting for {what} ({left} s left) …"));
    }
}

/// Work that may take a while: a user at a terminal is told so after a second.
pub(crate) fn with_sign<T>(what: &str, output: &Output, work: impl FnOnce() -> T) -> T {
    if !stderr().is_terminal() {
        return work();
    }
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                output.note(&format!("waiting for {what} …"));
            }
        });
        let result = work();
        drop(done);
        result
    })
}
