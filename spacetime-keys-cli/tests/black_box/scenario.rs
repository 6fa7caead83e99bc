//! Where the fault tests start from.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::jwt::{Publisher, Token};
use spacetime_keys_core::key::check_pair;
use spacetime_keys_core::{PrivateKey, PublicKey};

use crate::common::{Content, Host};

/// A start, and the command that is made to fail.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) prepare: fn() -> Host,
    pub(crate) arguments: &'static [&'static str],
    /// The environment that `verify` is asked about, or `all`.
    pub(crate) environment: &'static str,
    /// Whether keys are mounted in the end.
    pub(crate) mounts: bool,
    /// Whether a mounted file is no whole key from the start.
    pub(crate) starts_damaged: bool,
    /// What becomes of the pair that is mounted at first, once another is: it is in the list, revoked
    /// or not.
    pub(crate) retires: Option<bool>,
    /// How many points there are at the least: fewer, and the test has lost its subject.
    pub(crate) at_least: usize,
}

const BASE: Scenario = Scenario {
    name: "",
    prepare: Host::new,
    arguments: &[],
    environment: "local",
    mounts: true,
    starts_damaged: false,
    retires: None,
    at_least: 20,
};

pub(crate) fn rotate_a_host_met_for_the_first_time() -> Scenario {
    let arguments = &["rotate", "--env", "local", "--yes"];
    Scenario { name: "rotate, first met", arguments, at_least: 60, ..BASE }
}

pub(crate) fn rotate_again() -> Scenario {
    Scenario {
        name: "rotate, again",
        prepare: || Host::rotated("local"),
        arguments: &["rotate", "--env", "local", "--yes"],
        at_least: 40,
        ..BASE
    }
}

pub(crate) fn rotate_all() -> Scenario {
    let arguments = &["rotate", "--env", "all", "--yes"];
    Scenario { name: "rotate all", arguments, environment: "all", at_least: 80, ..BASE }
}

pub(crate) fn rotate_and_adopt() -> Scenario {
    Scenario {
        name: "rotate --adopt-mounted",
        prepare: || with_foreign_pair_mounted(Host::rotated("local")),
        arguments: &["rotate", "--env", "local", "--adopt-mounted", "--allow-unverified", "--yes"],
        at_least: 60,
        ..BASE
    }
}

pub(crate) fn rotate_without_a_host() -> Scenario {
    Scenario {
        name: "rotate, vaults alone",
        prepare: Host::configured,
        arguments: &["rotate", "--env", "prod", "--no-sync-mounted-keys", "--yes"],
        environment: "prod",
        mounts: false,
        at_least: 15,
        ..BASE
    }
}

pub(crate) fn rollback() -> Scenario {
    Scenario {
        name: "rollback",
        prepare: || Host::rotated("local"),
        arguments: &["rollback", "--env", "local", "--yes"],
        at_least: 40,
        ..BASE
    }
}

pub(crate) fn sync_a_host_that_is_behind() -> Scenario {
    Scenario {
        name: "sync, behind",
        prepare: || {
            let fresh = Host::new();
            let host = Host::rotated("local");
            for path in [crate::common::PRIVATE, crate::common::PUBLIC, crate::common::CLI_TOML] {
                host.write(path, fresh.read(path));
            }
            host
        },
        arguments: &["sync", "--env", "local"],
        at_least: 15,
        ..BASE
    }
}

pub(crate) fn sync_sets_an_unknown_key_aside() -> Scenario {
    Scenario {
        name: "sync, unknown key mounted",
        prepare: || with_foreign_pair_mounted(Host::rotated("local")),
        arguments: &["sync", "--env", "local"],
        at_least: 15,
        ..BASE
    }
}

pub(crate) fn resume_a_vault_without_its_public_key() -> Scenario {
    Scenario {
        name: "resume, no public key",
        prepare: || {
            let host = Host::rotated("local");
            host.remove(".spacetime-keys/kv-dev/spacetimedb-jwt-public-key");
            host
        },
        arguments: &["resume", "--env", "dev", "--host-env", "local"],
        at_least: 8,
        ..BASE
    }
}

pub(crate) fn resume_an_empty_vault_of_the_group() -> Scenario {
    Scenario {
        name: "resume, empty vault",
        prepare: || {
            let host = Host::rotated("local");
            host.remove(".spacetime-keys/kv-dev");
            host
        },
        arguments: &["resume", "--env", "local"],
        at_least: 12,
        ..BASE
    }
}

pub(crate) fn resume_a_divided_group() -> Scenario {
    Scenario {
        name: "resume, divided group",
        prepare: || {
            let host = Host::rotated("local");
            // As if the last rotation had never reached kv-dev.
            for secret in ["spacetimedb-jwt-private-key", "spacetimedb-jwt-public-key"] {
                host.remove(&format!(".spacetime-keys/kv-dev/{secret}/00000002"));
            }
            host
        },
        arguments: &["resume", "--env", "local"],
        at_least: 12,
        ..BASE
    }
}

pub(crate) fn resume_mismatched_mounted_files() -> Scenario {
    Scenario {
        name: "resume, mismatched mounted files",
        prepare: || {
            let host = Host::rotated("local");
            host.write(crate::common::PUBLIC, "no key at all");
            host
        },
        arguments: &["resume", "--env", "local"],
        starts_damaged: true,
        at_least: 8,
        ..BASE
    }
}

pub(crate) fn rotate_and_honor() -> Scenario {
    Scenario {
        name: "rotate --honor-old-tokens",
        prepare: || Host::rotated("local"),
        arguments: &["rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"],
        retires: Some(false),
        at_least: 60,
        ..BASE
    }
}

pub(crate) fn rotate_after_a_leak() -> Scenario {
    Scenario {
        name: "rotate --compromised",
        prepare: with_a_list,
        arguments: &["rotate", "--env", "local", "--compromised", "--yes"],
        retires: Some(true),
        at_least: 60,
        ..BASE
    }
}

pub(crate) fn rollback_with_a_list() -> Scenario {
    Scenario {
        name: "rollback, with a list",
        prepare: with_a_list,
        retires: Some(false),
        at_least: 60,
        ..rollback()
    }
}

pub(crate) fn sync_a_list() -> Scenario {
    Scenario {
        name: "sync, behind, with a list",
        prepare: || {
            let (fresh, host) = (Host::new(), with_a_list());
            for path in [crate::common::PRIVATE, crate::common::PUBLIC, crate::common::CLI_TOML] {
                host.write(path, fresh.read(path));
            }
            host.remove(crate::common::RETIRED);
            host
        },
        retires: Some(false),
        at_least: 20,
        ..sync_a_host_that_is_behind()
    }
}

fn with_a_list() -> Host {
    let host = Host::new();
    host.run(&["rotate", "--env", "local", "--honor-old-tokens", "30d", "--yes"]).success();
    host
}

/// A sound pair that no vault has.
fn with_foreign_pair_mounted(host: Host) -> Host {
    host.mount(&PrivateKey::generate().unwrap());
    host
}

/// A second host, the same in every file; the mark of an interrupted run, which names its host's
/// paths, names the copy's.
pub(crate) fn copy_of(host: &Host) -> Host {
    let copy = Host::empty();
    let folders = [host, &copy].map(|host| host.path("").to_string_lossy().into_owned());
    for (path, entry) in host.tree() {
        let is_mark = path.ends_with("unfinished.json");
        let path = copy.path(&path.to_string_lossy());
        match entry.content {
            Content::Folder => fs::create_dir_all(&path).unwrap(),
            Content::File(content) if is_mark => {
                let text = String::from_utf8(content).unwrap();
                fs::write(&path, text.replace(&folders[0], &folders[1])).unwrap();
            }
            Content::File(content) => fs::write(&path, content).unwrap(),
            Content::Link(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
        }
        if !path.is_symlink() {
            set_mode(&path, entry.mode);
        }
    }
    copy
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The fingerprints of all private keys that can be reached: in the store, mounted, set aside.
/// Half-written files under temporary names do not count.
pub(crate) fn keys_in(host: &Host) -> BTreeSet<String> {
    let is_temporary = |path: &Path| path.to_string_lossy().contains("spacetime-keys-tmp");
    host.tree()
        .into_iter()
        .filter(|(path, _)| !is_temporary(path))
        .filter_map(|(_, entry)| match entry.content {
            Content::File(content) => PrivateKey::from_pem(content).ok(),
            _ => None,
        })
        .map(|key| key.public_key().fingerprint().to_string())
        .collect()
}

/// The identity of the publisher token.
#[track_caller]
pub(crate) fn identity_of(host: &Host) -> String {
    let token = host.token();
    Publisher::from_token(&Token::parse(&token).unwrap()).unwrap().identity.to_string()
}

/// Whether the mounted files are a pair.
#[track_caller]
pub(crate) fn mounted_is_a_pair(host: &Host) -> bool {
    let private = PrivateKey::from_pem(host.read(crate::common::PRIVATE)).unwrap();
    let public = PublicKey::from_pem(host.read(crate::common::PUBLIC)).unwrap();
    check_pair(&private, &public).is_ok()
}

/// Whether a server with the mounted key would take the token's signature.
#[track_caller]
pub(crate) fn token_fits_mounted_key(host: &Host) -> bool {
    let key = PublicKey::from_pem(host.read(crate::common::PUBLIC)).unwrap();
    Token::parse(&host.token()).unwrap().is_signed_by(&Verifier::new(&key).unwrap())
}
