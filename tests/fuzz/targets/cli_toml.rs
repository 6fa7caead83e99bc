//! `cli.toml`: whatever is edited is TOML afterwards, holds the new values, and every byte beside
//! them is the one from before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spacetime_keys_core::PublicKey;
use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_fuzz::{issuer, other};

/// Like a token, and in no seed.
const NEW_TOKEN: &str = "eyJuZXci.eyJuZXci.bmV3LW5ldy1uZXc";
/// Nobody signs such a token, but whatever is passed stays inside its string.
const STRANGE_TOKEN: &str = "a\"\"\"\r\nb = 'c'''\n\\\u{7f}";

fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    let Ok(parsed) = CliToml::parse(text) else { return };
    let old_keys: Vec<PublicKey> = parsed.server_keys().cloned().collect();
    let new_key = issuer().public_key();

    if !text.contains(NEW_TOKEN) && !text.contains("spacetimedb\\u") {
        let edited = parsed.with(NEW_TOKEN, &[], new_key);
        assert_token_alone_changed(text, &parsed, &edited);
        assert!(read(&edited).server_keys().eq(&old_keys));
    }
    let strange = parsed.with(STRANGE_TOKEN, &[], new_key);
    assert_eq!(read(&strange).token(), Ok(STRANGE_TOKEN));

    let edited = parsed.with(NEW_TOKEN, &old_keys, new_key);
    let again = read(&edited);
    assert_eq!(again.token(), Ok(NEW_TOKEN));
    assert_eq!(again.server_keys().count(), old_keys.len());
    assert!(again.server_keys().all(|key| key == new_key));
    assert_eq!(*again.with(NEW_TOKEN, &old_keys, new_key), *edited);
    // There and back: both texts have the same notation, so all is as it was.
    let back = again.with(STRANGE_TOKEN, std::slice::from_ref(new_key), other().public_key());
    let there = read(&back).with(NEW_TOKEN, &[other().public_key().clone()], new_key);
    assert_eq!(*there, *edited);

    if let [old_key] = old_keys.as_slice()
        && old_key != new_key
        && !text.contains(&new_key.to_pem().lines().nth(1).unwrap_or_default()[..40])
        && let Ok(token) = parsed.token()
    {
        let edited = parsed.with(token, &old_keys, new_key);
        assert_key_alone_changed(text, old_key, &edited);
    }
});

/// Reads what the library itself has written.
fn read(text: &str) -> CliToml<'_> {
    CliToml::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn assert_token_alone_changed(text: &str, parsed: &CliToml<'_>, edited: &str) {
    let quoted = format!("\"{NEW_TOKEN}\"");
    let (before, after) = edited.split_once(&quoted).unwrap();
    assert!(!after.contains(NEW_TOKEN));
    if let Some(replaced) = replaced(text, before, after) {
        let line = format!("spacetimedb_token = {replaced}\n");
        assert_eq!(read(&line).token(), parsed.token(), "{replaced}");
    } else {
        // There was none: a line was added.
        let before = before.strip_suffix("spacetimedb_token = ").unwrap();
        let after = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap();
        assert!(before.chars().all(|c| c == '\u{feff}'));
        assert_eq!([before, after].concat(), text);
        assert!(parsed.token().is_err());
    }
}

fn assert_key_alone_changed(text: &str, old_key: &PublicKey, edited: &str) {
    let new_key = issuer().public_key();
    let literal = format!("\"\"\"\n{}\"\"\"", new_key.to_pem());
    let crlf = literal.replace('\n', "\r\n");
    let (before, after) = edited.split_once(&literal).or_else(|| edited.split_once(&crlf)).unwrap();
    let replaced = replaced(text, before, after).unwrap();
    let server = format!("[[server_configs]]\necdsa_public_key = {replaced}\n");
    assert!(read(&server).server_keys().eq([old_key]), "{replaced}");
}

/// What stood in the text between these two.
fn replaced<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}
