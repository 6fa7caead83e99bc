//! `promote admit`: what must not be is refused, and the publisher gets a token of this host's key.

use serde_json::json;
use spacetime_keys_core::advice::{Choice, NextStep, Run};
use spacetime_keys_core::words::command;
use spacetime_keys_rotation::promotion::{self, Admission, Admitted};

use super::gates;
use crate::args;
use crate::commands::Answer;
use crate::config::Config;
use crate::confirm::{WithoutTerminal, confirm};
use crate::doctor;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::{GOOD, Output, styled};
use crate::wrap::width_of_stdout;

pub(super) fn run(args: &args::Admit, config: &Config, output: &Output) -> Result<Answer, Failure> {
    let environment = config.environment(args.env.as_deref())?;
    let passport = super::read(&args.passport)?;
    // The token's file is made where there is none.
    let files =
        config.host_files(args.files.cli_toml.as_deref(), args.files.keys_dir.as_deref())?;
    files.require_keys()?;
    let paths = &files.paths;
    here::say(config, paths, output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let admission = Admission {
        passport: &passport,
        order: &config.settings.promotion,
        environment: &environment,
        data: args.data.as_deref(),
        paths,
    };
    let look = || promotion::look(&site, &admission);
    let admitted = if args.dry_run {
        doctor::with_sign("the search for secrets", output, look)?
    } else {
        let publisher = &passport.publisher;
        if !args.yes {
            let question = format!(
                "Put a token of {}, signed for {environment}, into {}?",
                publisher.identity,
                paths.cli_toml.display()
            );
            confirm(&question, &[&environment], WithoutTerminal::Refuse)?;
        }
        let admit = || promotion::admit(&site, &admission);
        doctor::with_sign("the search for secrets", output, admit)?
    };
    let Admitted { gates, signed_by, replaced, writes_token, escrows } = &admitted;
    let publisher = &passport.publisher;
    let another = replaced.as_ref().filter(|one| one.identity != publisher.identity);
    if let Some(another) = another.filter(|_| !args.dry_run) {
        let restore = NextStep::TokenRestore(Run {
            environment: Some(environment.clone()),
            choices: vec![Choice::ExpectIdentity(Some(another.identity))],
        });
        output.warn(&format!(
            "cli.toml held the token of another identity, {}; `{}` brings it back",
            another.identity,
            command(&restore)
        ));
    }
    let report = json!({
        "gates": gates,
        "identity": publisher.identity,
        "issuer": publisher.issuer,
        "subject": publisher.subject,
        "signed_by": signed_by,
        "replaced": another.map(|one| one.identity),
        "escrowed": escrows.iter().map(|one| one.identity).collect::<Vec<_>>(),
        "changed": !args.dry_run && (*writes_token || !escrows.is_empty()),
        "dry_run": args.dry_run,
    });
    output.result(&report, || {
        let verdict = match (args.dry_run, *writes_token) {
            (true, _) => "nothing is in the way, and nothing was changed",
            (false, true) => "admitted: cli.toml holds the publisher's token",
            (false, false) => "admitted: cli.toml held the publisher's token already",
        };
        let verdict = styled(GOOD, verdict);
        if output.is_quiet() {
            return verdict + "\n";
        }
        let gates = gates::to_text(gates, width_of_stdout());
        format!("{gates}{verdict}\nidentity {}\nsigned by {signed_by}\n", publisher.identity)
    });
    Ok(Answer::Yes)
}
