//! A token as people bring it: with the header's words before it, in quotes, in JSON.

use zeroize::Zeroizing;

use super::Members;
use crate::{Error, Result};

/// So many wrappings are taken off: quotes in a header in JSON have three.
const MAX_WRAPPINGS: usize = 4;

/// The members of an answer that hold a token: a server's own (`POST /v1/identity`), and OAuth 2.0's.
const MEMBERS: [&str; 3] = ["token", "access_token", "id_token"];

/// The token in a text that holds nothing else: without `Authorization:` and `Bearer `, quotes, and
/// the JSON object of the answer that it came in; in one line, where a terminal or a mail has broken it.
///
/// For texts that a person hands over. What a client sends is the token itself, and is read as a
/// server reads it: there, `Bearer ` in the token is a flaw.
///
/// # Errors
/// [`Error::TokenSeveral`] if a JSON object has more than one token, or each line is one.
pub fn token_in(text: &str) -> Result<Zeroizing<String>> {
    let mut found = Zeroizing::new(bare(text).to_owned());
    for _ in 0..MAX_WRAPPINGS {
        let Some(inner) = member(&found)? else { break };
        found = Zeroizing::new(bare(&inner).to_owned());
    }
    Ok(joined(&found)?.unwrap_or(found))
}

/// A JWT over several lines as one. Neither base64url nor the dots between its parts have blanks, so
/// that nothing else can be meant.
fn joined(text: &str) -> Result<Option<Zeroizing<String>>> {
    let is_jwt = |text: &str| text.starts_with("eyJ") && text.matches('.').count() == 2;
    if !text.starts_with("eyJ") || !text.contains(['\n', '\r']) {
        return Ok(None);
    }
    let lines = || text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    if lines().filter(|line| is_jwt(line)).count() > 1 {
        return Err(Error::TokenSeveral);
    }
    let mut whole = Zeroizing::new(String::with_capacity(text.len()));
    whole.extend(lines());
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte);
    Ok((is_jwt(&whole) && whole.bytes().all(is_part)).then_some(whole))
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
    without_word(text, "Bearer").filter(|rest| rest.starts_with(char::is_whitespace))
}

fn without_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (begin, rest) = text.split_at_checked(word.len())?;
    begin.eq_ignore_ascii_case(word).then_some(rest)
}

fn without_quotes(text: &str) -> Option<&str> {
    ['"', '\'', '`'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
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
        ] {
            let found = token_in(&text.replace("TOKEN", TOKEN)).unwrap();
            assert_eq!(found.as_str(), TOKEN, "{text}");
        }
    }

    #[test]
    fn of_two_tokens_none_is_chosen() {
        let in_json = format!(r#"{{"access_token":"opaque","id_token":"{TOKEN}"}}"#);
        for text in [in_json, format!("{TOKEN}\n{TOKEN}\n"), format!("{TOKEN}\r\n\r\n{TOKEN}")] {
            assert_eq!(token_in(&text), Err(Error::TokenSeveral), "{text}");
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
        // What has other words in it is left to whoever says what is wrong with it.
        for text in ["eyJ\nis how a token begins.", "eyJhbGciOiJFUzI1NiJ9\n.e30.AA BB", "a\nb.c.d"]
        {
            assert_eq!(token_in(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_wrapping_stays() {
        for text in ["Bearer", "Bearertoken", "\"", "'a\"", "{}", "{\"sub\":\"a\"}", "{", "a b", ""]
        {
            assert_eq!(token_in(text).unwrap().as_str(), text);
        }
    }
}
