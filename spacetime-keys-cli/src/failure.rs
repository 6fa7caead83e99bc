//! A failure that ends a command: a stable code, a message, the next step, and the exit code.

use std::path::Path;
use std::process::ExitCode;

use spacetime_keys_core::Error;
use spacetime_keys_core::error::Class;

/// A command's failure. Like the core's errors, it holds no key, token or other input; paths,
/// environments and vaults are named.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
    exit: Exit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// The command line, or the configuration file, asks for something that cannot be.
    Usage = 2,
    /// Going on would be unsafe.
    Refused = 3,
    /// A file, store or network failed, or an input is not what it should be.
    Failed = 4,
}

impl Failure {
    /// A file, store or network failed.
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), hint: hint.into(), exit: Exit::Failed }
    }

    pub(crate) fn refused(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { exit: Exit::Refused, ..Self::new(code, message, hint) }
    }

    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new("ERR_USAGE", message, hint) }
    }

    /// The configuration file asks for something that cannot be.
    pub(crate) fn config(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: "ERR_CONFIG", ..Self::usage(message, hint) }
    }

    /// Something that cannot happen, said instead of a panic.
    pub(crate) fn bug(what: &str) -> Self {
        Self::new("ERR_INTERNAL", format!("internal error: {what}"), "please report this as a bug")
    }

    /// A file operation failed.
    pub(crate) fn io(doing: &'static str, path: &Path, error: &std::io::Error) -> Self {
        spacetime_keys_rotation::Failure::io(doing, path, error).into()
    }

    /// A core error about one file.
    pub(crate) fn in_file(path: &Path, error: Error) -> Self {
        Self::from(error).prefix(path.display())
    }

    pub(crate) fn prefix(self, place: impl std::fmt::Display) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// The command line is to blame.
    pub(crate) fn into_usage(self) -> Self {
        Self { exit: Exit::Usage, ..self }
    }

    pub(crate) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
    }

    pub(crate) fn with_hint(self, hint: String) -> Self {
        Self { hint, ..self }
    }

    /// Adds to the way out.
    pub(crate) fn and_then(self, hint: &str) -> Self {
        if self.hint.contains(hint) {
            return self;
        }
        Self { hint: format!("{}; then {hint}", self.hint), ..self }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.class() {
            Class::Safety => Exit::Refused,
            _ if matches!(
                error,
                Error::EnvironmentName
                    | Error::EnvironmentUnknown
                    | Error::PolicyGroups
                    | Error::PromotionList
                    | Error::TableName
                    | Error::JwksSameKeyTwice
                    | Error::IssuerUrl
                    | Error::MintLifetime
                    | Error::MintClaim(_)
                    | Error::MintRobot
                    | Error::MintActor
                    | Error::MintOwner
            ) =>
            {
                Exit::Usage
            }
            _ => Exit::Failed,
        };
        Self { exit, ..Self::new(error.code(), error.to_string(), error.advice().to_string()) }
    }
}
