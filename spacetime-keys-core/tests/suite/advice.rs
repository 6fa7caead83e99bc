//! Advice as data: steps are changed as such, and only `words` names commands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use spacetime_keys_core::Error;
use spacetime_keys_core::advice::{Advice, Choice, NextStep};
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::words::command;

#[test]
fn an_environment_fills_the_steps_that_name_none() {
    let environment = Environment::new("prod").unwrap();
    let advice = Error::MountedUnknown.advice().at(Some(&environment));
    assert_eq!(
        advice.to_string(),
        "it may be the only copy of a key in use: `spacetime-keys sync --env prod` sets it aside and \
         mounts the vault's; `spacetime-keys rotate --env prod --adopt-mounted` keeps it in the vault"
    );
    assert_eq!(advice.next_step().map(NextStep::kind), Some("sync"));
    let other = Environment::new("test").unwrap();
    assert_eq!(advice.clone().at(Some(&other)), advice);
    assert_eq!(advice.at(None), Error::MountedUnknown.advice().at(Some(&environment)));
}

#[test]
fn the_first_step_is_changed_as_data() {
    let advice = Error::Unfinished.advice().map_first(|step| step.with(Choice::LeaveToken));
    let finish = NextStep::FINISH_RUN.with(Choice::LeaveToken);
    assert_eq!(advice, ("{} finishes it", [finish]).into());
    assert_eq!(command(&NextStep::Verify), "spacetime-keys verify");
    // Where there is none, nothing changes; steps without choices take none.
    let plain = Advice::from("wait");
    assert_eq!(plain.clone().map_first(|step| step.with(Choice::LeaveToken)), plain);
    assert_eq!(NextStep::Verify.with(Choice::LeaveToken), NextStep::Verify);
}

#[test]
fn a_face_can_use_words_of_its_own() {
    let words = Error::VaultEmpty.advice().worded(|step| format!("{}()", step.kind()));
    assert_eq!(words, "rotate() makes its first pair");
}

#[test]
fn only_words_names_commands_and_flags_of_the_program() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let words = fs::read_to_string(sources.join("words.rs")).unwrap();
    let ours: BTreeSet<_> = flags(&words).collect();
    assert!(ours.contains("--env") && ours.len() > 20, "{ours:?}");
    let mut named = Vec::new();
    let engine = sources.join("../../spacetime-keys-rotation/src");
    for_each_source(&[sources, engine], &mut |path, text| {
        // Tests stand at a file's end; comments are for its readers.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let command = line.split("spacetime-keys ").skip(1).any(|rest| {
                ["key ", "token ", "jwks ", "identity ", "rotate", "resume", "sync", "verify"]
                    .iter()
                    .any(|command| rest.starts_with(command))
            });
            if command || flags(line).any(|flag| ours.contains(flag)) {
                named.push(format!("{}: {line}", path.display()));
            }
        }
    });
    assert!(named.is_empty(), "{named:#?}");
}

fn for_each_source(folders: &[PathBuf], visit: &mut impl FnMut(&Path, &str)) {
    for entry in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            for_each_source(&[path], visit);
        } else if !path.ends_with("spacetime-keys-core/src/words.rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// Words that begin with two hyphens and a letter.
fn flags(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c != '-' && !c.is_ascii_alphanumeric());
    words.filter(|word| {
        word.strip_prefix("--")
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
    })
}
