//! What stands around a host and its server: a project's files, a URL with a path, files of another
//! user.

use crate::doctor_model::*;
use spacetime_keys_core::doctor::{
    CheckName, CliTomlSeen, Diagnosis, Observations, Outcome, ProjectSeen, State, Unread, diagnose,
};

fn anonymous(scene: &Scene) -> Diagnosis {
    let project = ProjectSeen::Read { file: "spacetime.json".to_owned(), anonymous: true };
    diagnose(&Observations { project, ..scene.observe() })
}

#[test]
fn an_anonymous_project_is_nobodys() {
    let pair = Pair::new();
    let good = || Scene::good(&pair);
    for (scene, outcome, status) in [
        (good(), Outcome::NotOwner, Some(500)),
        (Scene { health: version("2.8.3"), ..good() }, Outcome::NotOwner, Some(403)),
        (
            Scene { database: Some(plain(404, "`app` not found")), ..good() },
            Outcome::Creates,
            Some(200),
        ),
        (Scene { database: None, ..good() }, Outcome::Creates, Some(200)),
        // The token is not sent, whatever it is.
        (
            Scene { token: plain(401, "TokenError(Error(InvalidSignature))"), ..good() },
            Outcome::NotOwner,
            Some(500),
        ),
    ] {
        let diagnosis = anonymous(&scene);
        assert_eq!(
            (diagnosis.outcome, diagnosis.status),
            (Some(outcome), status),
            "{diagnosis:#?}"
        );
        assert!(!diagnosis.ok && diagnosis.verdict.contains("without the token"), "{diagnosis:#?}");
        assert!(!diagnosis.cures, "no command takes it out of the file: {diagnosis:#?}");
        assert_eq!(check(&diagnosis, CheckName::Project).state, State::Broken);
    }
    // The token is judged all the same.
    assert_eq!(check(&anonymous(&good()), CheckName::TokenAccepted).state, State::Good);
    let gone = anonymous(&Scene { health: None, public_key: None, ..good() });
    assert_eq!(gone.outcome, Some(Outcome::Unreachable));
}

#[test]
fn a_project_that_is_not_anonymous_changes_nothing() {
    let pair = Pair::new();
    let project = ProjectSeen::Read { file: "spacetime.json".to_owned(), anonymous: false };
    let diagnosis = diagnose(&Observations { project, ..Scene::good(&pair).observe() });
    assert!(diagnosis.ok, "{diagnosis:#?}");
    let detail = "spacetime.json: the project file is not JSON5".to_owned();
    let project = ProjectSeen::Unread { detail: detail.clone(), hint: "correct it".into() };
    let diagnosis = diagnose(&Observations { project, ..Scene::good(&pair).observe() });
    assert_eq!((diagnosis.ok, diagnosis.outcome), (false, Some(Outcome::Updates)));
    assert_eq!(check(&diagnosis, CheckName::Project).detail.to_string(), detail);
}

/// What was found at a URL with a path behind the host is no proxy's fault.
#[test]
fn a_path_in_the_url() {
    let pair = Pair::new();
    let mut scene = Scene::good(&pair);
    scene.health = plain(404, "");
    scene.public_key = plain(404, "");
    let hint = |scene: &Scene| {
        let diagnosis = scene.diagnose();
        check(&diagnosis, CheckName::Server).hint.as_ref().unwrap().to_string()
    };
    assert!(hint(&scene).contains("a proxy"));
    scene.places.server = Some(format!("{URL}/database/app"));
    assert!(hint(&scene).contains("without the path"), "{}", hint(&scene));
}

#[test]
fn what_could_not_be_read_says_why() {
    let pair = Pair::new();
    let unread = |name, state| {
        let unread = Unread { name, detail: "reading X: why".to_owned(), hint: "so".into() };
        let mut seen = Scene::good(&pair).observe();
        if name == CheckName::CliToml {
            seen.cli_toml = CliTomlSeen::Unreadable;
        }
        let diagnosis = diagnose(&Observations { unread: vec![unread], ..seen });
        let check = check(&diagnosis, name).clone();
        assert_eq!(check.state, state, "{check:?}");
        assert!(check.detail.to_string().contains("reading X: why"), "{check:?}");
        assert_eq!(check.hint.unwrap().to_string(), "so");
        diagnosis.ok
    };
    assert!(unread(CheckName::Run, State::Unseen), "it is no fault");
    assert!(unread(CheckName::Store, State::Unseen));
    assert!(!unread(CheckName::CliToml, State::Broken));
}
