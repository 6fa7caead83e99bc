//! A configuration's store, open, and who is told of the work on it.

use std::sync::Arc;

use spacetime_keys_rotation::store::{self, KeyStore};
use spacetime_keys_rotation::{Settings, Site};

use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;
use crate::watcher::Watcher;

pub(crate) struct Opened<'a> {
    config: &'a Config,
    store: Box<dyn KeyStore>,
    pub(crate) watcher: Arc<Watcher>,
}

impl<'a> Opened<'a> {
    pub(crate) fn new(config: &'a Config, output: &Output) -> Result<Self, Failure> {
        Self::told_to(config, Arc::new(Watcher::new(output)))
    }

    /// If a command works on two stores, both report to the same output.
    pub(crate) fn told_to(config: &'a Config, watcher: Arc<Watcher>) -> Result<Self, Failure> {
        let store = store::open(&config.store, &(Arc::clone(&watcher) as _))?;
        Ok(Self { config, store, watcher })
    }

    pub(crate) fn site(&self) -> Site<'_> {
        self.site_of(&self.config.settings)
    }

    /// The same, where something else is asked about than the configuration says.
    pub(crate) fn site_of<'b>(&'b self, settings: &'b Settings) -> Site<'b> {
        Site::new(settings, &*self.store, &*self.watcher)
    }
}
