//! The words of the `spacetime-keys` program's commands, for the steps of an [`Advice`].
//!
//! Nothing else in the library names a command or a flag. The program and the addon print these; a
//! face with commands of its own has [`Advice::worded`].

use std::fmt;

use crate::advice::{Advice, Choice, NextStep, Run};
use crate::fleet::Environment;

/// The whole advice: commands stand in backticks.
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.worded(|step| match step {
            NextStep::Choose(choice) => flag(choice),
            step => format!("`{}`", command(step)),
        }))
    }
}

impl serde::Serialize for Advice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The command that takes a step. `E`, `FILE`, `DIR` and `HEX` stand for what is not known.
pub fn command(step: &NextStep) -> String {
    let command = match step {
        NextStep::FinishRun(choices) => flags("resume", choices),
        NextStep::Resume(run) => in_environment("resume", run),
        NextStep::Sync(run) => in_environment("sync", run),
        NextStep::Rotate(run) => in_environment("rotate", run),
        NextStep::TokenRestore(run) => in_environment("token restore", run),
        NextStep::TokenResign(choices) => flags("token resign", choices),
        NextStep::Choose(choice) => return flag(choice),
        step => fixed(step).to_owned(),
    };
    format!("spacetime-keys {command}")
}

/// Commands that always say the same.
const fn fixed(step: &NextStep) -> &'static str {
    match step {
        NextStep::KeyGenerate => "key generate --out DIR",
        NextStep::KeyGenerateRsa => "key generate --alg RS256 --out DIR",
        NextStep::KeyNormalize => "key normalize",
        NextStep::KeyExamine => "key normalize FILE",
        NextStep::KeyFingerprint => "key fingerprint --json",
        NextStep::TokenCheck => "token check --server 2.14",
        NextStep::TokenDecode => "token decode",
        NextStep::PublisherDecode => "token decode --cli-toml FILE",
        NextStep::PublisherResign => "token resign --cli-toml FILE --private-key FILE",
        NextStep::MintHelp => "token mint --help",
        NextStep::JwksExport => "jwks export",
        NextStep::JwksExportFiles => "jwks export PUBLIC…",
        NextStep::JwksLint => "jwks lint",
        NextStep::IdentityDerive => "identity derive --issuer I --subject S",
        _ => "verify",
    }
}

fn in_environment(command: &str, run: &Run) -> String {
    let environment = run.environment.as_ref().map_or("E", Environment::as_str);
    flags(&format!("{command} --env {environment}"), &run.choices)
}

fn flags(command: &str, choices: &[Choice]) -> String {
    choices.iter().fold(command.to_owned(), |command, choice| format!("{command} {}", flag(choice)))
}

/// The flag that makes a choice; for one that not every command takes, with the command.
pub fn flag(choice: &Choice) -> String {
    let flag = match choice {
        Choice::ExpectIdentity => "--expect-identity HEX",
        Choice::LeaveToken => "--no-preserve-publisher-token",
        Choice::AdoptMounted => "--adopt-mounted",
        Choice::ReplaceLostKey => "--replace-lost-key",
        Choice::HostEnvironment(Some(environment)) => return format!("--host-env {environment}"),
        Choice::HostEnvironment(None) => "--host-env",
        Choice::AllowExternalIssuer => "--allow-external-issuer",
        Choice::AllowUnverified => "--allow-unverified",
        Choice::PreviousPublicKey => {
            "`token resign` also takes the key that signed it (--previous-public-key)"
        }
        Choice::CliToml => "--cli-toml",
        Choice::MountedKeysDir => "--mounted-keys-dir",
        Choice::ClearExpiry => "--expiry clear",
        Choice::Expiry => "--expiry 30d",
        Choice::Leeway => "--leeway",
        Choice::Algorithm => "--alg",
        Choice::Lifetime => "--ttl 15m",
        Choice::Issuer => "--issuer",
        Choice::HttpsIssuer => "--issuer https://…",
        Choice::LocalIssuer => "--issuer localhost",
        Choice::ForApp => "--purpose app",
        Choice::ForRobot => "--purpose robot --subject robot:ID",
        Choice::Delegated => "--purpose delegated --claim 'act={\"sub\":\"robot:ID\"}'",
        Choice::DryRun => "--dry-run",
    };
    flag.to_owned()
}
