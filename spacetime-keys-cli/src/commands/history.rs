//! `history`

use serde::Serialize;
use spacetime_keys_core::fleet::PastPair;
use spacetime_keys_rotation::past_pairs;

use super::Answer;
use crate::args;
use crate::clock::{date, now, relative};
use crate::config::Config;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;
use crate::table::table;

#[derive(Serialize)]
struct Report {
    pairs: Vec<PastPair>,
}

pub(super) fn run(
    args: &args::History,
    config: &Config,
    output: &Output,
) -> Result<Answer, Failure> {
    let paths = config.host_files(None, None)?.paths;
    here::say(config, &paths, output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let scope = config.settings.scope(&Config::asked(&args.env))?;
    let report = Report { pairs: past_pairs(&site, &scope.environments)? };
    output.result(&report, || to_text(&report.pairs));
    Ok(Answer::Yes)
}

fn to_text(pairs: &[PastPair]) -> String {
    if pairs.is_empty() {
        return "no pair was ever kept here\n".to_owned();
    }
    let now = now();
    let day = |unix: i64| {
        date(unix).map_or_else(|| unix.to_string(), |date| date.chars().take(10).collect())
    };
    let rows = pairs.iter().map(|pair| {
        let mut state = vec![pair.state.as_str().to_owned()];
        if pair.origin == Some("adopt") {
            state.push("adopted".to_owned());
        }
        if let Some(until) = pair.until {
            let word = if until > now { "honoured until" } else { "was honoured until" };
            state.push(format!("{word} {}", day(until)));
        }
        if let Some(due) = pair.due {
            state.push(format!("due {} ({})", day(due), relative(due, now)));
        }
        [
            pair.environment.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            pair.fingerprint.short(),
            pair.since.map_or_else(|| "-".to_owned(), day),
            pair.rotation_id.clone().unwrap_or_else(|| "-".to_owned()),
            state.join(", "),
        ]
    });
    table(["ENVIRONMENT", "FINGERPRINT", "SINCE", "RUN", "STATE"], rows.collect())
}
