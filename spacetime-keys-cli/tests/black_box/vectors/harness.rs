//! How a file of vectors is run, and what a vector holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::common::{Host, Run};

/// A document's code and its words.
pub(super) type Refusal = (String, String);

pub(super) fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(format!("{file}.jsonl"))
}

/// Runs each vector of a file. `run` gives the members that the vector must have, or a refusal.
pub(super) fn each(file: &str, run: impl Fn(&Host, &Value) -> Result<Value, Refusal>) {
    let host = Host::empty();
    let text = fs::read_to_string(path(file)).unwrap();
    let mut ran = 0;
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        if vector["faces"].as_array().is_some_and(|faces| !faces.contains(&json!("program"))) {
            continue;
        }
        let context = format!("{file}: {}", vector["name"]);
        match run(&host, &vector) {
            Ok(found) => {
                for (name, value) in found.as_object().unwrap() {
                    assert_eq!(vector.get(name), Some(value), "{context}: {name}");
                }
                assert_eq!(vector.get("error"), None, "{context}: it is refused");
            }
            Err((code, words)) => {
                assert_eq!(vector["error"], code, "{context}: {words}");
                let says = vector["says"].as_str().unwrap_or_default();
                assert!(words.contains(says), "{context}: {words}");
            }
        }
        ran += 1;
    }
    let others = |line: &&str| line.contains(r#""faces":"#) && !line.contains(r#""program""#);
    assert!(ran > 0, "{file}: no vector ran");
    let lines = text.lines().count() - text.lines().filter(others).count();
    assert_eq!(ran, lines, "{file}: vectors that ran");
}

/// The document of `--json`, or its error. Without the claims of a token, which may be JSON that
/// `serde_json` does not take: the program prints them as they are.
pub(super) fn document(run: &Run) -> Result<Value, Refusal> {
    let members: BTreeMap<&str, &RawValue> =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let members = members.into_iter().filter(|(name, _)| *name != "claims");
    let document: Value = members
        .map(|(name, json)| (name, serde_json::from_str::<Value>(json.get()).unwrap()))
        .collect();
    let text = |name: &str| document["error"][name].as_str().unwrap_or_default().to_owned();
    if document.get("error").is_none() {
        Ok(document)
    } else {
        Err((text("code"), text("message")))
    }
}

pub(super) fn ask(host: &Host, arguments: &[String], input: &[u8]) -> Result<Value, Refusal> {
    let arguments = [arguments, &["--json".to_owned()]].concat();
    document(&Run::of(&mut host.command(&arguments), input))
}

/// A command of fixed words, and what follows from the vector.
pub(super) fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

/// A "no" of a check is no error to the program: its document has the code, too.
pub(super) fn or_code(document: Value) -> Result<Value, Refusal> {
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    if document["code"].is_null() { Ok(document) } else { Err((text("code"), text("reason"))) }
}

pub(super) fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    let encoded = vector[format!("{name}Base64")].as_str();
    encoded.map_or_else(|| text(vector, name).into(), |text| STANDARD.decode(text).unwrap())
}

pub(super) fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

pub(super) fn texts<'a>(vector: &'a Value, name: &str) -> Vec<&'a str> {
    let list = vector[name].as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap()).collect()
}

/// `--NAME=VALUE` for each of these members that the vector has.
pub(super) fn options(vector: &Value, names: &[&str]) -> Vec<String> {
    let value = |name: &str| vector[name].as_str().map(|value| format!("--{name}={value}"));
    names.iter().filter_map(|name| value(name)).collect()
}

pub(super) fn part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// Claims of a token that the program has just made, as it would have made them at the moment of
/// the vector: `iat` is that moment, and `exp` as far away as it was.
pub(super) fn moved(claims: &str, vector: &Value, iat: i64, exp: Option<i64>) -> String {
    let moment = vector["now"].as_i64().unwrap();
    let text = claims.replace(&format!(r#""iat":{iat}"#), &format!(r#""iat":{moment}"#));
    let exp = exp.unwrap_or_default();
    text.replace(&format!(r#""exp":{exp}"#), &format!(r#""exp":{}"#, exp - iat + moment))
}
