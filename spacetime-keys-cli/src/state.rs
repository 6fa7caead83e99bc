//! One run at a time, and what a run that was cut short leaves behind for `resume`.
//!
//! `STORE/.state/lock` is locked while a run changes something; the operating system lets go of it
//! when the process ends, however it ends. `STORE/.state/unfinished.json` beside it says what the
//! run set out to do, and is removed when it has been proven. Neither holds a secret.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use spacetime_keys_core::Identity;
use spacetime_keys_core::fleet::{Environment, Operation, Request};

use crate::config::Config;
use crate::failpoint;
use crate::failure::Failure;
use crate::files::{self, Mode};
use crate::host::Paths;

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The folder in which runs leave their marks.
pub(crate) struct State {
    folder: PathBuf,
}

/// Held while a run changes something.
pub(crate) struct Lock {
    _file: File,
}

impl State {
    pub(crate) fn new(config: &Config) -> Self {
        // A vault's name never begins with a dot.
        Self { folder: config.store.path.join(".state") }
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.join("lock")
    }

    fn journal_file(&self) -> PathBuf {
        self.folder.join("unfinished.json")
    }

    fn set_aside_folder(&self) -> PathBuf {
        self.folder.join("set-aside")
    }

    /// Whether a run is at work. Looks without leaving a trace.
    pub(crate) fn is_locked(&self) -> bool {
        File::open(self.lock_file())
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock.
    pub(crate) fn lock(&self) -> Result<Lock, Failure> {
        files::create_folder(&self.folder, FOLDER_MODE)?;
        let path = self.lock_file();
        let fail = |error: std::io::Error| Failure::io("locking", &path, &error);
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
        let file = options.open(&path).map_err(fail)?;
        files::give_away(&file, &path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(busy()),
            Err(TryLockError::Error(error)) => Err(fail(error)),
        }
    }

    /// Fails where a run could not leave its marks.
    pub(crate) fn check_writable(&self) -> Result<(), Failure> {
        files::check_replaceable(&self.journal_file())
    }

    /// Fails where a mounted key could not be set aside.
    pub(crate) fn check_set_aside(&self) -> Result<(), Failure> {
        files::check_replaceable(&self.set_aside_folder().join("id_ecdsa"))
    }

    /// What an interrupted run (or the one at work) set out to do.
    pub(crate) fn unfinished(&self) -> Result<Option<Journal>, Failure> {
        let path = self.journal_file();
        let Some(content) = files::read(&path)? else { return Ok(None) };
        let journal: Option<Journal> = serde_json::from_slice(&content).ok();
        // It becomes a part of file names.
        let journal = journal.filter(|journal| is_rotation_id(&journal.rotation_id));
        journal.map(Some).ok_or_else(|| {
            Failure::new(
                "ERR_JOURNAL_DAMAGED",
                format!("{} is damaged", path.display()),
                "move it away, then `spacetime-keys resume --env E` for the environment concerned",
            )
        })
    }

    /// Says what this run sets out to do. Only under the lock.
    pub(crate) fn begin(&self, _lock: &Lock, journal: &Journal) -> Result<(), Failure> {
        for folder in [&self.folder, &self.set_aside_folder()] {
            files::close_folder(folder)?;
            files::remove_leftovers(folder)?;
        }
        let json = serde_json::to_vec_pretty(journal)
            .map_err(|_| Failure::bug("the journal has no JSON form"))?;
        files::replace(&self.journal_file(), &json, Mode::Set(FILE_MODE))
    }

    /// The run has been proven. Only under the lock.
    pub(crate) fn end(&self, _lock: &Lock) -> Result<(), Failure> {
        let path = self.journal_file();
        let fail = |error: std::io::Error| Failure::io("removing", &path, &error);
        failpoint::reached("journal:before-removal")?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        files::sync_folder(&self.folder).map_err(fail)
    }

    /// Keeps what stood in a mounted file, under a name that is new. `None` if it is kept already.
    pub(crate) fn set_aside(
        &self,
        name: &str,
        content: &[u8],
        rotation_id: &str,
    ) -> Result<Option<PathBuf>, Failure> {
        let folder = self.set_aside_folder();
        files::create_folder(&folder, FOLDER_MODE)?;
        if files::contains(&folder, content)? {
            return Ok(None);
        }
        for number in 1_u32.. {
            let path = match number {
                1 => folder.join(format!("{name}.{rotation_id}")),
                _ => folder.join(format!("{name}.{rotation_id}.{number}")),
            };
            // Another may be there, from a run under this very id. It stays.
            if files::create_new(&path, content, FILE_MODE)? {
                return Ok(Some(path));
            }
        }
        Err(Failure::bug("no name is left for what is set aside"))
    }
}

/// The form that our own have: letters, digits and hyphens.
fn is_rotation_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(crate) fn busy() -> Failure {
    Failure::refused(
        "ERR_LOCKED",
        "another run is at work in this store",
        "wait until it has ended, then look at `spacetime-keys verify`",
    )
}

/// What a run set out to do: enough to go on without its command line.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Journal {
    pub(crate) rotation_id: String,
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
}

impl Journal {
    pub(crate) fn new(request: &Request, paths: &Paths, identity: Option<Identity>) -> Self {
        Self {
            rotation_id: request.rotation_id.clone(),
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
        }
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
    pub(crate) fn request(&self, config: &Config, now: &Request) -> Result<Request, Failure> {
        let environment = |name: &String| config.environment(name);
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
            sync_mounted: self.sync_mounted_keys && now.sync_mounted,
            preserve_publisher: self.preserve_publisher_token && now.preserve_publisher,
            adopt_mounted: self.adopt_mounted || now.adopt_mounted,
            replace_lost_key: self.replace_lost_key || now.replace_lost_key,
            expect_identity: now.expect_identity.or_else(|| {
                self.expect_identity.as_deref().and_then(|identity| Identity::parse(identity).ok())
            }),
            allow_unverified: self.allow_unverified || now.allow_unverified,
            allow_external_issuer: self.allow_external_issuer || now.allow_external_issuer,
        })
    }
}
