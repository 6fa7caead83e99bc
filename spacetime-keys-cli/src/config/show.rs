//! The values in force, with the source of each.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_rotation::store::StoreSettings;

use super::{Config, ENV, variable_env};

/// One entry of the configuration.
#[derive(Serialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// `None`: nothing is said.
    pub(crate) value: Option<String>,
    /// The file, a variable, or `default`.
    pub(crate) source: String,
}

impl Config {
    /// Every entry, in the order of the file's tables.
    pub(crate) fn values(&self) -> Vec<Entry> {
        let file = &self.file;
        let text = |path: &Path| Some(path.display().to_string());
        let secrets =
            [&self.settings.private_secret, &self.settings.public_secret].map(Clone::clone);
        let [private, public] = secrets.map(Some);
        let kind = Some(self.store.kind().to_owned());
        let mut values = vec![
            self.value("store.kind", kind, file.store.kind.is_some()),
            self.value("store.path", text(&self.store_folder), file.store.path.is_some()),
            self.value("store.private_secret", private, file.store.private_secret.is_some()),
            self.value("store.public_secret", public, file.store.public_secret.is_some()),
        ];
        if let StoreSettings::AzureKeyVault(azure) = &self.store {
            let (auth, seconds) = (azure.auth.name().to_owned(), azure.timeout.as_secs());
            values.extend([
                self.value("store.auth", Some(auth), file.store.auth.is_some()),
                self.value(
                    "store.timeout_seconds",
                    Some(seconds.to_string()),
                    file.store.timeout_seconds.is_some(),
                ),
            ]);
        }
        let named = file.environments.as_ref().is_some_and(|all| !all.is_empty());
        values.extend(self.settings.environments.iter().map(|(environment, vault)| {
            self.value(&format!("environments.{environment}"), Some(vault.clone()), named)
        }));
        let groups: Vec<_> =
            self.settings.policy.groups().iter().map(|group| join(group)).collect();
        let (days, host) = (self.settings.policy.max_age_days.to_string(), &file.host);
        let honored = Duration::from_secs(self.settings.policy.honor_old_tokens.into());
        let honored = humantime::format_duration(honored).to_string();
        values.extend([
            self.value("policy.groups", Some(groups.join("; ")), file.policy.groups.is_some()),
            self.value("policy.max_age_days", Some(days), file.policy.max_age_days.is_some()),
            self.value(
                "policy.honor_old_tokens",
                Some(honored),
                file.policy.honor_old_tokens.is_some(),
            ),
            self.value(
                "promotion.order",
                Some(names(self.settings.promotion.environments(), ", ")),
                file.promotion.order.is_some(),
            ),
            self.environment_value(),
            self.value(
                "host.keys_dir",
                text(&self.paths.mounted_keys_dir),
                host.keys_dir.is_some(),
            ),
            self.value("host.cli_toml", text(&self.paths.cli_toml), host.cli_toml.is_some()),
            self.value("host.server", host.server.clone(), host.server.is_some()),
            self.value("host.database", host.database.clone(), host.database.is_some()),
            self.value("host.restart", host.restart.clone(), host.restart.is_some()),
        ]);
        values
    }

    /// The environment that a command is about where it names none.
    fn environment_value(&self) -> Entry {
        if let Some(value) = variable_env() {
            let source = format!("{ENV} (for commands that name no --env)");
            return Entry { name: "host.environment".to_owned(), value: Some(value), source };
        }
        let host = self.settings.host.as_ref().map(Environment::to_string);
        let is_given = host.is_some();
        self.value("host.environment", host, is_given)
    }

    fn value(&self, name: &str, value: Option<String>, is_given: bool) -> Entry {
        let file = self.path.as_deref().filter(|_| is_given);
        let source = file.map_or_else(|| "default".to_owned(), |file| file.display().to_string());
        Entry { name: name.to_owned(), value, source }
    }
}

fn join(group: &[Environment]) -> String {
    names(group, " + ")
}

fn names(environments: &[Environment], between: &str) -> String {
    environments.iter().map(Environment::as_str).collect::<Vec<_>>().join(between)
}
