//! `token recover`: the claims of an owner whose token is lost, found in files.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spacetime_keys_core::Identity;
use spacetime_keys_core::printable::visible;
use spacetime_keys_core::scan::{Claimed, Form, Found, Owner, Wanted, claims_of};
use spacetime_keys_rotation::places::Around;
use spacetime_keys_rotation::search::{Finder, Searched, search, usual_places};
use spacetime_keys_rotation::{Paths, token};

use super::owner::owner;
use super::publisher::{restored_json, warn_of_another};
use crate::args::Recover;
use crate::commands::{Answer, searching};
use crate::config::Config;
use crate::confirm::{WithoutTerminal, confirm};
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::{BAD, GOOD, Output, styled};
use crate::progress::Progress;

/// Searches for one owner, and ends when it has been found.
struct Search {
    owner: Owner,
    progress: Progress,
    found: Option<(PathBuf, Claimed)>,
}

impl Finder for Search {
    fn found(&mut self, path: &Path, found: &Found) -> ControlFlow<()> {
        match self.owner.claimed(found) {
            Some(claimed) => {
                self.found = Some((path.to_owned(), claimed));
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn searched(&mut self, path: &Path, bytes: u64) {
        searching::advance(&mut self.progress, path, bytes);
    }
}

/// Lists everybody.
struct List {
    progress: Progress,
    identities: BTreeSet<Identity>,
}

impl Finder for List {
    fn found(&mut self, _path: &Path, found: &Found) -> ControlFlow<()> {
        self.identities.extend(claims_of(found).map(|publisher| publisher.identity));
        ControlFlow::Continue(())
    }

    fn searched(&mut self, path: &Path, bytes: u64) {
        searching::advance(&mut self.progress, path, bytes);
    }
}

pub(super) fn recover(args: &Recover, config: &Config, output: &Output) -> Result<Answer, Failure> {
    let files =
        config.host_files(args.files.cli_toml.as_deref(), args.files.keys_dir.as_deref())?;
    let around = Around::of_process();
    let paths = around.in_place_of(&files.paths, files.named());
    let places = places(args, &around, &paths)?;
    if args.list {
        return list(&places, output);
    }
    let identity = owner(args, config, &paths, output)?;
    here::say(config, &paths, output);
    let owner = Owner::new(identity, args.issuer.iter().cloned());
    let progress = Progress::new(output.is_quiet());
    let mut finder = Search { owner, progress, found: None };
    let searched = search(searching::inputs(&places), Wanted::Subjects, &mut finder)?;
    let Search { owner, progress, found } = finder;
    drop(progress);
    let Some((file, claimed)) = found else {
        return not_found(identity, &owner, &places, &searched, output);
    };
    let publisher = &claimed.publisher;
    let place = format!("{}, byte {} ({})", shown(&file), claimed.offset, words(claimed.form));
    output.note(&format!("{:<13} {place}", "found in"));

    let opened = Opened::new(config, output)?;
    let site = opened.site();
    token::check_recoverable(&site, publisher, &paths)?;
    let report = |before: Value, after: Value| {
        let mut searched = searching::to_json(&searched);
        if let Some(searched) = searched.as_object_mut() {
            searched.insert("candidates".to_owned(), owner.candidates().into());
        }
        json!({
            "found": true,
            "identity": publisher.identity,
            "issuer": publisher.issuer,
            "subject": publisher.subject,
            "source": { "file": file, "offset": claimed.offset, "form": claimed.form },
            "searched": searched,
            "before": before,
            "after": after,
        })
    };
    if args.dry_run {
        output.result(&report(Value::Null, Value::Null), || {
            format!(
                "{}\nidentity {}\nfound in {place}\n{} would hold its token\n",
                styled(GOOD, "the owner's claims are found; nothing was changed"),
                publisher.identity,
                paths.cli_toml.display()
            )
        });
        return Ok(Answer::Yes);
    }
    if !args.yes {
        let question =
            format!("Put a token of {} into {}?", publisher.identity, paths.cli_toml.display());
        confirm(&question, &[], WithoutTerminal::GoOn)?;
    }
    let restored = token::recover(&site, publisher, &paths)?;
    warn_of_another(&restored, output);
    let (before, after) = restored_json(&restored);
    output.result(&report(before, after), || {
        format!(
            "{}\nidentity {}\nsigned by {}\n",
            styled(GOOD, "the owner's claims are found, and cli.toml holds its token"),
            publisher.identity,
            restored.signed_by
        )
    });
    Ok(Answer::Yes)
}

/// The places to search.
fn places(args: &Recover, around: &Around, paths: &Paths) -> Result<Vec<PathBuf>, Failure> {
    if !args.paths.is_empty() {
        return Ok(args.paths.clone());
    }
    let usual = usual_places(around, paths);
    if usual.is_empty() {
        return Err(Failure::usage(
            "nothing to search: none of the usual places is here",
            "name files and folders: the server's data folder, backups of cli.toml, histories of shells, logs",
        ));
    }
    Ok(usual)
}

fn not_found(
    identity: Identity,
    owner: &Owner,
    places: &[PathBuf],
    searched: &Searched,
    output: &Output,
) -> Result<Answer, Failure> {
    if searched.files == 0 {
        searching::require_all_read(searched)?;
    }
    searching::warn(searched, output);
    let mut report = searching::to_json(searched);
    if let Some(searched) = report.as_object_mut() {
        searched.insert("candidates".to_owned(), owner.candidates().into());
    }
    let report = json!({
        "found": false,
        "identity": identity,
        "issuer": null,
        "subject": null,
        "source": null,
        "searched": report,
        "after": null,
    });
    output.result(&report, || {
        let verdict = styled(BAD, "the owner's claims were not found");
        if output.is_quiet() {
            return verdict + "\n";
        }
        let mut lines = vec![verdict, format!("identity {identity}")];
        lines.extend(places.iter().map(|place| format!("searched {}", shown(place))));
        let candidates = owner.candidates();
        lines.push(format!("{}, {candidates} subjects", searching::to_text(searched)));
        lines.join("\n") + "\n"
    });
    Ok(Answer::No)
}

fn list(places: &[PathBuf], output: &Output) -> Result<Answer, Failure> {
    let progress = Progress::new(output.is_quiet());
    let mut finder = List { progress, identities: BTreeSet::new() };
    let searched = search(searching::inputs(places), Wanted::Subjects, &mut finder)?;
    let List { progress, identities } = finder;
    drop(progress);
    if identities.is_empty() {
        searching::require_all_read(&searched)?;
    }
    searching::warn(&searched, output);
    let report = json!({
        "found": !identities.is_empty(),
        "identities": identities,
        "searched": searching::to_json(&searched),
    });
    output.result(&report, || {
        let lines = identities.iter().map(Identity::to_string);
        lines.fold(String::new(), |text, line| text + &line + "\n")
    });
    Ok((!identities.is_empty()).into())
}

const fn words(form: Form) -> &'static str {
    match form {
        Form::Token => "in a token",
        Form::Claims => "claims",
        Form::Uuid => "the subject by itself",
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}
