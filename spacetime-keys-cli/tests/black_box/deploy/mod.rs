//! `init --with deploy`: what it writes and what it leaves alone, what the tools of others make of each
//! file, and what each recipe runs.

mod entrypoint;
mod linted;
mod recipes;
mod written;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::common::{Host, Run};

/// Every file of the kit; the executable one is named by `ENTRYPOINT`, too.
const FILES: [&str; 10] = [
    "spacetime-keys.toml",
    ".gitignore",
    "spacetimedb.just",
    "compose.yaml",
    "compose.prod.yaml",
    "Caddyfile",
    "spacetimedb/Dockerfile",
    ENTRYPOINT,
    ".env.example",
    "justfile",
];
const ENTRYPOINT: &str = "spacetimedb/entrypoint.sh";
const DEPLOY: [&str; 3] = ["init", "--with", "deploy"];

/// A program that tests/need finds or installs, by its function there.
fn needed(function: &'static str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut bash = Command::new("bash");
    let script = format!("set -euo pipefail; source tests/need; {function}");
    let found = Run::of(bash.args(["-c", &script]).current_dir(root), b"").success().stdout;
    PathBuf::from(found.trim())
}

fn just() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND
        .get_or_init(|| std::env::var_os("JUST").map_or_else(|| needed("just_program"), Into::into))
}

fn compose() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| needed("compose_program"))
}

fn shellcheck() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| needed("need shellcheck shellcheck; command -v shellcheck"))
}

/// A program in the host's folder, with no environment but a search path.
fn run(host: &Host, program: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(host.path("")).env_clear();
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", host.path("home"));
    Run::of(&mut command, b"")
}
