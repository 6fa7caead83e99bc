//! The messages and questions of a run at work.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use spacetime_keys_core::fleet::{Environment, Note, Operation, Plan, Request, Step};
use spacetime_keys_rotation::copy::{Copy, CopyStep};
use spacetime_keys_rotation::{Kind, Planned, VaultRequest, Watch};

use crate::confirm::{WithoutTerminal, confirm};
use crate::failure::Failure;
use crate::output::Output;

/// Says on stderr what the engine tells, and asks there.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    output: Output,
    /// Why it was not confirmed.
    unconfirmed: Arc<OnceLock<Failure>>,
}

impl Watcher {
    pub(crate) fn new(output: &Output) -> Self {
        #[cfg(feature = "azure-key-vault")]
        show_sdk_log(output);
        Self { output: output.clone(), unconfirmed: Arc::default() }
    }

    /// The engine's failure in words, with what was found where it asked.
    pub(crate) fn words(&self, failure: spacetime_keys_rotation::Failure) -> Failure {
        match (failure.kind(), self.unconfirmed.get()) {
            (Kind::NotConfirmed, Some(why)) => why.clone(),
            _ => failure.into(),
        }
    }

    /// The notes for a person before a run begins.
    pub(crate) fn tell(&self, planned: &Planned) {
        if planned.plan.notes.contains(&Note::MountedNotSynced) && planned.request.sync_mounted {
            self.output.note("What is mounted here is in no vault of the group, and is left as it is: see `spacetime-keys verify`.");
        }
        for note in &planned.plan.notes {
            match note {
                Note::NoCliToml => self.output.warn(
                    "there is no cli.toml, so no publisher token is re-signed; everything else is done",
                ),
                Note::AnotherPublisher => self.output.warn(
                    "the escrow holds another publisher than cli.toml's: if this one is a new login by mistake, see `spacetime-keys token restore --help`",
                ),
                Note::TokenUnverified => self.output.warn(
                    "no known key signed the publisher token; it is re-signed because its identity was named, --allow-unverified was given, or the interrupted run had accepted it",
                ),
                Note::BecomesEternal => self.output.warn(
                    "the publisher token had an expiry; the new one never expires",
                ),
                Note::TokenNotPreserved => self.output.warn(
                    "the publisher token is left as it is: a server with the new key answers 401 to it",
                ),
                Note::TokenOfIssuer => self.output.note(
                    "The publisher token is a login at an external issuer: it is left as it is, and stays valid.",
                ),
                Note::Adopts => self.output.note(
                    "The mounted pair is new to the vault: it is kept there first, for a rollback.",
                ),
                _ => {}
            }
        }
    }
}

impl Watch for Watcher {
    fn continues(&self, elsewhere: Option<&Path>) {
        let text = elsewhere.map_or_else(
            || "Finishing the run that was interrupted.".to_owned(),
            |folder| {
                format!(
                    "Finishing what another host's run was to do in the vaults. The files of that host ({}) are left to its own `spacetime-keys resume`.",
                    folder.display()
                )
            },
        );
        self.output.note(&text);
    }

    fn confirms(&self, request: &Request, plan: &Plan) -> bool {
        match ask(request, plan) {
            Ok(()) => true,
            Err(failure) => {
                let _ = self.unconfirmed.set(failure);
                false
            }
        }
    }

    fn begins(&self, planned: &Planned) {
        self.tell(planned);
    }

    fn step(&self, step: &Step) {
        self.output.detail(&format!("  {} {} …", step.action.as_str(), step.environment));
    }

    fn copies(&self, step: &CopyStep) {
        let CopyStep { environment, secret, from, .. } = step;
        self.output.detail(&format!("  copy {secret} {from} of {environment} …"));
    }

    fn confirms_copy(&self, copy: &Copy) -> bool {
        let environments: Vec<_> = copy.environments.iter().map(|copied| &copied.name).collect();
        let vaults: Vec<_> = copy.environments.iter().map(|copied| copied.to.as_str()).collect();
        let question = format!(
            "Write {} versions, private keys among them, into {}?",
            copy.steps.len(),
            vaults.join(" and ")
        );
        match confirm(&question, &environments, WithoutTerminal::Refuse) {
            Ok(()) => true,
            Err(failure) => {
                let _ = self.unconfirmed.set(failure);
                false
            }
        }
    }

    fn proven(&self, operation: Operation) {
        self.output.detail(match operation {
            Operation::Sync => "  synced",
            _ => "  proven",
        });
    }

    fn request(&self, request: &VaultRequest<'_>) {
        if !self.output.is_very_verbose() {
            return;
        }
        let VaultRequest { method, host, path, status, time } = request;
        let what = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let time = time.as_millis();
        self.output.detail(&format!("    {method} {host}{path}: {what} ({time} ms)"));
    }
}

fn ask(request: &Request, plan: &Plan) -> Result<(), Failure> {
    let environments: Vec<&Environment> = plan.environments().collect();
    let names: Vec<_> = environments.iter().map(|environment| environment.as_str()).collect();
    let names = names.join(" and ");
    match request.operation {
        Operation::Rotate => confirm(
            &format!(
                "Rotate the keys of {names}? The server will refuse every token that they signed."
            ),
            &environments,
            WithoutTerminal::Refuse,
        ),
        Operation::Rollback => confirm(
            &format!(
                "Roll {names} back to the previous key pair? The server will refuse tokens of the current one."
            ),
            &environments,
            WithoutTerminal::GoOn,
        ),
        // These two change no environment's keys: they finish, and they follow.
        Operation::Resume | Operation::Sync => Ok(()),
    }
}

/// With `-v -v`, what the SDK says about itself. It leaves out headers and query values that are
/// not known to be harmless, and bodies.
#[cfg(feature = "azure-key-vault")]
pub(crate) fn show_sdk_log(output: &Output) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    if !output.is_very_verbose() {
        return;
    }
    let names = ["azure_core", "azure_identity", "azure_security_keyvault_secrets"];
    let targets = names.into_iter().chain(["typespec", "typespec_client_core"]);
    let targets = Targets::new().with_targets(targets.map(|name| (name, LevelFilter::TRACE)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // A second store in one process finds it there already.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
}
