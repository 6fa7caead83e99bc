//! A host, its fleet of two vaults, and what must hold of them, looked at without the engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Operation, Policy, Request};
use spacetime_keys_core::jwt::{Publisher, Token};
use spacetime_keys_core::{Fingerprint, PrivateKey, PublicKey};
use spacetime_keys_rotation::site::{ESCROW_SECRET, PRIVATE_SECRET, PUBLIC_SECRET, RETIRED_SECRET};
use spacetime_keys_rotation::store::AzCli;
use spacetime_keys_rotation::{
    Done, Failure, Job, Outcome, Paths, Planned, Settings, Silent, Site, Watch, run,
};

use super::stand_in::{StandIn, names};

pub(crate) const VAULTS: [&str; 2] = ["kv-dev", "kv-local"];
const IDENTITY: &str = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
const FILES: [&str; 3] = [
    ".generated/spacetimedb-keys/id_ecdsa",
    ".generated/spacetimedb-keys/id_ecdsa.pub",
    "data/.config/spacetime/cli.toml",
];

pub(crate) struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    /// A copy of the real host in `tests/fixtures`.
    pub(crate) fn new() -> Self {
        let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-host");
        Self::of(&real)
    }

    fn of(other: &Path) -> Self {
        let host = Self { folder: tempfile::tempdir().unwrap() };
        for file in FILES {
            fs::create_dir_all(host.path(file).parent().unwrap()).unwrap();
            fs::copy(other.join(file), host.path(file)).unwrap();
        }
        host
    }

    /// Another host with the same files, but for what unfinished runs have left.
    pub(crate) fn copy(&self) -> Self {
        Self::of(self.folder.path())
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap()
    }

    pub(crate) fn mounted(&self) -> Fingerprint {
        PrivateKey::from_pem(self.read(FILES[0])).unwrap().public_key().fingerprint()
    }

    fn token(&self) -> String {
        let text = self.read(FILES[2]);
        let (_, rest) = text.split_once("spacetimedb_token = \"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// An operation on `local`, by the stand-in's az.
    pub(crate) fn run(
        &self,
        stand_in: &StandIn,
        operation: Operation,
        timeout: Duration,
    ) -> Result<(Box<Planned>, Box<Done>), Failure> {
        self.run_watched(stand_in, operation, timeout, &(Arc::new(Silent) as _))
    }

    pub(crate) fn run_watched(
        &self,
        stand_in: &StandIn,
        operation: Operation,
        timeout: Duration,
        watch: &Arc<dyn Watch>,
    ) -> Result<(Box<Planned>, Box<Done>), Failure> {
        let mut settings = Settings::of_guide(self.path("state")).unwrap();
        settings.environments.retain(|(_, vault)| VAULTS.contains(&vault.as_str()));
        settings.policy = Policy::of_guide(&settings.names(), 0).unwrap();
        // So that lists of retired keys are among what may fail.
        settings.policy.honor_old_tokens = 86_400;
        let store = AzCli::new(stand_in.az(timeout), Arc::clone(watch));
        let site = Site::new(&settings, &store, &**watch);
        let local = settings.environment("local").unwrap();
        let mut request = Request::new(operation);
        (request.environments, request.host) = (vec![local.clone()], Some(local));
        let paths = Paths {
            mounted_keys_dir: self.path(".generated/spacetimedb-keys"),
            cli_toml: self.path(FILES[2]),
        };
        match run(&site, &Job { request, paths, dry_run: false, ask: false })? {
            Outcome::Done(planned, done) => Ok((planned, done)),
            other => panic!("{other:?}"),
        }
    }

    /// Every private key that can be reached: any version in any vault, any file of this host.
    pub(crate) fn keys(&self, stand_in: &StandIn) -> BTreeSet<Fingerprint> {
        let stored = VAULTS.iter().flat_map(|vault| stand_in.values(vault, PRIVATE_SECRET));
        let mounted = files(&self.path(".generated/spacetimedb-keys"));
        let aside = files(&self.path("state/set-aside"));
        stored
            .chain(mounted)
            .chain(aside)
            .filter_map(|text| PrivateKey::from_pem(text).ok())
            .map(|key| key.public_key().fingerprint())
            .collect()
    }
}

/// The whole files of a folder; what is half-written has another name.
fn files(folder: &Path) -> Vec<String> {
    if !folder.exists() {
        return Vec::new();
    }
    let whole = names(folder).into_iter().filter(|name| !name.contains("spacetime-keys-tmp"));
    whole.map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect()
}

/// At any moment, however a run ended.
pub(crate) fn check_any(
    host: &Host,
    stand_in: &StandIn,
    before: &BTreeSet<Fingerprint>,
    context: &str,
) {
    assert!(before.is_subset(&host.keys(stand_in)), "{context}: a private key is lost");
    assert_eq!(identity_of(host), IDENTITY, "{context}: the identity changed");
    assert_eq!(stand_in.leftovers(), [""; 0], "{context}: a secret's file is left");
    // What a server may be started with is in some vault, or was there before.
    let stored = VAULTS.iter().flat_map(|vault| stand_in.values(vault, PRIVATE_SECRET));
    let is_kept = stored
        .filter_map(|text| PrivateKey::from_pem(text).ok())
        .any(|key| key.public_key().fingerprint() == host.mounted());
    assert!(is_kept || before.contains(&host.mounted()), "{context}: mounted and nowhere else");
}

fn identity_of(host: &Host) -> String {
    let token = host.token();
    Publisher::from_token(&Token::parse(&token).unwrap()).unwrap().identity.to_string()
}

/// After a run that says that it is proven. The pair that all of it holds.
pub(crate) fn check_proven(host: &Host, stand_in: &StandIn, context: &str) -> Fingerprint {
    let pair = host.mounted();
    for vault in VAULTS {
        let latest = |secret: &str| stand_in.values(vault, secret).pop().unwrap();
        let private = PrivateKey::from_pem(latest(PRIVATE_SECRET)).unwrap();
        let public = PublicKey::from_pem(latest(PUBLIC_SECRET)).unwrap();
        assert_eq!(private.public_key().fingerprint(), pair, "{context}: {vault}");
        assert_eq!(public.fingerprint(), pair, "{context}: {vault}");
    }
    let public = PublicKey::from_pem(host.read(FILES[1])).unwrap();
    assert_eq!(public.fingerprint(), pair, "{context}: the mounted files are no pair");
    let token = host.token();
    let verifier = Verifier::new(&public).unwrap();
    assert!(Token::parse(&token).unwrap().is_signed_by(&verifier), "{context}: the token is void");
    assert_eq!(identity_of(host), IDENTITY, "{context}: the identity changed");
    let escrow = stand_in.values("kv-local", ESCROW_SECRET).pop().unwrap();
    assert!(escrow.contains(IDENTITY), "{context}: the publisher's claims are not in escrow");
    let list = stand_in.values("kv-local", RETIRED_SECRET).pop().unwrap();
    let list = RetiredKeys::parse(&list).unwrap();
    assert_eq!(stand_in.values("kv-dev", RETIRED_SECRET).pop(), Some(list.to_json()), "{context}");
    assert!(!list.keys().is_empty() && list.find(pair).is_none(), "{context}: {list:?}");
    let copy = host.read(".generated/spacetimedb-keys/retired-keys.json");
    assert!(RetiredKeys::parse(&copy).unwrap().is_copy_of(&list), "{context}: another list");
    assert!(!host.path("state/unfinished.json").exists(), "{context}: a mark is left over");
    assert_eq!(stand_in.leftovers(), [""; 0], "{context}: a secret's file is left");
    pair
}
