//! A server asked about one token: when it gets the token, and what its answer is held against.

use std::cell::RefCell;

use crate::doctor_model::*;
use spacetime_keys_core::PublicKey;
use spacetime_keys_core::doctor::{
    Ask, Came, CheckName, CliTomlSeen, Difference, Foreign, ForeignKind, Known, Observations,
    Outcome, Reply, Ruling, ServerSeen, State, TokenAnswer, TokenFacts, Unreached, Unruled,
    Withheld, diagnose,
};
use spacetime_keys_core::jwks::export;
use spacetime_keys_core::server::{Reason, Server};

/// A server that shows this key, and notes each token that it gets.
struct Recorder<'a> {
    version: &'a str,
    key: Option<&'a str>,
    is_private: bool,
    tokens: RefCell<Vec<String>>,
}

impl<'a> Recorder<'a> {
    fn new(key: &'a str) -> Self {
        Self { version: "2.8.3", key: Some(key), is_private: true, tokens: RefCell::default() }
    }
}

impl Ask for Recorder<'_> {
    fn get(&self, path: &str, token: Option<&str>) -> Result<Came, Unreached> {
        self.tokens.borrow_mut().extend(token.map(str::to_owned));
        let (status, body) = match (path, self.key) {
            ("/v1/health", _) => (200, format!(r#"{{"version":"{}"}}"#, self.version)),
            ("/v1/identity/public-key", Some(key)) => (200, key.to_owned()),
            (path, _) if path.ends_with("/verify") => (204, String::new()),
            ("/v1/ping", _) => (200, String::new()),
            _ => (404, String::new()),
        };
        Ok(Came { status, content_type: String::new(), body: Some(body.into_bytes()) })
    }

    fn carries_tokens(&self) -> bool {
        self.is_private
    }
}

fn facts(seen: &ServerSeen, token: &str) -> TokenFacts {
    let known = Known {
        served: seen.verifying_key(),
        version: seen.version(),
        now: NOW,
        ..Known::default()
    };
    TokenFacts::of_token(token, &known)
}

/// What is kept back, and what the server got.
fn kept_back(server: &Recorder<'_>, token: &str) -> (Option<Withheld>, usize) {
    let mut seen = ServerSeen::look(server);
    seen.look_at_token(server, &facts(&seen, token), token);
    let got = server.tokens.take().len();
    // The whole of doctor's questions, too.
    let mut seen = ServerSeen::look(server);
    let content = cli_toml(Some(token), &[]);
    let known = Known { served: seen.verifying_key(), now: NOW, ..Known::default() };
    let file = CliTomlSeen::of(Some(content.as_bytes()), &known);
    seen.look_for(server, &file, Some(token), Some("app"));
    assert_eq!(server.tokens.take().is_empty(), got == 0);
    (seen.withheld, got)
}

const EXTERNAL: &str = r#"{"iss":"https://id.example","sub":"u","iat":1}"#;

#[test]
fn a_token_goes_to_its_own_server_alone() {
    let (pair, other) = (Pair::new(), Pair::new());
    let server = Recorder::new(&pair.public);
    let kept = (Some(Withheld::AnotherKey), 0);
    assert_eq!(kept_back(&server, &pair.token("owner")), (None, 1));
    assert_eq!(kept_back(&server, &other.token("owner")), kept);
    // Only an issuer's keys are the server's to look for.
    assert_eq!(kept_back(&server, &other.signs(EXTERNAL)), (None, 1));
    assert_eq!(kept_back(&server, &pair.signs(EXTERNAL)), (None, 1));
    // What says nothing of its issuer may be anybody's secret.
    for secret in ["gho_throwaway", "a.b.c", &other.signs(r#"{"iss":"localhost","iat":1}"#)] {
        assert_eq!(kept_back(&server, secret), kept, "{secret}");
    }
    // By whose rules the claims are read, the server says.
    let twice = other.signs(r#"{"iss":"localhost","iss":"https://id.example","sub":"u","iat":1}"#);
    for version in ["1.2.0", "2.8.3", "2.14.0"] {
        let server = Recorder { version, ..Recorder::new(&pair.public) };
        assert_eq!(kept_back(&server, &twice), kept, "{version}");
        assert_eq!(kept_back(&server, &other.token("owner")), kept, "{version}");
    }
    // One that shows no key has shown no other.
    let silent = Recorder { key: None, ..Recorder::new("") };
    assert_eq!(kept_back(&silent, &other.token("owner")), (None, 1));
}

/// Such a server verifies with nothing; whose token it is, its key tells all the same.
#[test]
fn a_key_in_a_form_that_is_broken() {
    let (pair, other) = (Pair::new(), Pair::new());
    let indented = pair.public.replace('\n', "\r\r\n");
    for key in [&pair.public, &indented] {
        let server = Recorder::new(key);
        assert_eq!(kept_back(&server, &pair.token("owner")).1, 1);
        assert_eq!(kept_back(&server, &other.token("owner")), (Some(Withheld::AnotherKey), 0));
    }
}

#[test]
fn plain_http_carries_nothing() {
    let (pair, other) = (Pair::new(), Pair::new());
    let server = Recorder { is_private: false, ..Recorder::new(&pair.public) };
    for token in [pair.token("owner"), other.signs(EXTERNAL)] {
        assert_eq!(kept_back(&server, &token), (Some(Withheld::PlainHttp), 0));
    }
    assert_eq!(kept_back(&server, &other.token("owner")), (Some(Withheld::AnotherKey), 0));
}

/// What is known without asking is predicted; what is not, is said to be unknown.
#[test]
fn doctor_says_what_it_kept_back() {
    let (pair, other) = (Pair::new(), Pair::new());
    let diagnosed = |token: &str, is_private| {
        let server = Recorder { is_private, ..Recorder::new(&pair.public) };
        let mut seen = ServerSeen::look(&server);
        let content = cli_toml(Some(token), &[]);
        let known = Known {
            served: seen.verifying_key(),
            version: seen.version(),
            now: NOW,
            ..Known::default()
        };
        let file = CliTomlSeen::of(Some(content.as_bytes()), &known);
        seen.look_for(&server, &file, Some(token), None);
        let seen =
            Observations { now: NOW, server: seen, cli_toml: file, ..Observations::default() };
        diagnose(&seen)
    };
    let (owner, stranger) = (pair.token("owner"), other.token("owner"));
    for (token, is_private, outcome, withheld, state) in [
        (&owner, true, Outcome::Creates, None, State::Good),
        (&owner, false, Outcome::Creates, Some(Withheld::PlainHttp), State::Warning),
        (&stranger, true, Outcome::Unauthorized, Some(Withheld::AnotherKey), State::Broken),
        (
            &other.signs(EXTERNAL),
            false,
            Outcome::Unreachable,
            Some(Withheld::PlainHttp),
            State::Unseen,
        ),
    ] {
        let diagnosis = diagnosed(token, is_private);
        assert_eq!(diagnosis.outcome, Some(outcome), "{diagnosis:#?}");
        assert_eq!(diagnosis.token_withheld, withheld);
        let check = check(&diagnosis, CheckName::TokenAccepted);
        assert_eq!(check.state, state, "{check:?}");
        let text = format!("{} {:?}", check.detail, check.hint.as_ref().map(ToString::to_string));
        assert_eq!(text.contains("was not sent"), withheld.is_some(), "{text}");
        assert_eq!(text.contains("--plain-http"), withheld == Some(Withheld::PlainHttp), "{text}");
    }
}

/// A server of 2.8.3 with this key and set, and its answer to the token.
fn ruled(
    pair: &Pair,
    set: Option<&[u8]>,
    token: &str,
    answer: Reply<TokenAnswer>,
) -> Result<Ruling, Unruled> {
    let mut seen = ServerSeen::look(&Recorder::new(&pair.public));
    seen.token = answer;
    let key = PublicKey::from_pem(&pair.public).unwrap();
    let server = Server::of_version("2.8.3").unwrap().with_local_key(&key).unwrap();
    let server = match set {
        Some(set) => server.with_issuer_keys(set),
        None => server,
    };
    let facts = facts(&seen, token);
    Ruling::of(&seen, &server, &facts, token, NOW)
}

fn refused(reason: Reason) -> Reply<TokenAnswer> {
    Reply::Is(TokenAnswer::Refused { status: reason.status(), reason: Some(reason) })
}

/// The server's answer is the verdict, whatever was predicted, and the difference has its reason.
#[test]
fn where_the_answers_differ() {
    const ACCEPTED: Reply<TokenAnswer> = Reply::Is(TokenAnswer::Accepted);
    let (pair, issuer) = (Pair::new(), Pair::new());
    let set = export(&[issuer.key.public_key().clone().into()]).unwrap();
    let (set, empty) = (set.as_bytes(), &br#"{"keys":[]}"#[..]);
    let local = pair.token("owner");
    let expired = pair.signs(r#"{"iss":"localhost","sub":"owner","iat":1,"exp":2}"#);
    let external = issuer.signs(EXTERNAL);
    let foreign = Foreign { status: 403, kind: ForeignKind::Html };
    let no_words = Reply::Is(TokenAnswer::Refused { status: 401, reason: None });
    for (set, token, answer, expected) in [
        (None, &local, ACCEPTED, None),
        (None, &local, refused(Reason::ExpiredSignature), Some(Difference::Clocks)),
        (None, &expired, ACCEPTED, Some(Difference::Clocks)),
        (None, &expired, refused(Reason::ExpiredSignature), None),
        (None, &local, refused(Reason::InvalidSignature), Some(Difference::SeveralServers)),
        (None, &local, refused(Reason::IdentityMismatch), Some(Difference::Unexplained)),
        (None, &local, Reply::Is(TokenAnswer::NotReceived), Some(Difference::TakenOut)),
        (None, &local, Reply::Is(TokenAnswer::AnotherIdentity), Some(Difference::AnotherIdentity)),
        (None, &local, Reply::Foreign(foreign), Some(Difference::Foreign(foreign))),
        (None, &expired, no_words.clone(), None),
        (Some(set), &external, ACCEPTED, None),
        (Some(set), &external, refused(Reason::IssuerKeys), Some(Difference::IssuerUnreached)),
        (Some(set), &external, refused(Reason::KeyIdNotFound), Some(Difference::KeptKeys)),
        (Some(empty), &external, ACCEPTED, Some(Difference::KeptKeys)),
        // Without the issuer's keys nothing is predicted.
        (None, &external, refused(Reason::KeyIdNotFound), None),
        (None, &external, ACCEPTED, None),
        (None, &external, Reply::Is(TokenAnswer::NotReceived), Some(Difference::TakenOut)),
    ] {
        let ruling = ruled(&pair, set, token, answer.clone()).unwrap();
        assert_eq!(ruling.difference, expected, "{answer:?}: {ruling:?}");
        assert_eq!(ruling.verdict.accepted, answer == ACCEPTED);
        assert!(ruling.was_asked);
        let has_remedy = ruling.verdict.reason.is_some() && expected.is_none();
        assert_eq!(ruling.verdict.remedy.is_some(), has_remedy, "{answer:?}");
    }
    // Words that no server has, against a token that this one must take.
    let ruling = ruled(&pair, None, &local, no_words).unwrap();
    assert!(matches!(ruling.difference, Some(Difference::Foreign(_))), "{ruling:?}");
}

#[test]
fn where_nothing_can_be_said() {
    let (pair, issuer) = (Pair::new(), Pair::new());
    let external = issuer.signs(EXTERNAL);
    let gone = Reply::Unreached(Unreached::Timeout);
    let said = ruled(&pair, None, &external, gone);
    assert_eq!(said.unwrap_err(), Unruled::Unreached(Unreached::Timeout));
    let gateway = Foreign { status: 502, kind: ForeignKind::Gateway };
    let said = ruled(&pair, None, &external, Reply::Foreign(gateway));
    assert_eq!(said.unwrap_err(), Unruled::Foreign(gateway));
    // A line break stands in no header.
    let said = ruled(&pair, None, &format!("{external}\n"), Reply::NotAsked).unwrap();
    assert_eq!((said.verdict.status, said.was_asked), (400, false));
}
