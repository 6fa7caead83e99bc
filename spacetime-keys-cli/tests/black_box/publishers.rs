//! Whose token is in `cli.toml`: of the server itself, a login at an external issuer, a mistaken login,
//! nobody's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, Run, token};

const ROTATE: &[&str] = &["rotate", "--env", "local", "--yes"];
const WEB: &str = "https://auth.spacetimedb.com";

/// A login at an external issuer: signed by a key of its own, by its own algorithm.
fn login(issuer: &str, subject: &str, expires: Option<i64>) -> (String, String) {
    let mut claims =
        json!({ "iss": issuer, "sub": subject, "iat": 1_790_000_000, "aud": ["spacetimedb"] });
    if let Some(expires) = expires {
        claims["exp"] = json!(expires);
    }
    let text = token(&PrivateKey::generate().unwrap(), &claims);
    (text, Identity::from_claims(issuer, subject).to_string())
}

/// The same, signed with RSA as most issuers do. Its signature is none: nobody here can tell.
fn rs256(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"k"}"#);
    let claims = token.split('.').nth(1).unwrap();
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7_u8; 256]))
}

fn with_token(token: &str) -> Host {
    let host = Host::new();
    host.set_token(token);
    for path in [PRIVATE, CLI_TOML] {
        host.set_mode(path, 0o600);
    }
    host
}

/// What a person reads and what a program reads, of one run.
fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

fn codes(report: &Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

/// Nobody is told to log in, or that a token that is good would be refused.
fn says_nothing_false(run: &Run) {
    let said = said(run);
    for false_words in ["og in", "re-sign", "refuse", "--allow"] {
        assert!(!said.contains(false_words), "{false_words}: {said}");
    }
    // In a fingerprint, or in a run's id, it is no status.
    let is_status = |word| word == "401";
    assert!(!said.split(|c: char| !c.is_ascii_alphanumeric()).any(is_status), "{said}");
}

#[test]
fn a_login_at_an_external_issuer_is_left_as_it_is_and_kept_in_escrow() {
    for (issuer, is_rsa) in [
        (WEB, false),
        (WEB, true),
        ("https://app.example.com", false),
        ("https://sso.example.com/realms/app", true),
    ] {
        let (login, identity) = login(issuer, "somebody", None);
        let login = if is_rsa { rs256(&login) } else { login };
        let host = with_token(&login);
        for command in [
            &["rotate", "--env", "local", "--dry-run"][..],
            ROTATE,
            ROTATE,
            &["verify", "--env", "local"],
            &["sync", "--env", "local"],
            &["rollback", "--env", "local", "--yes"],
            &["resume", "--env", "local"],
            &["rotate", "--env", "local", "--yes", "--no-preserve-publisher-token"],
            &["verify", "--env", "local"],
        ] {
            let run = host.run(command).success();
            says_nothing_false(&run);
            assert_eq!(host.token(), login, "{command:?}");
        }
        let report = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success().json();
        assert!(report["notes"].to_string().contains("token-of-issuer"), "{report}");
        assert_eq!(report["publisher"], Value::Null);
        let verified = host.run(&["verify", "--env", "local", "--json"]).success().json();
        assert_eq!(verified["publisher"]["identity"], identity);
        assert_eq!(codes(&verified), [""; 0], "{verified}");
        // Its claims are in escrow, so that another login is noticed.
        let (other, _) = self::login(issuer, "somebody else", None);
        host.set_token(&other);
        let verified = host.run(&["verify", "--env", "local", "--json"]);
        assert_eq!(verified.status, Some(1));
        assert_eq!(codes(&verified.json()), ["ERR_PUBLISHER_UNKNOWN"]);
        // No token of an external issuer can be signed here: the way back is another one.
        let restore = host.run(&["token", "restore", "--env", "local", "--json"]);
        assert_eq!((restore.status, restore.code().as_str()), (Some(3), "ERR_ESCROW_EXTERNAL"));
        assert!(verified.stdout.contains("log in with the same account"), "{verified:?}");
        host.set_token(&login);
        host.run(&["verify", "--env", "local"]).success();
    }
}

#[test]
fn a_mistaken_login_is_told_and_refused_whatever_the_issuer() {
    let (web, _) = login(WEB, "somebody", None);
    let server_issued = |host: &Host| {
        let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
        token(&key, &json!({ "iss": "localhost", "sub": "another", "iat": 1_790_000_000 }))
    };
    for is_web in [true, false] {
        let host = Host::rotated("local");
        host.set_mode(CLI_TOML, 0o600);
        let owner = host.token();
        let mistaken = if is_web { web.clone() } else { server_issued(&host) };
        host.set_token(&mistaken);
        let before = host.tree();
        for command in
            [ROTATE, &["sync", "--env", "local"], &["rollback", "--env", "local", "--yes"]]
        {
            let run = host.run(&[command, &["--json"]].concat());
            assert_eq!(
                (run.status, run.code().as_str()),
                (Some(3), "ERR_PUBLISHER_UNKNOWN"),
                "{run:?}"
            );
            assert!(run.hint().contains("token restore"), "{run:?}");
            assert_eq!(host.tree(), before);
        }
        let verify = host.run(&["verify", "--env", "local", "--json"]);
        assert_eq!(verify.status, Some(1));
        assert_eq!(codes(&verify.json()), ["ERR_PUBLISHER_UNKNOWN"]);
        host.run(&["token", "restore", "--env", "local"]).success();
        host.run(&["verify", "--env", "local"]).success();
        assert_ne!(host.token(), owner, "signed again, for the same owner");
        let report = host.run(&[ROTATE, &["--json"]].concat()).success().json();
        assert_eq!(report["publisher"]["identity_after"], IDENTITY);
        // One that is meant is taken by name.
        let mistaken = if is_web { web.clone() } else { server_issued(&host) };
        host.set_token(&mistaken);
        let identity = host.run(&["token", "decode", "--cli-toml", CLI_TOML, "--json"]).json();
        let identity = identity["identity"].as_str().unwrap().to_owned();
        host.run(&[ROTATE, &["--expect-identity", &identity]].concat()).success();
        host.run(&["verify", "--env", "local"]).success();
    }
}

#[test]
fn no_token_and_no_file() {
    for (what, content) in [("no token", Some("default_server = \"local\"\n")), ("no file", None)] {
        let host = Host::new();
        match content {
            Some(text) => host.write(CLI_TOML, text),
            None => host.remove(CLI_TOML),
        }
        for path in [PRIVATE, CLI_TOML].into_iter().filter(|path| host.path(path).exists()) {
            host.set_mode(path, 0o600);
        }
        let run = host.run(ROTATE);
        if content.is_some() {
            assert_eq!(run.status, Some(3), "{what}: {run:?}");
            host.run(&[ROTATE, &["--no-preserve-publisher-token"]].concat()).success();
        } else {
            assert!(run.success().stderr.contains("there is no cli.toml"), "{what}");
        }
        host.run(&["verify", "--env", "local"]).success();
    }
}

#[test]
fn a_login_that_has_expired_is_its_issuers_to_renew() {
    let (expired, _) = login(WEB, "somebody", Some(1_790_000_001));
    let host = with_token(&expired);
    // A rotation needs nothing of it.
    host.run(ROTATE).success();
    assert_eq!(host.token(), expired);
    let verify = host.run(&["verify", "--env", "local", "--json"]);
    assert_eq!(codes(&verify.json()), ["ERR_TOKEN_EXPIRED"]);
    assert!(verify.stdout.contains("log in with the same account"), "{verify:?}");
    assert!(!verify.stdout.contains("resign"), "{verify:?}");
}

#[test]
fn an_algorithm_that_a_server_does_not_sign_with_is_refused_where_it_would_be_signed() {
    let (login, identity) = login(WEB, "somebody", None);
    let host = with_token(&rs256(&login));
    let before = host.tree();
    let run = host.run(
        &[ROTATE, &["--allow-external-issuer", "--expect-identity", &identity, "--json"]].concat(),
    );
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_TOKEN_ALGORITHM"), "{run:?}");
    assert_eq!(host.tree(), before);
}
