//! The exchange. A text without a zero byte is a token as it stands, and a list of retired keys: nobody
//! has signed the one, so nothing may come out. With one, it is `header ‖ 00 ‖ claims`, signed by keys
//! that are present, retired, revoked and unknown. What comes out has the claims of what went in, as
//! `serde_json` reads them, is a retired key's, and servers take it that took the old one; or nothing
//! comes out.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::exchange::{Exchange, Exchanged, Outcome, RetiredKeys};
use spacetime_keys_core::jwt::Token;
use spacetime_keys_core::server::{Rules, Server};
use spacetime_keys_core::{Error, Identity, PrivateKey, PublicKey};
use spacetime_keys_fuzz::members::{Vocabulary, mutate};
use spacetime_keys_fuzz::{NOW, OWN_HEADER, es256, is_odd, issuer, local, other, take, token};

const OWNER: &str = "an-owner";
const RETIRED_AT: i64 = NOW - 100;

fuzz_target!(|input: &[u8]| take(input, as_it_stands, signed));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, &VOCABULARY)
});

const VOCABULARY: Vocabulary = Vocabulary {
    names: r"alg typ kid crit b64 iss sub aud iat exp nbf act hex_identity other \u0069ss version keys
        public_key fingerprint retired_at honored_until revoked publishers",
    values: r#"null true false 0 1 -1 1.0 1e3 1e400 1795316439 1795316499 1795316500 1795316539
        1795316479 1795316478 9223372036854775807 9223372036854775808 -9223372036854775809
        "" "a" "é" "\ud800" "localhost" "https://id.example" "an-owner" "ES256" "RS256" "none"
        [] ["a"] {} {"a":1} {"a":1,"a":2} {"sub":"b"}"#,
};

/// `local` is the present key; `other` is retired and honoured, `issuer` revoked.
struct World {
    exchange: Exchange,
    /// By [`Rules::ALL`]: before the rotation, and after it.
    before: [Server; 3],
    after: [Server; 3],
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut list = RetiredKeys::default();
        list.retire(other().public_key(), RETIRED_AT, 86_400);
        list.revoke(issuer().public_key(), RETIRED_AT);
        list.add_publisher(Identity::from_claims("localhost", OWNER));
        let present = PrivateKey::from_pem(include_str!("../../oracle/keys/local.pem")).unwrap();
        let server = |rules, key: &PublicKey| Server::new(rules).with_local_key(key).unwrap();
        World {
            exchange: Exchange::new(&list, Signer::new(&present).unwrap()).unwrap(),
            before: Rules::ALL.map(|rules| server(rules, other().public_key())),
            after: Rules::ALL.map(|rules| server(rules, local().public_key())),
        }
    })
}

fn as_it_stands(text: &str) {
    let outcome = world().exchange.exchange(text, NOW, None);
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    // A list that can be read is written as it is read.
    if let Ok(list) = RetiredKeys::parse(text) {
        assert_eq!(RetiredKeys::parse(list.to_json()), Ok(list));
    }
}

fn signed(header: &[u8], claims: &[u8]) {
    let world = world();
    let header = if header.is_empty() { OWN_HEADER } else { header };
    let by = |key| token(header, claims, es256(key));
    let lifetime = (claims.len() % 2 == 0).then_some(300);

    let revoked = world.exchange.exchange(&by(issuer()), NOW, lifetime);
    assert!(matches!(revoked, Outcome::Refused(_)), "{revoked:?}");
    let present = world.exchange.exchange(&by(local()), NOW, lifetime);
    assert!(!matches!(present, Outcome::Exchanged(_)), "{present:?}");

    let old = by(other());
    match world.exchange.exchange(&old, NOW, lifetime) {
        Outcome::Exchanged(new) => exchanged(&old, &new, claims, lifetime),
        Outcome::NotNeeded { .. } => panic!("the present key has not signed it"),
        Outcome::Refused(error) => {
            // What a server refuses is nothing to give up; what all take is refused for a reason.
            let is_good = world.before.iter().all(|server| server.check(&old, NOW).accepted);
            let claims = serde_json::from_slice(claims).unwrap_or_default();
            assert!(!is_good || is_odd(&claims) || is_a_reason(error), "{error:?}");
        }
    }
}

fn is_a_reason(error: Error) -> bool {
    matches!(
        error,
        Error::TokenOfPublisher
            | Error::TokenDelegated
            | Error::TokenIssuedLater
            | Error::TokenExternalIssuer
            | Error::TokenCritical
            | Error::TokenDuplicate(_)
            | Error::TokenJson(_)
    )
}

fn exchanged(old: &str, new: &Exchanged, claims: &[u8], lifetime: Option<u32>) {
    let world = world();
    assert_eq!(new.retired_key, other().public_key().fingerprint());
    assert_ne!(new.identity, Identity::from_claims("localhost", OWNER));
    // Some server took the old one, and each that did takes the new one for the same identity.
    let verdicts = || world.before.iter().zip(&world.after);
    assert!(verdicts().any(|(before, _)| before.check(old, NOW).accepted));
    for (before, after) in verdicts().filter(|(before, _)| before.check(old, NOW).accepted) {
        assert_eq!(before.check(old, NOW).identity, Some(new.identity));
        assert_eq!(after.check(&new.token, NOW).identity, Some(new.identity));
    }
    let parsed = Token::parse(&new.token).unwrap();
    let [mut old, mut made]: [Value; 2] =
        [claims, parsed.claims_json().as_bytes()].map(|json| serde_json::from_slice(json).unwrap());
    assert_eq!(made["iat"], NOW);
    let ends = [old["exp"].as_i64(), lifetime.map(|seconds| NOW + i64::from(seconds))];
    assert_eq!(made["exp"].as_i64(), ends.into_iter().flatten().min());
    assert_eq!(made["exp"].as_i64(), new.expires_at);
    let strip = |claims: &mut Value| {
        let claims = claims.as_object_mut().unwrap();
        claims.remove("iat");
        claims.remove("exp");
    };
    strip(&mut old);
    strip(&mut made);
    assert_eq!(old, made);
    assert_eq!(old["iss"], "localhost");
    assert!(old.get("act").is_none());
}
