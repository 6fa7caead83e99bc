//! `spacetime-keys`: rotate a SpacetimeDB's signing keys without losing the database.
//!
//! Arguments → core → output. What a key, a token or a plan *is* stands in `spacetime-keys-core`;
//! here are files, the lock, prompts and the key stores.

#![forbid(unsafe_code)]

mod annotation;
mod args;
mod clock;
mod commands;
mod config;
mod confirm;
mod copy_report;
mod core_dumps;
mod doctor;
mod exchange;
mod failure;
mod files;
mod here;
mod hints;
mod http;
mod key_set;
mod opened;
mod output;
mod progress;
mod rotation_report;
mod table;
mod watcher;
mod wrap;

use std::process::ExitCode;

use output::Output;

fn main() -> ExitCode {
    core_dumps::forbid();
    let args = match args::parse() {
        Ok(args) => args,
        Err(error) => return args::report(&error),
    };
    args.global.color.choice().write_global();
    let output = Output::new(&args.global);
    let done = args::refuse_misplaced_secrets(&args).and_then(|()| commands::run(&args, &output));
    let done = done.and_then(|answer| output.finish().map(|()| answer));
    match done {
        Ok(commands::Answer::Yes) => ExitCode::SUCCESS,
        Ok(commands::Answer::No) => ExitCode::from(1),
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}
