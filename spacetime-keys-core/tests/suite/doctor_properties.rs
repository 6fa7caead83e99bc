//! Whatever was seen, also what cannot be at once: `diagnose` answers, contradicts itself in
//! nothing, and sends nobody to a new login.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

use crate::doctor_model::*;
use proptest::prelude::*;
use proptest::sample::select;
use spacetime_keys_core::doctor::{CheckName, Outcome, State};
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_test_support::is_all;

/// Keys that take a while to make.
static PAIRS: LazyLock<[Pair; 3]> = LazyLock::new(|| [Pair::new(), Pair::new(), Pair::new()]);

const LOG_LINES: [&str; 12] = [
    "PUBLISH_SUCCESS",
    "PUBLISH_FAILED",
    "Updated database with name: x",
    "Uploading to x",
    "InvalidSignature",
    "Invalid token: ExpiredSignature",
    "not authorized to perform action",
    "does not own database",
    "Database is locked and cannot be reset",
    "Error: InvalidKeyFormat",
    "Error: Pre-publish check failed with status 502 Bad Gateway",
    "WARN x: Error fetching public key for issuer x",
];

fn answers(more: Vec<Option<Text>>) -> impl Strategy<Value = Option<Text>> {
    let mut all = vec![None, html(200), html(403), plain(302, ""), plain(502, "x"), plain(404, "")];
    all.extend([plain(401, "Unauthorized"), plain(500, "InvalidEcdsaKey"), plain(200, "\u{0}")]);
    prop_oneof![select(all), select(more.clone()), select(more)]
}

fn tokens() -> impl Strategy<Value = Option<String>> {
    let pair = 0..3_usize;
    let claims = select(vec![
        r#"{"iss":"localhost","sub":"owner","iat":1}"#,
        r#"{"iss":"localhost","sub":"another","iat":1}"#,
        r#"{"iss":"localhost","sub":"owner","iat":1,"exp":2}"#,
        r#"{"iss":"localhost","sub":"owner"}"#,
        r#"{"iss":"https://a.example","sub":"owner","iat":1}"#,
        r#"{"sub":"owner","iat":1}"#,
        "[]",
    ]);
    let signed = (pair, claims).prop_map(|(pair, claims)| PAIRS[pair].signs(claims));
    let text = select(vec!["", " ", "opaque", "a.b.c", "a.b.c.d.e", "\u{1}", "Bearer x"]);
    prop_oneof![
        8 => signed.clone().prop_map(Some),
        1 => signed.prop_map(|token| Some(format!("{token}\n"))),
        2 => text.prop_map(|text| Some(text.to_owned())),
        1 => Just(None),
    ]
}

fn cli_tomls() -> impl Strategy<Value = Option<String>> {
    let server = (select(vec!["127.0.0.1:3000", "db.example.com"]), 0..3_usize);
    let file = (tokens(), prop::collection::vec(server, 0..3)).prop_map(|(token, servers)| {
        let servers: Vec<_> =
            servers.iter().map(|(host, pair)| (*host, PAIRS[*pair].public.as_str())).collect();
        Some(cli_toml(token.as_deref(), &servers))
    });
    prop_oneof![12 => file, 1 => Just(None), 1 => Just(Some("spacetimedb_token = 5".to_owned()))]
}

fn file(private: bool) -> impl Strategy<Value = Option<String>> {
    let of = move |pair: usize| {
        if private { PAIRS[pair].private.clone() } else { PAIRS[pair].public.clone() }
    };
    prop_oneof![
        6 => (0..2_usize).prop_map(move |pair| Some(of(pair))),
        1 => (0..2_usize).prop_map(move |pair| Some(of(pair).replace('\n', "\\n"))),
        1 => select(vec![None, Some(String::new()), Some("x".to_owned())]),
    ]
}

prop_compose! {
    fn scenes()(
        (asked, health, public_key, token, database) in (
            prop::bool::weighted(0.9),
            answers(vec![version("1.2.0"), version("1.5.1"), version("2.8.3"), version("2.14.0")]),
            answers(PAIRS.iter().map(|pair| plain(200, &*pair.public)).collect()),
            answers(vec![
                plain(204, ""), plain(204, ""), plain(401, "Invalid token: InvalidSignature"),
                plain(401, "Authorization required"), plain(400, ""), plain(400, "malformed token"),
            ]),
            prop::option::of(answers(vec![
                owned_by("owner"), owned_by("another"), plain(404, ""), plain(400, "Invalid URL"),
            ])),
        ),
        (files, private_mode, cli_toml, vault, environment) in (
            prop::option::weighted(0.9, (file(true), file(false))),
            select(vec![0o600, 0o600, 0o644, 0]),
            cli_tomls(),
            prop::option::of(0..2_usize),
            any::<bool>(),
        ),
        (escrow, unfinished, log) in (
            prop::sample::subsequence(vec!["owner", "another"], 0..=2),
            prop::option::weighted(0.05, any::<bool>()),
            prop::option::weighted(0.3, prop::collection::vec(
                select(LOG_LINES.to_vec()), 0..5,
            )),
        ),
    ) -> Scene {
        let mut scene = Scene { asked, health, public_key, token, database, files, private_mode,
            cli_toml, escrow, unfinished,
            log: log.map(|lines| lines.join("\n").into_bytes()),
            vault: vault.map(|pair| PAIRS[pair].copy()),
            ..Scene::good(&PAIRS[0])
        };
        scene.places.environment = environment.then(|| Environment::new("local").unwrap());
        scene
    }
}

/// Checks, and how they came out, over all runs.
static REACHED: Mutex<BTreeSet<(CheckName, &str)>> = Mutex::new(BTreeSet::new());

fn state(state: State) -> &'static str {
    match state {
        State::Good => "good",
        State::Warning => "warning",
        State::Broken => "broken",
        State::Unseen => "unseen",
    }
}

fn config() -> ProptestConfig {
    // The keys are new each time: what is printed, and not a seed, is the case.
    ProptestConfig {
        cases: if is_all() { 1536 } else { 512 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    fn any_scene(scene in scenes()) {
        let diagnosis = scene.diagnose();
        // The verdict follows from outcome and checks.
        let broken = diagnosis.checks.iter().any(|check| check.state == State::Broken);
        let fine = matches!(diagnosis.outcome, Some(Outcome::Updates | Outcome::Creates));
        prop_assert!(!diagnosis.ok || (fine && !broken));
        if diagnosis.outcome == Some(Outcome::Updates) && scene.asked {
            prop_assert_eq!(diagnosis.owner, diagnosis.identity);
            prop_assert!(diagnosis.owner.is_some());
        }
        prop_assert!(diagnosis.outcome.is_some() || diagnosis.status.is_none());
        prop_assert!(!scene.asked || diagnosis.outcome.is_some());
        // Somebody is told why.
        prop_assert!(diagnosis.ok || diagnosis.outcome.is_none() || broken
            || diagnosis.checks.iter().any(|check| check.state == State::Unseen));
        for check in &diagnosis.checks {
            prop_assert!(!check.detail.to_string().is_empty());
            prop_assert_eq!(check.hint.is_some(), check.hint.is_some() || check.ok() == Some(false));
            let hint = &check.hint.as_ref().map(ToString::to_string).unwrap_or_default();
            for word in ["log in", "login"] {
                for (at, _) in hint.match_indices(word) {
                    let before = &hint[..at];
                    prop_assert!(before.ends_with("do not ") || hint[at..].starts_with("login page"), "{}", hint);
                }
            }
            REACHED.lock().unwrap().insert((check.name, state(check.state)));
        }
        let mut names: Vec<_> = diagnosis.checks.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), diagnosis.checks.len());
        // Remedies: commands, none of which is a login, none of which holds anything of a token.
        for command in diagnosis.remedy.iter().map(ToString::to_string) {
            prop_assert!(!command.contains("login") && !command.contains("logout"), "{}", command);
            let program = command.split(' ').next().unwrap();
            let known = ["spacetime-keys", "docker", "chmod", "openssl", "mv", "cp", "spacetime"];
            prop_assert!(known.contains(&program), "{}", command);
            prop_assert!(!command.contains("eyJ"), "{}", command);
        }
        prop_assert!(diagnosis.cures || !diagnosis.ok);
        prop_assert!(!diagnosis.cures || diagnosis.ok || !diagnosis.remedy.is_empty());
        let json = serde_json::to_value(&diagnosis).unwrap();
        prop_assert!(json["checks"].is_array() && json["remedy"].is_array());
    }
}

#[test]
#[allow(clippy::enum_glob_use)] // all of them are named
fn every_scene_is_judged_and_every_check_is_reached() {
    use CheckName::*;
    let good = [
        Server,
        Version,
        ServedKey,
        MountedKeys,
        KeyForm,
        KeyMode,
        CliToml,
        Token,
        TokenSignature,
        TokenExpiry,
        TokenAccepted,
        Database,
        Owner,
        Log,
    ];
    let broken = [
        Server,
        ServedKey,
        MountedKeys,
        KeyForm,
        KeyMode,
        Run,
        CliToml,
        Token,
        TokenSignature,
        TokenExpiry,
        TokenAccepted,
        SharedCliToml,
        Database,
        Owner,
        Log,
    ];
    let mut left: BTreeSet<_> = good.map(|name| (name, "good")).into();
    left.extend(broken.map(|name| (name, "broken")));
    left.extend([ServerKey, Escrow].map(|name| (name, "warning")));
    // Which scenes come is chance, and some checks are rare: those may take more of them.
    for _ in 0..10 {
        any_scene();
        left.retain(|check| !REACHED.lock().unwrap().contains(check));
        if left.is_empty() {
            return;
        }
    }
    panic!("never reached: {left:?}");
}
