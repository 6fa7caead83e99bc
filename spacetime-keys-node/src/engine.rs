//! The engine, off the main thread: rotations, verifying, and the publisher token in its file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::fleet::{Environment, Scope};
use spacetime_keys_rotation::site::Names;
use spacetime_keys_rotation::store::{self, Az, StoreSettings};
use spacetime_keys_rotation::{self as engine, Failure, Job, Paths, Settings, Site, Watch, token};

use crate::bulk::{Bulk, in_background};
use crate::error::{bug, thrown};
use crate::failure::{describe_unread, failed};
use crate::object::with;
use crate::options::{Resign, expected};
use crate::run::{Emit, Events, Stop, outcome};
use crate::wish::Wish;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fleet {
    store: Store,
    environments: Option<Vec<(String, String)>>,
    groups: Option<Vec<Vec<String>>>,
    max_age_days: u32,
    honor_old_tokens: u32,
    secrets: Secrets,
    state: Option<PathBuf>,
    mounted_keys_dir: PathBuf,
    cli_toml: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Secrets {
    private_key: Option<String>,
    public_key: Option<String>,
    escrow: Option<String>,
    retired_keys: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Store {
    kind: String,
    path: Option<PathBuf>,
    program: Option<PathBuf>,
    /// Seconds.
    timeout: Option<u32>,
    secret_files: Option<PathBuf>,
}

/// The folder of a directory store, and of every store the marks of runs on this machine.
const STORE: &str = ".spacetime-keys";

impl Fleet {
    fn paths(&self) -> Paths {
        let (mounted_keys_dir, cli_toml) = (self.mounted_keys_dir.clone(), self.cli_toml.clone());
        Paths { mounted_keys_dir, cli_toml }
    }

    fn open(self) -> Result<(Settings, StoreSettings), Failure> {
        let Store { kind, path, program, timeout, secret_files } = self.store;
        let folder = path.unwrap_or_else(|| STORE.into());
        let in_key_vault = kind == "az";
        let names = Names {
            host: None,
            promotion: None,
            environments: self.environments,
            groups: self.groups,
            max_age_days: self.max_age_days,
            honor_old_tokens: self.honor_old_tokens,
            private_secret: self.secrets.private_key,
            public_secret: self.secrets.public_key,
            escrow_secret: self.secrets.escrow,
            retired_secret: self.secrets.retired_keys,
            in_key_vault,
        };
        let settings = Settings::new(names, self.state.unwrap_or_else(|| folder.join(".state")))?;
        let usual = Az::default();
        let az = Az {
            program: program.unwrap_or(usual.program),
            timeout: timeout.map_or(usual.timeout, |seconds| Duration::from_secs(seconds.into())),
            secret_files: secret_files.unwrap_or(usual.secret_files),
        };
        let store =
            if in_key_vault { StoreSettings::AzCli(az) } else { StoreSettings::Directory(folder) };
        Ok((settings, store))
    }
}

/// A task on a fleet whose names are known.
fn job(wish: &Wish, settings: &Settings, paths: &Paths) -> Result<Job, Failure> {
    let environments = environments(settings, &wish.environments)?;
    let host = wish.host.as_deref().map(|name| settings.environment(name)).transpose()?;
    let request = wish.request(environments, host)?;
    Ok(Job { request, paths: paths.clone(), dry_run: wish.dry_run, ask: false })
}

fn environments(settings: &Settings, names: &[String]) -> Result<Vec<Environment>, Failure> {
    names.iter().map(|name| settings.environment(name)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Look {
    environments: Option<Vec<String>>,
    host: bool,
    likely_host: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Restore {
    environment: String,
    expect_identity: Option<String>,
}

/// Opens the fleet, and does some work with it in the background.
fn with_fleet<W: for<'de> Deserialize<'de> + Send + 'static>(
    fleet: &str,
    wish: &str,
    (emit, stop): (Emit, &Stop),
    work: fn(&Site<'_>, &Paths, &W) -> Result<Value, Failure>,
) -> napi::Result<AsyncTask<Bulk>> {
    let fleet: Fleet = serde_json::from_str(fleet).map_err(bug)?;
    let wish: W = serde_json::from_str(wish).map_err(bug)?;
    let watch: Arc<dyn Watch> = Arc::new(Events::new(emit, stop));
    Ok(in_background(move || {
        let paths = fleet.paths();
        let result = fleet.open().and_then(|(settings, store)| {
            let store = store::open(&store, &watch)?;
            work(&Site::new(&settings, &*store, &*watch), &paths, &wish)
        });
        result.map(|value| value.to_string()).map_err(failed)
    }))
}

#[napi(catch_unwind)]
pub fn run_rotation(
    fleet: String,
    wish: String,
    emit: Emit,
    stop: &Stop,
) -> napi::Result<AsyncTask<Bulk>> {
    with_fleet(&fleet, &wish, (emit, stop), |site, paths, wish: &Wish| {
        engine::run(site, &job(wish, site.settings, paths)?).map(|ended| outcome(&ended))
    })
}

#[napi(catch_unwind)]
pub fn mend_and_rotate(
    fleet: String,
    wish: String,
    emit: Emit,
    stop: &Stop,
) -> napi::Result<AsyncTask<Bulk>> {
    with_fleet(&fleet, &wish, (emit, stop), |site, paths, wish: &Wish| {
        let mended = engine::mend_and_rotate(site, &job(wish, site.settings, paths)?)?;
        let runs: Vec<_> = mended.outcomes.iter().map(outcome).collect();
        Ok(json!({ "runs": runs, "afterwards": mended.afterwards }))
    })
}

#[napi(catch_unwind)]
pub fn verify_fleet(
    fleet: String,
    wish: String,
    emit: Emit,
    stop: &Stop,
) -> napi::Result<AsyncTask<Bulk>> {
    with_fleet(&fleet, &wish, (emit, stop), |site, paths, wish: &Look| {
        let names = wish.environments.as_ref();
        let asked = match names {
            Some(names) => environments(site.settings, names)?,
            None => site.settings.names(),
        };
        let likely = wish.likely_host.as_deref().map(|name| site.settings.environment(name));
        let scope = Scope { host: wish.host, ..Scope::of(asked, likely.transpose()?) };
        let verified = engine::verify(site, paths, &scope)?;
        let failures: Vec<_> = verified.failures.iter().map(describe_unread).collect();
        let report = serde_json::to_value(&verified.report)
            .map_err(|_| Failure::from(engine::Kind::Bug("a report without JSON")))?;
        Ok(with(report, "failures", failures))
    })
}

#[napi(catch_unwind)]
pub fn restore_token(
    fleet: String,
    wish: String,
    emit: Emit,
    stop: &Stop,
) -> napi::Result<AsyncTask<Bulk>> {
    with_fleet(&fleet, &wish, (emit, stop), |site, paths, wish: &Restore| {
        let environment = site.settings.environment(&wish.environment)?;
        let identity = expected(wish.expect_identity.as_deref())?;
        let restored = token::restore(site, &environment, identity, paths)?;
        let replaced = restored.replaced.as_ref().map(|(publisher, _, verified_with)| {
            json!({ "identity": publisher.identity, "verifiedWith": verified_with })
        });
        Ok(json!({
            "identity": restored.publisher.identity,
            "issuer": restored.publisher.issuer,
            "subject": restored.publisher.subject,
            "signedBy": restored.signed_by,
            "replaced": replaced,
        }))
    })
}

#[napi(catch_unwind)]
pub fn resign_cli_toml_file(
    path: String,
    private_key: String,
    options: String,
) -> napi::Result<AsyncTask<Bulk>> {
    let wish: Resign = serde_json::from_str(&options).map_err(bug)?;
    let key = PrivateKey::from_pem(&private_key).map_err(thrown)?;
    Ok(in_background(move || {
        let known = wish.known_keys().map_err(thrown)?;
        let options = wish.options(&known).map_err(thrown)?;
        let resigned = token::resign(&PathBuf::from(path), &key, &options).map_err(failed)?;
        Ok(crate::signer::describe(&resigned, key.public_key().fingerprint()).to_string())
    }))
}
