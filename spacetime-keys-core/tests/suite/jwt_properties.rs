//! Any claims survive re-signing, to the byte; and no text at all makes the parser panic.

use crate::common::{encode, host_signer, host_token, issued, new_signer, part, properties};
use proptest::prelude::*;
use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::jwt::{Expiry, Publisher, ResignOptions, Token, resign};

/// A JSON text with everything that a parser could lose: digits, exponents, signs of zero, escapes,
/// blanks, order, repeated names inside.
fn any_json() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => "[ -!#-\\[\\]-~é€🔑]",
        1 => prop::sample::select(vec![
            r"\n", r#"\""#, r"\\", r"\/", r"\u00e9", r"\u00E9", r"\ud83d\ude00", r"\u0000",
        ])
        .prop_map(str::to_owned),
    ];
    let string = prop::collection::vec(character, 0..12)
        .prop_map(|characters| format!("\"{}\"", characters.concat()));
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false", "-0", "1e5", "-0.0", "1E+400"])
            .prop_map(str::to_owned),
        "-?[1-9][0-9]{0,40}",
        "-?(0|[1-9][0-9]{0,20})\\.[0-9]{1,30}([eE][+-]?[0-9]{1,3})?",
        string.clone(),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let blank = prop::sample::select(vec!["", " ", "\n  ", "\t"]);
        let member =
            (string.clone(), inner.clone()).prop_map(|(name, value)| format!("{name} :{value}"));
        prop_oneof![
            (blank.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(blank, items)| format!(
                "[{blank}{}]",
                items.join(&format!("{blank},"))
            )),
            (blank, prop::collection::vec(member, 0..4))
                .prop_map(|(blank, members)| format!("{{{}{blank}}}", members.join(","))),
        ]
    })
}

/// Members in any order, `iss` and `sub` among them; `iat`, `exp` and `aud` perhaps.
pub(crate) fn any_claims() -> impl Strategy<Value = Vec<(String, String)>> {
    let fixed = |name: &str, value: &str| Just((name.to_owned(), value.to_owned()));
    let known = (
        fixed("iss", "\"localhost\""),
        ".{1,20}".prop_map(|sub| ("sub".to_owned(), serde_json::Value::from(sub).to_string())),
        prop::option::of(any::<i64>().prop_map(|iat| ("iat".to_owned(), iat.to_string()))),
        prop::option::of(any::<i64>().prop_map(|exp| ("exp".to_owned(), exp.to_string()))),
        prop::option::of(fixed("aud", "[\"spacetimedb\" ]")),
    );
    // Names of five and more characters: none of them is a known one.
    let others = prop::collection::btree_map(".{5,9}", any_json(), 0..6);
    (known, others)
        .prop_map(|((iss, sub, iat, exp, aud), others)| {
            let mut claims = vec![iss, sub];
            claims.extend([iat, exp, aud].into_iter().flatten());
            claims.extend(others);
            claims
        })
        .prop_shuffle()
}

pub(crate) fn object(claims: &[(String, String)]) -> String {
    let members: Vec<String> = claims
        .iter()
        .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())))
        .collect();
    format!("{{{}}}", members.join(","))
}

proptest! {
    #![proptest_config(properties("tests/suite/jwt_properties.regressions", 256, 2048))]

    #[test]
    fn claims_survive_to_the_byte(
        claims in any_claims(),
        now in 0..i64::from(u32::MAX),
        lifetime in prop::option::of(any::<u32>()),
    ) {
        prop_assume!(claims.iter().all(|(name, value)| name != "sub" || value.len() <= 128));
        let (old, new) = (host_signer(), new_signer());
        let token = issued(object(&claims), &old);
        let expiry = lifetime.map_or(Expiry::Clear, Expiry::Lifetime);
        let known_keys = [old.public_key().clone()];
        let options = ResignOptions { now, expiry, known_keys: &known_keys, ..ResignOptions::default() };
        let resigned = resign(&token, &new, &options).unwrap();

        let mut expected = claims;
        let mut set = |name: &str, value: String| {
            match expected.iter_mut().find(|(found, _)| found == name) {
                Some((_, old)) => *old = value,
                None => expected.push((name.to_owned(), value)),
            }
        };
        set("iat", now.to_string());
        match lifetime {
            Some(seconds) => set("exp", (now + i64::from(seconds)).to_string()),
            None => expected.retain(|(name, _)| name != "exp"),
        }
        prop_assert_eq!(part(&resigned.token, 1), object(&expected));

        // And it is the same publisher's, good with the new key and no longer with the old one.
        let before = Publisher::from_token(&Token::parse(&token).unwrap()).unwrap();
        let parsed = Token::parse(&resigned.token).unwrap();
        prop_assert_eq!(Publisher::from_token(&parsed).unwrap(), before);
        prop_assert!(parsed.is_signed_by(&Verifier::new(new.public_key()).unwrap()));
        prop_assert!(!parsed.is_signed_by(&Verifier::new(old.public_key()).unwrap()));
    }

    #[test]
    fn any_text_is_taken_without_panic(text in ".{0,200}") {
        drop(Token::parse(&text));
    }

    /// The same one floor below: good base64url around any bytes.
    #[test]
    fn any_parts_are_taken_without_panic(
        header in prop_oneof![Just(r#"{"alg":"ES256"}"#.to_owned()), any_json()],
        claims in prop_oneof![any_json(), ".{0,40}"],
        signature in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let token = format!("{}.{}.{}", encode(header), encode(claims), encode(signature));
        if let Ok(token) = Token::parse(&token) {
            let verifier = Verifier::new(host_signer().public_key()).unwrap();
            prop_assert!(!token.is_signed_by(&verifier));
            drop(Publisher::from_token(&token));
        }
        let everything = ResignOptions {
            allow_unverified: true,
            allow_external_issuer: true,
            ..ResignOptions::default()
        };
        drop(resign(&token, &host_signer(), &everything));
    }

    /// No change of a real token's text leaves it valid.
    #[test]
    fn a_changed_token_is_no_longer_signed(at in any::<prop::sample::Index>(), byte in 0x21..0x7f_u8) {
        let mut bytes = host_token().as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(token) = Token::parse(&changed) {
            let verifier = Verifier::new(host_signer().public_key()).unwrap();
            prop_assert!(!token.is_signed_by(&verifier));
        }
    }
}
