//! Servers that answer as real ones were measured to, token by token: the verdict is theirs, and nothing
//! differs from what was predicted.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;

use super::{ask, standin};
use crate::common::Host;
use crate::doctor::standin::Standin;

const VERSIONS: [(&str, &str); 3] = [("1.2", "1.2.0"), ("2.8", "2.8.3"), ("2.14", "2.14.0")];

/// What a server says of an issuer whose keys it cannot get, whatever else is wrong.
const FETCHING: &str = "Error fetching public key for issuer";

// Slow: each token is asked about at three servers, by a process of its own.
#[test]
fn every_measured_token() {
    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../spacetime-keys-core/tests/fixtures");
    let key = fs::read_to_string(fixtures.join("token-verdicts.pub.pem")).unwrap();
    let samples = fs::read_to_string(fixtures.join("token-verdicts.jsonl")).unwrap();
    let samples = samples.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Times that run out are the library's to judge.
    let by_program = |sample: &Value| {
        sample["faces"].as_array().is_none_or(|faces| faces.contains(&json!("program")))
    };
    // In the place of issuers that nobody should ask.
    let host = Host::empty();
    host.write("set.json", "{\"keys\":[]}");
    let set = host.path("set.json");
    let nobody = standin(&PrivateKey::generate().unwrap(), "localhost");
    let (mut compared, mut accepted, mut withheld) = (0, 0, 0);
    for sample in samples.filter(by_program) {
        let token = sample["token"].as_str().unwrap();
        for (rules, version) in VERSIONS {
            let measured = &sample["servers"][rules];
            let words = measured["reason"].as_str();
            let server = Standin {
                health: Some(json!({ "version": version }).to_string()),
                public_key: key.clone(),
                refusal: words.map(|words| (401, words.to_owned())),
                bearer: measured["identity"].as_str().unwrap_or_default().to_owned(),
                ..nobody.clone()
            }
            .serve();
            let (_, said) = ask(&server.url, token, &["--jwks", set.to_str().unwrap()]);
            let context = format!("{} on {version}: {said:#}", sample["case"]);
            assert_eq!(said["accepted"], measured["accepted"], "{context}");
            if said["accepted"] == true {
                assert_eq!(said["identity"], measured["identity"], "{context}");
            }
            let was_sent = said["asked"]["token_sent"] == true;
            assert_eq!(server.take_tokens(), usize::from(was_sent), "{context}");
            // No request carries it.
            if !was_sent && said["asked"]["token_withheld"].is_null() {
                continue;
            }
            // What an issuer's keys decide, or its URL, was not measured, only the server's key.
            if !said["issuer"].is_null() || said["expected"]["reason"] == FETCHING {
                continue;
            }
            assert_eq!(said["difference"], Value::Null, "{context}");
            assert_eq!(said["status"], if words.is_some() { 401 } else { 200 }, "{context}");
            compared += 1;
            accepted += u32::from(words.is_none());
            withheld += u32::from(!was_sent);
        }
    }
    println!("{compared} compared, {accepted} accepted, {withheld} not sent");
    assert!(compared >= 190 && accepted >= 60 && withheld >= 6);
}
