//! What a run works on: environments and their vaults, a store, a host's files.

use std::path::PathBuf;

use spacetime_keys_core::fleet::{Environment, Policy};

use crate::error::{Failure, Kind};
use crate::state::State;
use crate::store::KeyStore;
use crate::watch::Watch;

/// The self-hosting guide's environments and their vaults.
pub const ENVIRONMENTS: [(&str, &str); 4] =
    [("prod", "kv-prod"), ("test", "kv-test"), ("dev", "kv-dev"), ("local", "kv-local")];
/// The guide's secret for private keys.
pub const PRIVATE_SECRET: &str = "spacetimedb-jwt-private-key";
/// The guide's secret for public keys.
pub const PUBLIC_SECRET: &str = "spacetimedb-jwt-public-key";

/// The environments, checked, and what their secrets are called.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Environments and their vaults.
    pub environments: Vec<(Environment, String)>,
    /// Which of them share a pair.
    pub policy: Policy,
    /// The secret that holds private keys.
    pub private_secret: String,
    /// The secret that holds public keys.
    pub public_secret: String,
    /// The folder in which runs leave their marks.
    pub state: PathBuf,
}

impl Settings {
    /// The self-hosting guide's: its environments, vaults, groups and secrets. Runs leave their marks
    /// in `state`.
    ///
    /// # Errors
    /// None: the guide's names are good ones.
    pub fn of_guide(state: impl Into<PathBuf>) -> Result<Self, Failure> {
        let environments = ENVIRONMENTS
            .into_iter()
            .map(|(name, vault)| Ok((Environment::new(name)?, vault.to_owned())))
            .collect::<Result<Vec<_>, Failure>>()?;
        let names: Vec<_> = environments.iter().map(|(name, _)| name.clone()).collect();
        Ok(Self {
            policy: Policy::of_guide(&names, 0)?,
            environments,
            private_secret: PRIVATE_SECRET.to_owned(),
            public_secret: PUBLIC_SECRET.to_owned(),
            state: state.into(),
        })
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

    /// An environment's vault.
    pub(crate) fn vault(&self, environment: &Environment) -> Result<&str, Failure> {
        self.environments
            .iter()
            .find(|(found, _)| found == environment)
            .map(|(_, vault)| vault.as_str())
            .ok_or_else(|| Kind::UnknownEnvironment(self.names()).into())
    }
}

/// Everything that a run works on.
pub struct Site<'a> {
    /// The environments.
    pub settings: &'a Settings,
    /// Where their keys are kept.
    pub store: &'a dyn KeyStore,
    pub(crate) watch: &'a dyn Watch,
    pub(crate) state: State,
}

impl<'a> Site<'a> {
    /// A site. Nothing is read yet.
    pub fn new(settings: &'a Settings, store: &'a dyn KeyStore, watch: &'a dyn Watch) -> Self {
        Self { settings, store, watch, state: State::new(settings.state.clone()) }
    }
}
