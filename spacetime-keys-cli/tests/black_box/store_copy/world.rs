//! A host whose keys are in a folder, and two places to copy them to.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{CONFIG, Host, Run, STORE, Tree, tree};
use crate::key_vault::fleet::{
    ESCROW_SECRET, Fleet, PATIENT, PRIVATE_SECRET, PUBLIC_SECRET, config,
};

pub(super) const RETIRED_SECRET: &str = "spacetimedb-retired-keys";
pub(super) const SECRETS: [&str; 4] =
    [PRIVATE_SECRET, PUBLIC_SECRET, ESCROW_SECRET, RETIRED_SECRET];

/// The configuration of the key vaults.
pub(super) const AZURE: &str = "azure.toml";
/// That of another folder.
pub(super) const BACK: &str = "back.toml";
pub(super) const BACK_STORE: &str = "back";

/// A host with a folder for a store, and the configurations of two others.
pub(super) fn host() -> Host {
    let host = Host::new();
    host.write(CONFIG, "[policy]\nmax_age_days = 10\n");
    host.write(AZURE, format!("{}[policy]\nmax_age_days = 10\n", config("client-secret", PATIENT)));
    host.write(BACK, "[store]\npath = \"back\"\n[policy]\nmax_age_days = 10\n");
    host
}

/// The same, after three rotations of all environments, a leak and a rollback.
pub(super) fn rotated() -> Host {
    let host = host();
    for more in [&[][..], &["--honor-old-tokens", "30d"], &["--compromised"], &[]] {
        host.run(&[&["rotate", "--env", "all", "--yes"], more].concat()).success();
    }
    host.run(&["rollback", "--env", "prod", "--host-env", "local", "--yes"]).success();
    host
}

/// The folder store.
pub(super) fn store(host: &Host) -> PathBuf {
    host.path(STORE)
}

/// All vaults of a folder store; not the marks of runs.
pub(super) fn vaults(store: &Path) -> Tree {
    let mut all = tree(store);
    all.retain(|path, _| !path.starts_with(".state") && *path != Path::new(".gitignore"));
    all
}

/// Copies, from one configuration's store to another's.
pub(super) fn copy(fleet: &Fleet, host: &Host, from: &str, to: &str, more: &[&str]) -> Run {
    let copy = ["store", "copy", "--config", from, "--to", to, "--yes", "--json"];
    fleet.run(host, &[&copy, more].concat())
}

/// Copies, which must succeed; the document.
#[track_caller]
pub(super) fn copied(fleet: &Fleet, host: &Host, from: &str, to: &str) -> Value {
    copy(fleet, host, from, to, &[]).success().json()
}

/// How many versions a document says were written.
pub(super) fn written(document: &Value) -> usize {
    document["steps"].as_array().unwrap().len()
}
