//! Holds what `--json` prints against the published schema, `docs/schema/output.json`.
//!
//! The schema lets fields be added, so that programs that use it still work then. Here, a field that it
//! does not name is an error: somebody has forgotten to publish it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::{Value, json};

/// The part of failures, which any command can have.
const ERROR: &str = "error";

/// How the title of a command's part begins.
const TITLE: &str = "spacetime-keys ";

thread_local! {
    static PUBLISHED: Published = Published::read();
}

/// The schema's parts, compiled.
struct Published {
    schemas: Schemas,
    parts: BTreeMap<String, SchemaIndex>,
    /// Each command that it knows, with the name of its part.
    commands: BTreeMap<String, String>,
}

impl Published {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/output.json");
        let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        close(&mut schema);
        let id = schema["$id"].as_str().unwrap().to_owned();
        let defined = schema["$defs"].as_object().unwrap().clone();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource(&id, schema).unwrap();
        let mut schemas = Schemas::new();
        let mut compile =
            |name: &String| compiler.compile(&format!("{id}#/$defs/{name}"), &mut schemas).unwrap();
        let parts = defined.keys().map(|name| (name.clone(), compile(name))).collect();
        let command = |part: &Value| Some(part["title"].as_str()?.strip_prefix(TITLE)?.to_owned());
        let commands =
            defined.iter().filter_map(|(name, part)| Some((command(part)?, name.clone())));
        Self { schemas, parts, commands: commands.collect() }
    }

    fn faults(&self, arguments: &[&str], document: &Value) -> Option<String> {
        let pairs = arguments.windows(2).map(|pair| pair.join(" "));
        let words = arguments.iter().map(|&word| word.to_owned());
        let part = pairs.chain(words).find_map(|name| self.commands.get(&name));
        let failed = document.get(ERROR).is_some();
        let part = part.filter(|_| !failed).map_or(ERROR, String::as_str);
        let result = self.schemas.validate(document, self.parts[part]);
        result.err().map(|error| format!("{part}: {error:#}"))
    }
}

/// The commands that the schema knows.
pub(crate) fn commands() -> Vec<String> {
    PUBLISHED.with(|published| published.commands.keys().cloned().collect())
}

/// What is wrong with a document that this command line printed.
pub(crate) fn faults(arguments: &[&str], document: &Value) -> Option<String> {
    PUBLISHED.with(|published| published.faults(arguments, document))
}

/// Fails the test if a run with `--json` printed what the schema does not allow.
#[track_caller]
pub(crate) fn check<'a>(arguments: impl Iterator<Item = &'a OsStr>, stdout: &str) {
    let arguments: Vec<&str> = arguments.filter_map(OsStr::to_str).collect();
    if !arguments.contains(&"--json") {
        return;
    }
    // Output that was cut off is another test's matter.
    if let Ok(document) = serde_json::from_str(stdout) {
        let faults = faults(&arguments, &document);
        assert!(faults.is_none(), "docs/schema/output.json: {}", faults.unwrap_or_default());
    }
}

/// Forbids fields that the schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            // Of an object whose members are listed; a token's claims may be any.
            if members.contains_key("type") && members.contains_key("properties") {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(close),
        _ => {}
    }
}
