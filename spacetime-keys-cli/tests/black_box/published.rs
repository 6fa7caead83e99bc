//! `docs/schema/output.json` against what the program prints. [`Run::of`](crate::common::Run::of) holds each
//! `--json` document of all tests against it, too.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use toml_edit::DocumentMut;

use crate::common::{Host, schema};

/// These print a text for another program, never a JSON document.
const WITHOUT_JSON: [&str; 2] = ["completions", "man"];

#[test]
fn each_command_has_its_part() {
    let host = Host::empty();
    host.run(&["man", "--out", "pages"]).success();
    let pages = fs::read_dir(host.path("pages")).unwrap();
    let command_of =
        |page: &str| page.strip_prefix("spacetime-keys-").map(|name| name.replace('-', " "));
    let names: BTreeSet<String> = pages
        .filter_map(|page| command_of(page.unwrap().path().file_stem()?.to_str()?))
        .filter(|name| !WITHOUT_JSON.contains(&name.as_str()))
        .collect();
    // A command that has others in it prints its help.
    let is_group = |name: &str| names.iter().any(|other| other.starts_with(&format!("{name} ")));
    let commands: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| !is_group(name)).collect();
    assert!(commands.len() > 20, "{commands:?}");
    assert_eq!(schema::commands(), commands);
}

#[test]
fn each_case_is_as_published() {
    let mut compared = 0;
    for file in fs::read_dir("tests/black_box/cases").unwrap() {
        let path = file.unwrap().path();
        let Some("toml") = path.extension().and_then(|end| end.to_str()) else { continue };
        let case: DocumentMut = fs::read_to_string(&path).unwrap().parse().unwrap();
        let arguments: Vec<&str> = match &case["args"] {
            line if line.is_str() => line.as_str().unwrap().split_whitespace().collect(),
            list => list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect(),
        };
        let printed = case.get("stdout").and_then(|item| item.as_str()).unwrap_or_default();
        // `[..]` stands for what differs from run to run.
        if !arguments.contains(&"--json") || printed.contains("[..]") {
            continue;
        }
        let document: Value = serde_json::from_str(printed).unwrap();
        assert_eq!(schema::faults(&arguments, &document), None, "{}", path.display());
        compared += 1;
    }
    assert!(compared > 30, "{compared} cases");
}

#[test]
fn what_is_not_published_is_found() {
    let found =
        |arguments: &[&str], document: Value| schema::faults(arguments, &document).is_some();
    let identity = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
    let derive = ["-q", "identity", "derive", "--json"];
    assert!(!found(&derive, json!({ "identity": identity })));
    assert!(found(&derive, json!({ "identity": identity, "new": 1 })), "a field");
    assert!(found(&derive, json!({})), "no field");
    assert!(found(&derive, json!({ "identity": "c200" })), "another form");
    assert!(found(&["doctor", "--json"], json!({ "identity": identity })), "another command");
    let error = |code| json!({ "error": { "code": code, "message": "m", "hint": "h" } });
    for arguments in [["nonsense", "--json"], ["derive", "--json"], ["verify", "--json"]] {
        assert!(!found(&arguments, error("ERR_USAGE")));
        assert!(found(&arguments, error("usage")));
    }
    // Claims are the token's own, whatever they are.
    let token = |claims| json!({ "kind": "jwt", "verified": false, "header": {}, "claims": claims, "identity": null });
    let decode = ["token", "decode", "--json"];
    assert!(!found(&decode, token(json!({ "any": [1, { "thing": null }] }))));
    assert!(found(&decode, token(json!([]))));
}
