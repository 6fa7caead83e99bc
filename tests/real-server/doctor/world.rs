//! One server for many set-ups: its keys change with a restart, its databases stay.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::fingerprint::kid;
use spacetime_keys_test_support::Random;

use crate::host::Host;
use crate::http;
use crate::issuer::Issuer;
use crate::module;
use crate::server::Server;

use super::keys::{Files, files_of, odd_files};
use super::set_up::{Content, Database, Mounted, Serving, SetUp};
use super::token::{External, Kind, Person, Signers, sign, sign_with_header};

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// A random (version 4) UUID, which is what servers give as `sub`.
fn uuid(random: &mut Random) -> String {
    let digits = format!("{:016x}{:016x}", random.next(), random.next());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap();
    let (third, fourth) = (part(13, 16), part(17, 20));
    format!("{}-{}-4{third}-a{fourth}-{}", part(0, 8), part(8, 12), part(20, 32))
}

pub(crate) struct World {
    /// Where the server runs, and what it mounts.
    host: Host,
    pub(crate) server: Server,
    current: PrivateKey,
    older: PrivateKey,
    pending: PrivateKey,
    foreign: PrivateKey,
    /// The key that tokens are signed with which the server takes, if it takes any.
    served: PrivateKey,
    publisher: Person,
    other: Person,
    external: External,
    /// The files that the server has read.
    files: Files,
}

impl World {
    pub(crate) fn new(random: &mut Random) -> Self {
        let generate = || PrivateKey::generate().unwrap();
        let host = Host::empty();
        let current = generate();
        let files = files_of(&current);
        fs::create_dir_all(host.private_key().parent().unwrap()).unwrap();
        fs::write(host.private_key(), &files.private_key).unwrap();
        fs::write(host.public_key(), &files.public_key).unwrap();
        let server = Server::start(&host);
        let external = external(&host);
        Self {
            host,
            server,
            served: copy(&current),
            current,
            older: generate(),
            pending: generate(),
            foreign: generate(),
            publisher: Person::local(uuid(random)),
            other: Person::local(uuid(random)),
            external,
            files,
        }
    }

    /// Publishes what the set-up finds on the server. Gives its identity, or nothing where nothing
    /// is to be found.
    pub(crate) fn stock(&self, set_up: &SetUp) -> String {
        let owner = match set_up.database {
            Database::New | Database::BadName => return String::new(),
            Database::Others => &self.other,
            Database::Own | Database::OwnByIdentity => self.bearer(set_up.token),
        };
        let claims = json!({ "iss": owner.issuer, "sub": owner.subject, "iat": now() });
        let token = sign(&self.current, &claims);
        let reply = http::put(&self.url_of(&set_up.stocked_name()), &token, &module::wasm(0));
        let reply = reply.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        let identity = body.pointer("/Success/database_identity").and_then(Value::as_str);
        identity.unwrap().to_owned()
    }

    /// Whom a token of that kind is of.
    pub(crate) fn bearer(&self, token: Kind) -> &Person {
        match token {
            Kind::External => &self.external.person,
            _ => &self.publisher,
        }
    }

    pub(crate) fn other(&self) -> &Person {
        &self.other
    }

    /// The server's folder: its keys, its data and its log.
    pub(crate) fn folder(&self) -> PathBuf {
        self.host.path("")
    }

    /// Gives the server these files, and restarts it.
    pub(crate) fn serve(&mut self, serving: Serving) {
        match serving {
            Serving::Current(oddity) => {
                self.files = odd_files(&self.host, &self.current, oddity);
                fs::write(self.host.private_key(), &self.files.private_key).unwrap();
                fs::write(self.host.public_key(), &self.files.public_key).unwrap();
                self.server.restart();
                self.served = copy(&self.current);
            }
            Serving::ItsOwn => {
                fs::remove_file(self.host.private_key()).unwrap();
                fs::remove_file(self.host.public_key()).unwrap();
                self.server.restart();
                let made = fs::read(self.host.private_key()).unwrap();
                self.served = PrivateKey::from_pem(&made).unwrap();
                // The host's owner knows nothing of these: what is mounted there is the pair that
                // the server was meant to have.
                self.files = files_of(&self.current);
            }
        }
    }

    /// Restarts the server with the files that are mounted on a set-up's host; an error if that
    /// would not come up, or make new keys.
    pub(crate) fn restart_with(&mut self, host: &Host) -> Result<(), String> {
        let read = |path| fs::read(path).map_err(|_| "a restart, with a key file missing");
        let (private_key, public_key) = (read(host.private_key())?, read(host.public_key())?);
        fs::write(self.host.private_key(), private_key).unwrap();
        fs::write(self.host.public_key(), public_key).unwrap();
        self.server.restart();
        Ok(())
    }

    /// The token that the set-up's publisher has.
    pub(crate) fn token(&self, kind: Kind) -> Option<String> {
        let signers = Signers {
            served: &self.served,
            older: &self.older,
            pending: &self.pending,
            foreign: &self.foreign,
        };
        signers.text(kind, &self.publisher, now(), &self.external)
    }

    /// Makes the set-up's host.
    pub(crate) fn write(&self, set_up: &SetUp, host: &Host, token: Option<&str>) {
        let mounted = match set_up.mounted {
            Mounted::Pending => files_of(&self.pending),
            Mounted::Foreign => files_of(&self.foreign),
            Mounted::Odd(oddity) => odd_files(&self.host, &self.current, oddity),
            _ => self.files.clone(),
        };
        let content = Content {
            url: self.server.url(),
            token,
            mounted: &mounted,
            served_public_key: &self.served.public_key().to_pem(),
            older_public_key: &self.older.public_key().to_pem(),
        };
        set_up.write(host, &content);
    }

    pub(crate) fn url_of(&self, database: &str) -> String {
        let mut name = String::new();
        for byte in database.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                    name.push(char::from(byte));
                }
                _ => write!(name, "%{byte:02x}").unwrap(),
            }
        }
        format!("{}/v1/database/{name}", self.server.url())
    }
}

/// A copy, which keys do not give: they are not for handing around.
fn copy(key: &PrivateKey) -> PrivateKey {
    PrivateKey::from_pem(key.to_pem().as_bytes()).unwrap()
}

/// An issuer that publishes one key, a token that it signed and one of a key that it does not
/// publish.
pub(crate) fn external(host: &Host) -> External {
    let generated = |name: &str| -> (PrivateKey, PathBuf) {
        let folder = host.path(name);
        host.spacetime_keys(&["key", "generate", "--out", folder.to_str().unwrap()]);
        let key = PrivateKey::from_pem(fs::read(folder.join("id_ecdsa")).unwrap()).unwrap();
        (key, folder.join("id_ecdsa.pub"))
    };
    let issuer = Issuer::serve(host);
    let (key, public_key) = generated("issuer-key");
    let (unknown, _) = generated("unknown-key");
    issuer.publish(host, &[public_key]);
    let person = Person { issuer: issuer.url().to_owned(), subject: "u_1".to_owned() };
    let claims = json!({ "iss": person.issuer, "sub": person.subject, "iat": now() });
    let token = |key: &PrivateKey| -> String {
        let kid = kid(key.public_key());
        let header: Value = json!({ "typ": "JWT", "alg": "ES256", "kid": kid });
        sign_with_header(key, &header, &claims)
    };
    External { good: token(&key), unknown_key: token(&unknown), person }
}
