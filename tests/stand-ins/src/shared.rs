//! What all connections of a stand-in share.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::fault::Faults;
use crate::log::Log;
use crate::stand_in::Setup;
use crate::tls::Authority;
use crate::tokens::Tokens;
use crate::vault::{Vault, Vaults};
use spacetime_keys_test_support::Random;

/// A time between two restored snapshots. Every connection holds on to the one that it began in, and
/// ends with it.
pub(crate) type Epoch = Arc<()>;

pub(crate) struct Shared {
    pub(crate) setup: Setup,
    /// The one in `ca.pem`.
    pub(crate) authority: Authority,
    /// One that no client trusts.
    pub(crate) untrusted: Authority,
    /// A new one begins with each restored snapshot.
    pub(crate) epoch: watch::Sender<Epoch>,
    pub(crate) begun: Instant,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) vaults: Vaults,
    pub(crate) tokens: Tokens,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) random: Random,
    pub(crate) latency: Duration,
    pub(crate) process: Option<u32>,
    /// The seconds since 1970 that every write happens at, instead of the real time.
    pub(crate) clock: Option<u64>,
}

impl State {
    pub(crate) fn now(&self) -> u64 {
        self.clock.unwrap_or_else(unix_seconds)
    }
}

/// The real time.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Shared {
    pub(crate) fn new(setup: Setup) -> Self {
        let state = State {
            vaults: setup.vaults.iter().map(|name| (name.clone(), Vault::default())).collect(),
            tokens: Tokens::new(setup.token_lifetime),
            faults: Faults::default(),
            log: Log::default(),
            random: Random::new(setup.seed),
            latency: setup.latency,
            process: None,
            clock: None,
        };
        Self {
            setup,
            authority: Authority::new("Stand-in authority for tests"),
            untrusted: Authority::new("Stand-in authority that nobody trusts"),
            epoch: watch::Sender::new(Epoch::default()),
            begun: Instant::now(),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
