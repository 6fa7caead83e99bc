//! `store copy`.

use std::sync::Arc;

use spacetime_keys_core::fleet::Environment;
use spacetime_keys_rotation::copy::{CopyJob, copy};

use super::Answer;
use crate::args::{Store, StoreCopy};
use crate::config::Config;
use crate::copy_report::Report;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;
use crate::watcher::Watcher;

pub(super) fn run(args: &Store, config: &Config, output: &Output) -> Result<Answer, Failure> {
    match args {
        Store::Copy(args) => run_copy(args, config, output),
    }
}

fn run_copy(args: &StoreCopy, config: &Config, output: &Output) -> Result<Answer, Failure> {
    let to = Config::load_named(&args.to, "--to")?;
    let named = args.env.as_deref().filter(|name| *name != Environment::ALL);
    let environments =
        named.map(|name| config.settings.environment(name)).transpose()?.into_iter().collect();
    let job = CopyJob {
        environments,
        source_paths: config.host_files(None, None)?.paths,
        destination_paths: to.host_files(None, None)?.paths,
        dry_run: args.dry_run,
        ask: !args.yes,
    };
    here::say(config, &job.source_paths, output);
    here::say_destination(&to, output);
    let watcher = Arc::new(Watcher::new(output));
    let open = |config| Opened::told_to(config, Arc::clone(&watcher));
    let (from, into) = (open(config)?, open(&to)?);
    let copied =
        copy(&from.site(), &into.site(), &job).map_err(|failure| watcher.words(failure))?;
    let report = Report::new(&copied, job.dry_run, &args.to);
    output.result(&report, || if output.is_quiet() { report.verdict() } else { report.to_text() });
    Ok(Answer::Yes)
}
