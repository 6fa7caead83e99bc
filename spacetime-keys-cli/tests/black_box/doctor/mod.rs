//! `doctor` against stand-ins: the answers of servers that cannot be had here, and everything that
//! may answer in a server's place. The real server: `tests/real-server/doctor`.

mod answers;
mod curable;
mod face;
mod fix;
mod fronts;
mod hosts;
pub(crate) mod live;
mod logs;
mod servers;
pub(crate) mod standin;
mod subject;
#[cfg(feature = "aws-lc-rs")]
mod tls;
mod waiting;
mod whole_keys;
mod withheld;

use std::fs;

use serde_json::Value;

use crate::common::{Host, Run};

/// What `doctor` says.
pub(crate) struct Said {
    pub(crate) run: Run,
    pub(crate) document: Value,
}

/// So long doctor may ask, unless a test is about just that: a busy machine is no silent server.
pub(crate) const PATIENT: [&str; 2] = ["--timeout", "10m"];

/// Asks `doctor` on a host, with these arguments and `--json`. A token that is shown fails the test.
#[track_caller]
pub(crate) fn doctor(host: &Host, arguments: &[&str]) -> Said {
    let patient = if arguments.contains(&PATIENT[0]) { &[][..] } else { &PATIENT };
    let run = host.run(&[&["doctor", "--json", "-v"], patient, arguments].concat());
    assert_no_token(host, &run);
    let document = run.json();
    Said { run, document }
}

/// A token is secret in every output; its claims are so by themselves, and so is its signature.
#[track_caller]
fn assert_no_token(host: &Host, run: &Run) {
    let Ok(content) = fs::read_to_string(host.path(crate::common::CLI_TOML)) else { return };
    if !content.contains("_token = \"") {
        return;
    }
    for part in host.token().split('.').filter(|part| part.len() > 12) {
        assert!(!run.stdout.contains(part) && !run.stderr.contains(part), "a token is shown");
    }
}

impl Said {
    pub(crate) fn text(&self, member: &str) -> &str {
        self.document.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Outcome and status, as in the table of the docs.
    pub(crate) fn outcome(&self) -> (&str, Option<u64>) {
        (self.text("outcome"), self.document.get("status").and_then(Value::as_u64))
    }

    /// A check's `ok`, `detail` and `hint`.
    #[track_caller]
    pub(crate) fn check(&self, name: &str) -> (Option<bool>, String) {
        let checks = self.document.get("checks").and_then(Value::as_array).unwrap();
        let check =
            checks.iter().find(|check| check.get("name").is_some_and(|found| found == name));
        let check = check.unwrap_or_else(|| panic!("no check {name}: {:#}", self.document));
        let text = |member: &str| check.get(member).and_then(Value::as_str).unwrap_or_default();
        let said = format!("{}\n{}", text("detail"), text("hint"));
        (check.get("ok").and_then(Value::as_bool), said)
    }

    pub(crate) fn remedy(&self) -> Vec<&str> {
        let remedy = self.document.get("remedy").and_then(Value::as_array).unwrap();
        remedy.iter().filter_map(Value::as_str).collect()
    }
}
