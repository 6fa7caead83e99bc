//! Four vaults, and hosts that use them.

use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use spacetime_keys_stand_ins::{Setup, StandIn};

use crate::common::{Host, Run};

pub(crate) const VAULTS: [&str; 4] = ["kv-prod", "kv-test", "kv-dev", "kv-local"];
pub(crate) const PRIVATE_SECRET: &str = "spacetimedb-jwt-private-key";
pub(crate) const PUBLIC_SECRET: &str = "spacetimedb-jwt-public-key";
pub(crate) const ESCROW_SECRET: &str = "spacetimedb-publisher-claims";

/// So many seconds a call may take, unless a test is about just that: a busy machine is no fault.
pub(crate) const PATIENT: u32 = 300;

/// What every host's `spacetime-keys.toml` says.
pub(crate) fn config(auth: &str, timeout_seconds: u32) -> String {
    format!(
        "[store]\nkind = \"azure-key-vault\"\nauth = \"{auth}\"\ntimeout_seconds = {timeout_seconds}\n"
    )
}

/// The stand-in with the guide's vaults.
pub(crate) struct Fleet {
    pub(crate) stand_in: StandIn,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self { stand_in: StandIn::start(Setup::of(&VAULTS)) }
    }

    /// The real host's files, and the configuration.
    pub(crate) fn host() -> Host {
        let host = Host::new();
        host.write("spacetime-keys.toml", config("client-secret", PATIENT));
        host
    }

    /// A host without keys and token.
    pub(crate) fn fresh_host() -> Host {
        let host = Host::empty();
        host.write("spacetime-keys.toml", config("client-secret", PATIENT));
        host
    }

    /// The program in a host's folder, led to the stand-in.
    pub(crate) fn command(&self, host: &Host, arguments: &[&str]) -> Command {
        let mut command = host.command(arguments);
        command.envs(self.stand_in.environment());
        command
    }

    pub(crate) fn run(&self, host: &Host, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(host, arguments), b"")
    }

    /// Runs with `--json`, which must succeed; the document.
    #[track_caller]
    pub(crate) fn good(&self, host: &Host, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        self.run(host, &all).success().json()
    }

    /// Runs with `--json`, which must fail with exit 3 or 4; the run.
    #[track_caller]
    pub(crate) fn bad(&self, host: &Host, arguments: &[&str]) -> Run {
        let mut all = arguments.to_vec();
        all.push("--json");
        let run = self.run(host, &all);
        assert!(matches!(run.status, Some(3 | 4)), "{arguments:?}: {run:?}");
        run
    }

    /// A deadline in seconds that a call keeps to unless it hangs, however busy the machine is: far
    /// more than a whole run takes just now.
    #[track_caller]
    pub(crate) fn deadline(&self, host: &Host) -> u32 {
        let started = Instant::now();
        self.good(host, &["verify"]);
        u32::try_from((4 * started.elapsed()).as_secs()).unwrap() + 1
    }

    /// The value of a secret's latest version.
    #[track_caller]
    pub(crate) fn value(&self, vault: &str, secret: &str) -> String {
        let versions = self.stand_in.secret(vault, secret).unwrap_or_default();
        versions.last().unwrap_or_else(|| panic!("{vault} has no {secret}")).value.clone()
    }

    /// How many versions a secret has.
    pub(crate) fn count(&self, vault: &str, secret: &str) -> usize {
        self.stand_in.secret(vault, secret).map_or(0, |versions| versions.len())
    }
}

/// Steps and the vaults' versions, as a run's `--json` has them.
pub(crate) fn steps(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = report["steps"].as_array().unwrap();
    steps.iter().map(|step| (text(&step["step"]), text(&step["environment"]))).collect()
}
