//! Secrets planted in files that look like those of a real host: each is found, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_test_support::{Random, again, count, seed};

use super::scan;
use crate::common::{Host, PRIVATE, token};

const SECRETS: usize = 200;
const FILES: usize = 40;

/// A secret as `scan` names it: a fingerprint, or an identity.
type Name = String;

/// A secret in one of the forms in which files have it.
fn plant(index: usize, signer: &PrivateKey, random: &mut Random) -> (Name, Vec<u8>) {
    if index.is_multiple_of(2) {
        let key = PrivateKey::generate().unwrap();
        (key.public_key().fingerprint().to_string(), key_text(index / 2, &key))
    } else {
        let subject = format!("planted-{index}-{}", random.below(1 << 30));
        let identity = spacetime_keys_core::Identity::from_claims("localhost", &subject);
        let token =
            token(signer, &json!({ "iss": "localhost", "sub": subject, "iat": 1_790_000_000 }));
        (identity.to_string(), token_text(index / 2, &token))
    }
}

fn key_text(form: usize, key: &PrivateKey) -> Vec<u8> {
    let pem = key.to_pem();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let (x, y) = key.public_key().coordinates();
    let lines = |prefix: &str| {
        pem.lines().fold(String::new(), |text, line| {
            format!(
                "{text}{prefix}{line}
"
            )
        })
    };
    let text = match form % 12 {
        0 => pem.to_string(),
        1 => pem.replace('\n', "\r\n"),
        2 => format!("KEY=\"{}\"", pem.replace('\n', "\\n")),
        3 => json!({ "value": pem.as_str() }).to_string(),
        4 => json!({ "log": json!({ "key": pem.as_str() }).to_string() }).to_string(),
        5 => format!("  privateKey: {}", STANDARD.encode(pem.as_bytes())),
        6 => format!("KEY={body}"),
        7 => lines("+"),
        8 => lines("    "),
        9 => pem.trim_end().replace('\n', " "),
        10 => json!({
            "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y), "d": URL_SAFE_NO_PAD.encode(key.as_p256().to_bytes()),
        })
        .to_string(),
        _ => return STANDARD.decode(&body).unwrap(),
    };
    text.into_bytes()
}

fn token_text(form: usize, token: &str) -> Vec<u8> {
    let text = match form % 8 {
        0 => format!("Authorization: Bearer {token}"),
        1 => format!("GET /v1/database/app/subscribe?token={token}&compression=None HTTP/1.1"),
        2 => json!({ "request": { "headers": [{ "name": "Authorization", "value": format!("Bearer {token}") }] } }).to_string(),
        3 => json!({ "msg": json!({ "token": token }).to_string() }).to_string(),
        4 => format!("spacetimedb_token = \"{token}\""),
        5 => format!("token: {}", STANDARD.encode(token)),
        6 => format!("spacetime login --token {token}"),
        _ => format!("\u{1}auth_token\u{1}{token}\u{2}"),
    };
    text.into_bytes()
}

/// Lines as logs, sources, dumps and binaries have them. None is a secret.
fn filler(random: &mut Random, bytes: usize) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "INFO",
        "subscribe",
        "commit",
        "issue",
        "key",
        "token",
        "module",
        "client",
        "GET /v1/ping",
        "200",
        "sub",
        "kty",
    ];
    let mut out = Vec::with_capacity(bytes + 4096);
    while out.len() < bytes {
        let mut line = String::new();
        match random.below(6) {
            0 => {
                let _ = write!(
                    line,
                    "{{\"id\":\"{:08x}-0000-4000-8000-{:012x}\",\"sub\":\"user\"}}",
                    random.below(1 << 32),
                    random.below(1 << 48)
                );
            }
            1 => {
                let bytes: Vec<u8> = (0..=random.below(600)).map(|_| random.byte()).collect();
                let _ = write!(line, "data:image/png;base64,{}", STANDARD.encode(bytes));
            }
            2 => {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"1"}"#);
                let _ = write!(
                    line,
                    "{header}.{}.c2ln",
                    URL_SAFE_NO_PAD.encode(r#"{"iss":"https://id.example.com","sub":"1"}"#)
                );
            }
            3 => out.extend((0..random.below(2000)).map(|_| random.byte())),
            _ => {
                for _ in 0..3 + random.below(12) {
                    line.push_str(random.pick(&WORDS));
                    line.push(' ');
                }
            }
        }
        out.extend(line.as_bytes());
        out.push(b'\n');
    }
    out
}

/// Slow: it writes and reads twenty megabytes with a program that was built for tests; at night, two gigabytes.
#[test]
fn each_of_two_hundred_secrets_is_found_and_nothing_else() {
    let seed = seed();
    let mut random = Random::new(seed);
    let host = Host::rotated("local");
    let signer = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    fs::create_dir(host.path("files")).unwrap();
    let each = count(20 << 20, 2 << 30) / SECRETS;
    let mut planted = BTreeSet::new();
    for file in 0..FILES {
        let mut content = Vec::new();
        for index in (file..SECRETS).step_by(FILES) {
            content.extend(filler(&mut random, each));
            let (name, secret) = plant(index, &signer, &mut random);
            planted.insert(name);
            content.extend(secret);
            content.push(b'\n');
        }
        let mut out = BufWriter::new(File::create(host.path(&format!("files/{file}"))).unwrap());
        match file % 5 {
            0 => {
                let mut encoder = GzEncoder::new(out, Compression::fast());
                encoder.write_all(&content).unwrap();
                encoder.finish().unwrap().flush().unwrap();
            }
            1 => out.write_all(&compress_to_vec(&*content, CompressionLevel::Fastest)).unwrap(),
            _ => out.write_all(&content).unwrap(),
        }
    }
    assert_eq!(planted.len(), SECRETS);
    let (run, report) = scan(&host, &["files"]);
    assert_eq!(run.status, Some(1), "{}", again(seed));
    let found = report["found"].as_array().unwrap();
    let name = |found: &serde_json::Value| -> Name {
        let member = if found["kind"] == "token" { "identity" } else { "fingerprint" };
        found[member].as_str().unwrap().to_owned()
    };
    let names: BTreeSet<Name> = found.iter().map(name).collect();
    assert_eq!(names, planted, "{}", again(seed));
    assert_eq!(found.len(), SECRETS, "each once: {}", again(seed));
    println!(
        "{SECRETS} secrets in {} MB",
        report["searched"]["bytes"].as_u64().unwrap() / 1_000_000
    );
}
