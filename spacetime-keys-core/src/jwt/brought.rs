//! A token as people bring it: with the header's words before it, in quotes, in JSON, in a URL.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::Members;
use crate::{Error, Result};

/// The most wrappings that are taken off: quotes in a header in JSON are three.
const MAX_WRAPPINGS: usize = 4;

/// The members of an answer that hold a token: a server's own (`POST /v1/identity`), and OAuth 2.0's.
const MEMBERS: [&str; 3] = ["token", "access_token", "id_token"];

/// How each JWT begins: `{"` in base64url. And the same, in base64 once more.
const BEGIN: &str = "eyJ";
const BEGIN_IN_BASE64: &str = "ZXlK";

/// The token in a text that holds nothing else: without `Authorization:` and `Bearer `, quotes, the
/// JSON object of the answer that it came in, and base64 around it; from lines that a terminal has
/// broken; from a URL, a cookie, a command or a file of variables, behind its `=` or `:`.
///
/// For texts that a person hands over. What a client sends is the token itself, and is read as a
/// server reads it: there, `Bearer ` in the token is a flaw.
///
/// # Errors
/// [`Error::TokenSeveral`] if there is more than one token.
pub fn token_in(text: &str) -> Result<Zeroizing<String>> {
    let mut found = Zeroizing::new(bare(text).to_owned());
    for _ in 0..MAX_WRAPPINGS {
        let inner = match member(&found)? {
            None => decoded(&found).map_or_else(|| assigned(&found), |text| Ok(Some(text)))?,
            inner => inner,
        };
        let Some(inner) = inner else { break };
        found = Zeroizing::new(bare(&inner).to_owned());
    }
    Ok(joined(&found)?.unwrap_or(found))
}

/// The text that is base64 of a token's, as `kubectl get secret` prints it.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    if !text.starts_with(BEGIN_IN_BASE64) {
        return None;
    }
    let packed: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect());
    let bytes =
        STANDARD_NO_PAD.decode(&*packed).or_else(|_| URL_SAFE_NO_PAD.decode(&*packed)).ok()?;
    let text = Zeroizing::new(String::from_utf8(bytes).ok()?);
    (text.matches('.').count() >= 2).then_some(text)
}

/// The token behind a `=` or a `:`, with quotes and `Bearer ` before it or without. Words of a text
/// that are no token do not count: a URL may have a `state` beside it.
fn assigned(text: &str) -> Result<Option<Zeroizing<String>>> {
    if text.starts_with(BEGIN) {
        return Ok(None);
    }
    let ends = |c: char| c.is_whitespace() || "&;,#\"'\\)}]".contains(c);
    let mut found: Option<&str> = None;
    let mut at = 0;
    while let Some((before, rest)) = next_begin(text, at) {
        at = before.len() + BEGIN.len();
        if !is_assigned(before) {
            continue;
        }
        let token = rest.split(ends).next().unwrap_or(rest);
        // Whatever begins inside it is a part of it; each byte is looked at once.
        at = before.len() + token.len();
        if token.matches('.').count() >= 2
            && found.replace(token).is_some_and(|other| other != token)
        {
            return Err(Error::TokenSeveral);
        }
    }
    Ok(found.map(|token| Zeroizing::new(token.to_owned())))
}

/// The text up to the next place from there where a token may begin, and from it on.
fn next_begin(text: &str, from: usize) -> Option<(&str, &str)> {
    let at = from + text.get(from..)?.find(BEGIN)?;
    text.split_at_checked(at)
}

/// Whether a text ends in a name's `=` or `:`, give or take quotes and `Bearer`.
fn is_assigned(before: &str) -> bool {
    const SCHEME: &str = "bearer";

    let is_open = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
    let before = before.trim_end_matches(is_open);
    let scheme = before.len().checked_sub(SCHEME.len()).and_then(|at| before.split_at_checked(at));
    let before = match scheme {
        Some((rest, scheme)) if scheme.eq_ignore_ascii_case(SCHEME) => {
            rest.trim_end_matches(is_open)
        }
        _ => before,
    };
    before.ends_with(['=', ':'])
}

/// One token in lines that a terminal or a letter has broken, or with characters in it that nobody sees.
/// Not over a blank: that may stand in the header that a client sends, and a server refuses it.
fn joined(text: &str) -> Result<Option<Zeroizing<String>>> {
    const ENDS: [char; 2] = ['\n', '\r'];

    let is_jwt = |text: &str| text.starts_with(BEGIN) && text.matches('.').count() == 2;
    if !text.contains(|c: char| ENDS.contains(&c) || is_unseen(c)) {
        return Ok(None);
    }
    let lines = || text.split(ENDS).map(str::trim);
    if lines().filter(|line| is_jwt(line)).count() > 1 {
        return Err(Error::TokenSeveral);
    }
    let seen = lines().flat_map(str::chars).filter(|&c| !is_unseen(c));
    let packed: Zeroizing<String> = Zeroizing::new(seen.collect());
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
    Ok((is_jwt(&packed) && packed.chars().all(is_token)).then_some(packed))
}

/// Zero width, or a soft hyphen.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// Without what stands around it.
fn bare(text: &str) -> &str {
    let mut text = text.trim_start_matches('\u{feff}').trim();
    for _ in 0..MAX_WRAPPINGS {
        let inner = without_word(text, "Authorization:")
            .or_else(|| without_scheme(text))
            .or_else(|| without_quotes(text));
        match inner {
            Some(inner) => text = inner.trim(),
            None => break,
        }
    }
    text
}

/// RFC 9110, section 11.1: the scheme's case does not count, and a blank ends it.
fn without_scheme(text: &str) -> Option<&str> {
    ["Bearer", "Token", "JWT"]
        .into_iter()
        .find_map(|scheme| without_word(text, scheme))
        .filter(|rest| rest.starts_with(char::is_whitespace))
}

fn without_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (begin, rest) = text.split_at_checked(word.len())?;
    begin.eq_ignore_ascii_case(word).then_some(rest)
}

fn without_quotes(text: &str) -> Option<&str> {
    // A word processor's among them.
    const QUOTES: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];
    QUOTES.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
}

/// The token of a JSON object, if the text is one that has a token.
fn member(text: &str) -> Result<Option<Zeroizing<String>>> {
    if !text.starts_with('{') {
        return Ok(None);
    }
    let Ok(members) = Members::parse(text.to_owned()) else { return Ok(None) };
    let mut tokens = MEMBERS.iter().filter_map(|name| members.get_str(name).map(Zeroizing::new));
    let first = tokens.next();
    if tokens.any(|other| Some(&other) != first.as_ref()) {
        return Err(Error::TokenSeveral);
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.e30.AA";

    #[test]
    fn what_stands_around_a_token_is_taken_off() {
        for text in [
            "TOKEN",
            " TOKEN\r\n",
            "\u{feff}TOKEN",
            "Bearer TOKEN",
            "bearer\tTOKEN\n",
            "Authorization: Bearer TOKEN",
            "authorization:Bearer  TOKEN",
            "'Authorization: Bearer TOKEN'",
            "\"TOKEN\"\n",
            "'TOKEN'",
            "`TOKEN`",
            "\"Bearer TOKEN\"",
            "Bearer \"TOKEN\"",
            r#"{"token": "TOKEN"}"#,
            r#"{"identity":"c200","token":"TOKEN"}"#,
            r#"{"access_token":"TOKEN","token_type":"Bearer","expires_in":60}"#,
            r#"{"id_token":"Bearer TOKEN","access_token":null}"#,
            r#"{"id_token":"TOKEN","access_token":"TOKEN"}"#,
            r#"'{"token":"TOKEN"}'"#,
            "Token TOKEN",
            "JWT TOKEN",
            "\u{201c}TOKEN\u{201d}",
            "https://app.example.com/callback#access_token=TOKEN&token_type=bearer&expires_in=3600",
            "https://app.example.com/?state=a.b.c&id_token=TOKEN#x",
            "access_token=TOKEN",
            "Cookie: session=TOKEN; Path=/",
            "spacetimedb_token = \"TOKEN\"\n",
            "web_session_token = \"opaque\"\nspacetimedb_token = \"TOKEN\"\n",
            "export JWT='TOKEN'",
            "A=b\nTOKEN_OF_APP=TOKEN\n",
            "token:      TOKEN\nca.crt:     570 bytes\n",
            "curl -H \"Authorization: Bearer TOKEN\" https://example.com",
            r#"{"data":{"session":{"access_token":"TOKEN","refresh_token":"abc"}}}"#,
            r#"[{"access_token":"TOKEN"},{"access_token":"TOKEN"}]"#,
            "IN_BASE64",
            "IN_BASE64==\n",
            r#"{"token":"IN_BASE64"}"#,
        ] {
            let text = text.replace("TOKEN_OF_APP", "APP");
            let text = text.replace("IN_BASE64", &STANDARD_NO_PAD.encode(TOKEN));
            let found = token_in(&text.replace("TOKEN", TOKEN)).unwrap();
            assert_eq!(found.as_str(), TOKEN, "{text}");
        }
    }

    #[test]
    fn of_two_tokens_none_is_chosen() {
        for text in [
            r#"{"access_token":"opaque","id_token":"TOKEN"}"#,
            r#"{"data":{"access_token":"TOKENA","id_token":"TOKEN"}}"#,
            "https://app.example.com/#access_token=TOKEN&id_token=TOKENA",
            "TOKEN\nTOKEN\n",
            "TOKEN\r\n\r\nTOKEN",
        ] {
            assert_eq!(token_in(&text.replace("TOKEN", TOKEN)), Err(Error::TokenSeveral), "{text}");
        }
    }

    #[test]
    fn a_token_that_was_broken_into_lines_is_joined() {
        for end in ["\n", "\r\n", "\r", "\n  ", " \n\t", "\n\n"] {
            for at in 4..TOKEN.len() {
                let (begin, rest) = TOKEN.split_at(at);
                for text in [format!("{begin}{end}{rest}"), format!("Bearer '{begin}{end}{rest}'")]
                {
                    assert_eq!(token_in(&text).unwrap().as_str(), TOKEN, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_token_with_gaps_is_joined_and_other_words_are_not() {
        let (begin, end) = TOKEN.split_at(9);
        for gap in ["\n", "\r\n  ", "\u{200b}", "\u{feff}", "\u{ad}"] {
            assert_eq!(token_in(&format!("{begin}{gap}{end}\n")).unwrap().as_str(), TOKEN);
        }
        for text in [
            &*format!("{begin} {end}"),
            &*format!("{begin}\n{end}%"),
            "eyJ\na.b",
            "eyJ\nis how a token begins.",
            "a\nb.c.d",
        ] {
            assert_eq!(token_in(text).unwrap().as_str(), text);
        }
    }

    /// Each of these has a token's beginning at every fourth byte.
    #[test]
    fn no_text_takes_long() {
        let size = 1 << 18;
        for text in ["=eyJ".repeat(size), "=eyJ.".repeat(size), ": eyJ".repeat(size)] {
            let _ = token_in(&text);
        }
    }

    #[test]
    fn what_is_no_wrapping_stays() {
        for text in [
            "Bearer",
            "Bearertoken",
            "\"",
            "'a\"",
            "a=eyJ",
            "a eyJ.e30.AA",
            "ZXlK",
            "{}",
            "{\"sub\":\"a\"}",
            "{",
            "a b",
            "",
        ] {
            assert_eq!(token_in(text).unwrap().as_str(), text);
        }
    }
}
