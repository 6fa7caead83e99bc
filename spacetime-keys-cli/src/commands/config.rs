//! `config show`

use std::env;
use std::fmt::Write as _;

use serde_json::json;
use spacetime_keys_core::printable::visible;

use super::Answer;
use crate::config::{Config, Entry};
use crate::output::{BOLD, Output, styled};

pub(super) fn show(config: &Config, output: &Output) -> Answer {
    let values = config.values();
    let file = config.path.as_deref().map(spacetime_keys_rotation::files::absolute);
    let folder = env::current_dir().ok();
    let document = json!({ "folder": folder, "file": file, "values": values });
    output.result(&document, || to_text(file.as_deref(), &values));
    Answer::Yes
}

fn to_text(file: Option<&std::path::Path>, values: &[Entry]) -> String {
    let file = file.map_or_else(
        || "none: neither here nor in a folder above; these are the defaults".to_owned(),
        |file| file.display().to_string(),
    );
    let mut text = format!("{} {file}\n", styled(BOLD, "configuration"));
    let shown = |value: &Entry| {
        value.value.as_deref().map_or_else(|| "-".to_owned(), |text| visible(text).into_owned())
    };
    let name_width = values.iter().map(|value| value.name.len()).max().unwrap_or_default();
    let width = values.iter().map(|value| shown(value).len()).max().unwrap_or_default();
    for value in values {
        let (name, text_of_value, source) = (&value.name, shown(value), &value.source);
        let _ = writeln!(text, "{name:<name_width$}  {text_of_value:<width$}  {source}");
    }
    text
}
