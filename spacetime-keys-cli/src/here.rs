//! The first lines of a run: the places that it works on.

use std::env;
use std::path::Path;

use spacetime_keys_core::printable::visible;
use spacetime_keys_rotation::Paths;

use crate::config::Config;
use crate::output::Output;

/// Folder, configuration, store, keys and `cli.toml`, on stderr.
pub(crate) fn say(config: &Config, paths: &Paths, output: &Output) {
    let folder = env::current_dir().map_or_else(|_| ".".to_owned(), |path| text(&path));
    let configuration = match &config.path {
        Some(path) => text(path),
        None => "none (these are the defaults)".to_owned(),
    };
    let store = store(config);
    let keys = if paths.private_key().exists() || paths.public_key().exists() {
        text(&paths.mounted_keys_dir)
    } else {
        format!("{} (no keys there)", text(&paths.mounted_keys_dir))
    };
    let lines = [
        ("folder", folder),
        ("configuration", configuration),
        ("store", store),
        ("keys", keys),
        ("cli.toml", there(&paths.cli_toml, "not there")),
    ];
    for (name, value) in lines {
        output.note(&format!("{name:<13} {value}"));
    }
}

/// The destination of a copy.
pub(crate) fn say_destination(config: &Config, output: &Output) {
    output.note(&format!("{:<13} {}", "to", store(config)));
}

fn store(config: &Config) -> String {
    match config.store.kind() {
        "directory" => there(&config.store_folder, "no store yet"),
        kind => format!("{kind}: {}", config.vaults()),
    }
}

fn there(path: &Path, absent: &str) -> String {
    if path.exists() { text(path) } else { format!("{} ({absent})", text(path)) }
}

fn text(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}
