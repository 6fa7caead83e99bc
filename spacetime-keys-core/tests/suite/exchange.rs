//! The exchange: which tokens it takes, what comes out, and what its list forgets and does not.
//! What comes out is judged by the rules of servers, and by texts that are put together here.

use crate::common::{encode, host_public_key, issued, new_signer, part, properties, signed};
use crate::jwt_properties::{any_claims, object};
use proptest::prelude::*;
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::exchange::{Exchange, Exchanged, Outcome, RetiredKeys};
use spacetime_keys_core::jwt::Token;
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_core::{Error, Identity, PrivateKey};

const RETIRED_AT: i64 = 1_800_000_000;
const MONTH: u32 = 30 * 86_400;
const NOW: i64 = RETIRED_AT + 86_400;
const SUBJECT: &str = "0a4d6e3c-55d2-4c67-9d5c-f0a8bd7ac4d3";

/// A server after its rotation: the old key is honoured for a month.
struct Rotated {
    old: Signer,
    present: PrivateKey,
    list: RetiredKeys,
}

impl Rotated {
    fn new() -> Self {
        let old = new_signer();
        let mut list = RetiredKeys::default();
        list.retire(old.public_key(), RETIRED_AT, MONTH);
        Self { old, present: PrivateKey::generate().unwrap(), list }
    }

    fn exchange(&self) -> Exchange {
        Exchange::new(&self.list, Signer::new(&self.present).unwrap()).unwrap()
    }

    fn refusal(&self, token: &str) -> Option<&'static str> {
        match self.exchange().exchange(token, NOW, None) {
            Outcome::Refused(error) => Some(error.code()),
            Outcome::Exchanged(_) | Outcome::NotNeeded { .. } => None,
        }
    }
}

fn claims(more: &str) -> String {
    let iat = RETIRED_AT - 1000;
    format!(r#"{{"sub":"{SUBJECT}","iss":"localhost","aud":["spacetimedb"],"iat":{iat}{more}}}"#)
}

fn exchanged(outcome: Outcome) -> Exchanged {
    match outcome {
        Outcome::Exchanged(exchanged) => exchanged,
        other => panic!("{other:?}"),
    }
}

/// What servers of all rules with this key say.
fn whose(token: &str, key: &PrivateKey, now: i64) -> Vec<Option<Identity>> {
    let server = |rules| Server::new(rules).with_local_key(key.public_key()).unwrap();
    Rules::ALL.iter().map(|rules| server(*rules).check(token, now).identity).collect()
}

#[test]
fn an_old_token_becomes_one_of_the_present_key() {
    let host = Rotated::new();
    let identity = Identity::from_claims("localhost", SUBJECT);
    let given = issued(claims(r#","exp":null,"level":12345678901234567890.4500"#), &host.old);
    let new = exchanged(host.exchange().exchange(&given, NOW, None));
    assert_eq!(part(&new.token, 0), r#"{"typ":"JWT","alg":"ES256"}"#);
    let expected =
        claims(r#","level":12345678901234567890.4500"#).replace("1799999000", &NOW.to_string());
    assert_eq!(part(&new.token, 1), expected);
    assert_eq!((new.identity, new.expires_at), (identity, None));
    assert_eq!(new.retired_key, host.old.public_key().fingerprint());

    let given = issued(claims(""), &host.old);
    let new = exchanged(host.exchange().exchange(&given, NOW, Some(300)));
    assert_eq!(new.expires_at, Some(NOW + 300));
    assert_eq!(whose(&given, &host.present, NOW), [None; 3]);
    assert_eq!(whose(&new.token, &host.present, NOW), [Some(identity); 3]);
    assert_eq!(whose(&new.token, &host.present, NOW + 361), [None; 3]);
    // What came out is good already.
    let again = host.exchange().exchange(&new.token, NOW, None);
    assert!(
        matches!(
            again,
            Outcome::NotNeeded { identity: found, expires_at: Some(end) } if found == identity && end == NOW + 300
        ),
        "{again:?}"
    );
}

#[test]
fn no_token_lives_longer_than_it_did() {
    let host = Rotated::new();
    for (exp, lifetime, expected) in [
        (NOW + 10, Some(300), NOW + 10),
        (NOW + 9000, Some(300), NOW + 300),
        (NOW - 60, None, NOW - 60),
    ] {
        let given = issued(claims(&format!(r#","exp":{exp}"#)), &host.old);
        let new = exchanged(host.exchange().exchange(&given, NOW, lifetime));
        assert_eq!(new.expires_at, Some(expected));
        assert!(part(&new.token, 1).contains(&format!(r#""exp":{expected}"#)));
    }
}

#[test]
fn what_is_not_exchanged() {
    let mut host = Rotated::new();
    let with = |more: &str| issued(claims(more), &host.old);
    let replaced = |from: &str, to: &str| issued(claims("").replacen(from, to, 1), &host.old);
    let good = with("");
    assert_eq!(host.refusal(&good), None);

    let (head, signature) = good.rsplit_once('.').unwrap();
    let altered = format!("{}.{signature}", head.replace(&encode("{\"sub\""), &encode("{\"SUB\"")));
    let swapped = {
        let header = good.split('.').next().unwrap();
        format!("{header}.{}.{signature}", encode(claims(r#","role":"admin""#)))
    };
    let header = |header: &str| signed(header, claims(""), &host.old);
    let hmac =
        format!("{}.{}.{}", encode(r#"{"alg":"HS256"}"#), encode(claims("")), encode([7; 32]));
    let none = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims("")));
    let identity = Identity::from_claims("localhost", "another");
    for (token, code) in [
        (String::new(), "ERR_TOKEN_OPAQUE"),
        ("ghp_opaque".into(), "ERR_TOKEN_OPAQUE"),
        ("a.".repeat(1 << 19) + "a", "ERR_TOKEN_TOO_LARGE"),
        (altered, "ERR_CLAIM_MISSING"),
        (swapped, "ERR_KEY_NOT_RETIRED"),
        (format!("{head}."), "ERR_KEY_NOT_RETIRED"),
        (issued(claims(""), &new_signer()), "ERR_KEY_NOT_RETIRED"),
        (hmac, "ERR_TOKEN_ALGORITHM"),
        (none, "ERR_TOKEN_ALGORITHM"),
        (header(r#"{"alg":"ES384"}"#), "ERR_TOKEN_ALGORITHM"),
        (header(r#"{"alg":"ES256","crit":["exp"]}"#), "ERR_TOKEN_CRITICAL"),
        (header(r#"{"alg":"ES256","b64":false}"#), "ERR_TOKEN_CRITICAL"),
        // No server reads such a header: the token was never good.
        (header(r#"{"alg":"ES256","typ":{"a":""}}"#), "ERR_TOKEN_MALFORMED"),
        (replaced("localhost", "https://id.example.com"), "ERR_TOKEN_EXTERNAL_ISSUER"),
        (replaced("localhost", "Localhost"), "ERR_TOKEN_EXTERNAL_ISSUER"),
        (replaced(SUBJECT, ""), "ERR_CLAIM_INVALID"),
        (replaced(r#""iat":1799999000"#, r#""iet":1"#), "ERR_CLAIM_MISSING"),
        (replaced("1799999000", "\"1799999000\""), "ERR_CLAIM_INVALID"),
        (replaced("1799999000", "1800000061"), "ERR_TOKEN_ISSUED_LATER"),
        (with(&format!(r#","exp":{}"#, NOW - 61)), "ERR_TOKEN_EXPIRED"),
        (with(r#","exp":-1"#), "ERR_TOKEN_EXPIRED"),
        (with(r#","exp":1e12"#), "ERR_CLAIM_INVALID"),
        (with(&format!(r#","hex_identity":"{identity}""#)), "ERR_TOKEN_IDENTITY_MISMATCH"),
        (with(r#","act":{"sub":"app"}"#), "ERR_TOKEN_DELEGATED"),
        (with(r#","act":null"#), "ERR_TOKEN_DELEGATED"),
        (with(r#","sub":"b""#), "ERR_TOKEN_DUPLICATE"),
        (with(r#","half":"\ud800""#), "ERR_TOKEN_JSON"),
    ] {
        assert_eq!(host.refusal(&token), Some(code), "{token:.200}");
    }
    assert_eq!(host.refusal(&replaced("1799999000", "1800000060")), None);

    host.list.add_publisher(Identity::from_claims("localhost", SUBJECT));
    assert_eq!(host.refusal(&good), Some("ERR_TOKEN_OF_PUBLISHER"));
}

#[test]
fn a_key_is_honoured_for_its_time_and_while_it_is_not_revoked() {
    let mut host = Rotated::new();
    let token = issued(claims(""), &host.old);
    let end = RETIRED_AT + i64::from(MONTH);
    let exchange = host.exchange();
    assert!(matches!(exchange.exchange(&token, end - 1, None), Outcome::Exchanged(_)));
    let late = exchange.exchange(&token, end, None);
    assert!(matches!(late, Outcome::Refused(Error::KeyNotHonored)), "{late:?}");

    host.list.revoke(host.old.public_key(), NOW);
    assert_eq!(host.refusal(&token), Some("ERR_KEY_REVOKED"));
    // Nothing makes it good again.
    host.list.put_in_use(host.old.public_key().fingerprint());
    host.list.retire(host.old.public_key(), NOW, MONTH);
    assert_eq!(host.refusal(&token), Some("ERR_KEY_REVOKED"));
    let error = Exchange::new(&host.list, host.old).unwrap_err();
    assert_eq!(error, Error::KeyRevoked);
}

#[test]
fn a_key_that_is_in_use_again_is_not_retired() {
    let mut host = Rotated::new();
    let token = issued(claims(""), &host.old);
    let back = Exchange::new(&host.list, new_signer()).unwrap();
    assert!(matches!(back.exchange(&token, NOW, None), Outcome::Exchanged(_)));
    host.list.put_in_use(host.old.public_key().fingerprint());
    assert!(host.list.is_empty());
    assert_eq!(host.refusal(&token), Some("ERR_KEY_NOT_RETIRED"));
}

#[test]
fn the_list_is_read_as_it_was_written_and_nothing_else_is() {
    let mut list = RetiredKeys::default();
    list.retire(&host_public_key(), RETIRED_AT, MONTH);
    list.revoke(new_signer().public_key(), RETIRED_AT - 5);
    list.add_publisher(Identity::from_claims("localhost", SUBJECT));
    let json = list.to_json();
    assert_eq!(RetiredKeys::parse(&json).unwrap(), list);
    assert!(!json.contains("PRIVATE") && !json.contains(SUBJECT));

    let fingerprint = host_public_key().fingerprint().to_string();
    let other = new_signer().public_key().fingerprint().to_string();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut twice = value.clone();
    twice["keys"][0] = twice["keys"][1].clone();
    for changed in [
        json.replace(&fingerprint, &other),
        json.replace("\"version\": 1", "\"version\": 2"),
        json.replace("\"revoked\": true", "\"revoked\": \"true\""),
        json.replace("\"revoked\": true", "\"revoked\": true, \"more\": 1"),
        json.replace("\"publishers\"", "\"Publishers\""),
        json.replace("c200", "c201"),
        json.replace("BEGIN", "BEGUN"),
        twice.to_string(),
        "[]".into(),
        String::new(),
        json[..json.len() - 3].into(),
    ] {
        assert_ne!(changed, json);
        assert_eq!(
            RetiredKeys::parse(&changed).err(),
            Some(Error::RetiredKeysDamaged),
            "{changed}"
        );
    }
}

#[test]
fn a_list_of_many_keys_forgets_the_one_that_is_honoured_the_least_and_no_revoked_one() {
    let mut list = RetiredKeys::default();
    let leaked = new_signer();
    list.revoke(leaked.public_key(), 0);
    let signers: Vec<Signer> = (0..102).map(|_| new_signer()).collect();
    for (at, signer) in (1_i64..).zip(&signers) {
        list.retire(signer.public_key(), at, MONTH);
    }
    let kept =
        |signer: &Signer| list.keys().iter().any(|key| &key.public_key == signer.public_key());
    assert_eq!(list.keys().len(), 101);
    assert!(kept(&leaked) && kept(&signers[2]) && !kept(&signers[0]) && !kept(&signers[1]));
}

#[test]
fn debug_shows_no_token_and_no_claim() {
    let host = Rotated::new();
    let exchange = host.exchange();
    let outcome = exchange.exchange(&issued(claims(""), &host.old), NOW, None);
    let shown = format!("{exchange:?} {outcome:?}");
    let new = exchanged(outcome);
    assert!(new.token.split('.').all(|part| !shown.contains(part)), "{shown}");
    assert!(!shown.contains(SUBJECT) && !shown.contains(&new.identity.to_string()), "{shown}");
}

proptest! {
    #![proptest_config(properties("tests/suite/exchange.regressions", 256, 4096))]

    /// Whatever goes in: what comes out has the same claims, and lives no longer; or nothing comes
    /// out. Which of the two is predicted here by other means.
    #[test]
    fn the_same_claims_or_nothing(
        claims in any_claims(),
        signer in 0..4_usize,
        honored in prop::option::of(0..2 * MONTH),
        now in RETIRED_AT..RETIRED_AT + 2 * i64::from(MONTH),
        iat in prop::option::of(RETIRED_AT - 200..RETIRED_AT + 200),
        exp in prop::option::of(RETIRED_AT..RETIRED_AT + 2 * i64::from(MONTH)),
        lifetime in prop::option::of(1..MONTH),
        is_publisher in any::<bool>(),
    ) {
        prop_assume!(claims.iter().all(|(name, value)| name != "sub" || value.len() <= 128));
        let mut claims = claims;
        claims.retain(|(name, _)| name != "iat" && name != "exp");
        claims.extend(iat.map(|iat| ("iat".to_owned(), iat.to_string())));
        claims.extend(exp.map(|exp| ("exp".to_owned(), exp.to_string())));
        let sub = &claims.iter().find(|(name, _)| name == "sub").unwrap().1;
        let identity = Identity::from_claims("localhost", &serde_json::from_str::<String>(sub).unwrap());

        let present = PrivateKey::generate().unwrap();
        let signers = [Signer::new(&present).unwrap(), new_signer(), new_signer(), new_signer()];
        let [_, old, leaked, _] = &signers;
        let mut list = RetiredKeys::default();
        list.retire(old.public_key(), RETIRED_AT, honored.unwrap_or_default());
        list.retire(leaked.public_key(), RETIRED_AT, MONTH);
        list.revoke(leaked.public_key(), RETIRED_AT + 1);
        if is_publisher {
            list.add_publisher(identity);
        }
        let list = RetiredKeys::parse(list.to_json()).unwrap();
        let token = issued(object(&claims), &signers[signer]);
        let exchange = Exchange::new(&list, Signer::new(&present).unwrap()).unwrap();
        let outcome = exchange.exchange(&token, now, lifetime);

        let in_time = exp.is_none_or(|exp| now <= exp + 60);
        let is_honored = now - RETIRED_AT < i64::from(honored.unwrap_or_default());
        let is_old = iat.is_some_and(|iat| iat <= RETIRED_AT + 60);
        match outcome {
            Outcome::NotNeeded { identity: found, expires_at } => {
                prop_assert!(signer == 0 && iat.is_some() && in_time);
                prop_assert_eq!((found, expires_at), (identity, exp));
            }
            Outcome::Exchanged(new) => {
                prop_assert!(signer == 1 && in_time && is_honored && is_old && !is_publisher);
                let ends = [exp, lifetime.map(|seconds| now + i64::from(seconds))];
                let end = ends.into_iter().flatten().min();
                let mut expected = claims;
                expected.iter_mut().find(|(name, _)| name == "iat").unwrap().1 = now.to_string();
                match (expected.iter_mut().find(|(name, _)| name == "exp"), end) {
                    (Some((_, exp)), Some(end)) => *exp = end.to_string(),
                    (None, Some(end)) => expected.push(("exp".to_owned(), end.to_string())),
                    (_, None) => {}
                }
                prop_assert_eq!(part(&new.token, 1), object(&expected));
                prop_assert_eq!((new.identity, new.expires_at), (identity, end));
                let parsed = Token::parse(&new.token).unwrap();
                prop_assert!(parsed.is_signed_by(&Verifier::new(present.public_key()).unwrap()));
            }
            // What readers disagree on is not signed.
            Outcome::Refused(Error::TokenJson(_) | Error::TokenDuplicate(_)) => {
                prop_assert_eq!(signer, 1);
            }
            Outcome::Refused(_) => prop_assert!(
                iat.is_none() || !in_time || signer > 1
                    || signer == 1 && !(is_honored && is_old && !is_publisher)
            ),
        }
    }
}
