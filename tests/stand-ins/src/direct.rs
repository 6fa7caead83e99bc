//! What tests see and do in the vaults without a request.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::StandIn;
use crate::random;
use crate::shared::Epoch;
use crate::vault::{Draft, Rights, Vault, Vaults, Version};

/// All vaults with their secrets, rights and firewalls at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot(Vaults);

impl StandIn {
    fn vault<T>(&self, name: &str, act: impl FnOnce(&mut Vault) -> T) -> T {
        let mut state = self.shared.state();
        act(state.vaults.get_mut(name).unwrap_or_else(|| panic!("no vault {name}")))
    }

    /// The versions of a secret, the oldest first; none if there is no such secret or it is deleted.
    pub fn secret(&self, vault: &str, name: &str) -> Option<Vec<Version>> {
        self.vault(vault, |vault| vault.live(name).ok().map(|secret| secret.versions.clone()))
    }

    /// The names of all secrets that are not deleted.
    pub fn secret_names(&self, vault: &str) -> Vec<String> {
        self.vault(vault, |vault| vault.live_names().map(str::to_owned).collect())
    }

    /// Writes a new version as another operator would; gives the version.
    pub fn write(
        &self,
        vault: &str,
        name: &str,
        value: &str,
        content_type: Option<&str>,
        tags: &[(&str, &str)],
    ) -> String {
        let tags = tags.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut state = self.shared.state();
        let now = state.now();
        let version = random::version(&mut state.random);
        let draft = Draft {
            value: value.to_owned(),
            content_type: content_type.map(str::to_owned),
            tags,
            ..Draft::default()
        };
        let vault = state.vaults.get_mut(vault).unwrap_or_else(|| panic!("no vault {vault}"));
        vault.write(name, draft, version.clone(), now);
        version
    }

    /// The time of every write from now on, in seconds since 1970; none: the real time.
    pub fn set_clock(&self, seconds: Option<u64>) {
        self.shared.state().clock = seconds;
    }

    /// Enables or disables a version; without one, the newest.
    pub fn set_enabled(&self, vault: &str, name: &str, version: Option<&str>, enabled: bool) {
        self.vault(vault, |vault| {
            let secret = vault.secrets.get_mut(name).unwrap_or_else(|| panic!("no secret {name}"));
            let versions = &mut Arc::make_mut(secret).versions;
            let version = match version {
                None => versions.last_mut(),
                Some(wanted) => versions.iter_mut().find(|known| known.version == wanted),
            };
            version.expect("no such version").enabled = enabled;
        });
    }

    /// Deletes a secret softly, as another operator would.
    pub fn delete(&self, vault: &str, name: &str) {
        let now = self.shared.state().now();
        self.vault(vault, |vault| {
            let secret = vault.secrets.get_mut(name).unwrap_or_else(|| panic!("no secret {name}"));
            Arc::make_mut(secret).deleted = Some(now);
        });
    }

    /// What callers may do in a vault.
    pub fn set_rights(&self, vault: &str, rights: Rights) {
        self.vault(vault, |vault| vault.rights = rights);
    }

    /// Whether a vault's firewall keeps callers out.
    pub fn set_firewall(&self, vault: &str, closed: bool) {
        self.vault(vault, |vault| vault.firewall = closed);
    }

    /// All vaults as they are. Cheap: values are shared until they change.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.shared.state().vaults.clone())
    }

    /// Makes all vaults what they were, and ends every connection: what a process that is gone
    /// still had under way changes nothing any more. They have ended when this returns, so that a
    /// client in this process sees that it needs new ones.
    pub fn restore(&self, snapshot: &Snapshot) {
        let mut state = self.shared.state();
        state.vaults.clone_from(&snapshot.0);
        let over = self.shared.epoch.send_replace(Epoch::default());
        drop(state);
        let begun = Instant::now();
        while Arc::strong_count(&over) > 1 {
            assert!(begun.elapsed() < Duration::from_mins(5), "a connection does not end");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
