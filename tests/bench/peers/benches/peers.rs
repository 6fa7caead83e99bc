//! A claims set in, a token out; a token in, its claims out: here and in other JWT libraries, with
//! keys parsed beforehand in each library's best way.
//!
//! `jsonwebtoken` takes one of its two backends a process: `BACKEND=rust_crypto` names the other.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use jwt_simple::algorithms::{
    ECDSAP256KeyPairLike, ECDSAP256PublicKeyLike, ES256KeyPair, ES256PublicKey,
};
use jwt_simple::claims::Claims;
use serde::{Deserialize, Serialize};
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::jwt::{
    MintOptions, Purpose, Target, TokenSigner, TokenVerifier, VerifyOptions, mint,
};
use spacetime_keys_core::server::{Rules, Server};

const US: &str = "spacetime-keys";
const ISSUER: &str = "https://app.example.com";
const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";

#[derive(Serialize, Deserialize)]
struct ClaimSet {
    iss: String,
    sub: String,
    aud: Vec<String>,
    iat: i64,
    exp: i64,
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// The name of `jsonwebtoken` with the backend of this run.
fn backend() -> String {
    let backend = std::env::var("BACKEND").unwrap_or_else(|_| "aws_lc_rs".to_owned());
    let provider = match backend.as_str() {
        "rust_crypto" => &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER,
        _ => &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER,
    };
    // Installed by an earlier group already: the same one.
    let _ = provider.install_default();
    format!("jsonwebtoken-{backend}")
}

fn options() -> MintOptions<'static> {
    MintOptions {
        issuer: ISSUER,
        subject: SUBJECT,
        audience: &[],
        purpose: Purpose::App,
        target: Target::Prod,
        now: now(),
        ttl: 900,
        claims: &[],
    }
}

fn minting(criterion: &mut Criterion) {
    let key = PrivateKey::generate().unwrap();
    let pem = key.to_pem();
    let signer = TokenSigner::new(&key).unwrap();
    let theirs = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
    let simple = ES256KeyPair::from_pem(&pem).unwrap().with_key_id(signer.kid());
    let peer = backend();

    let mut group = criterion.benchmark_group("mint");
    group.bench_function(US, |b| b.iter(|| mint(&signer, black_box(&options())).unwrap().token));
    group.bench_function(&peer, |b| {
        let header = Header { kid: Some(signer.kid().to_owned()), ..Header::new(Algorithm::ES256) };
        b.iter(|| {
            let now = now();
            let claims = ClaimSet {
                iss: ISSUER.to_owned(),
                sub: SUBJECT.to_owned(),
                aud: vec!["spacetimedb".to_owned()],
                iat: now,
                exp: now + 900,
            };
            jsonwebtoken::encode(&header, black_box(&claims), &theirs).unwrap()
        });
    });
    group.bench_function("jwt-simple", |b| {
        b.iter(|| {
            let claims = Claims::create(jwt_simple::prelude::Duration::from_mins(15))
                .with_issuer(ISSUER)
                .with_subject(SUBJECT)
                .with_audience("spacetimedb");
            simple.sign(black_box(claims)).unwrap()
        });
    });
    group.finish();
}

fn verifying(criterion: &mut Criterion) {
    let key = PrivateKey::generate().unwrap();
    let token = mint(&TokenSigner::new(&key).unwrap(), &options()).unwrap().token.to_string();
    let pem = key.public_key().to_pem();
    let verifier = TokenVerifier::new(&key.public_key().clone().into()).unwrap();
    let theirs = DecodingKey::from_ec_pem(pem.as_bytes()).unwrap();
    let simple = ES256PublicKey::from_pem(&pem).unwrap();
    let peer = backend();

    let mut group = criterion.benchmark_group("verify-token");
    group.bench_function(US, |b| {
        let options = VerifyOptions {
            issuer: Some(ISSUER),
            audience: Some("spacetimedb"),
            ..VerifyOptions::at(now())
        };
        b.iter(|| verifier.verify(black_box(&token), &options).unwrap());
    });
    group.bench_function(&peer, |b| {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&["spacetimedb"]);
        b.iter(|| {
            jsonwebtoken::decode::<serde_json::Value>(black_box(&token), &theirs, &validation)
                .unwrap()
        });
    });
    group.bench_function("jwt-simple", |b| {
        let options = jwt_simple::common::VerificationOptions {
            allowed_issuers: Some([ISSUER.to_owned()].into()),
            ..Default::default()
        };
        b.iter(|| {
            simple
                .verify_token::<serde_json::Value>(black_box(&token), Some(options.clone()))
                .unwrap()
        });
    });
    group.finish();
}

/// What a server would say: its rules on top of the verification. Beside it the same libraries,
/// which only verify.
fn checking(criterion: &mut Criterion) {
    let key = PrivateKey::generate().unwrap();
    let token = mint(&TokenSigner::new(&key).unwrap(), &options()).unwrap().token.to_string();
    let theirs = DecodingKey::from_ec_pem(key.public_key().to_pem().as_bytes()).unwrap();
    let simple = ES256PublicKey::from_pem(&key.public_key().to_pem()).unwrap();
    let peer = backend();

    let mut group = criterion.benchmark_group("check");
    group.bench_function(US, |b| {
        let server = Server::new(Rules::V2_14).with_local_key(key.public_key()).unwrap();
        let now = now();
        b.iter(|| {
            let verdict = server.check(black_box(&token), now);
            assert!(verdict.accepted);
            verdict
        });
    });
    group.bench_function(&peer, |b| {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_aud = false;
        b.iter(|| {
            jsonwebtoken::decode::<ClaimSet>(black_box(&token), &theirs, &validation).unwrap()
        });
    });
    group.bench_function("jwt-simple", |b| {
        b.iter(|| simple.verify_token::<serde_json::Value>(black_box(&token), None).unwrap());
    });
    group.finish();
}

criterion_group!(benches, minting, verifying, checking);
criterion_main!(benches);
