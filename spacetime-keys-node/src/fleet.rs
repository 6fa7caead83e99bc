//! The contents of vaults and a host: judged, and planned with.

use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    self, CliTomlFacts, Environment, Escrow, Host, KeyState, Mounted, Plan, Policy, Refusal, Scope,
    Snapshot, Source, StoredVersion, Tags, Vault,
};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey, PublicKey};

use crate::error::{bug, thrown};
use crate::failure::refused;
use crate::object::with;
use crate::wish::Wish;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Contents {
    vaults: Vec<VaultContents>,
    host: Option<HostContents>,
    groups: Option<Vec<Vec<String>>>,
    max_age_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct VaultContents {
    environment: String,
    vault: String,
    private_key: Option<String>,
    public_key: Option<String>,
    created: Option<i64>,
    version: String,
    earlier: Vec<EarlierVersion>,
    escrow: Option<String>,
    unavailable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EarlierVersion {
    version: String,
    private_key: Option<String>,
    fingerprint: Option<String>,
    created: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct HostContents {
    private_key: Option<String>,
    public_key: Option<String>,
    world_accessible: bool,
    cli_toml: Option<String>,
}

/// The contents, understood.
struct Fleet {
    policy: Policy,
    snapshot: Snapshot,
    /// Environments whose present pair's age is not known.
    ageless: Vec<String>,
}

fn read(json: &str, now: i64) -> napi::Result<Fleet> {
    let contents: Contents = serde_json::from_str(json).map_err(bug)?;
    understand(&contents, now).map_err(thrown)
}

fn understand(contents: &Contents, now: i64) -> Result<Fleet, Error> {
    let mut vaults = Vec::new();
    let mut known = Vec::new();
    for vault in &contents.vaults {
        vaults.push(understand_vault(vault, now, &mut known)?);
    }
    let host = contents.host.as_ref();
    let bytes = |text: Option<&String>| text.map(|text| text.as_bytes().to_vec());
    let private = bytes(host.and_then(|host| host.private_key.as_ref()));
    let public = bytes(host.and_then(|host| host.public_key.as_ref()));
    let mounted = Mounted::of(private.as_deref(), public.as_deref());
    let cli_toml = host.and_then(|host| host.cli_toml.as_deref()).map(str::as_bytes);
    let mut cli_toml = CliTomlFacts::of(cli_toml);
    cli_toml.verify_with(mounted.keys.iter().chain(&known));
    let world_accessible = host.is_some_and(|host| host.world_accessible);
    let environments: Vec<_> = vaults.iter().map(|vault| vault.environment.clone()).collect();
    Ok(Fleet {
        policy: policy(contents, &environments)?,
        snapshot: Snapshot {
            vaults,
            host: Host::of(mounted, world_accessible, cli_toml),
            unfinished: None,
        },
        ageless: contents
            .vaults
            .iter()
            .filter(|vault| vault.created.is_none())
            .map(|vault| vault.environment.clone())
            .collect(),
    })
}

pub(crate) fn understand_vault(
    contents: &VaultContents,
    now: i64,
    known: &mut Vec<PublicKey>,
) -> Result<Vault, Error> {
    let environment = Environment::new(&contents.environment)?;
    let name = contents.vault.clone();
    if contents.unavailable {
        return Ok(Vault {
            environment,
            name,
            private: KeyState::Unavailable,
            public: KeyState::Unavailable,
            latest: None,
            earlier: Vec::new(),
            escrow: Ok(Escrow::default()),
            retired: Ok(None),
            retired_before: RetiredKeys::default(),
        });
    }
    let (private, private_key) =
        contents.private_key.as_ref().map(KeyState::of_private).unwrap_or_default();
    let (public, public_key) =
        contents.public_key.as_ref().map(KeyState::of_public).unwrap_or_default();
    known.extend(private_key.into_iter().chain(public_key));
    let version = |version: &str, fingerprint, created: Option<i64>| StoredVersion {
        version: version.to_owned(),
        fingerprint,
        created: created.unwrap_or(now),
        position: None,
        tags: Tags::default(),
    };
    let mut earlier = Vec::new();
    for old in &contents.earlier {
        let key = old.private_key.as_ref().and_then(|pem| PrivateKey::from_pem(pem).ok());
        let fingerprint = key
            .as_ref()
            .map(|key| key.public_key().fingerprint())
            .or_else(|| old.fingerprint.as_deref().and_then(Fingerprint::parse));
        known.extend(key.map(|key| key.public_key().clone()));
        earlier.push(version(&old.version, fingerprint, old.created));
    }
    let latest = contents
        .private_key
        .is_some()
        .then(|| version(&contents.version, private.fingerprint(), contents.created));
    Ok(Vault {
        environment,
        name,
        private,
        public,
        latest,
        earlier,
        escrow: contents.escrow.as_deref().map_or_else(|| Ok(Escrow::default()), Escrow::parse),
        retired: Ok(None),
        retired_before: RetiredKeys::default(),
    })
}

fn policy(contents: &Contents, environments: &[Environment]) -> Result<Policy, Error> {
    let groups = if let Some(groups) = &contents.groups {
        groups.iter().map(|names| names_of(names)).collect::<Result<_, _>>()?
    } else {
        let shared: Vec<_> =
            ["dev", "local"].map(Environment::new).into_iter().collect::<Result<_, _>>()?;
        let both = shared.iter().all(|environment| environments.contains(environment));
        if both { vec![shared] } else { Vec::new() }
    };
    Policy::new(environments, groups, contents.max_age_days)
}

fn names_of(names: &[String]) -> Result<Vec<Environment>, Error> {
    names.iter().map(|name| Environment::new(name)).collect()
}

/// Environments that were asked about, all of them configured.
fn known_names(fleet: &Fleet, names: &[String]) -> Result<Vec<Environment>, Error> {
    let names = names_of(names)?;
    if names.iter().all(|name| fleet.snapshot.vault(name).is_some()) {
        Ok(names)
    } else {
        Err(Error::EnvironmentUnknown)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Audit {
    environments: Option<Vec<String>>,
    host: bool,
    likely_host: Option<String>,
    now: i64,
}

#[napi(catch_unwind)]
pub fn audit_fleet(contents: String, options: String) -> napi::Result<String> {
    let wish: Audit = serde_json::from_str(&options).map_err(bug)?;
    let fleet = read(&contents, wish.now)?;
    let environments = match &wish.environments {
        Some(names) => known_names(&fleet, names).map_err(thrown)?,
        None => fleet.snapshot.vaults.iter().map(|vault| vault.environment.clone()).collect(),
    };
    let likely_host =
        wish.likely_host.as_deref().map(Environment::new).transpose().map_err(thrown)?;
    let scope = Scope { host: wish.host, ..Scope::of(environments, likely_host) };
    let mut report = fleet::audit(&fleet.policy, &fleet.snapshot, &scope, wish.now);
    for environment in &mut report.environments {
        if fleet.ageless.iter().any(|name| name == environment.name.as_str()) {
            environment.age_days = None;
        }
    }
    serde_json::to_string(&report).map_err(bug)
}

#[napi(catch_unwind)]
pub fn plan_rotation(contents: String, wish: String) -> napi::Result<String> {
    let wish: Wish = serde_json::from_str(&wish).map_err(bug)?;
    let fleet = read(&contents, 0)?;
    let environments = known_names(&fleet, &wish.environments).map_err(thrown)?;
    let host = known_names(&fleet, wish.host.as_slice()).map_err(thrown)?.pop();
    // Nothing here carries tags, so no version can be one of this run's: it has no id.
    let request = wish.request(environments, host).map_err(thrown)?;
    let plan = fleet::plan(&fleet.policy, &fleet.snapshot, &request)
        .map_err(|refusal: Refusal| refused(&refusal))?;
    Ok(with(describe_plan(&plan), "escrow", escrow(&plan, &fleet.snapshot)).to_string())
}

pub(crate) fn describe_plan(plan: &Plan) -> Value {
    let targets = plan.targets.iter().map(|target| {
        json!({
            "environments": target.environments,
            "source": source(&target.source),
            "adopt": target.adopt,
        })
    });
    let steps = plan.steps.iter().map(|step| {
        json!({
            "action": step.action, "environment": step.environment, "target": step.target,
        })
    });
    let host = plan.host.as_ref();
    json!({
        "targets": targets.collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
        "host": host.map(|(environment, target)| {
            json!({ "environment": environment, "target": target })
        }),
        "publisher": plan.publisher,
        "verifiedWith": plan.verified_with,
        "notes": plan.notes,
    })
}

fn source(source: &Source) -> Value {
    match source {
        Source::New => json!({ "kind": "new" }),
        Source::Stored { environment, version, fingerprint } => json!({
            "kind": "stored", "environment": environment, "version": version,
            "fingerprint": fingerprint,
        }),
        Source::Mounted { fingerprint } => {
            json!({ "kind": "mounted", "fingerprint": fingerprint })
        }
    }
}

/// The content that the escrow step writes: the earlier publishers, and the new one.
fn escrow(plan: &Plan, snapshot: &Snapshot) -> Option<String> {
    let publisher = plan.escrow.as_ref()?;
    let (host, _) = plan.host.as_ref()?;
    // A damaged list is kept by the store as an earlier version; here a new one begins.
    let mut escrow = snapshot.vault(host)?.escrow.clone().unwrap_or_default();
    escrow.add(publisher.clone(), None);
    Some(escrow.to_json())
}
