//! `verify`

use std::fmt::Write as _;

use spacetime_keys_core::fleet::{Environment, MountedReport, Problem, Report, Severity};
use spacetime_keys_rotation::{self as engine};

use spacetime_keys_core::jwt::LOCAL_ISSUER;
use spacetime_keys_core::printable::visible;

use super::Answer;
use crate::annotation::{annotation, with_place};
use crate::args::{self, Format};
use crate::config::Config;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::{BAD, GOOD, Output, WARN, styled};
use crate::table::table;
use crate::wrap::{Wrap, width_of_stdout, wrapped};

pub(super) fn run(
    args: &args::Verify,
    config: impl Fn() -> Result<Config, Failure>,
    output: &Output,
) -> Result<Answer, Failure> {
    let report = match (&args.keys_dir, args.env.as_slice()) {
        (Some(folder), []) => engine::verify_keys(folder)?,
        _ => fleet(args, &config()?, output)?,
    };
    output.result(&report, || match args.format {
        Format::Github if output.is_quiet() => annotations(&report) + &last_line(&report),
        Format::Github => summary(&report) + &annotations(&report) + &last_line(&report),
        Format::Text if output.is_quiet() => last_line(&report),
        Format::Text => to_text(&report),
    });
    Ok(report.ok.into())
}

fn fleet(args: &args::Verify, config: &Config, output: &Output) -> Result<Report, Failure> {
    let files = config.host_files(args.cli_toml.as_deref(), args.keys_dir.as_deref())?;
    here::say(config, &files.paths, output);
    files.require_keys()?;
    files.require_cli_toml()?;
    let opened = Opened::new(config, output)?;
    let mut settings = config.settings.clone();
    settings.policy.max_age_days = args.max_age_days.unwrap_or(settings.policy.max_age_days);
    let site = opened.site_of(&settings);
    let scope = settings.scope(&Config::asked(&args.env))?;
    Ok(engine::verify(&site, &files.paths, &scope)?.report)
}

fn to_text(report: &Report) -> String {
    let mut text = summary(report);
    for problem in &report.problems {
        let _ = write!(text, "\n{}", describe_problem(problem));
    }
    let gap = if report.problems.is_empty() { "" } else { "\n" };
    text + gap + &last_line(report)
}

fn annotations(report: &Report) -> String {
    report.problems.iter().map(annotation).collect()
}

/// All but the problems.
fn summary(report: &Report) -> String {
    let mut text = String::new();
    if !report.environments.is_empty() {
        text.push_str(&of_environments(report));
    }
    if let Some(mounted) = &report.mounted {
        let _ = writeln!(text, "mounted    {}", describe_mounted(mounted));
    }
    if let Some(publisher) = &report.publisher {
        let signed = match publisher.verified_with {
            Some(fingerprint) => format!("signed by {}", fingerprint.short()),
            None if publisher.issuer != LOCAL_ISSUER => {
                format!("a login at {}", visible(&publisher.issuer))
            }
            None => "signed by an unknown key".to_owned(),
        };
        let _ = writeln!(text, "publisher  {} ({signed})", publisher.identity);
    }
    for rule in &report.policy {
        let names: Vec<_> = rule.environments.iter().map(Environment::as_str).collect();
        let mark = match rule {
            _ if rule.ok => styled(GOOD, "ok"),
            _ if !rule.checked => styled(WARN, "not checked: a vault could not be read"),
            _ => styled(BAD, "broken"),
        };
        let _ = writeln!(text, "policy     {} {}: {mark}", names.join(" + "), rule.rule);
    }
    text
}

fn last_line(report: &Report) -> String {
    format!("{}\n", if report.ok { styled(GOOD, "ok") } else { styled(BAD, "not ok") })
}

fn of_environments(report: &Report) -> String {
    let rows = report.environments.iter().map(|environment| {
        let fingerprint = environment.private_fingerprint.or(environment.public_fingerprint);
        [
            environment.name.to_string(),
            environment.vault.clone(),
            environment.status.to_owned(),
            fingerprint.map_or_else(|| "-".to_owned(), |fingerprint| fingerprint.short()),
            environment.age_days.map_or_else(|| "-".to_owned(), |days| format!("{days} d")),
        ]
    });
    table(["ENVIRONMENT", "VAULT", "STATE", "FINGERPRINT", "AGE"], rows.collect())
}

fn describe_mounted(mounted: &MountedReport) -> String {
    let fingerprint = mounted.private_fingerprint.or(mounted.public_fingerprint);
    let fingerprint = fingerprint.map_or_else(String::new, |f| format!(" {}", f.short()));
    let whose = mounted.environment.as_ref().map_or_else(String::new, |e| format!(" ({e})"));
    format!("{}{fingerprint}{whose}", mounted.status)
}

fn describe_problem(problem: &Problem) -> String {
    let mark = match problem.severity {
        Severity::Error => styled(BAD, "problem:"),
        Severity::Warning => styled(WARN, "warning:"),
    };
    let width = width_of_stdout();
    let message = format!("{mark} {}", with_place(problem));
    let message = wrapped(&message, Wrap { first: "", next: "  ", width });
    let hint = problem.hint.to_string();
    let hint = wrapped(&hint, Wrap { first: "  ", next: "  ", width });
    format!("{message}\n{hint}\n")
}
