use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Answer, Route};

/// How many requests were answered, by route and outcome.
#[derive(Default)]
pub(super) struct Counts {
    answered: BTreeMap<(&'static str, &'static str), u64>,
}

impl Counts {
    pub(super) fn add(&mut self, route: Route, answer: &Answer) {
        *self.answered.entry((route.as_str(), answer.outcome)).or_default() += 1;
    }

    /// In Prometheus's text format. Labels are names of routes, and codes: nothing of a request.
    pub(super) fn to_text(&self, is_ready: bool) -> String {
        const TOTAL: &str = "spacetime_keys_exchange_requests_total";
        const READY: &str = "spacetime_keys_exchange_ready";

        let mut text = format!(
            "# HELP {READY} 1 while tokens are exchanged, else 0.\n# TYPE {READY} gauge\n{READY} {}\n\
             # HELP {TOTAL} Requests that were answered.\n# TYPE {TOTAL} counter\n",
            u8::from(is_ready)
        );
        for ((route, outcome), count) in &self.answered {
            let _ = writeln!(text, "{TOTAL}{{endpoint=\"{route}\",outcome=\"{outcome}\"}} {count}");
        }
        text
    }
}
