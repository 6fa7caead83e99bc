//! `tests/vectors`: what the library, the program and the npm package must all say, as data. This
//! is the library's turn; `tests/vectors/README.md` has the others.

pub(crate) mod harness;

use harness::{bytes, each, flag, folder, says, text, texts};
use serde_json::{Value, json};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::jwks::{self, JwkSet};
use spacetime_keys_core::jwt::{
    Expiry, FreeClaim, Kind, MintOptions, Purpose, ResignOptions, Resigned, Target, Times, Token,
    TokenSigner, TokenVerifier, VerifyOptions, mint, resign,
};
use spacetime_keys_core::server::{Remedy, Rules, Server};
use spacetime_keys_core::{Error, Identity, PrivateKey, PublicKey, VerificationKey, key, pem};

type Result<T, E = Error> = std::result::Result<T, E>;

/// What has a test below.
const FILES: [&str; 13] = [
    "check",
    "cli-toml",
    "decode",
    "identities",
    "jwks",
    "keys",
    "lint",
    "mint",
    "openid",
    "pairs",
    "pem",
    "resign",
    "verify",
];

fn identity(claims: &spacetime_keys_core::jwt::Members) -> Option<Identity> {
    let (issuer, subject) = claims.get_str("iss").zip(claims.get_str("sub"))?;
    Some(Identity::from_claims(&issuer, &subject))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

#[test]
fn no_file_is_forgotten() {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = names
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}

#[test]
fn pem_texts() {
    each("pem", |vector| {
        let input = bytes(vector, "pem");
        let normalized = pem::normalize(&input).inspect_err(|_| {
            assert!(PrivateKey::from_pem(&input).is_err() && PublicKey::from_pem(&input).is_err());
        })?;
        let again = pem::normalize(normalized.pem.as_bytes())?;
        assert_eq!((&again.pem, again.mended.len()), (&normalized.pem, 0), "a second time");
        // Reading it as a key tells the same story; as the other half it is refused.
        let (pem, mended, other) = if normalized.half == pem::Half::Private {
            let (key, mended) = PrivateKey::from_pem_with_oddities(&input)?;
            let other = (PublicKey::from_pem(&input).err(), Error::KeyIsPrivate);
            (key.to_pem().to_string(), mended, other)
        } else {
            let (key, mended) = PublicKey::from_pem_with_oddities(&input)?;
            let other = (PrivateKey::from_pem(&input).err(), Error::KeyIsPublic);
            (key.to_pem(), mended, other)
        };
        assert_eq!((pem.as_str(), &mended), (normalized.pem.as_str(), &normalized.mended));
        assert_eq!(other.0, Some(other.1), "{}", vector["name"]);
        Ok(json!({ "normalized": pem, "mended": mended }))
    });
}

#[test]
fn keys() {
    each("keys", |vector| {
        let text = text(vector, "pem");
        let key = VerificationKey::of_either_pem(text)?;
        let half = match VerificationKey::from_pem(text) {
            Err(Error::KeyIsPrivate) => "private",
            other => other.map(|_| "public")?,
        };
        Ok(json!({
            "half": half,
            "algorithm": key.algorithm().to_string(),
            "fingerprint": key.fingerprint(),
            "kid": key.kid(),
        }))
    });
}

#[test]
fn pairs() {
    each("pairs", |vector| {
        let private = PrivateKey::from_pem(text(vector, "privateKey"))?;
        let public = PublicKey::from_pem(text(vector, "publicKey"))?;
        let matches = match key::check_pair(&private, &public) {
            Err(Error::PairMismatch) => false,
            other => other.map(|()| true)?,
        };
        Ok(json!({
            "match": matches,
            "privateFingerprint": private.public_key().fingerprint(),
            "publicFingerprint": public.fingerprint(),
        }))
    });
}

#[test]
fn identities() {
    each("identities", |vector| {
        let identity = Identity::from_claims(text(vector, "issuer"), text(vector, "subject"));
        assert_eq!(Identity::parse(&identity.to_string()), Ok(identity));
        Ok(json!({ "identity": identity }))
    });
}

#[test]
fn decoded_tokens() {
    each("decode", |vector| {
        let text = text(vector, "token");
        let kind = Kind::of(text.trim());
        if kind != Kind::Jwt {
            let error = Token::parse(text).err().unwrap();
            says(vector, &error.to_string(), text);
            return Ok(json!({ "kind": kind, "header": null, "payload": null, "identity": null }));
        }
        let token = Token::parse(text)?;
        Ok(json!({
            "kind": kind,
            "header": token.header().to_json(),
            "payload": token.claims_json(),
            "identity": identity(token.claims()),
        }))
    });
}

#[test]
fn verified_tokens() {
    each("verify", |vector| {
        let keys = match vector["jwks"].as_str() {
            Some(set) => TokenVerifier::from_jwks(&JwkSet::parse(set.as_bytes())?)?,
            None => TokenVerifier::new(&VerificationKey::from_pem(text(vector, "publicKey"))?)?,
        };
        let at = VerifyOptions::at(vector["now"].as_i64().unwrap());
        let options = VerifyOptions {
            leeway: vector["leeway"].as_u64().map_or(at.leeway, |it| it.try_into().unwrap()),
            issuer: vector["issuer"].as_str(),
            audience: vector["audience"].as_str(),
            algorithm: vector["algorithm"].as_str().map(|name| match name {
                "ES256" => spacetime_keys_core::error::Algorithm::Es256,
                _ => spacetime_keys_core::error::Algorithm::Rs256,
            }),
            ..at
        };
        let token = text(vector, "token");
        let verified = keys.verify(token, &options)?;
        assert_eq!(
            parsed(&verified.claims.to_json()),
            parsed(&crate::common::part(token.trim(), 1))
        );
        Ok(json!({ "verified": {
            "identity": verified.identity,
            "algorithm": verified.algorithm.to_string(),
            "kid": verified.kid,
            "issuedAt": verified.times.iat,
            "expiresAt": verified.times.exp,
        } }))
    });
}

#[test]
fn servers() {
    each("check", |vector| {
        let mut verdicts = serde_json::Map::new();
        for version in vector["verdicts"].as_object().unwrap().keys() {
            let rules = Rules::of_version(version)?;
            let mut server = Server::new(rules);
            if let Some(pem) = vector["publicKey"].as_str() {
                server = server.with_local_key(&PublicKey::from_pem(pem)?)?;
            }
            if let Some(set) = vector["jwks"].as_str() {
                server = server.with_issuer_keys(set.as_bytes());
            }
            let verdict = server.check(text(vector, "token"), vector["now"].as_i64().unwrap());
            let verdict = json!({
                "server": rules.name(),
                "accepted": verdict.accepted,
                "identity": verdict.identity,
                "status": verdict.status,
                "reason": verdict.words,
                "code": verdict.cause.map(Error::code),
                "remedyCode": verdict.remedy.map(Remedy::code),
            });
            verdicts.insert(version.clone(), verdict);
        }
        Ok(json!({ "verdicts": verdicts }))
    });
}

#[test]
fn minted_tokens() {
    each("mint", |vector| {
        let signer = TokenSigner::from_pem(text(vector, "privateKey"))?;
        let audience = match vector["audience"].as_str() {
            Some(one) => vec![one],
            None => texts(vector, "audience"),
        };
        let now = vector["now"].as_i64().unwrap();
        let claims = vector.get("claims").map_or_else(|| "{}".to_owned(), Value::to_string);
        let options = MintOptions {
            issuer: text(vector, "issuer"),
            subject: text(vector, "subject"),
            audience: &audience,
            purpose: match vector["purpose"].as_str() {
                None | Some("app") => Purpose::App,
                Some("robot") => Purpose::Robot,
                Some("delegated") => Purpose::Delegated,
                Some(_) => Purpose::Owner,
            },
            target: if vector["target"] == "prod" { Target::Prod } else { Target::Other },
            now,
            ttl: vector["ttl"].as_u64().map_or(900, |ttl| ttl.try_into().unwrap()),
            claims: &FreeClaim::all_from_json(&claims)?,
        };
        let minted = mint(&signer, &options)?;
        let verifier = TokenVerifier::new(&signer.public_key())?;
        assert!(verifier.verify(&minted.token, &VerifyOptions::at(now)).is_ok());
        // Every server that has the key takes it.
        if let VerificationKey::Es256(key) = signer.public_key() {
            for rules in Rules::ALL {
                let verdict = Server::new(rules).with_local_key(&key)?.check(&minted.token, now);
                assert_eq!(verdict.identity, Some(minted.identity), "{verdict:?}");
            }
        }
        Ok(json!({ "minted": {
            "header": crate::common::part(&minted.token, 0),
            "payload": crate::common::part(&minted.token, 1),
            "identity": minted.identity,
            "algorithm": signer.algorithm().to_string(),
            "kid": signer.kid(),
            "issuedAt": now,
            "expiresAt": minted.expires_at,
        } }))
    });
}

/// What the vector asks for, given to the one or the other way of re-signing.
fn signed_anew<T>(
    vector: &Value,
    sign: impl FnOnce(&Signer, &ResignOptions<'_>) -> Result<T>,
) -> Result<T> {
    let key = PrivateKey::from_pem(text(vector, "privateKey"))?;
    let known = texts(vector, "previousPublicKeys");
    let known = known.into_iter().map(PublicKey::from_pem).collect::<Result<Vec<_>>>()?;
    let options = ResignOptions {
        now: vector["now"].as_i64().unwrap(),
        expiry: match &vector["expiry"] {
            Value::Number(seconds) => {
                Expiry::Lifetime(seconds.as_u64().unwrap().try_into().unwrap())
            }
            Value::String(keep) if keep == "keep" => Expiry::Keep,
            _ => Expiry::Clear,
        },
        known_keys: &known,
        expect_identity: vector["expectIdentity"].as_str().map(Identity::parse).transpose()?,
        allow_unverified: flag(vector, "allowUnverified"),
        allow_external_issuer: flag(vector, "allowExternalIssuer"),
    };
    let signer = Signer::new(&key)?;
    sign(&signer, &options)
}

fn told(resigned: &Resigned, signer: &Signer) -> Value {
    let times = |times: Times| json!({ "iat": times.iat, "exp": times.exp });
    json!({
        "header": crate::common::part(&resigned.token, 0),
        "payload": crate::common::part(&resigned.token, 1),
        "identity": resigned.publisher.identity,
        "issuer": resigned.publisher.issuer,
        "subject": resigned.publisher.subject,
        "verifiedWith": resigned.verified_with,
        "signedBy": signer.public_key().fingerprint(),
        "expiryCleared": resigned.became_eternal(),
        "before": times(resigned.before),
        "after": times(resigned.after),
    })
}

#[test]
fn tokens_signed_anew() {
    each("resign", |vector| {
        signed_anew(vector, |signer, options| {
            let resigned = resign(text(vector, "token"), signer, options)?;
            let verifier = spacetime_keys_core::es256::Verifier::new(signer.public_key())?;
            assert!(Token::parse(&resigned.token)?.is_signed_by(&verifier));
            Ok(json!({ "resigned": told(&resigned, signer) }))
        })
    });
}

#[test]
fn cli_toml_signed_anew() {
    each("cli-toml", |vector| {
        signed_anew(vector, |signer, options| {
            let (new_text, resigned) =
                spacetime_keys_core::cli_toml::resign(text(vector, "text"), signer, options)?;
            Ok(json!({
                "newText": new_text.replace(resigned.token.as_str(), "{token}"),
                "payload": crate::common::part(&resigned.token, 1),
            }))
        })
    });
}

fn public_keys(vector: &Value) -> Result<Vec<VerificationKey>> {
    texts(vector, "publicKeys").into_iter().map(VerificationKey::from_pem).collect()
}

#[test]
fn exported_sets() {
    each("jwks", |vector| {
        let set = jwks::export(&public_keys(vector)?)?;
        Ok(json!({ "set": parsed(&set) }))
    });
}

#[test]
fn discovery_documents() {
    each("openid", |vector| {
        let document = jwks::discovery(text(vector, "issuer"), &public_keys(vector)?)?;
        Ok(json!({ "document": parsed(&document) }))
    });
}

#[test]
fn linted_sets() {
    each("lint", |vector| {
        let report = jwks::lint(&bytes(vector, "jwks"));
        let problems = report.problems.iter().map(|problem| {
            json!({
                "code": problem.defect.code(),
                "severity": problem.severity(),
                "entry": problem.entry,
            })
        });
        Ok(json!({
            "ok": report.ok,
            "entries": report.entries,
            "takenBy": report.taken_by,
            "problems": problems.collect::<Value>(),
        }))
    });
}
