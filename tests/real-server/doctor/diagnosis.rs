//! What `doctor` says, read from its JSON.

use serde_json::Value;

use crate::host::Host;
use crate::process::run;

pub(crate) struct Diagnosis {
    pub(crate) code: Option<i32>,
    pub(crate) document: Value,
    /// All that was printed, on both outputs.
    pub(crate) printed: String,
}

impl Diagnosis {
    /// Asks `doctor` on a host, with the files where they are by default.
    #[track_caller]
    pub(crate) fn of(host: &Host, url: &str, database: Option<&str>) -> Self {
        let mut command = host.command(env!("CARGO_BIN_EXE_spacetime-keys"));
        command.args(["doctor", "--json", "-v", "--server", url]);
        if let Some(database) = database {
            command.arg(format!("--database={database}"));
        }
        let ended = run(&mut command);
        let document = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}):\n{}", ended.output()));
        Self { code: ended.code, document, printed: ended.output() }
    }

    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.document.get(member).and_then(Value::as_str)
    }

    pub(crate) fn outcome(&self) -> &str {
        self.text("outcome").unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Option<u64> {
        self.document.get("status").and_then(Value::as_u64)
    }

    pub(crate) fn list(&self, member: &str) -> &[Value] {
        self.document.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The names of the checks that did not go well.
    pub(crate) fn failed_checks(&self) -> Vec<&str> {
        let failed = |check: &&Value| check.get("ok") == Some(&Value::Bool(false));
        let checks = self.list("checks").iter().filter(failed);
        checks.filter_map(|check| check.get("name").and_then(Value::as_str)).collect()
    }

    /// The steps, as printed.
    pub(crate) fn remedy(&self) -> Vec<&str> {
        self.list("remedy").iter().filter_map(Value::as_str).collect()
    }
}
