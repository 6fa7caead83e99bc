//! `jwks …`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spacetime_keys_core::fleet::Severity;
use spacetime_keys_core::jwks::{self, Problem, Report, ServerCache};
use spacetime_keys_core::server::Rules;
use spacetime_keys_core::{Error, VerificationKey};

use super::Answer;
use crate::args::{Fetch, Jwks, Start};
use crate::clock;
use crate::failure::Failure;
use crate::files::{self, Mode};
use crate::key_set;
use crate::output::{BAD, BOLD, GOOD, Output, WARN, styled};

/// The web server that serves the files reads them.
const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

pub(super) fn run(command: &Jwks, output: &Output) -> Result<Answer, Failure> {
    match command {
        Jwks::Export { public, issuer, out } => {
            let keys = public.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
            let issuer = issuer.as_deref().zip(out.as_deref());
            export(&keys, issuer, output)
        }
        Jwks::Lint { place, fetch } => lint(place, fetch, output),
        Jwks::Rollover { token_ttl, start } => Ok(rollover(*token_ttl, *start, output)),
    }
}

/// One public key. A private one is not taken instead: it should not lie where keys are published.
fn read(path: &Path) -> Result<VerificationKey, Failure> {
    let content = files::read_input(path)?;
    VerificationKey::from_pem(&*content).map_err(|error| {
        let failure = Failure::in_file(path, error);
        if error == Error::KeyIsPrivate {
            let hint = "name its public key file; `openssl pkey -in PRIVATE -pubout -out PUBLIC` writes one";
            return failure.with_hint(hint.to_owned());
        }
        failure
    })
}

fn export(
    keys: &[VerificationKey],
    issuer: Option<(&str, &Path)>,
    output: &Output,
) -> Result<Answer, Failure> {
    let set = jwks::export(keys)?;
    let mut report: Value =
        serde_json::from_str(&set).map_err(|_| Failure::bug("the set is no JSON"))?;
    let problems = jwks::lint(set.as_bytes()).problems;
    let mut text = set.clone();
    if let Some((issuer, folder)) = issuer {
        let uri = jwks::jwks_uri(issuer)?;
        let written = write(folder, &set, &jwks::discovery(issuer, keys)?)?;
        text = format!("{uri}\n");
        output.warn_of_slash(issuer);
        for path in &written {
            output.note(&format!("wrote {}", path.display()));
        }
        if let Some(report) = report.as_object_mut() {
            report.insert("issuer".into(), json!(issuer));
            report.insert("jwks_uri".into(), json!(uri));
            report.insert("files".into(), json!(written));
        }
    }
    if let Some(report) = report.as_object_mut() {
        report.insert("problems".into(), json!(problems));
    }
    output.result(&report, || text);
    for problem in &problems {
        output.warn(&format!("{}\n  {}", problem.defect, problem.defect.advice()));
    }
    Ok(Answer::Yes)
}

/// The set first: a server that finds the discovery document must find the set, too.
fn write(folder: &Path, set: &str, discovery: &str) -> Result<[PathBuf; 2], Failure> {
    let paths = [jwks::WELL_KNOWN_JWKS, jwks::WELL_KNOWN_DISCOVERY].map(|path| folder.join(path));
    for path in &paths {
        files::check_replaceable(path)?;
    }
    for (path, content) in paths.iter().zip([set, discovery]) {
        files::create_folder(files::folder_of(path), FOLDER_MODE)?;
        files::replace(path, content.as_bytes(), Mode::Set(FILE_MODE))?;
    }
    Ok(paths)
}

fn lint(place: &str, fetch: &Fetch, output: &Output) -> Result<Answer, Failure> {
    let set = key_set::read(place, fetch)?;
    let report = match &set.content {
        Ok(bytes) => jwks::lint(bytes),
        Err(error) => {
            output.note(&set.place);
            Report::of_document(*error).ok_or_else(|| Failure::from(*error).prefix(&set.place))?
        }
    };
    if let Some(note) = set.note() {
        output.note(&note);
    }
    let mut json = serde_json::to_value(&report).unwrap_or_default();
    if let Some(json) = json.as_object_mut() {
        json.insert("source".into(), set.source());
    }
    output.result(&json, || to_text(&report));
    Ok(report.ok.into())
}

fn to_text(report: &Report) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        text.push_str(&describe(problem));
    }
    let taken = Rules::ALL.map(|rules| {
        let answer = if report.taken_by.rules(rules) { "yes" } else { "no" };
        format!("{rules} {answer}")
    });
    let verdict = if report.ok { styled(GOOD, "ok") } else { styled(BAD, "not ok") };
    let _ = writeln!(text, "accepted by servers of rules: {}", taken.join(", "));
    let _ = writeln!(text, "{verdict}");
    text
}

fn describe(problem: &Problem) -> String {
    let mark = match problem.severity() {
        Severity::Error => styled(BAD, "problem:"),
        Severity::Warning => styled(WARN, "warning:"),
    };
    let place = problem.entry.map_or_else(String::new, |entry| format!("keys[{entry}]: "));
    format!("{mark} {place}{}\n  {}\n\n", problem.defect, problem.defect.advice())
}

fn rollover(token_ttl: u32, start: Start, output: &Output) -> Answer {
    let now = clock::now();
    let start = match start {
        Start::Now => now,
        Start::At(unix) => unix,
    };
    let steps = jwks::rollover(start, token_ttl, ServerCache::default()).steps();
    let date = |unix: i64| clock::date(unix).unwrap_or_else(|| unix.to_string());
    let report = json!({
        "token_ttl_seconds": token_ttl,
        "steps": steps.map(|step| json!({
            "step": step.step,
            "at": step.at,
            "date": clock::date(step.at),
            "action": step.action,
            "reason": step.reason,
        })),
    });
    output.result(&report, || {
        steps.iter().fold(String::new(), |mut text, step| {
            let _ = writeln!(text, "{:<8}  {}", step.step, styled(BOLD, date(step.at)));
            let _ = writeln!(text, "          {}", step.action);
            let _ = writeln!(text, "          ({})", step.reason);
            text
        })
    });
    Answer::Yes
}
