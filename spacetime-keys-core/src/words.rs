//! The words of the `spacetime-keys` program's commands, for the steps of an [`Advice`].
//!
//! Nothing else in the library names a command or a flag. The program and the addon print these; a
//! face with commands of its own has [`Advice::worded`].

use std::fmt;

use crate::advice::{Advice, Choice, NextStep, Run};
use crate::doctor::{self, shell};
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

/// A whole line for a shell.
impl fmt::Display for doctor::Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => f.write_str(&command(step)),
            other => f.write_str(&other.line().unwrap_or_default()),
        }
    }
}

impl serde::Serialize for doctor::Command {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The command that takes a step. `E`, `FILE`, `DIR` and `HEX` stand for what is not known.
pub fn command(step: &NextStep) -> String {
    let command = match step {
        NextStep::Init(choices) => flags("init", choices),
        NextStep::FinishRun(choices) => flags("resume", choices),
        NextStep::Resume(run) => in_environment("resume", run),
        NextStep::Sync(run) => in_environment("sync", run),
        NextStep::Rotate(run) => in_environment("rotate", run),
        NextStep::TokenRestore(run) => in_environment("token restore", run),
        NextStep::TokenResign(choices) => flags("token resign", choices),
        NextStep::Choose(choice) => return flag(choice),
        NextStep::KeyGenerate(Some(folder)) => with_path("key generate --out", folder),
        NextStep::KeyExamine(None) => "key normalize FILE".to_owned(),
        NextStep::KeyExamine(Some(file)) => with_path("key normalize", file),
        NextStep::KeyRewrite(files) => files
            .iter()
            .fold("key normalize --write".to_owned(), |line, file| with_path(&line, file)),
        // Said after a whole command.
        NextStep::AdoptMounted => return "rotate --adopt-mounted".to_owned(),
        step => fixed(step).to_owned(),
    };
    format!("spacetime-keys {command}")
}

/// Commands that always say the same.
const fn fixed(step: &NextStep) -> &'static str {
    match step {
        NextStep::KeyGenerate(_) => "key generate --out DIR",
        NextStep::KeyGenerateRsa => "key generate --alg RS256 --out DIR",
        NextStep::KeyNormalize => "key normalize",
        NextStep::KeyFingerprint => "key fingerprint --json",
        NextStep::StoreCopy => "store copy --to CONFIG",
        NextStep::TokenRecover => "token recover --server URL --database NAME",
        NextStep::PromotePassport => "promote passport --env E --server URL --database NAME",
        NextStep::TokenCheck => "token check --server-version 2.14",
        NextStep::TokenDecode => "token decode",
        NextStep::PublisherDecode => "token decode --cli-toml FILE",
        NextStep::PublisherResign => "token resign --cli-toml FILE --private-key FILE",
        NextStep::TokenCheckIssuer => "token check --jwks URL",
        NextStep::TokenAsk => "token check --server URL",
        NextStep::MintOwner => {
            "token mint --purpose owner --issuer URL --subject S --private-key FILE"
        }
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
    // The configuration says which environments there are.
    let (config, others): (Vec<_>, Vec<_>) =
        run.choices.iter().partition(|choice| matches!(choice, Choice::Config(_)));
    flags(&format!("{} --env {environment}", flags(command, config)), others)
}

fn flags<'a>(command: &str, choices: impl IntoIterator<Item = &'a Choice>) -> String {
    let add = |command, choice| format!("{command} {}", flag(choice));
    choices.into_iter().fold(command.to_owned(), add)
}

fn with_path(words: &str, path: &str) -> String {
    format!("{words} {}", shell::path(path))
}

/// The flag that makes a choice; for one that not every command takes, with the command.
pub fn flag(choice: &Choice) -> String {
    let flag = match choice {
        Choice::ExpectIdentity(Some(identity)) => return format!("--expect-identity {identity}"),
        Choice::ExpectIdentity(None) => "--expect-identity HEX",
        Choice::Identity => "--identity HEX",
        Choice::NameIdentity => "--expect-identity",
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
        Choice::PublicKey => "--public-key",
        Choice::KeysDir | Choice::MountedKeysDir(None) => "--keys-dir",
        Choice::Jwks => "--jwks",
        Choice::Timeout => "--timeout",
        Choice::PlainHttp => "--plain-http",
        Choice::CliToml(Some(file)) => return with_path("--cli-toml", file),
        Choice::CliToml(None) => "--cli-toml",
        Choice::MountedKeysDir(Some(folder)) => return with_path("--keys-dir", folder),
        Choice::LeaveMountedKeys => "--no-sync-mounted-keys",
        Choice::PrivateKey(file) => return with_path("--private-key", file),
        Choice::Config(file) => return with_path("--config", file),
        Choice::Database => "--database",
        Choice::Server => "--server URL --database NAME",
        Choice::Yes => "--yes",
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
        Choice::NewKeys => "--new-keys",
        Choice::Environment(environment) => return format!("--env {environment}"),
    };
    flag.to_owned()
}
