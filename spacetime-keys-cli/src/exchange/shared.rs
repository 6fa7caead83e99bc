use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use spacetime_keys_core::Error;
use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::Came;
use spacetime_keys_core::exchange::front::{ASK_EVERY, Answer, Front, Look, Ownership, Route};
use spacetime_keys_rotation::exchange::{Marks, error_of, load, private_is_open};

use super::Server;
use crate::clock;
use crate::failure::Failure;
use crate::output::Output;

/// How often files are looked at, and a server that does not have the mounted key is asked.
const TICK: Duration = Duration::from_millis(250);

/// The data that all connections share.
pub(crate) struct Shared {
    folder: PathBuf,
    server: Server,
    state: RwLock<State>,
    /// Wakes the task that asks the server.
    wake: SyncSender<()>,
    woken: Mutex<Option<Receiver<()>>>,
    output: Output,
}

/// The keys that requests are judged by, and their files.
struct State {
    front: Front,
    marks: Marks,
}

impl Shared {
    pub(crate) fn new(folder: PathBuf, server: Server, output: &Output) -> Arc<Self> {
        // One wake that waits is as good as many.
        let (wake, woken) = sync_channel(1);
        let front = Front::new(Err(Error::ExchangeKeys));
        let state = RwLock::new(State { front, marks: Marks::default() });
        let output = output.clone();
        Arc::new(Self { folder, server, state, wake, woken: Mutex::new(Some(woken)), output })
    }

    pub(super) fn look(&self, route: Route, authorization: &[&str]) -> Look {
        self.current().front.look(route, authorization, clock::now())
    }

    pub(super) fn settle(
        &self,
        route: Route,
        authorization: &[&str],
        said: (Identity, Ownership),
    ) -> Answer {
        self.current().front.settle(route, authorization, said, clock::now())
    }

    /// Waits for the server: not for an asynchronous thread.
    pub(super) fn ask_ownership(&self, identity: Identity) -> Ownership {
        self.server.ownership(identity)
    }

    /// The state of the files as they are now. They are looked at for each request: a server that is
    /// restarted with other keys must not meet an exchange that has not seen them.
    fn current(&self) -> RwLockReadGuard<'_, State> {
        let marks = Marks::of(&self.folder);
        let state = self.read();
        if state.marks == marks {
            return state;
        }
        drop(state);
        self.reload();
        // Full: it is being woken already.
        let _ = self.wake.try_send(());
        self.read()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the files. Half-written and damaged ones are said once: they are looked at again when
    /// they have changed.
    fn reload(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // Before they are read: what is written meanwhile is read the next time.
        let marks = Marks::of(&self.folder);
        if marks == state.marks {
            return;
        }
        state.marks = marks;
        match load(&self.folder) {
            Ok(exchange) => state.front.replace(Ok(exchange)),
            Err(failure) => {
                state.front.replace(Err(error_of(&failure)));
                drop(state);
                self.output.failure_text(&Failure::from(failure));
                return;
            }
        }
        drop(state);
        if let Some(path) = private_is_open(&self.folder) {
            self.output.warn(&format!(
                "{}: others than its owner can use it; `chmod 600` makes it good",
                path.display()
            ));
        }
    }

    /// Looks at the files and asks the server, again and again, until `stopped` says so.
    pub(super) fn watch(&self, is_stopped: impl Fn() -> bool) {
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(woken) = woken else { return };
        let mut said = None;
        let mut asked: Option<Instant> = None;
        loop {
            let is_ready = self.current().front.ready(clock::now()).is_ok();
            let pause = if is_ready { Duration::from_secs(ASK_EVERY.into()) } else { TICK };
            if asked.is_none_or(|at| at.elapsed() >= pause) {
                self.ask();
                asked = Some(Instant::now());
            }
            self.say(&mut said);
            match woken.recv_timeout(TICK) {
                // Other files: whether the server has that key is to be known at once.
                Ok(()) => asked = None,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if is_stopped() {
                return;
            }
        }
    }

    fn ask(&self) {
        let at = clock::now();
        let came = self.server.key();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.front.see(came.as_ref().map(Came::as_answer), at);
    }

    /// Says what has changed since the last time.
    fn say(&self, said: &mut Option<Result<(), Error>>) {
        let ready = self.current().front.ready(clock::now());
        if *said == Some(ready) {
            return;
        }
        *said = Some(ready);
        match ready {
            Ok(()) => self.output.note("old tokens are exchanged"),
            Err(error) => self
                .output
                .note(&format!("every request passes as it came: {error}; {}", error.advice())),
        }
    }

    pub(super) fn wake(&self) {
        let _ = self.wake.try_send(());
    }
}
