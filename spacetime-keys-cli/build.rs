//! What `--version` says: the version, the target, and in a release the commit and its date.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let mut about = vec![variable("TARGET")];
    // In a debug build, each commit would build the program again.
    if variable("PROFILE") == "release" {
        // Set where the sources have no history: `SPACETIME_KEYS_COMMIT="abcdef0 2026-11-30"`.
        println!("cargo::rerun-if-env-changed=SPACETIME_KEYS_COMMIT");
        let named = env::var("SPACETIME_KEYS_COMMIT").ok().or_else(of_git);
        about.splice(0..0, named.filter(|commit| !commit.is_empty()));
    }
    let version = variable("CARGO_PKG_VERSION");
    println!("cargo::rustc-env=SPACETIME_KEYS_LONG_VERSION={version} ({})", about.join(", "));
}

/// The commit's short name and date, where the sources are a checkout of this repository.
fn of_git() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).ok())?
    };
    // Not the history of a folder above, into which the crate was unpacked.
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    if prefix.trim_end() != "spacetime-keys-cli/" {
        return None;
    }
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={}", head.trim_end());
    }
    git(&["log", "-1", "--format=%h %cs"]).map(|line| line.trim_end().to_owned())
}
