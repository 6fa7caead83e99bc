//! What `diagnose` tells apart, each with its remedy; what it makes of servers' measured answers.

use crate::doctor_model::*;
use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::{
    Answer, CheckName, DatabaseAnswer, Diagnosis, ForeignKind, Observations, Outcome, Reply, State,
    TokenAnswer, Unreached, diagnose,
};
use spacetime_keys_core::server::Reason;

const SIGNATURE: &str = "TokenError(Error(InvalidSignature))";

fn owner() -> Identity {
    Identity::from_claims("localhost", "owner")
}

#[track_caller]
fn assert_broken(diagnosis: &Diagnosis, names: &[CheckName]) {
    let broken = diagnosis.checks.iter().filter(|check| check.state == State::Broken);
    let broken: Vec<_> = broken.map(|check| check.name).collect();
    assert_eq!(broken, names, "{diagnosis:#?}");
}

/// The remedy, as it is typed.
fn typed(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.remedy.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_cured_by(diagnosis: &Diagnosis, commands: &[&str]) {
    assert_eq!(typed(diagnosis), commands, "{diagnosis:#?}");
    assert!(diagnosis.cures, "{diagnosis:#?}");
}

#[test]
fn all_is_well() {
    let pair = Pair::new();
    let diagnosis = Scene::good(&pair).diagnose();
    assert!(diagnosis.ok, "{diagnosis:#?}");
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::Updates), Some(200)));
    assert_eq!((diagnosis.identity, diagnosis.owner), (Some(owner()), Some(owner())));
    assert_cured_by(&diagnosis, &[]);
    assert_broken(&diagnosis, &[]);
}

#[test]
fn nothing_seen_is_nothing_said() {
    let diagnosis = diagnose(&Observations::default());
    assert!(!diagnosis.ok);
    assert_eq!((diagnosis.outcome, diagnosis.status), (None, None));
    assert_eq!(diagnosis.remedy, []);
    assert_broken(&diagnosis, &[]);
}

#[test]
fn a_token_of_an_older_key_is_signed_anew() {
    let (now, before) = (Pair::new(), Pair::new());
    let scene = Scene {
        token: plain(401, SIGNATURE),
        cli_toml: Some(cli_toml(
            Some(&before.token("owner")),
            &[("localhost:3000", &before.public)],
        )),
        ..Scene::good(&now)
    };
    let diagnosis = scene.diagnose();
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::Unauthorized), Some(401)));
    assert_broken(&diagnosis, &[CheckName::TokenSignature, CheckName::TokenAccepted]);
    assert!(check(&diagnosis, CheckName::TokenSignature).detail.to_string().contains("had before"));
    assert_eq!(check(&diagnosis, CheckName::ServerKey).state, State::Warning);
    let resign = format!(
        "spacetime-keys token resign --cli-toml cli.toml --private-key keys/id_ecdsa --expect-identity {}",
        owner()
    );
    let refresh = format!("spacetime --config-path cli.toml server fingerprint -y {URL}");
    assert_cured_by(&diagnosis, &[&resign, &refresh]);

    // Signed by nobody known: the owner's claims all the same.
    let stranger = cli_toml(Some(&Pair::new().token("owner")), &[]);
    let diagnosis = Scene { cli_toml: Some(stranger), ..scene }.diagnose();
    assert!(
        check(&diagnosis, CheckName::TokenSignature)
            .detail
            .to_string()
            .contains("none of the known")
    );
    assert_cured_by(&diagnosis, &[&resign]);
}

#[test]
fn a_restart_is_pending() {
    let (served, mounted) = (Pair::new(), Pair::new());
    let files = Some((Some(mounted.private.clone()), Some(mounted.public.clone())));
    // The token has followed already.
    let scene = Scene {
        token: plain(401, SIGNATURE),
        cli_toml: Some(cli_toml(Some(&mounted.token("owner")), &[])),
        files,
        ..Scene::good(&served)
    };
    let diagnosis = scene.diagnose();
    assert_broken(
        &diagnosis,
        &[CheckName::TokenSignature, CheckName::TokenAccepted, CheckName::ServedKey],
    );
    assert_cured_by(&diagnosis, &["docker compose restart"]);
    // It has not, and still works: what is predicted is the answer of today.
    let still = Scene {
        token: plain(204, ""),
        cli_toml: Some(cli_toml(Some(&served.token("owner")), &[])),
        places: spacetime_keys_core::doctor::Places {
            restart: "systemctl restart spacetimedb".to_owned(),
            ..scene.places.clone()
        },
        ..scene
    };
    let diagnosis = still.diagnose();
    assert_eq!(diagnosis.outcome, Some(Outcome::Updates));
    assert!(!diagnosis.ok);
    assert_broken(&diagnosis, &[CheckName::ServedKey]);
    assert_eq!(diagnosis.remedy.len(), 2);
    assert!(typed(&diagnosis)[0].starts_with("spacetime-keys token resign "));
    assert_eq!(typed(&diagnosis)[1], "systemctl restart spacetimedb");
}

#[test]
fn not_the_owner_by_generation() {
    let pair = Pair::new();
    for (health, status) in [
        (version("1.2.0"), Some(500)),
        (version("1.5.0"), Some(401)),
        (version("1.8.0"), Some(403)),
        (version("2.8.3"), Some(403)),
        (plain(404, ""), None),
    ] {
        let scene = Scene { health, database: Some(owned_by("another")), ..Scene::good(&pair) };
        let diagnosis = scene.diagnose();
        assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::NotOwner), status));
        assert_broken(&diagnosis, &[CheckName::Owner]);
        // Nobody has the owner's claims: there is nothing to type.
        assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false));
    }
}

#[test]
fn the_owner_comes_back_from_escrow() {
    let pair = Pair::new();
    let scene = Scene {
        database: Some(owned_by("another")),
        vault: Some(pair.copy()),
        escrow: vec!["owner", "another"],
        ..Scene::good(&pair)
    };
    let diagnosis = scene.diagnose();
    let another = Identity::from_claims("localhost", "another");
    let restore = format!(
        "spacetime-keys token restore --env local --expect-identity {another} --cli-toml cli.toml --keys-dir keys"
    );
    assert_cured_by(&diagnosis, &[&restore]);
    assert_eq!(check(&diagnosis, CheckName::Escrow).state, State::Good);

    // Broken TOML is set aside, not lost.
    let broken = Scene { cli_toml: Some("[[[".to_owned()), ..scene };
    let diagnosis = broken.diagnose();
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::BadRequest), None));
    assert_cured_by(&diagnosis, &["mv cli.toml cli.toml.damaged", &restore]);
}

#[test]
fn without_a_token() {
    let pair = Pair::new();
    let table = [
        (Some(plain(404, "")), Outcome::Creates, 200),
        (None, Outcome::Creates, 200),
        (Some(owned_by("owner")), Outcome::NotOwner, 500),
        (Some(plain(500, "InvalidEcdsaKey")), Outcome::Unauthorized, 500),
    ];
    for (database, outcome, status) in table {
        for text in [Some(cli_toml(None, &[])), None] {
            let scene = Scene { database: database.clone(), cli_toml: text, ..Scene::good(&pair) };
            let diagnosis = scene.diagnose();
            assert_eq!((diagnosis.outcome, diagnosis.status), (Some(outcome), Some(status)));
            assert!(!diagnosis.ok && !diagnosis.cures);
            let hint = check(&diagnosis, CheckName::Token).hint.as_ref().unwrap().to_string();
            assert!(hint.contains("new identity") && hint.contains("do not log in"), "{hint}");
        }
    }
    let blank = Scene {
        cli_toml: Some(cli_toml(Some(""), &[])),
        token: plain(400, "Authorization is invalid: malformed token"),
        ..Scene::good(&pair)
    };
    let diagnosis = blank.diagnose();
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::BadRequest), Some(400)));
}

#[test]
fn tokens_that_cannot_be_signed_anew() {
    let pair = Pair::new();
    let flawed = [
        ("gho_16C7e42F292c6912E7710c838347Ae178B4a".to_owned(), "InvalidToken"),
        ("a.b.c.d.e".to_owned(), "InvalidToken"),
        (pair.signs(r#"{"iss":"localhost","sub":"owner"}"#), "missing field `iat`"),
        (pair.token("owner").replacen('.', ".AA", 1), "Json(Error)"),
    ];
    for (token, answer) in flawed {
        let scene = Scene {
            cli_toml: Some(cli_toml(Some(&token), &[])),
            token: plain(401, format!("TokenError(Error({answer}))")),
            ..Scene::good(&pair)
        };
        let diagnosis = scene.diagnose();
        assert_eq!(diagnosis.outcome, Some(Outcome::Unauthorized));
        assert_eq!(check(&diagnosis, CheckName::Token).state, State::Broken);
        assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false));
    }
}

/// Databases call one another with tokens that no client may use.
#[test]
fn a_token_of_a_database_is_named() {
    let pair = Pair::new();
    let claims =
        r#"{"iss":"spacetimedb-idc-v1","aud":"c200","sender":"c200","iat":1,"exp":4000000000}"#;
    let scene = Scene {
        health: version("2.14.0"),
        cli_toml: Some(cli_toml(Some(&pair.signs(claims)), &[])),
        token: plain(401, "Invalid token: JSON error: missing field `sub` at line 1 column 9"),
        ..Scene::good(&pair)
    };
    let diagnosis = scene.diagnose();
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::Unauthorized), Some(401)));
    assert!(check(&diagnosis, CheckName::Token).detail.to_string().contains("database's own"));
    assert!(diagnosis.verdict.contains("JSON error"), "{}", diagnosis.verdict);
    assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false));
    // With a subject it is a token like any other: servers look at nothing else.
    let other = pair.signs(r#"{"iss":"spacetimedb-idc-v1","sub":"a","iat":1}"#);
    let scene = Scene { cli_toml: Some(cli_toml(Some(&other), &[])), ..Scene::good(&pair) };
    assert_eq!(check(&scene.diagnose(), CheckName::Token).state, State::Good);
}

#[test]
fn expired_and_unsendable_tokens_are_signed_anew() {
    let pair = Pair::new();
    let expired = pair.signs(r#"{"iss":"localhost","sub":"owner","iat":1,"exp":2}"#);
    let good = pair.token("owner");
    for (token, answer, outcome) in [
        (expired, plain(401, "Invalid token: ExpiredSignature"), Outcome::Unauthorized),
        // Never asked: a client cannot send it.
        (format!("{good}\n"), None, Outcome::BadRequest),
    ] {
        let scene = Scene {
            cli_toml: Some(cli_toml(Some(&token), &[])),
            token: answer,
            ..Scene::good(&pair)
        };
        let diagnosis = scene.diagnose();
        assert_eq!(diagnosis.outcome, Some(outcome), "{diagnosis:#?}");
        assert_eq!(diagnosis.remedy.len(), 1);
        assert!(typed(&diagnosis)[0].contains(" token resign "));
        assert!(diagnosis.cures);
    }
}

#[test]
fn external_issuers() {
    let pair = Pair::new();
    let claims = r#"{"iss":"https://id.example.com","sub":"u_1","iat":1}"#;
    let theirs = Pair::new().signs(claims);
    // The server has fetched their keys.
    let scene = Scene {
        cli_toml: Some(cli_toml(Some(&theirs), &[])),
        database: Some(plain(404, "`x` not found")),
        ..Scene::good(&pair)
    };
    let diagnosis = scene.diagnose();
    assert!(diagnosis.ok, "{diagnosis:#?}");
    assert!(check(&diagnosis, CheckName::TokenSignature).detail.to_string().contains("its issuer"));
    // It could not: their key is not ours to replace.
    let answer = "Error fetching public key for issuer https://id.example.com";
    let refused = Scene { token: plain(401, answer), ..scene };
    let diagnosis = refused.diagnose();
    assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false));
    assert!(diagnosis.verdict.contains(Reason::IssuerKeys.as_str()));
    // A key of ours has signed it: then it is.
    let ours = Scene { cli_toml: Some(cli_toml(Some(&Pair::new().signs(claims)), &[])), ..refused };
    let before = Pair::new();
    let ours = Scene {
        cli_toml: Some(cli_toml(
            Some(&before.signs(claims)),
            &[("127.0.0.1:3000", &before.public)],
        )),
        ..ours
    };
    let diagnosis = ours.diagnose();
    assert!(typed(&diagnosis)[0].ends_with(" --allow-external-issuer"), "{diagnosis:#?}");
}

#[test]
fn two_servers_and_one_file() {
    let (here, there) = (Pair::new(), Pair::new());
    let scene = Scene {
        token: plain(401, SIGNATURE),
        cli_toml: Some(cli_toml(
            Some(&there.token("owner")),
            &[("db.example.com", &there.public), ("127.0.0.1:3000", &here.public)],
        )),
        ..Scene::good(&here)
    };
    let diagnosis = scene.diagnose();
    assert_eq!(check(&diagnosis, CheckName::SharedCliToml).state, State::Broken);
    assert_eq!(typed(&diagnosis)[0], "cp -p cli.toml cli.toml.other-server");
    assert!(typed(&diagnosis)[1].starts_with("spacetime-keys token resign "));
}

#[test]
fn key_files_with_which_a_server_is_broken_or_soon_will_be() {
    let pair = Pair::new();
    let other = Pair::new();
    let escaped = pair.private.replace('\n', "\\n");
    let normalize = "spacetime-keys key normalize --write keys/id_ecdsa keys/id_ecdsa.pub";
    let derive = "openssl pkey -in keys/id_ecdsa -pubout -out keys/id_ecdsa.pub";
    let some = |text: &str| Some(text.to_owned());
    let table: [(_, _, CheckName, &[&str]); 6] = [
        (some(&escaped), some(&pair.public), CheckName::KeyForm, &[normalize]),
        (some(&pair.private), None, CheckName::MountedKeys, &[derive]),
        (some(&pair.private), some(&other.public), CheckName::MountedKeys, &[derive]),
        (some(&pair.private), some("x"), CheckName::MountedKeys, &[derive]),
        // As long as it runs, it works; a copy of the key is better than a new one.
        (None, some(&pair.public), CheckName::MountedKeys, &[]),
        (None, None, CheckName::MountedKeys, &[]),
    ];
    for (private, public, name, commands) in table {
        let scene = Scene { files: Some((private, public)), ..Scene::good(&pair) };
        let diagnosis = scene.diagnose();
        assert_eq!(diagnosis.outcome, Some(Outcome::Updates));
        assert_broken(&diagnosis, &[name]);
        assert_eq!(typed(&diagnosis), commands, "{diagnosis:#?}");
        assert_eq!(diagnosis.cures, !commands.is_empty());
    }
    for mode in [0o644, 0o604, 0o000, 0o200] {
        let diagnosis = Scene { private_mode: mode, ..Scene::good(&pair) }.diagnose();
        assert_broken(&diagnosis, &[CheckName::KeyMode]);
        assert_cured_by(&diagnosis, &["chmod 600 keys/id_ecdsa"]);
    }
    assert!(Scene { private_mode: 0o640, ..Scene::good(&pair) }.diagnose().ok);
    // With the private key gone and the token refused, a new pair and the same claims.
    let lost = Scene {
        files: Some((some("damaged"), some(&pair.public))),
        token: plain(401, SIGNATURE),
        cli_toml: Some(cli_toml(Some(&other.token("owner")), &[])),
        ..Scene::good(&pair)
    };
    let diagnosis = lost.diagnose();
    let starts = [
        "mv keys/id_ecdsa ",
        "mv keys/id_ecdsa.pub ",
        "spacetime-keys key generate --out keys",
        "spacetime-keys token resign ",
        "docker compose restart",
    ];
    assert_eq!(diagnosis.remedy.len(), starts.len(), "{diagnosis:#?}");
    for (command, start) in typed(&diagnosis).iter().zip(starts) {
        assert!(command.starts_with(start), "{command}");
    }
}

#[test]
fn a_key_that_the_server_cannot_verify_with() {
    let pair = Pair::new();
    let p384 =
        "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE\n-----END PUBLIC KEY-----\n";
    let scene =
        Scene { public_key: plain(200, p384), token: plain(401, SIGNATURE), ..Scene::good(&pair) };
    let diagnosis = scene.diagnose();
    assert_eq!(check(&diagnosis, CheckName::ServedKey).state, State::Broken);
    assert_cured_by(&diagnosis, &["docker compose restart"]);
}

/// It read the private key when that was in another form than now.
#[test]
fn a_key_that_the_server_cannot_sign_with() {
    let pair = Pair::new();
    let scene = Scene { database: Some(plain(500, "InvalidEcdsaKey")), ..Scene::good(&pair) };
    let diagnosis = scene.diagnose();
    assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::Unauthorized), Some(500)));
    assert_broken(&diagnosis, &[CheckName::Database]);
    assert_cured_by(&diagnosis, &["docker compose restart"]);
    // Whatever the files on another machine are, no step here is known to cure it.
    let elsewhere = Scene { files: None, ..scene }.diagnose();
    assert_eq!((elsewhere.remedy.len(), elsewhere.cures), (0, false));
}

#[test]
fn proxies_and_silence() {
    let pair = Pair::new();
    let good = || Scene::good(&pair);
    let nowhere = |text: Option<Text>| Scene { health: text.clone(), public_key: text, ..good() };
    for (scene, outcome, status) in [
        (nowhere(html(200)), Outcome::Proxy, Some(200)),
        (nowhere(html(403)), Outcome::Proxy, Some(403)),
        (nowhere(plain(302, "")), Outcome::Proxy, Some(302)),
        (nowhere(plain(502, "Bad Gateway")), Outcome::Proxy, Some(502)),
        (nowhere(plain(404, "")), Outcome::Proxy, Some(404)),
        (nowhere(None), Outcome::Unreachable, None),
        (Scene { token: html(403), ..good() }, Outcome::Proxy, Some(403)),
        (Scene { token: plain(307, ""), ..good() }, Outcome::Proxy, Some(307)),
        (Scene { token: plain(401, "Unauthorized"), ..good() }, Outcome::Proxy, Some(401)),
        (
            Scene { token: plain(401, "Authorization required"), ..good() },
            Outcome::Proxy,
            Some(401),
        ),
        (Scene { database: Some(html(403)), ..good() }, Outcome::Proxy, Some(403)),
        (Scene { database: Some(None), ..good() }, Outcome::Unreachable, None),
        // Where the token's check hangs, a publish hangs.
        (Scene { token: None, ..good() }, Outcome::Unreachable, None),
        (
            Scene { database: Some(plain(400, "Invalid URL")), ..good() },
            Outcome::BadRequest,
            Some(400),
        ),
    ] {
        let diagnosis = scene.diagnose();
        assert_eq!(
            (diagnosis.outcome, diagnosis.status),
            (Some(outcome), status),
            "{diagnosis:#?}"
        );
        assert!(!diagnosis.ok);
        assert_eq!(diagnosis.remedy, []);
    }
}

#[test]
fn a_run_that_was_cut_short_comes_first() {
    let pair = Pair::new();
    let scene = Scene { unfinished: Some(false), ..Scene::good(&pair) };
    let diagnosis = scene.diagnose();
    assert_broken(&diagnosis, &[CheckName::Run]);
    assert_eq!(typed(&diagnosis), ["spacetime-keys resume", "docker compose restart"]);
    let running = Scene { unfinished: Some(true), ..scene };
    assert_eq!(running.diagnose().remedy, []);
}

#[test]
fn logs_alone() {
    let pair = Pair::new();
    let quiet = || Scene { asked: false, ..Scene::good(&pair) };
    for (log, outcome, status, ok) in [
        ("PUBLISH_SUCCESS", Some(Outcome::Updates), Some(200), true),
        ("InvalidSignature\nPUBLISH_FAILED", Some(Outcome::Unauthorized), Some(401), false),
        (
            "c2 is not authorized to perform action on database c2",
            Some(Outcome::NotOwner),
            Some(403),
            false,
        ),
        ("`c2` does not own database `c2`", Some(Outcome::NotOwner), Some(500), false),
        ("PUBLISH_FAILED", None, None, false),
        ("nothing of the kind", None, None, false),
    ] {
        let scene = Scene { log: Some(log.into()), ..quiet() };
        let diagnosis = scene.diagnose();
        assert_eq!((diagnosis.outcome, diagnosis.status), (outcome, status), "{log}");
        assert_eq!(diagnosis.ok, ok, "{log}: {diagnosis:#?}");
    }
    // The same remedy as from the server's own answer.
    let stale = Scene {
        log: Some(b"TokenError(Error(InvalidSignature))".to_vec()),
        cli_toml: Some(cli_toml(Some(&Pair::new().token("owner")), &[])),
        ..quiet()
    };
    assert!(typed(&stale.diagnose())[0].contains(" token resign "));
    // Beside a server, a log that ends badly is a broken check.
    let beside = Scene { log: Some(b"PUBLISH_FAILED".to_vec()), ..Scene::good(&pair) };
    let diagnosis = beside.diagnose();
    assert_eq!(diagnosis.outcome, Some(Outcome::Updates));
    assert_broken(&diagnosis, &[CheckName::Log]);
    assert!(!diagnosis.ok);
}

/// As running servers 1.2.0 and 2.8.3 answered.
#[test]
fn measured_answers() {
    let answer = |status, body: &'static str| Answer {
        status,
        content_type: "text/plain; charset=utf-8",
        body: Some(body.as_bytes()),
    };
    let refused = |status, reason| Reply::Is(TokenAnswer::Refused { status, reason: Some(reason) });
    for (status, body, reply) in [
        (200, "", Reply::Is(TokenAnswer::Accepted)),
        (204, "", Reply::Is(TokenAnswer::Accepted)),
        (400, "", Reply::Is(TokenAnswer::AnotherIdentity)),
        (401, "Authorization required", Reply::Is(TokenAnswer::NotReceived)),
        (401, SIGNATURE, refused(401, Reason::InvalidSignature)),
        (401, "Invalid token: InvalidSignature", refused(401, Reason::InvalidSignature)),
        (401, "TokenError(Error(ExpiredSignature))", refused(401, Reason::ExpiredSignature)),
        (401, "Invalid token: InvalidToken", refused(401, Reason::InvalidToken)),
        (401, "TokenError(Error(Base64(InvalidByte(0, 34))))", refused(401, Reason::Base64)),
        (
            401,
            "Invalid token: Base64 error: Invalid symbol 34, offset 0.",
            refused(401, Reason::Base64),
        ),
        (
            401,
            "Other(Error fetching public key for issuer my-app)",
            refused(401, Reason::IssuerKeys),
        ),
        (401, "KeyIDNotFound", refused(401, Reason::KeyIdNotFound)),
        (401, "Specified key ID not found in JWKs", refused(401, Reason::KeyIdNotFound)),
        (401, "Other(Identity mismatch: token identity …", refused(401, Reason::IdentityMismatch)),
        (400, "Authorization is invalid: malformed token", refused(400, Reason::Missing)),
    ] {
        assert_eq!(answer(status, body).token(), reply, "{status} {body}");
    }
    let hex = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
    for body in [
        r#"{"database_identity":{"__identity__":"0x00"},"owner_identity":{"__identity__":"0xc200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad"}}"#,
        r#"{"owner_identity":"c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad"}"#,
    ] {
        let reply = answer(200, body).database();
        assert_eq!(reply, Reply::Is(DatabaseAnswer::OwnedBy(Identity::parse(hex).unwrap())));
    }
    for (status, body, reply) in [
        (404, "", DatabaseAnswer::Unknown),
        (404, "`nope-db` not found", DatabaseAnswer::Unknown),
        (404, "No such database.", DatabaseAnswer::Unknown),
        (400, "Invalid URL: invalid characters in database name", DatabaseAnswer::BadName),
        (500, "InvalidEcdsaKey", DatabaseAnswer::CannotIssue),
    ] {
        assert_eq!(answer(status, body).database(), Reply::Is(reply), "{body}");
    }
    let owned = answer(
        200,
        r#"{"identities":["0xC200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad"]}"#,
    );
    assert_eq!(owned.databases(), Reply::Is(vec![hex.to_owned()]));
    let too_large = Answer { status: 200, content_type: "", body: None };
    assert_eq!(too_large.health().foreign().unwrap().kind, ForeignKind::TooLarge);
    let binary = Answer { status: 200, content_type: "", body: Some(b"\xff\xfe\0\0") };
    assert_eq!(binary.public_key().foreign().unwrap().kind, ForeignKind::Other);
    let strange = answer(200, r#"{"version":"<script>"}"#);
    assert_eq!(strange.health().foreign().unwrap().kind, ForeignKind::Other);
    assert!(Reply::<()>::Unreached(Unreached::Tls).foreign().is_none());
}
