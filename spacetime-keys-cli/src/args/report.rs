//! What is said of a command line that cannot be understood.
//!
//! Not by clap's own words: those repeat the argument, and people do paste tokens in the wrong
//! place.

use std::process::ExitCode;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::values::Wanted;
use super::{Color, Global, guide};
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
        help: None,
        version: None,
    }
}

fn describe(error: &Error) -> Failure {
    // These hold names of our own arguments, never values; a suggestion is one of ours, too.
    let ours = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let named = ours(ContextKind::InvalidArg);
    let this = || named.clone().unwrap_or_else(|| "an argument".to_owned());
    // The core's errors hold nothing of the input, either, and what is wanted is words of ours.
    let source = std::error::Error::source(error);
    if let Some(core) =
        source.and_then(|source| source.downcast_ref::<spacetime_keys_core::Error>())
    {
        return Failure::from(*core).into_usage().prefix(this());
    }
    let wanted = source.and_then(|source| source.downcast_ref::<Wanted>());
    if let Some(guides) = named.as_deref().and_then(guide::answer) {
        return guides;
    }
    let is_flag = named.as_deref().is_some_and(is_a_flag);
    let message = match error.kind() {
        ErrorKind::UnknownArgument => match &named {
            Some(flag) if is_flag => format!("{flag} is no option of this command"),
            _ => "there is an argument that this command does not take".to_owned(),
        },
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("missing: {}", this()),
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::ArgumentConflict => {
            let other = ours(ContextKind::PriorArg);
            let other = other.as_deref().unwrap_or("what else is given");
            format!("{} cannot be used with {other}", this())
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{} needs a value", this())
        }
        ErrorKind::TooManyValues => format!("{} has too many values", this()),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => match wanted {
            Some(wanted) => format!("{} takes {wanted}", this()),
            None => format!("{} has a value that it does not take", this()),
        },
    };
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let given = |kind| ours(kind).filter(|text| !text.is_empty());
    let hint = match (suggested.into_iter().find_map(given), given(ContextKind::ValidValue)) {
        (Some(suggestion), _) => format!("did you mean {suggestion}? `--help` shows all"),
        (None, Some(values)) => format!("it takes one of: {values}"),
        (None, None) if error.kind() == ErrorKind::UnknownArgument && !is_flag => {
            "options begin with `--`, an environment is named by `--env E`; `--help` shows all"
                .to_owned()
        }
        (None, None) => "`spacetime-keys COMMAND --help` shows what it takes".to_owned(),
    };
    Failure::usage(message, hint)
}

/// Whether it is the name of an option, and cannot be a secret: lower case, short, and no value.
fn is_a_flag(name: &str) -> bool {
    let rest = name.strip_prefix('-').map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    rest.is_some_and(|rest| {
        (1..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::is_a_flag;

    #[test]
    fn only_names_of_options_are_repeated() {
        for flag in ["--verify", "--dry-run", "-x", "--a-name-that-is-still-short"] {
            assert!(is_a_flag(flag), "{flag}");
        }
        let long = format!("--{}", "a".repeat(40));
        for other in ["prod", "--", "-", "--eyJhbGciOi", "--a=b", "--key1", long.as_str()] {
            assert!(!is_a_flag(other), "{other}");
        }
    }
}
