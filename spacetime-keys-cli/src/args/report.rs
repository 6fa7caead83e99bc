//! What is said of a command line that cannot be understood.
//!
//! Not by clap's own words: those repeat the argument, and people do paste tokens in the wrong
//! place.

use std::process::ExitCode;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Color, Global};
use crate::failure::Failure;
use crate::output::Output;

/// Prints help or version, or the error, and gives the exit code.
pub(crate) fn report(error: &Error) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        let output = Output::new(&global());
        output.raw(&error.render().ansi().to_string());
        return match output.finish() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                output.failure(&failure);
                failure.exit_code()
            }
        };
    }
    if error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        // Help, which knows no arguments.
        let _ = error.print();
        return ExitCode::from(2);
    }
    let failure = describe(error);
    Output::new(&global()).failure(&failure);
    failure.exit_code()
}

/// What was asked for of the output, of a command line that could not be understood.
fn global() -> Global {
    let asked = |flag: &str| std::env::args_os().any(|argument| argument == flag);
    Global {
        json: asked("--json"),
        config: None,
        quiet: false,
        color: Color::default(),
        verbose: 0,
    }
}

fn describe(error: &Error) -> Failure {
    // These two hold names of our own arguments, never values; a suggestion is one of ours, too.
    let ours = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let named = ours(ContextKind::InvalidArg);
    let this = || named.clone().unwrap_or_else(|| "an argument".to_owned());
    // The core's errors hold nothing of the input, either.
    let source = std::error::Error::source(error);
    let core = source.and_then(|source| source.downcast_ref::<spacetime_keys_core::Error>());
    if let Some(core) = core.copied() {
        return Failure::from(core).into_usage().prefix(this());
    }
    let message = match error.kind() {
        ErrorKind::UnknownArgument => "an argument that this command does not take".to_owned(),
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("missing: {}", this()),
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::ArgumentConflict => format!("{} cannot be used with what else is given", this()),
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{} needs a value", this())
        }
        ErrorKind::TooManyValues => format!("{} has too many values", this()),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => format!("{} has a value that it does not take", this()),
    };
    let suggestion = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
        ContextKind::ValidValue,
    ]
    .into_iter()
    .find_map(ours)
    .filter(|text| !text.is_empty());
    let hint = match suggestion {
        Some(suggestion) => format!("did you mean {suggestion}? `--help` shows all"),
        None => "`spacetime-keys COMMAND --help` shows what it takes".to_owned(),
    };
    Failure::usage(message, hint)
}
