//! `promote`: what a source says of itself, what a destination refuses, signs and judges. Whole promotions,
//! with servers, sshd and rsync: `tests/real-server/promotion`.

mod accept;
mod admit;
#[cfg(feature = "testing")]
mod killed;
mod passport;
mod searched;

use std::fs;

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

use crate::common::{CLI_TOML, CONFIG, Host, PUBLIC, Run, token};
use crate::doctor::standin::Standin;

/// Of prod's publisher.
const SUBJECT: &str = "prods-publisher";
const DATA: &str = "server";
const PASSPORT: &str = "passport.json";

/// Prod: its host, its key, and whose its database is.
pub(crate) struct Prod {
    host: Host,
    key: PrivateKey,
    pub(crate) owner: Identity,
}

impl Prod {
    pub(crate) fn new() -> Self {
        let (host, key) = (Host::empty(), PrivateKey::generate().unwrap());
        host.write(CONFIG, "[host]\nenvironment = \"prod\"\n");
        host.mount(&key);
        let owner = Identity::from_claims("localhost", SUBJECT);
        let prod = Self { host, key, owner };
        prod.host.write(CLI_TOML, format!("spacetimedb_token = \"{}\"\n", prod.token()));
        prod.host.set_mode(CLI_TOML, 0o600);
        prod
    }

    /// The publisher's, as a server issues it.
    fn token(&self) -> String {
        self.token_of(SUBJECT)
    }

    fn token_of(&self, subject: &str) -> String {
        let claims =
            json!({ "sub": subject, "iss": "localhost", "aud": ["spacetimedb"], "iat": 1 });
        token(&self.key, &claims)
    }

    fn server(&self) -> Standin {
        Standin { rows: 25, ..Standin::new(self.host.read(PUBLIC), &self.owner) }
    }

    /// `promote passport`, of the server at this URL.
    fn ask(&self, url: &str, more: &[&str]) -> Run {
        let passport = ["promote", "passport", "--server", url];
        let named = if more.contains(&"--database") { &[][..] } else { &["--database", "app"] };
        self.host.run(&[&passport[..], named, more].concat())
    }

    /// A passport that counts a table.
    pub(crate) fn passport(&self) -> Value {
        let server = self.server().serve();
        let made = self.ask(&server.url, &["--count", "thing"]).success();
        made.json()
    }
}

/// Test, before it is started on prod's data: a key of its own that its vault has, and somebody's token.
fn test_host(passport: &Value) -> Host {
    let host = Host::new();
    host.write(CONFIG, "[host]\nenvironment = \"test\"\n");
    host.run(&["rotate", "--env", "test", "--yes"]).success();
    fs::create_dir_all(host.path("server/control-db")).unwrap();
    host.write("server/replicas/1/clog/0.stdb.log", "rows");
    host.write(PASSPORT, passport.to_string());
    host
}

/// Prod and test.
fn two() -> (Prod, Host) {
    let prod = Prod::new();
    let test = test_host(&prod.passport());
    (prod, test)
}

const ADMIT: &[&str] = &["promote", "admit", "--passport", PASSPORT, "--data", DATA, "--yes"];

fn admit(host: &Host, more: &[&str]) -> Run {
    host.run(&[ADMIT, &["--json"], more].concat())
}

/// Is refused with this code, with a dry run, too, and not a byte has changed.
#[track_caller]
fn refuses(host: &Host, status: i32, code: &str, more: &[&str]) -> Run {
    let before = host.tree();
    for dry in [&["--dry-run"][..], &[]] {
        let run = admit(host, &[more, dry].concat());
        assert_eq!((run.status, run.code().as_str()), (Some(status), code), "{run:?}");
        assert!(host.tree() == before, "{code}: something was changed");
    }
    admit(host, more)
}
