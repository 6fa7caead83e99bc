//! The task of a run, so that it can be finished without its command line.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spacetime_keys_core::fleet::{Environment, LeftElsewhere, Operation, Request};
use spacetime_keys_core::{Fingerprint, Identity};

use crate::error::{Failure, Kind};
use crate::files;
use crate::host::Paths;
use crate::site::Settings;

/// The task of a run: enough to continue without its command line.
#[derive(Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Journal {
    pub(crate) rotation_id: String,
    /// The machine that began it. `None` on one that has no id, and in notes of earlier versions.
    #[serde(default)]
    machine: Option<String>,
    /// The private key that was mounted there when it began.
    #[serde(default)]
    mounted: Option<String>,
    /// The kind of its store. `None` in notes of earlier versions.
    #[serde(default)]
    store: Option<String>,
    /// What concerns vaults is done, and the rest is for another host than the one that did it.
    #[serde(default)]
    left: bool,
    operation: String,
    pub(crate) environments: Vec<String>,
    host_environment: Option<String>,
    mounted_keys_dir: PathBuf,
    cli_toml: PathBuf,
    identity: Option<String>,
    sync_mounted_keys: bool,
    preserve_publisher_token: bool,
    adopt_mounted: bool,
    replace_lost_key: bool,
    expect_identity: Option<String>,
    allow_unverified: bool,
    allow_external_issuer: bool,
    /// Notes of earlier versions have neither.
    #[serde(default)]
    honor_old_tokens: Option<u32>,
    #[serde(default)]
    compromised: bool,
}

impl Journal {
    pub(crate) fn new(
        request: &Request,
        paths: &Paths,
        store: &str,
        identity: Option<Identity>,
        mounted: Option<Fingerprint>,
    ) -> Self {
        Self {
            rotation_id: request.rotation_id.clone(),
            machine: machine(),
            mounted: mounted.map(|mounted| mounted.to_string()),
            store: Some(store.to_owned()),
            left: false,
            operation: request.operation.as_str().to_owned(),
            environments: request.environments.iter().map(ToString::to_string).collect(),
            host_environment: request.host.as_ref().map(ToString::to_string),
            mounted_keys_dir: files::absolute(&paths.mounted_keys_dir),
            cli_toml: files::absolute(&paths.cli_toml),
            identity: identity.map(|identity| identity.to_string()),
            sync_mounted_keys: request.sync_mounted,
            preserve_publisher_token: request.preserve_publisher,
            adopt_mounted: request.adopt_mounted,
            replace_lost_key: request.replace_lost_key,
            expect_identity: request.expect_identity.map(|identity| identity.to_string()),
            allow_unverified: request.allow_unverified,
            allow_external_issuer: request.allow_external_issuer,
            honor_old_tokens: request.honor_old_tokens,
            compromised: request.compromised,
        }
    }

    /// A note's content.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        let journal: Self = serde_json::from_slice(content).ok()?;
        // It becomes a part of file names.
        is_rotation_id(&journal.rotation_id).then_some(journal)
    }

    /// Whether this host is to finish it.
    pub(crate) fn is_for_this_host(&self, paths: &Paths) -> bool {
        !self.left && self.is_of_this_host(paths)
    }

    /// Whether this host began it: this machine, with this folder. What names no machine is ours.
    pub(crate) fn is_of_this_host(&self, paths: &Paths) -> bool {
        let other = |(theirs, ours): (&String, String)| *theirs != ours;
        let is_elsewhere = self.machine.as_ref().zip(machine()).is_some_and(other);
        !is_elsewhere && is_same_folder(&self.mounted_keys_dir, &paths.mounted_keys_dir)
    }

    /// Fails where it is about another store: program and script may share a folder of marks, and
    /// what is half done in a key vault is not finished in a folder.
    pub(crate) fn require_store(&self, ours: &str) -> Result<(), Failure> {
        match &self.store {
            Some(theirs) if theirs != ours => Err(Kind::OtherStore(theirs.clone()).into()),
            _ => Ok(()),
        }
    }

    /// The same, with what concerns vaults done.
    pub(crate) fn left(self) -> Self {
        Self { left: true, ..self }
    }

    /// The part of it for a host that does not finish it.
    pub(crate) fn left_elsewhere(&self) -> LeftElsewhere {
        let environment = self.host_environment.as_deref();
        LeftElsewhere {
            environment: environment.and_then(|name| Environment::new(name).ok()),
            folder: self.mounted_keys_dir.display().to_string(),
            vaults_are_done: self.left || self.operation == Operation::Sync.as_str(),
        }
    }

    /// The private key that was mounted when it began.
    pub(crate) fn mounted(&self) -> Option<Fingerprint> {
        self.mounted.as_deref().and_then(Fingerprint::parse)
    }

    pub(crate) fn operation(&self) -> Result<Operation, Failure> {
        Operation::parse(&self.operation).ok_or_else(|| Failure::bug("the journal's operation"))
    }

    /// Whose token the run set out to keep.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.identity.as_deref().and_then(|identity| Identity::parse(identity).ok())
    }

    /// The paths that the run was about, wherever it is continued.
    pub(crate) fn paths(&self) -> Paths {
        Paths { mounted_keys_dir: self.mounted_keys_dir.clone(), cli_toml: self.cli_toml.clone() }
    }

    /// The same request, to be continued. What the present command line allows in addition counts.
    pub(crate) fn request(&self, settings: &Settings, now: &Request) -> Result<Request, Failure> {
        let environment = |name: &String| settings.environment(name);
        Ok(Request {
            operation: self.operation()?,
            rotation_id: self.rotation_id.clone(),
            continuing: true,
            environments: self
                .environments
                .iter()
                .map(environment)
                .collect::<Result<Vec<Environment>, _>>()?,
            host: self.host_environment.as_ref().map(environment).transpose()?,
            host_is_named: now.host_is_named,
            sync_mounted: self.sync_mounted_keys && now.sync_mounted,
            preserve_publisher: self.preserve_publisher_token && now.preserve_publisher,
            adopt_mounted: self.adopt_mounted || now.adopt_mounted,
            replace_lost_key: self.replace_lost_key || now.replace_lost_key,
            expect_identity: now.expect_identity.or_else(|| {
                self.expect_identity.as_deref().and_then(|identity| Identity::parse(identity).ok())
            }),
            allow_unverified: self.allow_unverified || now.allow_unverified,
            allow_external_issuer: self.allow_external_issuer || now.allow_external_issuer,
            honor_old_tokens: now.honor_old_tokens.or(self.honor_old_tokens),
            compromised: self.compromised || now.compromised,
        })
    }
}

/// The form that our own have: letters, digits and hyphens.
fn is_rotation_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// This machine, by a hash of its id: the id itself is nobody's business.
pub(crate) fn machine() -> Option<String> {
    #[cfg(feature = "testing")]
    if let Ok(named) = std::env::var("SPACETIME_KEYS_MACHINE") {
        return Some(named);
    }
    let read = |path: &str| files::read_text(Path::new(path)).ok().flatten();
    let id = ["/etc/machine-id", "/var/lib/dbus/machine-id"].into_iter().find_map(read)?;
    let id = id.trim();
    // Some images come with an empty one.
    (id.len() == 32).then(|| short_hash(id))
}

/// A host's name in the name of its note.
pub(crate) fn host_id(paths: &Paths) -> String {
    let folder = files::absolute(&paths.mounted_keys_dir);
    short_hash(&format!("{}:{}", machine().unwrap_or_default(), folder.display()))
}

/// A folder may go by several names, and may not be there.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    files::absolute(one) == files::absolute(other)
        || canonical(one).is_some_and(|one| Some(one) == canonical(other))
}

fn short_hash(text: &str) -> String {
    let digest = Sha256::digest(["spacetime-keys:", text].concat());
    let start = digest.first_chunk().map_or(0, |start| u64::from_be_bytes(*start));
    format!("{start:016x}")
}
