//! A run's report about a server that it restarted.

use serde::Serialize;
use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::doctor::{Diagnosis, Outcome, ServerSeen, Serves};

use super::Report;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, styled};

#[derive(Serialize)]
pub(crate) struct ServerReport {
    /// It serves the mounted key, and a publish with the token at hand would go well.
    pub(super) ok: bool,
    url: String,
    /// Whether the command was run.
    pub(crate) restarted: bool,
    mounted_fingerprint: Fingerprint,
    served_fingerprint: Option<Fingerprint>,
    /// The outcome of a publish; absent without a token to publish with.
    outcome: Option<Outcome>,
    /// The finding, in one sentence.
    verdict: String,
    /// Why the command, or the last look, failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<String>,
}

impl ServerReport {
    pub(crate) fn new(url: &str, mounted: Fingerprint) -> Self {
        Self {
            ok: false,
            url: url.to_owned(),
            restarted: false,
            mounted_fingerprint: mounted,
            served_fingerprint: None,
            outcome: None,
            verdict: String::new(),
            failed: None,
        }
    }

    /// Whether the server was seen to have the mounted key.
    pub(crate) fn serves_mounted(&self) -> bool {
        self.served_fingerprint == Some(self.mounted_fingerprint)
    }

    pub(crate) fn saw(&mut self, seen: &ServerSeen) {
        let serves = seen.serves(self.mounted_fingerprint);
        self.served_fingerprint = match serves {
            Serves::Mounted => Some(self.mounted_fingerprint),
            Serves::Another(other) => Some(other),
            Serves::Unusable | Serves::Foreign(_) | Serves::Nothing(_) => None,
        };
        self.ok = serves == Serves::Mounted;
        self.verdict = format!("the server {serves}");
    }

    pub(crate) fn foretold(&mut self, diagnosis: &Diagnosis) {
        self.ok = diagnosis.ok;
        self.outcome = diagnosis.outcome;
        self.verdict = format!("{}; {}", self.verdict, diagnosis.verdict);
    }

    pub(super) fn verdict(&self) -> String {
        let mark = if self.ok {
            styled(GOOD, "server: proven")
        } else {
            styled(BAD, "server: NOT PROVEN")
        };
        let failed = self.failed.as_ref().map(|failed| format!("; {failed}")).unwrap_or_default();
        format!("{mark} {}: {}{failed}", self.url, self.verdict)
    }
}

/// The result of the rollback after a server did not start.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum RolledBack {
    Done(Box<Report>),
    Failed { error: RollbackError },
}

#[derive(Serialize)]
pub(crate) struct RollbackError {
    code: &'static str,
    pub(super) message: String,
    hint: String,
}

impl RolledBack {
    pub(crate) fn of(failure: &Failure) -> Self {
        let Failure { code, message, hint, .. } = failure;
        let error = RollbackError { code, message: message.clone(), hint: hint.clone() };
        Self::Failed { error }
    }
}
