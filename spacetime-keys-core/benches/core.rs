//! What this library adds to the bare cryptography that it stands on: each group has one of its
//! operations, and the same bare work by other libraries with everything parsed and prepared.
//! `node tests/bench/ratios.mjs` runs it and prints the ratios.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use aws_lc_rs::signature as aws;
use base64::{Engine, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use ring::signature as ring_sig;
use sha2::{Digest, Sha256};
use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::jwt::{ResignOptions, Token, resign, sign};
use spacetime_keys_core::{Identity, PrivateKey};

const PRIVATE_PEM: &str =
    include_str!("../../tests/fixtures/real-host/.generated/spacetimedb-keys/id_ecdsa");
const CLI_TOML: &str =
    include_str!("../../tests/fixtures/real-host/data/.config/spacetime/cli.toml");
const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";
const US: &str = "spacetime-keys";

/// The host's publisher token.
fn token() -> &'static str {
    CLI_TOML.split('"').find(|text| text.starts_with("eyJ")).unwrap()
}

/// What of it is signed.
fn signing_input() -> &'static [u8] {
    token().rsplit_once('.').unwrap().0.as_bytes()
}

/// The private key's DER, which the other libraries read.
fn pkcs8() -> Vec<u8> {
    let body: String = PRIVATE_PEM.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

/// One key, parsed by all.
struct Keys {
    ours: PrivateKey,
    aws_random: aws_lc_rs::rand::SystemRandom,
    aws: aws::EcdsaKeyPair,
    aws_public: aws::ParsedPublicKey,
    ring_random: ring::rand::SystemRandom,
    ring: ring_sig::EcdsaKeyPair,
    ring_public: ring_sig::UnparsedPublicKey<Vec<u8>>,
    p256: p256::ecdsa::SigningKey,
}

impl Keys {
    fn new() -> Self {
        let ours = PrivateKey::from_pem(PRIVATE_PEM).unwrap();
        let point = ours.public_key().as_sec1_bytes();
        let ring_random = ring::rand::SystemRandom::new();
        Self {
            aws_random: aws_lc_rs::rand::SystemRandom::new(),
            aws: aws::EcdsaKeyPair::from_pkcs8(&aws::ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8())
                .unwrap(),
            aws_public: aws::ParsedPublicKey::new(&aws::ECDSA_P256_SHA256_FIXED, point).unwrap(),
            ring: ring_sig::EcdsaKeyPair::from_pkcs8(
                &ring_sig::ECDSA_P256_SHA256_FIXED_SIGNING,
                &pkcs8(),
                &ring_random,
            )
            .unwrap(),
            // `ring` has no parsed public key.
            ring_public: ring_sig::UnparsedPublicKey::new(
                &ring_sig::ECDSA_P256_SHA256_FIXED,
                point.to_vec(),
            ),
            ring_random,
            p256: p256::ecdsa::SigningKey::from(ours.as_p256()),
            ours,
        }
    }

    fn aws_sign(&self, message: &[u8]) -> aws::Signature {
        self.aws.sign(&self.aws_random, message).unwrap()
    }

    fn ring_sign(&self, message: &[u8]) -> ring_sig::Signature {
        self.ring.sign(&self.ring_random, message).unwrap()
    }

    fn p256_sign(&self, message: &[u8]) -> p256::ecdsa::Signature {
        self.p256.sign(message)
    }
}

/// Claims in, token out.
fn sign_token(criterion: &mut Criterion) {
    let keys = Keys::new();
    let signer = Signer::new(&keys.ours).unwrap();
    let token = Token::parse(token()).unwrap();
    let input = signing_input();

    let mut group = criterion.benchmark_group("sign");
    group.bench_function(US, |b| b.iter(|| sign(black_box(token.claims()), &signer).unwrap()));
    group.bench_function("aws-lc-rs", |b| b.iter(|| keys.aws_sign(black_box(input))));
    group.bench_function("ring", |b| b.iter(|| keys.ring_sign(black_box(input))));
    group.bench_function("p256", |b| b.iter(|| keys.p256_sign(black_box(input))));
    group.finish();
}

/// Token in, claims out, signature checked.
fn verify_token(criterion: &mut Criterion) {
    let keys = Keys::new();
    let verifier = Verifier::new(keys.ours.public_key()).unwrap();
    let p256_public = *keys.p256.verifying_key();
    let input = signing_input();
    let signature = keys.aws_sign(input);
    let p256_signature = p256::ecdsa::Signature::from_slice(signature.as_ref()).unwrap();

    let mut group = criterion.benchmark_group("verify");
    group.bench_function(US, |b| {
        b.iter(|| {
            let token = Token::parse(black_box(token())).unwrap();
            assert!(token.is_signed_by(&verifier));
            token
        });
    });
    group.bench_function("aws-lc-rs", |b| {
        b.iter(|| keys.aws_public.verify_sig(black_box(input), signature.as_ref()).unwrap());
    });
    group.bench_function("ring", |b| {
        b.iter(|| keys.ring_public.verify(black_box(input), signature.as_ref()).unwrap());
    });
    group.bench_function("p256", |b| {
        b.iter(|| p256_public.verify(black_box(input), &p256_signature).unwrap());
    });
    group.finish();
}

/// Our work starts from PEM, with every check of it; theirs from DER.
fn parse_key(criterion: &mut Criterion) {
    let der = pkcs8();
    let random = ring::rand::SystemRandom::new();
    let scalar = PrivateKey::from_pem(PRIVATE_PEM).unwrap().as_p256().to_bytes();

    let mut group = criterion.benchmark_group("parse");
    group.bench_function(US, |b| {
        b.iter(|| PrivateKey::from_pem(black_box(PRIVATE_PEM)).unwrap());
    });
    group.bench_function("aws-lc-rs", |b| {
        let algorithm = &aws::ECDSA_P256_SHA256_FIXED_SIGNING;
        b.iter(|| aws::EcdsaKeyPair::from_pkcs8(algorithm, black_box(&der)).unwrap());
    });
    group.bench_function("ring", |b| {
        let algorithm = &ring_sig::ECDSA_P256_SHA256_FIXED_SIGNING;
        b.iter(|| ring_sig::EcdsaKeyPair::from_pkcs8(algorithm, black_box(&der), &random).unwrap());
    });
    group.bench_function("p256", |b| {
        b.iter(|| p256::SecretKey::from_slice(black_box(&scalar)).unwrap().public_key());
    });
    group.finish();
}

fn fingerprint(criterion: &mut Criterion) {
    let key = PrivateKey::from_pem(PRIVATE_PEM).unwrap().public_key().clone();
    let der = key.to_spki_der();

    let mut group = criterion.benchmark_group("fingerprint");
    group.bench_function(US, |b| b.iter(|| black_box(&key).fingerprint()));
    group.bench_function("aws-lc-rs", |b| {
        b.iter(|| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, black_box(&der)));
    });
    group.bench_function("ring", |b| {
        b.iter(|| ring::digest::digest(&ring::digest::SHA256, black_box(&der)));
    });
    group.bench_function("sha2", |b| b.iter(|| Sha256::digest(black_box(&der))));
    group.finish();
}

/// The bare work: two hashes, of `iss|sub` and of the prefix and the first hash's 26 bytes. The
/// second cannot begin before the first has ended; what that costs shows beside it, in two hashes
/// that do not wait for each other.
fn identity(criterion: &mut Criterion) {
    let text = format!("localhost|{SUBJECT}");
    let unchained = [0xc2; 28];

    let mut group = criterion.benchmark_group("identity");
    group.bench_function(US, |b| {
        b.iter(|| Identity::from_claims(black_box("localhost"), black_box(SUBJECT)));
    });
    group.bench_function("blake3", |b| {
        b.iter(|| {
            let hash = blake3::hash(black_box(text.as_bytes()));
            let mut hashed = [0; 34];
            hashed[2..].copy_from_slice(hash.as_bytes());
            (hash, blake3::hash(&hashed[..28]))
        });
    });
    group.bench_function("blake3-unchained", |b| {
        b.iter(|| {
            let hash = blake3::hash(black_box(text.as_bytes()));
            (hash, blake3::hash(black_box(unchained.as_slice())))
        });
    });
    group.finish();
}

/// A thousand at once; the bare work: for each of them two hashes, as above.
fn identities(criterion: &mut Criterion) {
    let subjects: Vec<String> =
        (0..1000).map(|number| format!("{number:08x}{}", &SUBJECT[8..])).collect();
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let texts: Vec<String> =
        subjects.iter().map(|subject| format!("localhost|{subject}")).collect();

    let mut group = criterion.benchmark_group("identities");
    group.bench_function(US, |b| {
        b.iter(|| Identity::from_subjects(black_box("localhost"), black_box(&subjects)));
    });
    group.bench_function("blake3", |b| {
        b.iter(|| {
            for text in &texts {
                let hash = blake3::hash(black_box(text.as_bytes()));
                let mut hashed = [0; 34];
                hashed[2..].copy_from_slice(hash.as_bytes());
                black_box(blake3::hash(&hashed[..28]));
            }
        });
    });
    group.finish();
}

/// The bare work: one verification with the old key, one signature with the new one.
fn resign_token(criterion: &mut Criterion) {
    let keys = Keys::new();
    let signer = Signer::new(&PrivateKey::generate().unwrap()).unwrap();
    let known_keys = [keys.ours.public_key().clone()];
    let options =
        ResignOptions { now: 1_800_000_000, known_keys: &known_keys, ..ResignOptions::default() };
    let p256_public = *keys.p256.verifying_key();
    let input = signing_input();
    let signature = keys.aws_sign(input);
    let p256_signature = p256::ecdsa::Signature::from_slice(signature.as_ref()).unwrap();

    let mut group = criterion.benchmark_group("resign");
    group.bench_function(US, |b| {
        b.iter(|| resign(black_box(token()), &signer, &options).unwrap());
    });
    group.bench_function("aws-lc-rs", |b| {
        b.iter(|| {
            keys.aws_public.verify_sig(black_box(input), signature.as_ref()).unwrap();
            keys.aws_sign(black_box(input))
        });
    });
    group.bench_function("ring", |b| {
        b.iter(|| {
            keys.ring_public.verify(black_box(input), signature.as_ref()).unwrap();
            keys.ring_sign(black_box(input))
        });
    });
    group.bench_function("p256", |b| {
        b.iter(|| {
            p256_public.verify(black_box(input), &p256_signature).unwrap();
            keys.p256_sign(black_box(input))
        });
    });
    group.finish();
}

criterion_group!(
    benches,
    sign_token,
    verify_token,
    parse_key,
    fingerprint,
    identity,
    identities,
    resign_token
);
criterion_main!(benches);
