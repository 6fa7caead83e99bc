//! A host with a retired and a present key, and a server that has one of them.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_core::{Identity, PrivateKey, PublicKey};
use spacetime_keys_stand_ins::plain::{Plain, Request, hang, raw, reply};

use super::running::Exchange;
use crate::common::{self, Host};

pub(crate) const LIST: &str = ".generated/spacetimedb-keys/retired-keys.json";
pub(crate) const SUBJECT: &str = "0a4d6e3c-55d2-4c67-9d5c-f0a8bd7ac4d3";
const DAY: u32 = 86_400;

/// What the server is at the moment.
pub(crate) struct State {
    /// The key that it was started with; `None`: nobody answers in time.
    pub(crate) key: Option<PublicKey>,
    /// Who owns a database.
    pub(crate) owner: Option<Identity>,
    /// Whether it says who owns what.
    pub(crate) tells_owners: Telling,
    /// How often it was asked for owners.
    pub(crate) asked: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    Yes,
    Fails,
    /// Not before this changes.
    Hangs,
}

pub(crate) struct Game {
    pub(crate) host: Host,
    pub(crate) old: PrivateKey,
    pub(crate) present: PrivateKey,
    pub(crate) server: Arc<Mutex<State>>,
    pub(crate) url: String,
    plain: Plain,
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Waits for an event, for as long as a busy machine may need.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_mins(2), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Game {
    /// Before a rotation: the server has the old key, which is mounted.
    pub(crate) fn before() -> Self {
        let (old, present) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let host = Host::configured();
        host.mount(&old);
        let server = Arc::new(Mutex::new(State {
            key: Some(old.public_key().clone()),
            owner: None,
            tells_owners: Telling::Yes,
            asked: 0,
        }));
        let answering = Arc::clone(&server);
        let plain = Plain::serve(move |request, stream| answer(&answering, request, stream));
        Self { host, old, present, server, url: plain.url.clone(), plain }
    }

    /// After a rotation and the restart.
    pub(crate) fn rotated() -> Self {
        let game = Self::before();
        game.mount(&game.present, &[&game.old]);
        game.restart(&game.present);
        game
    }

    /// Mounts a key in a list's place that honours the others for a day.
    pub(crate) fn mount(&self, key: &PrivateKey, retired: &[&PrivateKey]) {
        let mut list = RetiredKeys::default();
        for retired in retired {
            list.retire(retired.public_key(), now(), DAY);
        }
        self.write_list(&list);
        self.replace(common::PRIVATE, &key.to_pem());
        self.host.write(common::PUBLIC, key.public_key().to_pem());
    }

    pub(crate) fn write_list(&self, list: &RetiredKeys) {
        self.replace(LIST, &list.to_json());
    }

    /// As the engine does: a new file takes the old one's name.
    pub(crate) fn replace(&self, file: &str, content: &str) {
        self.host.write("new", content);
        self.host.set_mode("new", 0o600);
        std::fs::rename(self.host.path("new"), self.host.path(file)).unwrap();
    }

    /// The server comes up with this key.
    pub(crate) fn restart(&self, key: &PrivateKey) {
        self.state().key = Some(key.public_key().clone());
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.server.lock().unwrap()
    }

    /// The server's address, without the scheme.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// What the server was asked since the last time, but for its key and for owners.
    pub(crate) fn seen(&self) -> Vec<Request> {
        let is_players = |request: &Request| request.method == "POST";
        self.plain.take().into_iter().filter(is_players).collect()
    }

    /// Starts the exchange.
    pub(crate) fn exchange(&self) -> Exchange {
        Exchange::start(&self.host, &["--server", &self.url])
    }

    /// The same, when it exchanges.
    pub(crate) fn ready(&self) -> Exchange {
        let exchange = self.exchange();
        until("old tokens are exchanged", || exchange.is_ready());
        exchange
    }

    /// A player's token, as the server with the old key has issued it an hour ago.
    pub(crate) fn old_token(&self) -> String {
        token(&self.old, &json!({}))
    }

    /// Whether a server with this key takes a token for the player's.
    pub(crate) fn takes(key: &PublicKey, token: &str) -> bool {
        let server = Server::new(Rules::ALL[2]).with_local_key(key).unwrap();
        server.check(token, now()).identity == Some(identity())
    }
}

pub(crate) fn identity() -> Identity {
    Identity::from_claims("localhost", SUBJECT)
}

/// A token with these claims over a player's.
pub(crate) fn token(key: &PrivateKey, over: &Value) -> String {
    let mut claims = json!({
        "hex_identity": identity().to_string(), "sub": SUBJECT, "iss": "localhost",
        "aud": ["spacetimedb"], "iat": now() - 3600, "exp": null,
    });
    for (name, value) in over.as_object().unwrap() {
        claims[name] = value.clone();
    }
    common::token(key, &claims)
}

fn answer(state: &Arc<Mutex<State>>, request: &Request, stream: &mut TcpStream) {
    const JSON: &str = "200 OK\r\nContent-Type: application/json";
    let key = state.lock().unwrap().key.clone();
    let Some(key) = key else { return hang(stream) };
    match &*request.path {
        "/v1/identity/public-key" => {
            reply(
                stream,
                "200 OK\r\nContent-Type: application/pem-certificate-chain",
                key.to_pem(),
            );
        }
        path if path.ends_with("/databases") => {
            state.lock().unwrap().asked += 1;
            while state.lock().unwrap().tells_owners == Telling::Hangs {
                std::thread::sleep(Duration::from_millis(5));
            }
            let state = state.lock().unwrap();
            if state.tells_owners == Telling::Fails {
                return reply(stream, "500 Internal Server Error", "");
            }
            let asked = path.split('/').nth(3).unwrap();
            let owns = state.owner.is_some_and(|owner| owner.to_string() == asked);
            let owned: Vec<_> = owns.then(identity).iter().map(ToString::to_string).collect();
            reply(stream, JSON, json!({ "identities": owned }).to_string());
        }
        path if path.starts_with("/v1/database/game/subscribe") => {
            let in_address = path.split_once("?token=").map(|(_, token)| token);
            let bearer = request.header("authorization");
            let token = in_address.or_else(|| bearer?.strip_prefix("Bearer "));
            if token.is_some_and(|token| !Game::takes(&key, token)) {
                return reply(stream, "401 Unauthorized", "Invalid token");
            }
            let upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            raw(stream, upgrade);
            hang(stream);
        }
        // What SDKs ask first.
        "/v1/identity/websocket-token" => {
            let bearer = request.header("authorization").unwrap_or_default();
            let token = bearer.strip_prefix("Bearer ").unwrap_or_default();
            if Game::takes(&key, token) {
                reply(stream, JSON, json!({ "token": "short" }).to_string());
            } else {
                reply(stream, "401 Unauthorized", "Invalid token");
            }
        }
        "/v1/identity" => reply(stream, JSON, "{}"),
        _ => reply(stream, "404 Not Found", ""),
    }
}
