//! Advice as data: steps are changed as such, and only `words` names commands.

use spacetime_keys_core::Error;
use spacetime_keys_core::advice::{Advice, Choice, NextStep};
use spacetime_keys_core::fleet::{Environment, Finding, Problem};
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
fn texts_name_no_command_and_no_flag_of_the_program() {
    let errors = Error::all().into_iter().map(Error::advice);
    let findings = Finding::all().into_iter().map(|finding| Problem::new(finding, None).hint);
    for advice in errors.chain(findings) {
        let texts = advice.worded(|_| String::new());
        // Other programs' commands stand in backticks.
        let plain: String = texts.split('`').step_by(2).collect();
        assert!(!texts.contains("spacetime-keys "), "{advice}");
        assert!(!plain.split([' ', '(']).any(is_flag), "{advice}");
    }
}

fn is_flag(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
}
