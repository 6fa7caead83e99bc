//! What newer servers decide otherwise, and what a server reads that we would not sign.

use std::cell::RefCell;

use crate::doctor_model::*;
use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::{
    Ask, Came, CheckName, CliTomlSeen, DatabaseAnswer, Diagnosis, Known, Observations, Outcome,
    Reply, ServerSeen, State, Unreached, diagnose,
};

/// A server that answers each path with what is there for it, and else that there is no such
/// database. Without a token it answers nobody where it cannot issue one.
struct Paths {
    answers: Vec<(String, u16, String)>,
    cannot_issue: bool,
    asked: RefCell<Vec<String>>,
}

impl Ask for Paths {
    fn get(&self, path: &str, token: Option<&str>) -> Result<Came, Unreached> {
        self.asked.borrow_mut().push(path.to_owned());
        let found = self.answers.iter().find(|(known, ..)| known == path);
        let (status, body) = match found {
            _ if self.cannot_issue && token.is_none() && path.starts_with("/v1/database/") => {
                (500, "InvalidEcdsaKey".to_owned())
            }
            Some((_, status, body)) => (*status, body.clone()),
            None => (404, "not found".to_owned()),
        };
        let content_type = if body.starts_with('{') { "application/json" } else { "text/plain" };
        Ok(Came { status, content_type: content_type.to_owned(), body: Some(body.into_bytes()) })
    }

    fn carries_tokens(&self) -> bool {
        true
    }
}

/// Asks about `token` and a database, as the program does.
fn ask(
    pair: &Pair,
    version: &str,
    databases: &[(&str, &str)],
    token: &str,
    name: &str,
) -> (Diagnosis, ServerSeen) {
    ask_where(pair, version, databases, token, name, false)
}

fn ask_where(
    pair: &Pair,
    version: &str,
    databases: &[(&str, &str)],
    token: &str,
    name: &str,
    cannot_issue: bool,
) -> (Diagnosis, ServerSeen) {
    let mut answers = vec![
        ("/v1/health".to_owned(), 200, format!(r#"{{"version":"{version}"}}"#)),
        ("/v1/identity/public-key".to_owned(), 200, pair.public.clone()),
    ];
    for (name, owner) in databases {
        let (_, _, body) = owned_by(owner).unwrap();
        answers.push((format!("/v1/database/{name}"), 200, body));
    }
    for subject in ["owner", "another"] {
        let identity = Identity::from_claims("localhost", subject);
        answers.push((format!("/v1/identity/{identity}/verify"), 204, String::new()));
    }
    let server = Paths { answers, cannot_issue, asked: RefCell::default() };
    let mut seen = ServerSeen::look(&server);
    let content = cli_toml(Some(token), &[]);
    let known = Known {
        served: seen.verifying_key(),
        version: seen.version(),
        server: Some(URL),
        now: NOW,
        keys: &[],
    };
    let cli_toml = CliTomlSeen::of(Some(content.as_bytes()), &known);
    seen.look_for(&server, &cli_toml, Some(token), Some(name));
    let observations =
        Observations { now: NOW, server: seen.clone(), cli_toml, ..Observations::default() };
    (diagnose(&observations), seen)
}

#[test]
fn an_unknown_claim_twice_is_taken_as_the_server_takes_it() {
    let (pair, other) = (Pair::new(), Pair::new());
    for claims in [
        r#"{"iss":"localhost","sub":"owner","iat":1,"x":1,"x":2}"#,
        "{\"iss\":\"localhost\",\"sub\":\"owner\",\"iat\":1,\"x\":1,\"\\u0078\":2}",
        r#"{"iss":"localhost","sub":"owner","iat":1,"jti":"a","jti":"a"}"#,
    ] {
        for health in ["1.2.0", "2.8.3", "2.14.0"] {
            let scene = Scene {
                health: version(health),
                cli_toml: Some(cli_toml(Some(&pair.signs(claims)), &[])),
                ..Scene::good(&pair)
            };
            let diagnosis = scene.diagnose();
            assert!(diagnosis.ok, "{claims} {health}: {diagnosis:#?}");
            assert_eq!(diagnosis.outcome, Some(Outcome::Updates));
            assert!(
                check(&diagnosis, CheckName::TokenSignature)
                    .detail
                    .to_string()
                    .contains("the server's key")
            );
            // Somebody else's is somebody else's.
            let scene = Scene { database: Some(owned_by("another")), ..scene };
            assert_eq!(scene.diagnose().outcome, Some(Outcome::NotOwner));
            // Signed by another key, it cannot be signed again: we read no claim twice.
            let scene = Scene {
                cli_toml: Some(cli_toml(Some(&other.signs(claims)), &[])),
                token: plain(401, "Invalid token: InvalidSignature"),
                database: Some(owned_by("owner")),
                ..scene
            };
            let diagnosis = scene.diagnose();
            assert_eq!(diagnosis.outcome, Some(Outcome::Unauthorized));
            assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false), "{diagnosis:#?}");
        }
    }
    // Through the questions, too: whose it is, is asked of its identity.
    let token = pair.signs(r#"{"iss":"localhost","sub":"owner","iat":1,"x":1,"x":2}"#);
    let (diagnosis, _) = ask(&pair, "2.8.3", &[("app", "owner")], &token, "app");
    assert_eq!(diagnosis.outcome, Some(Outcome::Updates), "{diagnosis:#?}");
}

/// No program signs such a token again, so no step says so.
#[test]
fn a_local_token_under_another_algorithm_is_not_to_be_signed_again() {
    let pair = Pair::new();
    for algorithm in ["RS256", "ES384", "PS256", "EdDSA", "none"] {
        let header = format!(r#"{{"typ":"JWT","alg":"{algorithm}"}}"#);
        let (_, rest) =
            pair.token("owner").split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let token = format!("{}.{rest}", base64url(&header));
        let scene = Scene {
            health: version("2.8.3"),
            cli_toml: Some(cli_toml(Some(&token), &[])),
            token: plain(401, "Invalid token: InvalidSignature"),
            ..Scene::good(&pair)
        };
        let diagnosis = scene.diagnose();
        assert_eq!(diagnosis.outcome, Some(Outcome::Unauthorized), "{algorithm}");
        assert_eq!(check(&diagnosis, CheckName::Token).state, State::Broken, "{algorithm}");
        assert_eq!((diagnosis.remedy.len(), diagnosis.cures), (0, false), "{diagnosis:#?}");
        // From escrow the owner's token is made again, whatever this one says.
        let scene = Scene { vault: Some(pair.copy()), escrow: vec!["owner"], ..scene };
        let diagnosis = scene.diagnose();
        assert!(diagnosis.remedy[0].to_string().contains(" token restore "), "{diagnosis:#?}");
        assert!(diagnosis.cures, "{algorithm}");
    }
}

fn base64url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

/// By a name it creates nothing, for it would have to sign for the new database's identity.
#[test]
fn a_server_that_cannot_sign_creates_a_database_of_a_given_identity() {
    let pair = Pair::new();
    let token = pair.token("owner");
    let identity = Identity::from_claims("localhost", "nobody").to_string();
    for (name, outcome, status) in [
        (identity.as_str(), Outcome::Creates, 200),
        ("new", Outcome::Unauthorized, 500),
        ("app", Outcome::Updates, 200),
    ] {
        let (diagnosis, _) = ask_where(&pair, "2.8.3", &[("app", "owner")], &token, name, true);
        let found = (diagnosis.outcome, diagnosis.status);
        assert_eq!(found, (Some(outcome), Some(status)), "{name}: {diagnosis:#?}");
    }
}

#[test]
fn a_name_with_a_parent() {
    let pair = Pair::new();
    let token = pair.token("owner");
    let mine: &[(&str, &str)] = &[("app", "owner"), ("b", "owner")];
    for (version, databases, outcome, status) in [
        // The SpacetimeDB CLI 2.x publishes `b`, with the parent `app`.
        ("2.8.3", mine, Outcome::Updates, 200),
        ("2.8.3", &mine[..1], Outcome::Creates, 200),
        ("2.8.3", &mine[1..], Outcome::BadRequest, 400),
        ("2.8.3", &[], Outcome::BadRequest, 400),
        ("2.8.3", &[("app", "owner"), ("b", "another")], Outcome::NotOwner, 403),
        ("2.8.3", &[("b", "another")], Outcome::NotOwner, 403),
    ] {
        let (diagnosis, seen) = ask(&pair, version, databases, &token, "app/b");
        let found = (diagnosis.outcome, diagnosis.status);
        assert_eq!(found, (Some(outcome), Some(status)), "{databases:?}: {diagnosis:#?}");
        assert_ne!(seen.parent, Reply::NotAsked);
        let parent = check(&diagnosis, CheckName::Parent);
        let is_there = databases.iter().any(|(name, _)| *name == "app");
        assert_eq!(parent.ok(), Some(is_there), "{databases:?}");
        assert!(parent.hint.as_ref().unwrap().to_string().contains("parent database"));
    }
    // An older CLI asks for the whole name, which can be no database's.
    let (_, seen) = ask(&pair, "1.12.0", mine, &token, "app/b");
    assert_eq!((seen.parent, seen.database), (Reply::NotAsked, Reply::Is(DatabaseAnswer::Unknown)));
}

#[test]
fn on_maincloud_an_organization_may_own_and_an_account_creates() {
    let pair = Pair::new();
    let on = |url: &str, database, claims: &str| {
        let mut scene = Scene {
            health: version("2.14.0"),
            cli_toml: Some(cli_toml(Some(&pair.signs(claims)), &[])),
            database: Some(database),
            ..Scene::good(&pair)
        };
        scene.places.server = Some(url.to_owned());
        scene.diagnose()
    };
    let account = r#"{"iss":"https://auth.spacetimedb.com","sub":"u","iat":1}"#;
    let local = r#"{"iss":"localhost","sub":"owner","iat":1}"#;
    for url in ["https://maincloud.spacetimedb.com", "https://MAINCLOUD.spacetimedb.com:443/x"] {
        let diagnosis = on(url, owned_by("another"), account);
        assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::NotOwner), Some(403)));
        assert!(
            diagnosis.verdict.contains("unless that is an organization"),
            "{}",
            diagnosis.verdict
        );
        assert_eq!(check(&diagnosis, CheckName::Owner).state, State::Unseen);
        assert!(!diagnosis.ok && !diagnosis.cures);
        assert_eq!(on(url, plain(404, ""), account).outcome, Some(Outcome::Creates));
        let diagnosis = on(url, plain(404, ""), local);
        assert_eq!((diagnosis.outcome, diagnosis.status), (Some(Outcome::Unauthorized), Some(401)));
        assert!(diagnosis.verdict.contains("accounts of spacetimedb.com"), "{}", diagnosis.verdict);
        assert!(!diagnosis.ok && !diagnosis.cures);
        assert_eq!(on(url, owned_by("owner"), local).outcome, Some(Outcome::Updates));
    }
    for url in
        [URL, "https://spacetimedb.com.example", "https://notspacetimedb.com", "http://x@127.0.0.1"]
    {
        let diagnosis = on(url, owned_by("another"), account);
        assert!(!diagnosis.verdict.contains("organization"), "{url}");
        assert_eq!(check(&diagnosis, CheckName::Owner).state, State::Broken);
        assert_eq!(on(url, plain(404, ""), local).outcome, Some(Outcome::Creates));
    }
}
