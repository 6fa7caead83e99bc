//! What `scan` and `token recover` have in common: where they search, and what they say of it.

use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spacetime_keys_core::printable::visible;
use spacetime_keys_rotation::search::{Input, Searched};

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;

/// The inputs that arguments name: `-` is standard input.
pub(super) fn inputs(paths: &[PathBuf]) -> Vec<Input> {
    let input = |path: &PathBuf| {
        if path == Path::new("-") {
            let stream: Box<dyn Read> = Box::new(stdin());
            Input::Stream("standard input".into(), stream)
        } else {
            Input::Path(path.clone())
        }
    };
    paths.iter().map(input).collect()
}

/// Tells the waiting user how far it is.
pub(super) fn advance(progress: &mut Progress, path: &Path, bytes: u64) {
    let all = progress.read() + bytes;
    progress.advance(bytes, || {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        format!("searched {} MB: {}", all / 1_000_000, visible(&name))
    });
}

/// Says what could not be read.
pub(super) fn warn(searched: &Searched, output: &Output) {
    for failure in &searched.failures {
        output.warn(&visible(&failure.to_string()));
    }
    let named = searched.failures.len() as u64;
    if searched.unread > named {
        output.warn(&format!("{} more could not be read", searched.unread - named));
    }
}

/// Fails where something could not be read: that nothing was found says nothing then.
pub(super) fn require_all_read(searched: &Searched) -> Result<(), Failure> {
    match searched.failures.first() {
        Some(first) => {
            let failure = Failure::from(first.clone());
            let message = format!(
                "nothing was found, and {} could not be read to the end; the first: {}",
                files(searched.unread),
                failure.message
            );
            Err(failure.with_message(message))
        }
        None => Ok(()),
    }
}

/// The totals of the search, for a person.
pub(super) fn to_text(searched: &Searched) -> String {
    let left = match searched.skipped {
        0 => String::new(),
        skipped => format!("; {skipped} links, pipes, sockets and devices were skipped"),
    };
    format!("searched {}, {} bytes{left}", files(searched.files), searched.bytes)
}

/// The same for programs.
pub(super) fn to_json(searched: &Searched) -> Value {
    json!({
        "files": searched.files,
        "bytes": searched.bytes,
        "skipped": searched.skipped,
        "unread": searched.unread,
    })
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
