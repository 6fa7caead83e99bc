//! Texts of others, made fit for a terminal and a log.
//!
//! A claim, a `kid`, a name or a server's words may hold characters that move the cursor, end the line,
//! turn the direction of the text around, or are not seen at all, so that a person reads something else
//! than what is there. Each is shown by its JSON escape (RFC 8259, section 7): in a JSON text that is the
//! same value, and elsewhere it is known well enough.

use std::borrow::Cow;

/// Whether a character acts on what is shown, or hides: a control (C0, DEL, C1), a line or paragraph
/// separator, a bidirectional control, or one that has no width.
///
/// Not Unicode's whole `Default_Ignorable_Code_Point`: variation selectors of U+FE0x belong to ordinary
/// emoji, and hide nothing.
pub const fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        // Hangul fillers: blank, but letters to a program that compares.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        // Zero width; marks, embeddings, overrides and isolates; separators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Byte order mark, interlinear annotation.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        // Tags, and variation selectors that hold any byte.
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text in one line, without hidden characters.
pub fn visible(text: &str) -> Cow<'_, str> {
    visible_but(text, |_| false)
}

/// The same, but for those that may stay, such as line ends.
pub fn visible_but(text: &str, may_stay: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_bad = |character: char| is_hidden(character) && !may_stay(character);
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_bad(character) { push_escape(&mut shown, character) } else { shown.push(character) }
    }
    Cow::Owned(shown)
}

/// A JSON text in one line, without hidden characters: the same value.
pub fn json_line(json: &str) -> Cow<'_, str> {
    // Within a string, JSON has no control below U+0020: here one is a blank between values.
    let line = if json.contains(char::is_control) {
        let blank = |character: char| if character < ' ' { ' ' } else { character };
        Cow::Owned(json.chars().map(blank).collect::<String>())
    } else {
        Cow::Borrowed(json)
    };
    match line {
        Cow::Borrowed(line) => visible(line),
        Cow::Owned(line) => Cow::Owned(visible(&line).into_owned()),
    }
}

/// A value as a JSON document over several lines, without hidden characters and with a newline at its
/// end. `None` if it has no JSON form.
pub fn json_document(value: &impl serde::Serialize) -> Option<String> {
    let mut json = serde_json::to_string_pretty(value).ok()?;
    json.push('\n');
    // Others' JSON may be part of it as it came, with its own blanks.
    let json = if json.contains(['\r', '\t']) { json.replace(['\r', '\t'], " ") } else { json };
    Some(match visible_but(&json, |character| character == '\n') {
        Cow::Borrowed(_) => json,
        Cow::Owned(shown) => shown,
    })
}

/// Beyond U+FFFF by two surrogates, as JSON has it.
fn push_escape(text: &mut String, character: char) {
    use std::fmt::Write;
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        let _ = write!(text, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_by_its_escape() {
        for (text, shown) in [
            ("plain é 漢 \u{1f600}\u{fe0f}", "plain é 漢 \u{1f600}\u{fe0f}"),
            ("\u{1b}[2J", "\\u001b[2J"),
            ("a\u{9b}31m\u{7f}", "a\\u009b31m\\u007f"),
            ("user\u{202e}nimda", "user\\u202enimda"),
            ("a\nb\tc", "a\\u000ab\\u0009c"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("\u{200b}\u{2028}\u{2066}\u{feff}", "\\u200b\\u2028\\u2066\\ufeff"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_but("a\n\u{8}", |character| character == '\n'), "a\n\\u0008");
        assert_eq!(json_line("{\"a\":\r\n\t\"\u{202e}\"}"), "{\"a\":   \"\\u202e\"}");
    }

    proptest! {
        #[test]
        fn a_json_text_stays_the_same_value(
            texts in prop::collection::vec(any::<String>(), 1..4),
            hidden in any::<char>().prop_filter("hidden", |c| is_hidden(*c)),
        ) {
            let mut texts = texts;
            texts.push(format!("a{hidden}b"));
            let raw = serde_json::to_string(&texts).unwrap();
            for shown in [json_line(&raw).into_owned(), json_document(&texts).unwrap()] {
                prop_assert!(!shown.contains(|c: char| is_hidden(c) && c != '\n'), "{shown:?}");
                let read: Vec<String> = serde_json::from_str(&shown).unwrap();
                prop_assert_eq!(&read, &texts);
            }
        }
    }
}
