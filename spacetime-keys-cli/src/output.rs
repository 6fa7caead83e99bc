//! What is printed where: results on stdout, all else on stderr; with `--json` one document on
//! stdout and nothing else there.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use spacetime_keys_core::printable::{json_document, visible, visible_but};

use crate::args::Global;
use crate::failure::Failure;
use crate::wrap::{Wrap, width_of_stderr, wrapped};

#[derive(Clone, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    verbose: u8,
    /// Why something could not be written to stdout.
    unwritten: Arc<OnceLock<ErrorKind>>,
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();

/// Text in a style. `anstream` drops the codes where there is no terminal, or with `NO_COLOR`.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A text as it goes to a terminal or a log: whatever got into it, it has no hidden character but line
/// ends and our own styles.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    /// The escape sequences of the styles above.
    const STYLES: [&str; 5] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];
    let may_stay = |character| character == '\n';
    if !text.contains('\u{1b}') {
        return visible_but(text, may_stay);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        let style = STYLES.into_iter().find(|style| from.starts_with(style));
        // Without a style, the escape itself.
        let (escape, after) = from.split_at(style.map_or(1, str::len));
        shown.push_str(&visible_but(before, may_stay));
        shown.push_str(&style.map_or_else(|| visible_but(escape, may_stay), Cow::Borrowed));
        rest = after;
    }
    shown.push_str(&visible_but(rest, may_stay));
    shown.into()
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            unwritten: Arc::default(),
        }
    }

    /// The same, without details.
    pub(crate) fn without_details(&self) -> Self {
        Self { verbose: 0, ..self.clone() }
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) const fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Whether each request to a vault is said, too.
    pub(crate) const fn is_very_verbose(&self) -> bool {
        self.verbose > 1
    }

    /// The command's result: as JSON, or as the text that the closure makes.
    pub(crate) fn result(&self, json: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            // What we print is made of strings, numbers and lists: it always has a JSON form.
            self.raw(&json_document(json).unwrap_or_default());
        } else {
            self.raw(&shown(&text()));
        }
    }

    /// Text on stdout as it is: of our own making, such as a key or a page.
    pub(crate) fn raw(&self, text: &str) {
        let mut stdout = anstream::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            let _ = self.unwritten.set(error.kind());
        }
    }

    /// Fails if what was to be printed was not: the file that stdout is led to would be taken for the
    /// result. A reader that went away (`| head`) is not our failure.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        match self.unwritten.get() {
            None | Some(ErrorKind::BrokenPipe) => Ok(()),
            Some(kind) => {
                Err(Failure::io("writing", Path::new("standard output"), &(*kind).into()))
            }
        }
    }

    /// A note that a person may want to read.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            err(text);
        }
    }

    /// A warning, printed even with `-q`.
    #[expect(clippy::unused_self, reason = "output goes through one place")]
    pub(crate) fn warn(&self, text: &str) {
        err(&format!("{} {text}", styled(WARN, "warning:")));
    }

    pub(crate) fn warn_of_slash(&self, issuer: &str) {
        if issuer.ends_with('/') {
            self.warn("with and without the slash at the issuer's end, the identities differ");
        }
    }

    /// Details, with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            err(text);
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        // Where stdout takes nothing, the words are better than nothing.
        if self.json && self.unwritten.get().is_none() {
            let error = serde_json::json!({
                "error": {
                    "code": failure.code,
                    "message": failure.message,
                    "hint": failure.hint,
                }
            });
            self.raw(&json_document(&error).unwrap_or_default());
        } else {
            self.failure_text(failure);
        }
    }

    /// A failure that does not end the command.
    #[expect(clippy::unused_self, reason = "output goes through one place")]
    pub(crate) fn failure_text(&self, failure: &Failure) {
        // Each is one line, whatever is in the name of a file.
        err(&format!("{} {}", styled(BAD, "error:"), visible(&failure.message)));
        err(&format!("{}  {}", styled(BOLD, "hint:"), visible(&failure.hint)));
    }
}

fn err(text: &str) {
    let mut stderr = anstream::stderr().lock();
    // Where nobody reads it line by line, a sentence stays on one.
    let text = shown(text);
    let text = match width_of_stderr() {
        Some(width) => wrapped(&text, Wrap::at(width)).into(),
        None => text,
    };
    let _ = writeln!(stderr, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_styles_stay_and_nothing_else_does() {
        let text = format!("{}\nname\u{1b}[8mhidden\u{1b}]0;title\u{7}\u{202e}", styled(BAD, "no"));
        let escaped = "\nname\\u001b[8mhidden\\u001b]0;title\\u0007\\u202e";
        assert_eq!(shown(&text), format!("{}{escaped}", styled(BAD, "no")));
        for style in [BOLD, GOOD, BAD, WARN] {
            let text = styled(style, "x");
            assert_eq!(shown(&text), text);
        }
    }
}
