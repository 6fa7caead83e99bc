//! The site of a run: environments and their vaults, a store, a host's files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use spacetime_keys_core::fleet::{Environment, Policy, Scope};
use spacetime_keys_core::promotion::Order;

use crate::error::{Failure, Kind};
use crate::state::State;
use crate::store::KeyStore;
use crate::watch::Watch;

/// The self-hosting guide's environments and their vaults.
pub const ENVIRONMENTS: [(&str, &str); 4] =
    [("prod", "kv-prod"), ("test", "kv-test"), ("dev", "kv-dev"), ("local", "kv-local")];
const LIKELY_HOST: &str = "local";
/// The guide's secret for private keys.
pub const PRIVATE_SECRET: &str = "spacetimedb-jwt-private-key";
/// The guide's secret for public keys.
pub const PUBLIC_SECRET: &str = "spacetimedb-jwt-public-key";

/// The secret for the publishers' claims.
pub const ESCROW_SECRET: &str = "spacetimedb-publisher-claims";
/// The secret for the list of retired keys.
pub const RETIRED_SECRET: &str = "spacetimedb-retired-keys";

/// The environments, checked, and what their secrets are called.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Environments and their vaults.
    pub environments: Vec<(Environment, String)>,
    /// The environments that share a pair.
    pub policy: Policy,
    /// The secret that holds private keys.
    pub private_secret: String,
    /// The secret that holds public keys.
    pub public_secret: String,
    /// The secret that holds the publishers' claims.
    pub escrow_secret: String,
    /// The secret that holds the list of retired keys.
    pub retired_secret: String,
    /// The folder in which runs leave their marks.
    pub state: PathBuf,
    /// The environment whose keys this host mounts, where that was written down.
    pub host: Option<Environment>,
    /// The order in which data goes from environment to environment.
    pub promotion: Order,
    /// There is no configuration: these are the self-hosting guide's settings, assumed for a folder
    /// that nobody named. Where nothing lies in it, nothing is made.
    pub assumed: bool,
}

/// Names as somebody wrote them down. What is `None` is as the self-hosting guide has it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Environments and their vaults.
    pub environments: Option<Vec<(String, String)>>,
    /// The environments that share a pair. Those that no group names have one each.
    pub groups: Option<Vec<Vec<String>>>,
    /// A pair older than this many days is a problem; 0: no pair is.
    pub max_age_days: u32,
    /// For how many seconds what a replaced pair has signed is honoured; 0: not at all.
    pub honor_old_tokens: u32,
    /// The secret that holds private keys.
    pub private_secret: Option<String>,
    /// The secret that holds public keys.
    pub public_secret: Option<String>,
    /// The secret that holds the publishers' claims.
    pub escrow_secret: Option<String>,
    /// The secret that holds the list of retired keys.
    pub retired_secret: Option<String>,
    /// The environment whose keys this host mounts.
    pub host: Option<String>,
    /// The order in which data goes from environment to environment.
    pub promotion: Option<Vec<String>>,
    /// Whether Azure's rules for the names of vaults hold.
    pub in_key_vault: bool,
}

impl Settings {
    /// The self-hosting guide's: its environments, vaults, groups and secrets. Runs leave their marks
    /// in `state`.
    ///
    /// # Errors
    /// None: the guide's names are good ones.
    pub fn of_guide(state: impl Into<PathBuf>) -> Result<Self, Failure> {
        Self::new(Names::default(), state)
    }

    /// These names, checked. Runs leave their marks in `state`.
    ///
    /// # Errors
    /// [`Kind::Names`] for a name that cannot be one, or stands for two things;
    /// [`Error::EnvironmentName`](spacetime_keys_core::Error::EnvironmentName),
    /// [`Error::PolicyGroups`](spacetime_keys_core::Error::PolicyGroups).
    pub fn new(names: Names, state: impl Into<PathBuf>) -> Result<Self, Failure> {
        let secret = |given: Option<String>, guide: &str| {
            let name = given.unwrap_or_else(|| guide.to_owned());
            if is_name(&name) { Ok(name) } else { Err(Kind::Names(NO_SECRET.to_owned())) }
        };
        let private_secret = secret(names.private_secret, PRIVATE_SECRET)?;
        let public_secret = secret(names.public_secret, PUBLIC_SECRET)?;
        let escrow_secret = secret(names.escrow_secret, ESCROW_SECRET)?;
        let retired_secret = secret(names.retired_secret, RETIRED_SECRET)?;
        // Key Vault does not tell names apart by case.
        let secrets = [&private_secret, &public_secret, &escrow_secret, &retired_secret];
        if BTreeSet::from(secrets.map(|name| name.to_lowercase())).len() < secrets.len() {
            let message = format!(
                "private_secret, public_secret, {escrow_secret} and {retired_secret} are four \
                 different secrets"
            );
            return Err(Kind::Names(message).into());
        }
        let environments = environments(names.environments, names.in_key_vault)?;
        let all: Vec<_> = environments.iter().map(|(name, _)| name.clone()).collect();
        let mut policy = match names.groups {
            Some(groups) => {
                let checked = |group: &Vec<String>| {
                    group.iter().map(|name| Environment::new(name)).collect::<Result<_, _>>()
                };
                let groups = groups.iter().map(checked).collect::<Result<_, _>>()?;
                Policy::new(&all, groups, names.max_age_days)?
            }
            None => Policy::of_guide(&all, names.max_age_days)?,
        };
        policy.honor_old_tokens = names.honor_old_tokens;
        let promotion = match names.promotion {
            Some(order) => {
                let order = order.iter().map(|name| Environment::new(name));
                Order::new(order.collect::<Result<_, _>>()?)?
            }
            None => Order::default(),
        };
        let is_known = |name: &String| all.iter().any(|known| known.as_str() == name);
        if !names.host.as_ref().is_none_or(is_known) {
            return Err(Kind::UnknownEnvironment(all).into());
        }
        Ok(Self {
            environments,
            policy,
            private_secret,
            public_secret,
            escrow_secret,
            retired_secret,
            state: state.into(),
            host: names.host.as_deref().map(Environment::new).transpose()?,
            promotion,
            assumed: false,
        })
    }

    /// The secrets of each vault.
    pub(crate) fn secrets(&self) -> [&str; 4] {
        [&self.private_secret, &self.public_secret, &self.escrow_secret, &self.retired_secret]
    }

    /// The environments' names.
    pub fn names(&self) -> Vec<Environment> {
        self.environments.iter().map(|(environment, _)| environment.clone()).collect()
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// [`Kind::UnknownEnvironment`] where it is not configured.
    pub fn environment(&self, name: &str) -> Result<Environment, Failure> {
        let known = self.environments.iter().find(|(environment, _)| environment.as_str() == name);
        known
            .map(|(environment, _)| environment.clone())
            .ok_or_else(|| Kind::UnknownEnvironment(self.names()).into())
    }

    /// The environment that a host is taken for where its keys do not tell: what is written down,
    /// else `local`, if there is one.
    pub fn likely_host(&self) -> Option<Environment> {
        self.host.clone().or_else(|| self.environment(LIKELY_HOST).ok())
    }

    /// The environments that a rotation of `name` is about, which may be `all`, and the one whose keys
    /// this host mounts: the one that is written down, else the one that is rotated; with `all`,
    /// `local`.
    ///
    /// # Errors
    /// [`Kind::UnknownEnvironment`]
    pub fn rotated(&self, name: &str) -> Result<(Vec<Environment>, Option<Environment>), Failure> {
        if name == Environment::ALL {
            return Ok((self.names(), self.likely_host()));
        }
        let environment = self.environment(name)?;
        let host = self.host.clone().unwrap_or_else(|| environment.clone());
        Ok((vec![environment], Some(host)))
    }

    /// What is looked at where these environments are named (`all`: each one). Where none is: the
    /// group of the host's environment, else the environments that are written down, else those that
    /// have a vault.
    ///
    /// # Errors
    /// [`Kind::UnknownEnvironment`]
    pub fn scope(&self, named: &[String]) -> Result<Scope, Failure> {
        let likely = self.likely_host();
        if named.iter().any(|name| name == Environment::ALL) {
            return Ok(Scope::of(self.names(), likely));
        }
        if !named.is_empty() {
            let named = named.iter().map(|name| self.environment(name));
            return Ok(Scope::of(named.collect::<Result<_, _>>()?, likely));
        }
        let group = self.host.as_ref().and_then(|host| self.policy.group_of(host));
        let environments = group.map_or_else(|| self.names(), <[_]>::to_vec);
        Ok(Scope {
            required: self.host.clone().into_iter().collect(),
            only_set_up: self.assumed,
            ..Scope::of(environments, likely)
        })
    }

    /// An environment's vault.
    pub(crate) fn vault(&self, environment: &Environment) -> Result<&str, Failure> {
        self.environments
            .iter()
            .find(|(found, _)| found == environment)
            .map(|(_, vault)| vault.as_str())
            .ok_or_else(|| Kind::UnknownEnvironment(self.names()).into())
    }
}

const NO_SECRET: &str = "a secret's name is 1 to 127 letters, digits and hyphens";

fn environments(
    given: Option<Vec<(String, String)>>,
    in_key_vault: bool,
) -> Result<Vec<(Environment, String)>, Failure> {
    let refuse = |message: &str| Failure::from(Kind::Names(message.to_owned()));
    let own = |(name, vault): (&str, &str)| (name.to_owned(), vault.to_owned());
    let mut vaults = BTreeSet::new();
    let check = |(name, vault): (String, String)| {
        if !is_name(&vault) {
            return Err(refuse("a vault's name is 1 to 127 letters, digits, hyphens"));
        }
        if in_key_vault && !is_key_vault(&vault) {
            return Err(refuse(
                "a key vault's name is 3 to 24 letters, digits and single hyphens, and begins with \
                 a letter",
            ));
        }
        // On one vault, the environments would overwrite each other's keys.
        if !vaults.insert(vault.to_lowercase()) {
            return Err(refuse("two environments have the same vault"));
        }
        Ok((Environment::new(&name)?, vault))
    };
    given.unwrap_or_else(|| ENVIRONMENTS.map(own).into()).into_iter().map(check).collect()
}

/// Azure Key Vault's rule for secrets; no path separator, no dot.
fn is_name(name: &str) -> bool {
    (1..=127).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Azure's rule for vaults.
fn is_key_vault(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Everything that a run works on.
pub struct Site<'a> {
    /// The environments.
    pub settings: &'a Settings,
    /// The place of their keys.
    pub store: &'a dyn KeyStore,
    pub(crate) watch: &'a dyn Watch,
    pub(crate) state: State,
}

impl<'a> Site<'a> {
    /// A site. Nothing is read yet.
    pub fn new(settings: &'a Settings, store: &'a dyn KeyStore, watch: &'a dyn Watch) -> Self {
        Self { settings, store, watch, state: State::new(settings.state.clone()) }
    }

    /// The kind of store, by any way that reaches it.
    pub(crate) fn store_kind(&self) -> &'static str {
        if self.store.folder().is_some() { "directory" } else { "azure-key-vault" }
    }

    /// Fails where somebody asked the run to stop.
    pub(crate) fn require_going(&self) -> Result<(), Failure> {
        if self.watch.is_stopped() { Err(Kind::Stopped.into()) } else { Ok(()) }
    }
}
