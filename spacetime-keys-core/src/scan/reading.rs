//! A text as it was before something escaped it: JSON, once or more, a URL, HTML.

use zeroize::Zeroizing;

use crate::pem::unescaped;

type Text = Zeroizing<String>;

/// JSON in JSON in JSON.
const ESCAPES: usize = 3;

/// The text itself, and each way to read it that differs.
pub(super) fn readings(text: &str) -> Vec<Text> {
    let mut all = vec![Zeroizing::new(text.to_owned())];
    if text.contains('%') {
        all.push(percent_decoded(text));
    }
    if text.contains("&quot;") {
        all.push(Zeroizing::new(text.replace("&quot;", "\"")));
    }
    for index in 0..all.len() {
        let mut last = all.get(index).cloned().unwrap_or_default();
        for _ in 0..ESCAPES {
            if !last.contains('\\') {
                break;
            }
            last = unescaped(&last);
            all.push(last.clone());
        }
    }
    all
}

/// RFC 3986, section 2.1. A form's `+` is a blank, but only where no blank stands otherwise.
pub(super) fn percent_decoded(text: &str) -> Text {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [b'%', high, low, after @ ..] => {
                let digits = [char::from(*high), char::from(*low)].map(|c| c.to_digit(16));
                match digits {
                    [Some(high), Some(low)] => {
                        bytes.push(u8::try_from(high << 4 | low).unwrap_or_default());
                        after
                    }
                    _ => {
                        bytes.push(b'%');
                        rest.get(1..).unwrap_or_default()
                    }
                }
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
            [] => break,
        };
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// The piece of a text around a place that is UTF-8, in a range of it.
pub(super) fn utf8(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}
