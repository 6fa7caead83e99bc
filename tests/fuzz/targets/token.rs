//! Tokens. A text without a zero byte is a token as it stands: nobody has signed it, so nobody may
//! take it. With one, it is `header ‖ 00 ‖ claims`, and is signed here: then the several readers
//! (servers of three kinds, the verifier, `resign`) must agree with one another and with
//! `serde_json`. No header stands for the one that servers write.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde::de::IgnoredAny;
use serde_json::Value;
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::jwks::{JwkSet, export};
use spacetime_keys_core::jwt::{
    Kind, Publisher, ResignOptions, Token, TokenVerifier, Verified, VerifyOptions, resign, sign,
};
use spacetime_keys_core::server::{Reason, Rules, Server, Verdict};
use spacetime_keys_core::{Identity, PublicKey};
use spacetime_keys_fuzz::members::{Vocabulary, mutate};
use spacetime_keys_fuzz::{
    NOW, OWN_HEADER, es256, is_odd, issuer, issuer_rsa, local, other, take, token,
};

fuzz_target!(|input: &[u8]| take(input, as_it_stands, signed));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, &VOCABULARY)
});

/// Header and claims that some reader knows.
const VOCABULARY: Vocabulary = Vocabulary {
    names: r"alg typ kid cty jku jwk x5u x5c x5t x5t#S256 crit b64 enc zip url nonce
        iss sub aud iat exp nbf hex_identity other \u0069ss kty k",
    values: r#"null true 0 1 -1 -0 1.0 1e3 1e400 1795316539 1795316479 1795316478
        9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551616
        "" "a" "é" "\ud800" "|" "localhost" "https://id.example"
        "ES256" "RS256" "HS256" "none" {"ES256":null} {"kty":"oct","k":"AA"}
        [] ["a"] [1] [null] {} {"a":1}"#,
};

struct World {
    /// By [`Rules::ALL`].
    local_alone: [Server; 3],
    with_issuer: [Server; 3],
    of_other: [Server; 3],
    local: TokenVerifier,
    issuer: TokenVerifier,
    other: TokenVerifier,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let keys = [issuer().public_key().clone().into(), issuer_rsa().public_key().clone().into()];
        let set = export(&keys).unwrap();
        let server = |rules, key: &PublicKey| Server::new(rules).with_local_key(key).unwrap();
        let verifier = |key: &PublicKey| TokenVerifier::new(&key.clone().into()).unwrap();
        World {
            local_alone: Rules::ALL.map(|rules| server(rules, local().public_key())),
            with_issuer: Rules::ALL
                .map(|rules| server(rules, local().public_key()).with_issuer_keys(set.as_bytes())),
            of_other: Rules::ALL.map(|rules| server(rules, other().public_key())),
            local: verifier(local().public_key()),
            issuer: TokenVerifier::from_jwks(&JwkSet::parse(set.as_bytes()).unwrap()).unwrap(),
            other: verifier(other().public_key()),
        }
    })
}

fn as_it_stands(text: &str) {
    let world = world();
    if let Ok(parsed) = Token::parse(text) {
        assert_eq!(Kind::of(text.trim()), Kind::Jwt);
        // The claims come back as they were, whatever they are.
        let written = sign(parsed.claims(), local()).unwrap();
        let again = Token::parse(&written).unwrap();
        assert!(again.claims().iter().eq(parsed.claims().iter()));
        assert!(again.is_signed_by(&verifier_of(local().public_key())));
        assert!(!parsed.is_signed_by(&verifier_of(local().public_key())));
        if let Ok(publisher) = Publisher::from_token(&parsed) {
            assert_same(Some(publisher.identity), parsed.claims_json().as_bytes());
        }
    }
    for verifier in [&world.local, &world.issuer] {
        assert!(verifier.verify(text, &VerifyOptions::at(NOW)).is_err());
    }
    for server in world.local_alone.iter().chain(&world.with_issuer) {
        assert!(!judged(server, text).accepted);
    }
}

fn signed(header: &[u8], claims: &[u8]) {
    let world = world();
    let header = if header.is_empty() { OWN_HEADER } else { header };
    let is_own = header == OWN_HEADER;
    let by_local = token(header, claims, es256(local()));
    let options = VerifyOptions::at(NOW);
    if !is_json(header) || !is_json(claims) {
        // Nothing comes after that: no time is spent on it.
        assert!(world.local.verify(&by_local, &options).is_err());
        assert!(!judged(&world.local_alone[claims.len() % 3], &by_local).accepted);
        return;
    }
    let by_issuer = token(header, claims, es256(issuer()));

    let verified = world.local.verify(&by_local, &options);
    if let Ok(verified) = &verified {
        assert_eq!(verified.algorithm, Algorithm::Es256);
        assert_verified(verified, header, claims);
    }
    assert!(world.issuer.verify(&by_local, &options).is_err());
    let verified_of_issuer = world.issuer.verify(&by_issuer, &options);
    if verified_of_issuer.is_ok() {
        assert!(verified.is_ok());
    }
    if is_own {
        assert_eq!(verified.as_ref().err(), verified_of_issuer.as_ref().err());
    }

    let verdicts = [0, 1, 2].map(|rules| {
        let verdict = judged(&world.local_alone[rules], &by_local);
        let of_issuer = judged(&world.with_issuer[rules], &by_issuer);
        if verdict.accepted {
            assert_accepted(&verdict, header, claims, "ES256");
            assert_eq!(judged(&world.with_issuer[rules], &by_local).identity, verdict.identity);
            if is_own && is_external(claims) {
                assert_eq!(of_issuer.identity, verdict.identity);
            }
        }
        if of_issuer.accepted {
            assert_eq!(of_issuer.identity, verdict.identity);
            assert!(!judged(&world.local_alone[rules], &by_issuer).accepted);
        }
        verdict
    });
    let [v1_2, v2_8, v2_14] = verdicts.map(|verdict| verdict.identity);
    if is_own {
        // Each generation is stricter about claims than the one before it.
        assert!(v2_14.is_none() || v2_14 == v2_8);
        assert!(v2_8.is_none() || v2_8 == v1_2);
        // What the strict verifier takes, servers take, if it has what they want to know.
        let publisher = Token::parse(&by_local).and_then(|token| Publisher::from_token(&token));
        if let (Ok(verified), Ok(publisher)) = (&verified, publisher)
            && verified.times.iat.is_some()
        {
            assert_eq!([v1_2, v2_8, v2_14], [Some(publisher.identity); 3]);
        }
    }
    signed_anew(&by_local, is_own && v2_14.is_some(), claims);

    // Signing with RSA takes long: only where it may pass.
    if header.windows(5).any(|window| window == b"RS256") {
        let by_rsa = token(header, claims, |message| issuer_rsa().sign(message).unwrap());
        assert!(world.local.verify(&by_rsa, &options).is_err());
        if let Ok(verified) = world.issuer.verify(&by_rsa, &options) {
            assert_eq!(verified.algorithm, Algorithm::Rs256);
            assert_verified(&verified, header, claims);
        }
        for rules in 0..3 {
            assert!(!judged(&world.local_alone[rules], &by_rsa).accepted);
            let verdict = judged(&world.with_issuer[rules], &by_rsa);
            if verdict.accepted {
                assert_accepted(&verdict, header, claims, "RS256");
            }
        }
    }
}

/// `resign` of a token that `local` has signed.
fn signed_anew(token: &str, is_accepted: bool, claims: &[u8]) {
    let known_keys = [local().public_key().clone()];
    let options = ResignOptions {
        now: NOW,
        known_keys: &known_keys,
        allow_external_issuer: true,
        ..ResignOptions::default()
    };
    let resigned = match resign(token, other(), &options) {
        Ok(resigned) => resigned,
        Err(error) => {
            let odd = value(claims).is_some_and(|claims| is_odd(&claims));
            assert!(!is_accepted || odd || Token::parse(token).is_err(), "{error}");
            return;
        }
    };
    assert_eq!(resigned.verified_with, Some(local().public_key().fingerprint()));
    assert_same(Some(resigned.publisher.identity), claims);
    let (before, after) = (Token::parse(token).unwrap(), Token::parse(&resigned.token).unwrap());
    let kept = |(name, _): &(&str, &str)| !matches!(*name, "iat" | "exp");
    assert!(before.claims().iter().filter(kept).eq(after.claims().iter().filter(kept)));
    assert_eq!(after.claims().get_integer("iat"), Some(NOW.into()));
    assert_eq!(after.claims().get("exp"), None);

    let world = world();
    let identities =
        world.of_other.each_ref().map(|server| judged(server, &resigned.token).identity);
    assert_eq!(identities[0], Some(resigned.publisher.identity));
    if world.other.verify(&resigned.token, &VerifyOptions::at(NOW)).is_ok() {
        assert_eq!(identities, [Some(resigned.publisher.identity); 3]);
    }
}

/// What a server says, if it does not contradict itself.
fn judged(server: &Server, token: &str) -> Verdict {
    let verdict = server.check(token, NOW);
    assert_eq!(verdict.accepted, verdict.identity.is_some());
    assert_eq!(verdict.accepted, verdict.reason.is_none());
    assert_eq!(verdict.accepted, verdict.remedy.is_none());
    assert!(!(verdict.accepted && verdict.cause.is_some()));
    assert_eq!(verdict.status, verdict.reason.map_or(200, Reason::status));
    assert!(matches!(verdict.status, 200 | 400 | 401 | 431));
    assert_eq!(token.trim().is_empty(), verdict.status == 400);
    verdict
}

fn assert_accepted(verdict: &Verdict, header: &[u8], claims: &[u8], alg: &str) {
    // Older servers read the header from an array, too, and any from `{"ES256":null}`.
    if let Some(header) = value(header).filter(Value::is_object) {
        assert!(header["alg"] == alg || header["alg"].get(alg).is_some());
    }
    assert_same(verdict.identity, claims);
}

fn assert_verified(verified: &Verified, header: &[u8], claims: &[u8]) {
    // Not every header that is read member by member is one that `serde_json` keeps as a whole.
    if let Some(header) = value(header) {
        assert_eq!(header["alg"], verified.algorithm.to_string());
        assert!(header.get("crit").is_none());
    }

    let read = value(claims).unwrap();
    assert_eq!(read.as_object().unwrap().len(), verified.claims.iter().count());
    for (name, json) in verified.claims.iter() {
        assert_eq!(value(json.as_bytes()).unwrap(), read[name]);
    }
    assert_same(verified.identity, claims);
    match &read["exp"] {
        Value::Null => assert_eq!(verified.times.exp, None),
        exp => {
            assert_eq!(exp.as_i64(), verified.times.exp);
            assert!(exp.as_i64().unwrap() > NOW - 60);
        }
    }
    if let Some(nbf) = read["nbf"].as_i64() {
        assert!(nbf <= NOW + 60);
    }
}

/// Even with strings that are no UTF-8: the most lenient of servers skips them unread.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn value(json: &[u8]) -> Option<Value> {
    serde_json::from_slice(json).ok()
}

/// Whether servers would look for the keys of this issuer somewhere.
fn is_external(claims: &[u8]) -> bool {
    let claims = value(claims).unwrap_or_default();
    claims["iss"].as_str().is_some_and(|issuer| {
        let issuer = issuer.trim_end_matches('/');
        issuer.starts_with("http://") || issuer.starts_with("https://")
    })
}

/// Whether this is whose the claims are, without the library's own reading of them. Some readers
/// pass over an unknown claim that `serde_json` cannot keep, and take an array for an object.
fn assert_same(identity: Option<Identity>, claims: &[u8]) {
    if let Some(claims) = value(claims).filter(Value::is_object) {
        let (issuer, subject) = (claims["iss"].as_str(), claims["sub"].as_str());
        let expected = issuer.zip(subject).map(|(iss, sub)| Identity::from_claims(iss, sub));
        assert_eq!(identity, expected);
    }
}

fn verifier_of(key: &PublicKey) -> spacetime_keys_core::es256::Verifier {
    spacetime_keys_core::es256::Verifier::new(key).unwrap()
}
