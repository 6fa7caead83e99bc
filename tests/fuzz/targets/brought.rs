//! Texts of others: a token as a person brings it, and what is shown of anything. A text is read as it
//! stands; where a token is in it, it is found through every wrapping, and in broken lines, too. What is
//! shown has no hidden character, and JSON stays the same value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use spacetime_keys_core::Error;
use spacetime_keys_core::jwt::{Token, token_in};
use spacetime_keys_core::printable::{is_hidden, json_document, json_line, visible};

fuzz_target!(|text: &str| {
    shown(text);
    match token_in(text) {
        Err(error) => assert_eq!(error, Error::TokenSeveral),
        Ok(found) => {
            if found.starts_with("eyJ") && Token::parse(&found).is_ok() {
                wrapped(&found);
            }
        }
    }
});

fn shown(text: &str) {
    let line = visible(text);
    assert!(!line.contains(is_hidden));
    assert_eq!(visible(&line), line);
    if !text.contains(is_hidden) {
        assert_eq!(line, text);
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let line = json_line(text);
    assert!(!line.contains(is_hidden));
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    // As a text: a float that is read, written and read again may be another one.
    let document = json_document(&serde_json::from_str::<&RawValue>(text).unwrap()).unwrap();
    assert!(!document.contains(|character| is_hidden(character) && character != '\n'));
    assert_eq!(serde_json::from_str::<Value>(&document).unwrap(), value);
}

fn wrapped(token: &str) {
    let middle = token.len() / 2;
    let (begin, end) = token.split_at(middle);
    for text in [
        format!(" {token}\r\n"),
        format!("Authorization: Bearer {token}"),
        format!("\"bearer {token}\""),
        format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\"}}"),
        format!("{begin}\n{end}"),
        format!("'{begin}\r\n  {end}'\n"),
    ] {
        assert_eq!(token_in(&text).unwrap().as_str(), token);
    }
    assert_eq!(token_in(&format!("{token}\n{token}")), Err(Error::TokenSeveral));
}
