//! How the library runs a file of `tests/vectors`, and what a vector holds.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use spacetime_keys_core::Error;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// Whether this face runs the vector, with this backend.
pub(crate) fn is_ours(vector: &Value) -> bool {
    let faces = vector["faces"].as_array();
    faces.is_none_or(|faces| faces.contains(&json!("library")))
        && (cfg!(feature = "aws-lc-rs") || vector["needs"] != "rs256")
}

/// Every vector of a file, whoever runs it.
pub(crate) fn all(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(format!("{file}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs each vector of a file. `run` gives the members that the vector must have, or its error.
pub(crate) fn each(file: &str, run: impl Fn(&Value) -> Result<Value, Error>) {
    let text = std::fs::read_to_string(folder().join(format!("{file}.jsonl"))).unwrap();
    let mut ran = 0;
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        if !is_ours(&vector) {
            continue;
        }
        let context = format!("{file}: {}", vector["name"]);
        match run(&vector) {
            Ok(found) => {
                for (name, value) in found.as_object().unwrap() {
                    assert_eq!(vector.get(name), Some(value), "{context}: {name}");
                }
                assert_eq!(vector.get("error"), None, "{context}: it is refused");
            }
            Err(error) => {
                assert_eq!(vector["error"], error.code(), "{context}");
                says(&vector, &error.to_string(), &context);
            }
        }
        ran += 1;
    }
    let others = |line: &&str| line.contains(r#""faces":"#) && !line.contains(r#""library""#);
    let other_backend =
        |line: &&str| !cfg!(feature = "aws-lc-rs") && line.contains(r#""needs":"rs256""#);
    let not_ours = text.lines().filter(|line| others(line) || other_backend(line)).count();
    assert!(ran > 0, "{file}: no vector ran");
    assert_eq!(ran, text.lines().count() - not_ours, "{file}: vectors that ran");
}

/// The words that tell which of several flaws with one code it is.
pub(crate) fn says(vector: &Value, text: &str, context: &str) {
    if let Some(words) = vector["says"].as_str() {
        assert!(text.contains(words), "{context}: {text}");
    }
}

pub(crate) fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

/// A text, or bytes that are none.
pub(crate) fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    let encoded = vector[format!("{name}Base64")].as_str();
    encoded.map_or_else(|| text(vector, name).into(), |text| STANDARD.decode(text).unwrap())
}

pub(crate) fn flag(vector: &Value, name: &str) -> bool {
    vector[name].as_bool().unwrap_or_default()
}

pub(crate) fn texts<'a>(vector: &'a Value, name: &str) -> Vec<&'a str> {
    let list = vector[name].as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap()).collect()
}
