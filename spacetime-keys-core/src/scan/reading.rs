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

/// Each `%XX` as its byte (RFC 3986, section 2.1); a `%` before anything else stays.
pub(super) fn percent_decoded(text: &str) -> Text {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let code = if byte == b'%' { digit(0).zip(digit(1)) } else { None };
        let (byte, after) = match code {
            Some((high, low)) => {
                (u8::try_from(high << 4 | low).unwrap_or_default(), after.get(2..))
            }
            None => (byte, Some(after)),
        };
        bytes.push(byte);
        rest = after.unwrap_or_default();
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// Bytes as text, if they are UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}
