//! The configuration that is written: what was found, and the defaults as comments.

use std::path::Path;

use spacetime_keys_rotation::places::GUIDE_KEYS;

use super::{Seen, deploy};

pub(super) fn render(seen: &Seen) -> String {
    let path = |path: &Path| string(&written(path, &seen.folder));
    let or_default = |name: &str, value: Option<String>, default: &str| match value {
        Some(value) => format!("{name} = {value}\n"),
        None => format!("# {name} = {default}\n"),
    };
    // Where the keys have to be brought first, the folder is named: until it is there, no run makes
    // others.
    let brought = seen.keys_are_inside().then(|| string(GUIDE_KEYS));
    let keys_dir = seen.chosen.keys_dir.as_deref().map(path).or(brought);
    let cli_toml = seen.chosen.cli_toml.as_deref().map(path);
    let restart = seen.services.first().map_or_else(
        || "docker compose restart".to_owned(),
        |service| {
            let file = written(&service.file, &seen.folder);
            format!("docker compose -f {file} up -d --force-recreate {}", service.name)
        },
    );
    let parts = [
        HEAD,
        "[host]\n# Whose keys this host mounts: the default of every --env.\n",
        &format!("environment = {}\n", string(seen.environment.as_str())),
        "# The folder that the server reads id_ecdsa and id_ecdsa.pub from.\n",
        &or_default("keys_dir", keys_dir, "\".generated/spacetimedb-keys\""),
        "# The SpacetimeDB CLI's file with the publisher token.\n",
        &or_default("cli_toml", cli_toml, "\"./data/.config/spacetime/cli.toml\""),
        "# For `spacetime-keys doctor`.\n",
        &or_default("server", seen.server.as_deref().map(string), "\"http://127.0.0.1:3000\""),
        &or_default("database", seen.database.as_deref().map(string), "\"app\""),
        &or_default("restart", seen.deploys.then(|| string(deploy::RESTART)), &string(&restart)),
    ];
    parts.concat()
}

const HEAD: &str = "\
# spacetime-keys: where this server's signing keys are, and where they are kept.
# Written by `spacetime-keys init`, and yours to change. Lines with # show the defaults.
# `spacetime-keys config show` prints what is in force.

# [store]
# kind = \"directory\"                      # or \"azure-key-vault\"
# path = \".spacetime-keys\"                # holds private keys: never commit it

# [environments]
# prod = \"kv-prod\"                        # environment = vault
# test = \"kv-test\"
# dev = \"kv-dev\"
# local = \"kv-local\"

# [policy]
# groups = [[\"prod\"], [\"test\"], [\"dev\", \"local\"]]   # environments of one group share one pair
# max_age_days = 0                        # 0: ages are shown, not enforced
# honor_old_tokens = \"0\"                  # \"30d\": how long players' tokens of the pair before are exchanged

";

/// A path as it is written down: from the configuration's folder, from the home folder, or in full.
pub(super) fn written(path: &Path, folder: &Path) -> String {
    if let Ok(inside) = path.strip_prefix(folder) {
        return inside.display().to_string();
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    match home.as_deref().map(|home| path.strip_prefix(home)) {
        Some(Ok(below)) => format!("~/{}", below.display()),
        _ => path.display().to_string(),
    }
}

/// A TOML string.
fn string(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
