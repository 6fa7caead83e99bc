//! Azure Key Vault as key store, by the Azure CLI (`az`): what a person at a keyboard is logged in
//! with already, and no SDK.

mod answer;
mod failure;
mod places;
mod process;
mod secret_file;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::places::Places;
use self::process::{NotRun, Ran};
use self::secret_file::SecretFile;
use super::key_vault::{Call, Right};
use super::{History, KeyStore, NewSecret, Properties, Secret, tags_to_pairs};
use crate::error::{Failure, Kind};
use crate::files;
use crate::watch::{AzCall, Watch};

/// The settings for running the Azure CLI.
#[derive(Clone, Debug)]
pub struct Az {
    /// The program: a path, or a name that is looked for on `PATH`.
    pub program: PathBuf,
    /// How long one call may take.
    pub timeout: Duration,
    /// The folder that files with a secret are put into, each in a folder of its own, for as long as
    /// a write takes.
    pub secret_files: PathBuf,
}

impl Default for Az {
    /// `az` (on Windows `az.cmd`) on `PATH`, one minute, the system's temporary folder.
    fn default() -> Self {
        Self {
            program: PathBuf::from(if cfg!(windows) { "az.cmd" } else { "az" }),
            timeout: Duration::from_mins(1),
            secret_files: env::temp_dir(),
        }
    }
}

/// Azure Key Vault as key store, by the Azure CLI: the user who is logged in by `az login` reads and
/// writes. Needs no feature of this crate.
///
/// **What goes in** is an argument array, never through a shell: names of vaults and secrets, versions,
/// tags, and the path of the file that a secret is taken from (0600, in a folder of its own, 0700). No
/// secret is ever in an argument or in the environment. That is this process's, but with az's own log
/// switched off, for it holds the bodies of requests. Nothing is on its input.
///
/// **What comes out** is JSON, taken as a secret, and refused where it is longer than any answer. What
/// az says of errors is searched for what is known, and never shown.
///
/// **A call has a deadline**, and az does not outlive it: its whole process group is killed before the
/// secret's file is removed. A write whose answer is lost may have happened; a run that reads the vault
/// again finds out. What a run that was killed has left of a secret's file, the next one removes.
/// Nothing in a vault is ever deleted, recovered or purged.
///
/// **Errors** are [`Kind::Store`](crate::Kind::Store): `ERR_STORE_LOGIN` (az is not installed, or not
/// logged in), `ERR_STORE_FORBIDDEN` (no role), `ERR_STORE_FIREWALL`, `ERR_STORE_VAULT_MISSING`,
/// `ERR_STORE_SECRET_DISABLED`, `ERR_STORE_SECRET_DELETED`, `ERR_STORE_THROTTLED`,
/// `ERR_STORE_TIMEOUT`, `ERR_STORE_UNAVAILABLE`, `ERR_STORE_TLS`, `ERR_STORE_NETWORK`,
/// `ERR_STORE_STALE`, and `ERR_STORE_ANSWER` for all that cannot be read; and
/// [`Kind::Io`](crate::Kind::Io) where az cannot be run, or a secret's file not be written.
///
/// A value reaches a vault as text: az makes one line break of CR LF.
pub struct AzCli {
    az: Az,
    watch: Arc<dyn Watch>,
    places: Places,
}

/// How many az run at once. Each is a Python process; the bun script has one a vault, of four.
const AT_ONCE: usize = 4;
/// A value has 25,600 bytes at most, each up to six in JSON.
const MAX_SECRET: usize = 256 << 10;
/// Thousands of versions.
const MAX_LIST: usize = 8 << 20;

impl AzCli {
    /// A store. az is not run yet. Each of its calls is told to `watch`.
    pub fn new(az: Az, watch: Arc<dyn Watch>) -> Self {
        let az = Az { secret_files: files::absolute(&az.secret_files), ..az };
        Self { az, watch, places: Places::new(AT_ONCE) }
    }

    /// `az keyvault secret …`: what it prints, or `None` where there is no such secret.
    fn call(
        &self,
        call: &Call<'_>,
        action: &str,
        more: impl IntoIterator<Item = OsString>,
        max_answer: usize,
    ) -> Result<Option<Ran>, Failure> {
        let Call { vault, secret, .. } = call;
        if ![vault, secret].into_iter().all(|name| is_name(name)) {
            return Err(call.not_taken());
        }
        let mut arguments: Vec<OsString> =
            ["keyvault", "secret", action, "--vault-name", vault, "--name", secret]
                .map(OsString::from)
                .into();
        arguments.extend(more);
        arguments.extend(["--only-show-errors", "--output", "json"].map(OsString::from));
        let _place = self.places.take();
        let started = Instant::now();
        let is_stopped = || self.watch.is_stopped();
        if is_stopped() {
            return Err(Kind::Stopped.into());
        }
        let Az { program, timeout, .. } = &self.az;
        let ran = process::run(program, &arguments, *timeout, max_answer, &is_stopped);
        self.watch.az(&AzCall {
            arguments: &arguments,
            exit_code: ran.as_ref().ok().and_then(|ran| ran.status.code()),
            time: started.elapsed(),
        });
        match ran {
            Ok(ran) if ran.status.success() => Ok(Some(ran)),
            Ok(ran) => failure::refused(call, &ran).map_or(Ok(None), Err),
            Err(why) => Err(self.not_run(call, &why)),
        }
    }

    fn not_run(&self, call: &Call<'_>, why: &NotRun) -> Failure {
        failure::not_run(call, why, &self.az.program, self.az.timeout)
    }

    fn show(&self, call: &Call<'_>, version: Option<&str>) -> Result<Option<Secret>, Failure> {
        let version = version.map(|version| ["--version", version].map(OsString::from));
        let ran = self.call(call, "show", version.into_iter().flatten(), MAX_SECRET)?;
        ran.map(|ran| answer::shown(&ran.stdout, call)).transpose()
    }

    fn list(&self, call: &Call<'_>) -> Result<Vec<Properties>, Failure> {
        let ran = self.call(call, "list-versions", [], MAX_LIST)?;
        ran.map_or_else(|| Ok(Vec::new()), |ran| answer::listed(&ran.stdout, call))
    }
}

/// A name that Key Vault may have, and that az takes for no option.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl KeyStore for AzCli {
    fn is_remote(&self) -> bool {
        true
    }

    fn read(&self, vault: &str, secret: &str) -> Result<History, Failure> {
        let call = Call { vault, secret, right: Right::Read };
        call.until_fresh(|| {
            Ok(History { latest: self.show(&call, None)?, versions: self.list(&call)? })
        })
    }

    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure> {
        let call = Call { vault, secret, right: Right::Read };
        if !is_name(version) {
            return Err(call.version_missing());
        }
        self.show(&call, Some(version))?.ok_or_else(|| call.version_missing())
    }

    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<String, Failure> {
        let call = Call { vault, secret, right: Right::Write };
        let file = SecretFile::write(&self.az.secret_files, new.value)?;
        let mut more: Vec<OsString> = vec!["--file".into(), file.path().into()];
        more.extend(["--encoding", "utf-8", "--content-type", new.content_type].map(Into::into));
        more.push("--tags".into());
        more.extend(
            tags_to_pairs(&new.tags).into_iter().map(|(name, tag)| format!("{name}={tag}").into()),
        );
        // Without the secret in the answer.
        more.extend(["--query", "id"].map(OsString::from));
        let ran = self.call(&call, "set", more, MAX_SECRET)?;
        file.remove()?;
        ran.map_or_else(|| Err(call.no_answer()), |ran| answer::written(&ran.stdout, &call))
    }

    /// Key Vault has no way to ask that: the first write tells, and comes before all else. What can be
    /// tried is whether a secret's file can be made.
    fn check_writable(&self, _vault: &str, _secret: &str) -> Result<(), Failure> {
        files::check_replaceable(&self.az.secret_files.join("value"))
    }

    /// A version is there as a whole or not at all; a killed run may have left a secret's file.
    fn clean_up(&self, _vault: &str, _secret: &str) -> Result<(), Failure> {
        secret_file::remove_leftovers(&self.az.secret_files)
    }
}
