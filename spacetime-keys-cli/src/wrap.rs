//! Lines of a width. What stands in backticks is there to be copied: it stays on one line.

use std::io::{stderr, stdout};

use terminal_size::{Width, terminal_size_of};
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// The width without a terminal.
const WIDTH: usize = 100;
/// The least width for words beside an indent, on any terminal.
const LEAST: usize = 24;

/// The width of the terminal that stdout is.
pub(crate) fn width_of_stdout() -> usize {
    terminal_size_of(stdout()).map_or(WIDTH, |(Width(width), _)| width.into())
}

/// The same of stderr; `None` where it is none.
pub(crate) fn width_of_stderr() -> Option<usize> {
    terminal_size_of(stderr()).map(|(Width(width), _)| width.into())
}

/// The way in which a text is wrapped.
#[derive(Clone, Copy)]
pub(crate) struct Wrap<'a> {
    /// The indent of the first line.
    pub(crate) first: &'a str,
    /// The indent of every other line.
    pub(crate) next: &'a str,
    pub(crate) width: usize,
}

impl Wrap<'_> {
    pub(crate) const fn at(width: usize) -> Self {
        Self { first: "", next: "", width }
    }
}

/// The text in lines, without a newline at the end. Lines that it has already stay lines.
pub(crate) fn wrapped(text: &str, wrap: Wrap<'_>) -> String {
    let width = wrap.width.max(wrap.next.len() + LEAST);
    let options = Options::new(width)
        .initial_indent(wrap.first)
        .subsequent_indent(wrap.next)
        .break_words(false)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

/// Words end at blanks outside of backticks.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut found = Vec::new();
    let (mut start, mut in_code, mut in_blanks) = (0, false, false);
    for (at, c) in line.char_indices() {
        if in_blanks && c != ' ' {
            found.push(Word::from(line.get(start..at).unwrap_or_default()));
            start = at;
        }
        in_code ^= c == '`';
        in_blanks = c == ' ' && !in_code;
    }
    found.push(Word::from(line.get(start..).unwrap_or_default()));
    Box::new(found.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stay_whole_and_lines_are_indented() {
        let text = "one two three `spacetime-keys sync --env local --yes` mends it, four five";
        let wrap = Wrap { first: "ok    ", next: "      ", width: 36 };
        let expected = "ok    one two three\n      `spacetime-keys sync --env local --yes`\n      mends it, four five";
        assert_eq!(wrapped(text, wrap), expected);
        assert_eq!(wrapped("short", Wrap::at(100)), "short");
        assert_eq!(wrapped("a\nb", Wrap::at(100)), "a\nb");
        assert_eq!(wrapped("", Wrap::at(100)), "");
    }

    #[test]
    fn a_narrow_terminal_and_words_without_an_end() {
        let long = "x".repeat(64);
        let text = format!("identity {long} is it");
        let lines = wrapped(&text, Wrap { first: "", next: "          ", width: 10 });
        assert_eq!(lines, format!("identity\n          {long}\n          is it"));
        // A backtick that does not end.
        assert_eq!(wrapped("a `b c", Wrap::at(30)), "a `b c");
    }
}
