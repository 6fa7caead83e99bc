//! `spacetime-keys.toml` as it is written.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) store: StoreTable,
    #[serde(deserialize_with = "in_order")]
    pub(super) environments: Option<Vec<(String, String)>>,
    pub(super) policy: PolicyTable,
    pub(super) promotion: PromotionTable,
    pub(super) host: HostTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StoreTable {
    pub(super) kind: Option<String>,
    pub(super) auth: Option<String>,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) path: Option<PathBuf>,
    pub(super) private_secret: Option<String>,
    pub(super) public_secret: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PolicyTable {
    pub(super) groups: Option<Vec<Vec<String>>>,
    pub(super) max_age_days: Option<u32>,
    /// Seconds.
    #[serde(deserialize_with = "time")]
    pub(super) honor_old_tokens: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PromotionTable {
    pub(super) order: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HostTable {
    pub(super) environment: Option<String>,
    /// Earlier: `mounted_keys_dir`.
    #[serde(alias = "mounted_keys_dir")]
    pub(super) keys_dir: Option<PathBuf>,
    pub(super) cli_toml: Option<PathBuf>,
    pub(super) server: Option<String>,
    pub(super) database: Option<String>,
    pub(super) restart: Option<String>,
}

/// The entries of a configuration file.
pub(crate) const MEMBERS: &str = "it can say: [store] kind, path, auth, timeout_seconds, private_secret, public_secret; \
    [environments]; [policy] groups, max_age_days, honor_old_tokens; [promotion] order; [host] environment, keys_dir, cli_toml, server, database, restart";

/// What was not understood: the line and, where that is a plain name, the entry. Never a value.
pub(super) fn not_understood(text: &str, at: Option<std::ops::Range<usize>>) -> String {
    let start = at.map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let name = line.split(['=', ']']).next().unwrap_or_default().trim_matches([' ', '[', '\t']);
    let is_name = (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let name = if is_name { format!(" ({name})") } else { String::new() };
    format!("line {number}{name} is not understood")
}

/// A time such as `"30d"`, in seconds.
fn time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Time {
        Seconds(u32),
        Text(String),
    }
    match Time::deserialize(deserializer)? {
        Time::Seconds(seconds) => Ok(Some(seconds)),
        Time::Text(text) => {
            crate::args::time_in_seconds(&text).map(Some).map_err(serde::de::Error::custom)
        }
    }
}

/// A table's entries in the order of the file.
fn in_order<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<(String, String)>>, D::Error> {
    struct Entries;
    impl<'de> serde::de::Visitor<'de> for Entries {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("environment = \"vault\"")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries).map(Some)
}
