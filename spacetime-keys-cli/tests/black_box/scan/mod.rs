//! `scan`: which secrets of a fleet lie in files.

mod planted;
mod told;

use serde_json::Value;

use crate::common::{Host, Run};

fn scan(host: &Host, paths: &[&str]) -> (Run, Value) {
    let run = host.run(&[&["scan", "--json", "-v"], paths].concat());
    let report = run.json();
    (run, report)
}
