//! `tests/vectors`: the program says what the library and the npm package say. The library's turn
//! is `spacetime-keys-core/tests/suite/vectors.rs`; it checks that no file is forgotten.
//!
//! The program reads the clock. What it signs is moved to the vector's moment before it is compared.

mod harness;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::common::Host;
use harness::{Refusal, ask, bytes, each, moved, now, options, or_code, part, text, texts, words};

#[test]
fn pem_texts() {
    each("pem", |host, vector| {
        host.write("key", bytes(vector, "pem"));
        let found = ask(host, &words("key normalize key"), b"")?;
        let normalized = host.run(&["key", "normalize", "key"]).success().stdout;
        Ok(json!({ "normalized": normalized, "mended": found["files"][0]["mended"] }))
    });
}

#[test]
fn keys() {
    each("keys", |host, vector| {
        host.write("key", text(vector, "pem"));
        let found = ask(host, &words("key fingerprint key"), b"")?;
        let mut all = json!({ "fingerprint": found["fingerprint"], "kid": found["kid"] });
        match ask(host, &words("jwks export key"), b"") {
            Err((code, _)) if code == "ERR_KEY_IS_PRIVATE" => all["half"] = json!("private"),
            set => {
                all["half"] = json!("public");
                all["algorithm"] = set?["keys"][0]["alg"].clone();
            }
        }
        Ok(all)
    });
}

#[test]
fn pairs() {
    each("pairs", |host, vector| {
        host.write("private", text(vector, "privateKey"));
        host.write("public", text(vector, "publicKey"));
        let found = ask(host, &words("key check private public"), b"")?;
        let found = if found["code"] == "ERR_PAIR_MISMATCH" { found } else { or_code(found)? };
        Ok(json!({
            "match": found["match"],
            "privateFingerprint": found["private_fingerprint"],
            "publicFingerprint": found["public_fingerprint"],
        }))
    });
}

#[test]
fn identities() {
    each("identities", |host, vector| {
        let arguments = options(vector, &["issuer", "subject"]);
        let found = ask(host, &[words("identity derive"), arguments].concat(), b"")?;
        Ok(json!({ "identity": found["identity"] }))
    });
}

#[test]
fn decoded_tokens() {
    each("decode", |host, vector| {
        let found = ask(host, &words("token decode"), text(vector, "token").as_bytes())?;
        let header = vector["header"].as_str().map(|json| serde_json::from_str(json).unwrap());
        assert_eq!(found["header"], header.unwrap_or(Value::Null), "{}", vector["name"]);
        assert_eq!(found["verified"], false);
        let says = vector["says"].as_str().unwrap_or_default();
        assert!(found["reason"].as_str().unwrap_or_default().contains(says), "{found}");
        Ok(json!({
            "kind": found["kind"],
            "payload": found.get("payload"),
            "identity": found["identity"],
        }))
    });
}

/// `--public-key` and `--jwks`, whichever the vector has.
fn known_keys(host: &Host, vector: &Value) -> Vec<String> {
    let keys = [("publicKey", "--public-key=key.pub"), ("jwks", "--jwks=set.json")];
    let given = keys.into_iter().filter(|(name, _)| vector[*name].is_string());
    given
        .map(|(name, argument)| {
            host.write(argument.split_once('=').unwrap().1, text(vector, name));
            argument.to_owned()
        })
        .collect()
}

#[test]
fn verified_tokens() {
    each("verify", |host, vector| {
        let mut arguments = [words("token verify"), known_keys(host, vector)].concat();
        arguments.extend(options(vector, &["issuer", "audience"]));
        arguments.extend(vector["algorithm"].as_str().map(|name| format!("--alg={name}")));
        let found = or_code(ask(host, &arguments, text(vector, "token").as_bytes())?)?;
        Ok(json!({ "verified": {
            "identity": found["identity"],
            "algorithm": found["algorithm"],
            "kid": found["kid"],
            "issuedAt": found["issued_at"],
            "expiresAt": found["expires_at"],
        } }))
    });
}

/// What `token check` answers, in the vectors' words.
fn verdict(host: &Host, vector: &Value, server: &str) -> Result<Value, Refusal> {
    let arguments = [words("token check"), known_keys(host, vector)].concat();
    let arguments = [arguments, vec![format!("--server-version={server}")]].concat();
    let found = ask(host, &arguments, text(vector, "token").as_bytes())?;
    let is_told = |words: &str, code: &str| found[words].is_string() == found[code].is_string();
    assert!(is_told("detail", "code") && is_told("remedy", "remedy_code"), "{found}");
    let names = ["server", "accepted", "identity", "status", "reason", "code"];
    let mut verdict: Map<_, _> =
        names.into_iter().map(|name| (name.to_owned(), found[name].clone())).collect();
    verdict.insert("remedyCode".to_owned(), found["remedy_code"].clone());
    Ok(verdict.into())
}

#[test]
fn servers() {
    each("check", |host, vector| {
        let versions = vector["verdicts"].as_object().unwrap().keys();
        let verdicts = versions.map(|server| Ok((server.clone(), verdict(host, vector, server)?)));
        Ok(json!({ "verdicts": verdicts.collect::<Result<Map<_, _>, Refusal>>()? }))
    });
}

/// The measured verdicts, of tokens whose time does not run out.
#[test]
fn what_was_measured_on_servers() {
    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../spacetime-keys-core/tests/fixtures");
    let key = fs::read_to_string(fixtures.join("token-verdicts.pub.pem")).unwrap();
    let host = Host::empty();
    let mut compared = 0;
    for line in fs::read_to_string(fixtures.join("token-verdicts.jsonl")).unwrap().lines() {
        let mut sample: Value = serde_json::from_str(line).unwrap();
        if sample["faces"].as_array().is_some_and(|faces| !faces.contains(&json!("program"))) {
            continue;
        }
        sample["publicKey"] = json!(key);
        for (server, measured) in sample["servers"].as_object().unwrap() {
            let found = verdict(&host, &sample, server).unwrap();
            let context = format!("{} on {server}: {found}", sample["case"]);
            assert_eq!(found["accepted"], measured["accepted"], "{context}");
            assert_eq!(found["identity"], measured["identity"], "{context}");
            // The measured words are those of the key alone; a server reads that token twice.
            let read_twice = sample["case"] == "inner newline escaped";
            if let (Some(ours), Some(theirs)) =
                (found["reason"].as_str(), measured["reason"].as_str())
            {
                // For programmers, as 1.x prints it; 2.x says the same in plain words, which the
                // library's own tests compare.
                let plain = [("Json(", "JSON error"), ("Base64(", "Base64 error")];
                let in_plain_words = server != "1.2"
                    && plain
                        .iter()
                        .any(|(debug, plain)| theirs.starts_with(debug) && ours == *plain);
                assert!(read_twice || in_plain_words || theirs.starts_with(ours), "{context}");
            }
            compared += 1;
        }
    }
    assert!(compared >= 3 * 70, "{compared}");
}

#[test]
fn minted_tokens() {
    each("mint", |host, vector| {
        host.write("key", text(vector, "privateKey"));
        let mut arguments = words("token mint --private-key key");
        arguments.extend(options(vector, &["issuer", "subject", "audience", "purpose", "target"]));
        arguments.extend(texts(vector, "audience").iter().map(|one| format!("--audience={one}")));
        arguments.extend(vector["ttl"].as_u64().map(|ttl| format!("--ttl={ttl}s")));
        let claims = vector["claims"].as_object().into_iter().flatten();
        arguments.extend(claims.map(|(name, value)| format!("--claim={name}={value}")));
        let before = now();
        let found = ask(host, &arguments, b"")?;
        let token = text(&found, "token");
        let iat = found["issued_at"].as_i64().unwrap();
        let exp = found["expires_at"].as_i64().unwrap();
        assert!((before..=now()).contains(&iat), "{iat}");
        let moment = vector["now"].as_i64().unwrap();
        Ok(json!({ "minted": {
            "header": part(token, 0),
            "payload": moved(&part(token, 1), vector, iat, Some(exp)),
            "identity": found["identity"],
            "algorithm": found["algorithm"],
            "kid": found["kid"],
            "issuedAt": moment,
            "expiresAt": exp - iat + moment,
        } }))
    });
}

/// Signs the token in a file anew: the file's new text, the new token, and what is told.
fn signed_anew(
    host: &Host,
    vector: &Value,
    cli_toml: &str,
) -> Result<(String, String, Value), Refusal> {
    host.write("cli.toml", cli_toml);
    host.write("key", text(vector, "privateKey"));
    let mut arguments = words("token resign --cli-toml cli.toml --private-key key");
    if let [previous] = texts(vector, "previousPublicKeys")[..] {
        host.write("previous.pub", previous);
        arguments.push("--previous-public-key=previous.pub".to_owned());
    }
    let flags = [
        ("allowUnverified", "--allow-unverified"),
        ("allowExternalIssuer", "--allow-external-issuer"),
    ];
    let given = flags.into_iter().filter(|(name, _)| vector[*name] == true);
    arguments.extend(given.map(|(_, flag)| flag.to_owned()));
    let identity = vector["expectIdentity"].as_str();
    arguments.extend(identity.map(|digits| format!("--expect-identity={digits}")));
    arguments.extend(options(vector, &["expiry"]));
    arguments.extend(vector["expiry"].as_u64().map(|seconds| format!("--expiry={seconds}s")));
    let before = now();
    let told = ask(host, &arguments, b"")?;
    let iat = told["after"]["iat"].as_i64().unwrap();
    assert!((before..=now()).contains(&iat), "{iat}");
    let new_text = host.read("cli.toml");
    let (_, rest) = new_text.split_once("spacetimedb_token").unwrap();
    let token = rest.split('"').nth(1).unwrap().to_owned();
    Ok((new_text, token, told))
}

/// A new token's claims at the vector's moment. An expiry that is kept does not move.
fn claims_of(token: &str, vector: &Value, told: &Value) -> String {
    let exp = told["after"]["exp"].as_i64().filter(|_| vector["expiry"].is_u64());
    moved(&part(token, 1), vector, told["after"]["iat"].as_i64().unwrap(), exp)
}

#[test]
fn tokens_signed_anew() {
    each("resign", |host, vector| {
        let cli_toml = format!("spacetimedb_token = {}\n", vector["token"]);
        let (_, token, told) = signed_anew(host, vector, &cli_toml)?;
        let times = |side: &Value| json!({ "iat": side["iat"], "exp": side["exp"] });
        let mut after = times(&told["after"]);
        let iat = after["iat"].as_i64().unwrap();
        let moment = vector["now"].as_i64().unwrap();
        after["iat"] = json!(moment);
        if let (Some(exp), true) = (after["exp"].as_i64(), vector["expiry"].is_u64()) {
            after["exp"] = json!(exp - iat + moment);
        }
        Ok(json!({ "resigned": {
            "header": part(&token, 0),
            "payload": claims_of(&token, vector, &told),
            "identity": told["identity"],
            "issuer": told["issuer"],
            "subject": told["subject"],
            "verifiedWith": told["verified_with"],
            "signedBy": told["after"]["signed_by"],
            "expiryCleared": told["expiry_cleared"],
            "before": times(&told["before"]),
            "after": after,
        } }))
    });
}

#[test]
fn cli_toml_signed_anew() {
    each("cli-toml", |host, vector| {
        let (new_text, token, told) = signed_anew(host, vector, text(vector, "text"))?;
        Ok(json!({
            "newText": new_text.replace(&token, "{token}"),
            "payload": claims_of(&token, vector, &told),
        }))
    });
}

/// `jwks export` of the vector's keys.
fn export(host: &Host, vector: &Value, more: &[String]) -> Result<Value, Refusal> {
    let mut arguments = words("jwks export");
    for (index, key) in texts(vector, "publicKeys").into_iter().enumerate() {
        host.write(&format!("{index}.pub"), key);
        arguments.push(format!("{index}.pub"));
    }
    ask(host, &[arguments, more.to_vec()].concat(), b"")
}

#[test]
fn exported_sets() {
    each("jwks", |host, vector| {
        let found = export(host, vector, &[])?;
        Ok(json!({ "set": { "keys": found["keys"] } }))
    });
}

#[test]
fn discovery_documents() {
    each("openid", |host, vector| {
        let issuer = format!("--issuer={}", text(vector, "issuer"));
        export(host, vector, &[issuer, "--out=out".to_owned()])?;
        let document = host.read("out/.well-known/openid-configuration");
        Ok(json!({ "document": serde_json::from_str::<Value>(&document).unwrap() }))
    });
}

#[test]
fn linted_sets() {
    each("lint", |host, vector| {
        let found = ask(host, &words("jwks lint -"), &bytes(vector, "jwks"))?;
        let problems = found["problems"].as_array().unwrap().iter();
        let problems = problems.map(|problem| {
            let is_told = |name: &str| problem[name].as_str().is_some_and(|text| text.len() > 3);
            assert!(is_told("message") && is_told("hint"), "{problem}");
            json!({
                "code": problem["code"],
                "severity": problem["severity"],
                "entry": problem["entry"],
            })
        });
        Ok(json!({
            "ok": found["ok"],
            "entries": found["entries"],
            "takenBy": found["taken_by"],
            "problems": problems.collect::<Value>(),
        }))
    });
}
