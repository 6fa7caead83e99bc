//! What stands in front of a server and exchanges tokens: which request gets which answer.
//!
//! A [`Front`] has no socket, file, or clock: a face hands it requests, the server's answers, and
//! the time. It signs only while the mounted key *is* the one that the server has, as it was asked
//! last. Before a restart, and whenever that is not known, every request passes as it came.
//!
//! - [`Route::ForwardAuth`] is for a proxy, which asks it about each request and passes on the
//!   header `Authorization` of the answer. It never refuses: refusing is the server's business.
//! - [`Route::Exchange`] is for a client that wants to keep the new token.

mod answer;
mod counts;
mod owners;
mod route;

pub use answer::Answer;
pub use owners::{Ownership, owned_path};
pub use route::Route;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::answer::Put;
use self::counts::Counts;
use self::owners::Owners;
use super::{Exchange, Outcome};
use crate::doctor;
use crate::{Error, Fingerprint, Identity, PublicKey, Result};

/// The path that a server shows its public key at.
pub const KEY_PATH: &str = "/v1/identity/public-key";

/// How often the server is to be asked for its key, in seconds.
pub const ASK_EVERY: u32 = 2;

/// How long an answer of the server counts, in seconds.
const FRESH: i64 = 10;

/// The number of the server's keys that are remembered: more than the rotations in one run of this.
const MOST_SEEN: usize = 16;

/// How long a token lives that a proxy passes on, in seconds: the client never sees it.
const PASSED_ON: u32 = 300;

/// Decides what becomes of requests, and counts them. Can be asked from several threads.
pub struct Front {
    exchange: Result<Exchange>,
    served: Option<Served>,
    /// The keys that the server had, and when each was seen last, the latest at the end.
    seen: Vec<(Fingerprint, i64)>,
    owners: Mutex<Owners>,
    counts: Mutex<Counts>,
}

/// The key that the server has, and when it said so.
struct Served {
    key: PublicKey,
    at: i64,
}

/// The result of a request.
pub enum Look {
    /// This answer.
    Answer(Answer),
    /// A question to the server first, at [`owned_path`]: whether this identity owns a database.
    /// [`Front::settle`] takes what it says.
    AskOwner(Identity),
}

impl Front {
    /// With the mounted private key and the list of retired keys, or why they cannot be had.
    pub fn new(exchange: Result<Exchange>) -> Self {
        Self {
            exchange,
            served: None,
            seen: Vec::new(),
            owners: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    /// Takes others in their place. The server is to be asked again at once: what it said of its
    /// key before counts only if the mounted key has stayed the same.
    pub fn replace(&mut self, exchange: Result<Exchange>) {
        let key = |exchange: &Result<Exchange>| {
            exchange.as_ref().ok().map(|exchange| exchange.signer().public_key().clone())
        };
        if key(&self.exchange) != key(&exchange) {
            self.served = None;
        }
        self.exchange = exchange;
        self.note_seen();
    }

    /// Between a rotation and the restart, the server issues tokens with a key that is retired already.
    fn note_seen(&mut self) {
        let Ok(exchange) = &mut self.exchange else { return };
        for (key, at) in &self.seen {
            exchange.was_in_use(*key, *at);
        }
    }

    /// Notes what the server answered to `GET` [`KEY_PATH`]; `None`: nothing. `at`: when it was
    /// asked, in Unix seconds.
    pub fn see(&mut self, answer: Option<doctor::Answer<'_>>, at: i64) {
        let key = answer.and_then(|answer| answer.public_key().as_ref()?.key.clone());
        if let Some(key) = &key {
            let key = key.fingerprint();
            self.seen.retain(|(seen, _)| *seen != key);
            self.seen.push((key, at));
            let excess = self.seen.len().saturating_sub(MOST_SEEN);
            self.seen.drain(..excess);
            self.note_seen();
        }
        self.served = key.map(|key| Served { key, at });
    }

    /// Why it exchanges nothing at the moment.
    ///
    /// # Errors
    /// [`Error::ExchangeServer`], [`Error::ExchangeNotServed`]; what [`Front::new`] was given.
    pub fn ready(&self, now: i64) -> Result<()> {
        self.signing(now).map(|_| ())
    }

    fn signing(&self, now: i64) -> Result<&Exchange> {
        let exchange = self.exchange.as_ref().map_err(|error| *error)?;
        // A clock that was set back makes an answer no fresher.
        let is_fresh = |served: &&Served| (0..=FRESH).contains(&now.saturating_sub(served.at));
        let served = self.served.as_ref().filter(is_fresh).ok_or(Error::ExchangeServer)?;
        if served.key == *exchange.signer().public_key() {
            Ok(exchange)
        } else {
            Err(Error::ExchangeNotServed)
        }
    }

    /// Looks at a request at the moment `now`, in Unix seconds. `authorization`: the values of its
    /// header fields `Authorization`, in their order.
    pub fn look(&self, route: Route, authorization: &[&str], now: i64) -> Look {
        match self.examine(route, authorization, now) {
            Ok(answer) => Look::Answer(self.counted(route, answer)),
            Err(identity) => Look::AskOwner(identity),
        }
    }

    /// Looks at it once more, now that the server was asked about this identity: its keys may have
    /// been replaced meanwhile.
    pub fn settle(
        &self,
        route: Route,
        authorization: &[&str],
        (identity, ownership): (Identity, Ownership),
        now: i64,
    ) -> Answer {
        lock(&self.owners).note(identity, ownership, now);
        let unknown = |_| Answer::new(route, Put::NotNow(Error::ExchangeOwner));
        let answer = self.examine(route, authorization, now).unwrap_or_else(unknown);
        self.counted(route, answer)
    }

    /// The answer, or whom it depends on.
    fn examine(&self, route: Route, authorization: &[&str], now: i64) -> Result<Answer, Identity> {
        let lifetime = match route {
            Route::ForwardAuth => Some(PASSED_ON),
            Route::Exchange => None,
            Route::Health => return Ok(Answer::of_health(self.ready(now))),
            Route::Metrics => {
                let text = lock(&self.counts).to_text(self.ready(now).is_ok());
                return Ok(Answer::of_metrics(&text));
            }
            Route::NotAllowed(methods) => return Ok(Answer::not_allowed(methods)),
            Route::NotFound => return Ok(Answer::not_found()),
        };
        let put = match (one_token(authorization), self.signing(now)) {
            (Err(error), _) => Put::Refused(error),
            (_, Err(error)) => Put::NotNow(error),
            (Ok(token), Ok(exchange)) => match exchange.exchange(token, now, lifetime) {
                Outcome::Refused(error) => Put::Refused(error),
                Outcome::NotNeeded { identity, expires_at } => {
                    Put::Same { token, identity, expires_at }
                }
                Outcome::Exchanged(new) => match lock(&self.owners).find(new.identity, now) {
                    Some(Ownership::None) => Put::New(new),
                    Some(Ownership::Some) => Put::Refused(Error::TokenOfPublisher),
                    Some(Ownership::Unknown) | None => return Err(new.identity),
                },
            },
        };
        Ok(Answer::new(route, put))
    }

    fn counted(&self, route: Route, answer: Answer) -> Answer {
        lock(&self.counts).add(route, &answer);
        answer
    }
}

/// The data of a thread that panicked is whole: each change is one call.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The token of a request (RFC 6750, section 2.1). Of several none is chosen: servers and proxies
/// differ in which one they read. A comma joins fields (RFC 9110, section 5.3), and no token has one.
fn one_token<'a>(authorization: &[&'a str]) -> Result<&'a str> {
    let [value] = authorization else { return Err(Error::TokenAbsent) };
    let (scheme, token) = value.trim().split_once(' ').ok_or(Error::TokenAbsent)?;
    // RFC 9110, section 11.1: the scheme's case does not count.
    let is_one = scheme.eq_ignore_ascii_case("bearer") && !token.contains(',');
    if is_one { Ok(token.trim()) } else { Err(Error::TokenAbsent) }
}

/// Neither a key nor whose token it was.
impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Front")
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::AskOwner(_) => f.write_str("AskOwner"),
        }
    }
}
