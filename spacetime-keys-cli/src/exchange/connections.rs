use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The most connections at a time. A process may have 1,024 files open by default, and
/// questions to the server are some of them.
const MAX: usize = 512;

/// The time that a client has for the head of its first request.
const FIRST_HEAD: Duration = Duration::from_secs(5);

/// The time that a connection may be idle after that.
const IDLE: Duration = Duration::from_mins(1);

/// All connections. Of too many, the one goes that has been without a request the longest: idle ones
/// cannot keep a proxy out.
#[derive(Default)]
pub(super) struct Connections {
    all: Mutex<HashMap<u64, Arc<Connection>>>,
}

pub(super) struct Connection {
    use_: Mutex<Use>,
    /// Notified when it is to make room.
    pub(super) evicted: Notify,
}

struct Use {
    requests: u64,
    is_busy: bool,
    since: Instant,
}

/// A connection that is counted until this is dropped.
pub(super) struct Place {
    id: u64,
    connections: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
}

/// A request that is being answered, until this is dropped.
pub(super) struct Busy<'a>(&'a Connection);

impl Connections {
    /// A place for a new one; `None`: every one is busy.
    pub(super) fn admit(self: &Arc<Self>, id: u64) -> Option<Place> {
        let mut all = lock(&self.all);
        if all.len() >= MAX {
            let idle = all.iter().filter_map(|(id, one)| Some((one.idle_since()?, *id)));
            let (_, id) = idle.min()?;
            // Not counted from now on: it ends as soon as it is polled.
            all.remove(&id)?.evicted.notify_one();
        }
        let since = Instant::now();
        let connection = Arc::new(Connection {
            use_: Mutex::new(Use { requests: 0, is_busy: false, since }),
            evicted: Notify::new(),
        });
        all.insert(id, Arc::clone(&connection));
        Some(Place { id, connections: Arc::clone(self), connection })
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        lock(&self.all).len()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.connections.all).remove(&self.id);
    }
}

impl Connection {
    pub(super) fn begin(&self) -> Busy<'_> {
        let mut now = lock(&self.use_);
        now.requests += 1;
        now.is_busy = true;
        Busy(self)
    }

    fn idle_since(&self) -> Option<Instant> {
        let now = lock(&self.use_);
        (!now.is_busy).then_some(now.since)
    }

    /// The time that it may still be idle; zero: none.
    pub(super) fn left(&self) -> Duration {
        let now = lock(&self.use_);
        let allowed = if now.requests == 0 { FIRST_HEAD } else { IDLE };
        if now.is_busy { allowed } else { allowed.saturating_sub(now.since.elapsed()) }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut now = lock(&self.0.use_);
        now.is_busy = false;
        now.since = Instant::now();
    }
}

/// Each change is whole, whatever becomes of the thread.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_idle_the_longest_makes_room_and_a_busy_one_does_not() {
        let connections = Arc::<Connections>::default();
        let mut places: Vec<Place> =
            (0..MAX as u64).map(|id| connections.admit(id).unwrap()).collect();
        let first = places[0].connection.begin();
        let more = connections.admit(1000).unwrap();
        assert_eq!(connections.count(), MAX);
        let is_there = |id| lock(&connections.all).contains_key(&id);
        assert!(is_there(0) && !is_there(1) && is_there(2) && is_there(1000));
        drop(first);
        let busy: Vec<_> = places[2..].iter().map(|place| place.connection.begin()).collect();
        let last = more.connection.begin();
        // What had a request just now is the only idle one.
        let newest = connections.admit(1001).unwrap();
        assert!(!is_there(0));
        let its = newest.connection.begin();
        assert!(connections.admit(1002).is_none());
        drop((busy, last, its));
        places.clear();
        drop((more, newest));
        assert_eq!(connections.count(), 0);
    }
}
