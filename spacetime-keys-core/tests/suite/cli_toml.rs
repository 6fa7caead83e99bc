//! Editing `cli.toml`: exactly the token and the old key's entries change. What is expected is made
//! by plain replacement in the text, which knows nothing of TOML.

use crate::common::{CLI_TOML, PUBLIC_PEM, host_public_key, host_token, new_signer, properties};
use proptest::prelude::*;
use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_core::{Error, PublicKey};

/// Like a token, and easy to see in a failed comparison.
const NEW_TOKEN: &str = "eyJuZXci.eyJuZXci.bmV3LW5ldy1uZXc";

fn parse_error(text: &str) -> Option<Error> {
    CliToml::parse(text).err()
}

/// Edits the text for a new key in the place of the host's, and checks that the result is TOML.
fn edited(text: &str, new_key: &PublicKey) -> String {
    let edited = CliToml::parse(text).unwrap().with(NEW_TOKEN, &[host_public_key()], new_key);
    let again = CliToml::parse(&edited).unwrap_or_else(|error| panic!("{error}: {}", *edited));
    assert_eq!(again.token().unwrap(), NEW_TOKEN);
    assert!(again.server_keys().all(|key| key != &host_public_key()));
    // Doing it again changes nothing.
    assert_eq!(again.with(NEW_TOKEN, &[host_public_key()], new_key), edited);
    edited.to_string()
}

/// The host's file with the new token and the new key in the places of the old ones.
fn replaced(text: &str, new_key: &PublicKey) -> String {
    let text = text.replace(host_token(), NEW_TOKEN);
    let text = text.replace(PUBLIC_PEM, &new_key.to_pem());
    text.replace(&PUBLIC_PEM.replace('\n', "\r\n"), &new_key.to_pem().replace('\n', "\r\n"))
}

fn new_key() -> PublicKey {
    new_signer().public_key().clone()
}

// ---- The real file --------------------------------------------------------------------------

#[test]
fn the_real_file() {
    let parsed = CliToml::parse(CLI_TOML).unwrap();
    assert_eq!(parsed.token().unwrap(), host_token());
    assert_eq!(parsed.server_keys().collect::<Vec<_>>(), [&host_public_key()]);
    let new_key = new_key();
    assert_eq!(edited(CLI_TOML, &new_key), replaced(CLI_TOML, &new_key));
}

#[test]
fn without_anything_new_nothing_changes() {
    let parsed = CliToml::parse(CLI_TOML).unwrap();
    let key = host_public_key();
    // The same token and key; and a key to replace that is not there.
    assert_eq!(*parsed.with(host_token(), std::slice::from_ref(&key), &key), CLI_TOML);
    assert_eq!(*parsed.with(host_token(), &[new_key()], &new_key()), CLI_TOML);
    assert_eq!(*parsed.with(host_token(), &[], &new_key()), CLI_TOML);
    // Only the token.
    assert_eq!(*parsed.with(NEW_TOKEN, &[], &new_key()), CLI_TOML.replace(host_token(), NEW_TOKEN));
}

// ---- Variants of it that mean the same ------------------------------------------------------

#[test]
fn the_rest_stays_whatever_it_looks_like() {
    let new_key = new_key();
    let commented = CLI_TOML
        .replace("[[server_configs]]", "# a server # [[x]]\n\n[[server_configs]] # \"quoted\"")
        .replace("spacetimedb_token =", "# spacetimedb_token = \"old\"\nspacetimedb_token    =\t");
    let variants = [
        ("comments and spacing", commented.clone()),
        ("CRLF", CLI_TOML.replace('\n', "\r\n")),
        ("CRLF and comments", commented.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{CLI_TOML}")),
        ("byte order mark and CRLF", format!("\u{feff}{}", CLI_TOML.replace('\n', "\r\n"))),
        ("no newline at the end", CLI_TOML.trim_end().to_owned()),
        ("blank lines and tabs", format!("\n\n\t\n{}\n\n  \n", CLI_TOML.replace(" = ", "\t=\t"))),
        (
            "unknown keys, tables and a date",
            format!(
                "when = 1979-05-27T07:32:00Z\nx.y = [1, 2.50, 'z']\n{CLI_TOML}\n[extra]\na = '''\nb'''\n"
            ),
        ),
        (
            "letters of several bytes before the places",
            format!("# Schlüssel 🔑\nname = \"é€🔑\"\n{CLI_TOML}"),
        ),
        (
            "a login of the web, too",
            format!("web_session_token = \"{}\"\n{CLI_TOML}", host_token().replace('R', "S")),
        ),
        ("quoted keys", CLI_TOML.replace("spacetimedb_token", "\"spacetimedb_token\"")),
        ("literally quoted keys", CLI_TOML.replace("ecdsa_public_key", "'ecdsa_public_key'")),
        ("an escaped key", CLI_TOML.replace("spacetimedb_token", "\"spacetimedb\\u005ftoken\"")),
        (
            "a comment after the token",
            CLI_TOML.replace(host_token(), &format!("{}\" # mine \"", host_token())),
        ),
    ];
    for (name, text) in variants {
        // The last one shows that a closing quote within a comment is no part of the value.
        let text = text.replace(" # mine \"\"", " # mine \"");
        assert_ne!(text, CLI_TOML, "{name}");
        assert_eq!(edited(&text, &new_key), replaced(&text, &new_key), "{name}");
    }
}

#[test]
fn values_in_other_notation_are_replaced_whole() {
    let new_key = new_key();
    let old_token = format!("\"{}\"", host_token());
    let old_key = format!("\"\"\"\n{PUBLIC_PEM}\"\"\"");
    assert!(CLI_TOML.contains(&old_token) && CLI_TOML.contains(&old_key));
    let expected = replaced(CLI_TOML, &new_key);

    for token in [
        format!("'{}'", host_token()),
        format!("\"\"\"{}\"\"\"", host_token()),
        format!("'''\n{}'''", host_token()),
        format!("\"\\u0065{}\"", &host_token()[1..]),
    ] {
        let text = CLI_TOML.replace(&old_token, &token);
        assert_ne!(text, CLI_TOML);
        assert_eq!(CliToml::parse(&text).unwrap().token().unwrap(), host_token());
        assert_eq!(edited(&text, &new_key), expected, "{token}");
    }
    for key in [
        format!("\"{}\"", PUBLIC_PEM.replace('\n', "\\n")),
        format!("\"{}\"", PUBLIC_PEM.replace('\n', "\\r\\n")),
        format!("'''\n{PUBLIC_PEM}'''"),
        format!("\"\"\"{PUBLIC_PEM}\"\"\""),
        format!("\"\"\"{}\"\"\"", PUBLIC_PEM.trim_end()),
        // A literal string keeps backslash and n: the PEM reader repairs that.
        format!("'{}'", PUBLIC_PEM.replace('\n', "\\n")),
    ] {
        let text = CLI_TOML.replace(&old_key, &key);
        assert_ne!(text, CLI_TOML);
        assert_eq!(edited(&text, &new_key), expected, "{key}");
    }
}

#[test]
fn servers_in_an_inline_array() {
    let new_key = new_key();
    let text = format!(
        "spacetimedb_token = '{}'\nserver_configs = [ {{ nickname = \"a\", ecdsa_public_key = \"{}\" }},\n  {{ecdsa_public_key=\"\"}}, {{}} ] # end\n",
        host_token(),
        PUBLIC_PEM.replace('\n', "\\n"),
    );
    let expected =
        text.replace(&format!("'{}'", host_token()), &format!("\"{NEW_TOKEN}\"")).replace(
            &format!("\"{}\"", PUBLIC_PEM.replace('\n', "\\n")),
            &format!("\"\"\"\n{}\"\"\"", new_key.to_pem()),
        );
    assert_eq!(edited(&text, &new_key), expected);
}

#[test]
fn other_servers_keys_stay() {
    let (new_key, other, third) = (new_key(), new_key(), new_key());
    let server = |name: &str, pem: &str| {
        format!(
            "\n[[server_configs]]\nnickname = \"{name}\"\necdsa_public_key = \"\"\"\n{pem}\"\"\"\n"
        )
    };
    let unreadable = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let text = format!(
        "{}{}{}{}{}",
        server("other", &other.to_pem()),
        // The same key in another form is the same key.
        server("again", &PUBLIC_PEM.replace('\n', " ")),
        CLI_TOML,
        server("unreadable", unreadable),
        server("third", &third.to_pem()),
    );
    // A root key may not follow a table: the token comes first.
    let (head, tables) = CLI_TOML.split_once("\n\n").unwrap();
    let text = format!("{head}\n{}", text.replace(CLI_TOML, &format!("\n{tables}")));

    let parsed = CliToml::parse(&text).unwrap();
    let keys: Vec<_> = parsed.server_keys().cloned().collect();
    assert_eq!(keys, [other.clone(), host_public_key(), host_public_key(), third]);
    let expected =
        replaced(&text, &new_key).replace(&PUBLIC_PEM.replace('\n', " "), &new_key.to_pem());
    assert_eq!(edited(&text, &new_key), expected);

    // Several old keys at once.
    let both = parsed.with(host_token(), &[host_public_key(), other.clone()], &new_key);
    let expected =
        expected.replace(NEW_TOKEN, host_token()).replace(&other.to_pem(), &new_key.to_pem());
    assert_eq!(*both, expected);
}

// ---- Without a token ------------------------------------------------------------------------

#[test]
fn a_token_is_added_at_the_root() {
    let new_key = new_key();
    let line = format!("spacetimedb_token = \"{}\"\n", host_token());
    let without = CLI_TOML.replace(&line, "");
    let tables_only = without.split_once("\n\n").unwrap().1;
    let added = format!("spacetimedb_token = \"{NEW_TOKEN}\"\n");
    for text in ["", "# a comment\n", tables_only, &without] {
        let parsed = CliToml::parse(text).unwrap();
        assert_eq!(parsed.token(), Err(Error::TomlNoToken));
        assert_eq!(edited(text, &new_key), added.clone() + &replaced(text, &new_key));

        let crlf = text.replace('\n', "\r\n");
        let newline = if text.is_empty() { "\n" } else { "\r\n" };
        let expected = added.replace('\n', newline) + &replaced(&crlf, &new_key);
        assert_eq!(edited(&crlf, &new_key), expected);
        // A byte order mark stays the first thing in the file.
        let marked = format!("\u{feff}{text}");
        let expected = format!("\u{feff}{added}{}", replaced(text, &new_key));
        assert_eq!(edited(&marked, &new_key), expected);
    }
}

/// Nobody signs such a token, but whatever is passed stays inside its string.
#[test]
fn a_strange_token_does_not_break_out() {
    let strange = "a\"\nb = 'c'\n\\";
    for text in ["", "spacetimedb_token = \"old\"\n"] {
        let edited = CliToml::parse(text).unwrap().with(strange, &[], &new_key());
        assert_eq!(CliToml::parse(&edited).unwrap().token(), Ok(strange));
    }
}

#[test]
fn an_empty_token_is_none_and_is_filled() {
    let new_key = new_key();
    for empty in ["", "  "] {
        let text = CLI_TOML.replace(host_token(), empty);
        assert_eq!(CliToml::parse(&text).unwrap().token(), Err(Error::TomlNoToken));
        assert_eq!(edited(&text, &new_key), replaced(CLI_TOML, &new_key));
    }
}

// ---- Refusals -------------------------------------------------------------------------------

#[test]
fn what_is_not_toml_is_refused() {
    for text in [
        "spacetimedb_token",
        "spacetimedb_token = ",
        "spacetimedb_token = \"a",
        "spacetimedb_token = \"a\"\nspacetimedb_token = \"b\"\n",
        "{\"spacetimedb_token\": \"a\"}",
        "[[server_configs]\n",
        "a = 1\ra = 2\r",
        "<html></html>",
    ] {
        assert!(matches!(parse_error(text), Some(Error::TomlSyntax(_))), "{text}");
    }
    let cut_off = &CLI_TOML[..CLI_TOML.len() - 5];
    assert!(matches!(parse_error(cut_off), Some(Error::TomlSyntax(_))));
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    for text in [
        "spacetimedb_token = 1",
        "spacetimedb_token = [\"a\"]",
        "spacetimedb_token.a = \"b\"",
        "[spacetimedb_token]\na = \"b\"",
        "[[spacetimedb_token]]\na = \"b\"",
        "server_configs = \"a\"",
        "server_configs = [\"a\"]",
        "[server_configs]\necdsa_public_key = \"a\"",
        "[[server_configs]]\necdsa_public_key = 1",
        "server_configs = [{ ecdsa_public_key = true }]",
    ] {
        assert_eq!(parse_error(text), Some(Error::TomlType), "{text}");
    }
}

// ---- Any surroundings -----------------------------------------------------------------------

/// A line that means nothing to us, in any form that TOML has.
fn any_line(prefix: &'static str) -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "-?[1-9][0-9]{0,8}",
        "\"[ !#-\\[\\]-~é🔑]{0,12}\"",
        "'[ -&(-~é🔑]{0,12}'",
        "\"\"\"\n[a-z\n]{0,12}\"\"\"",
        prop::sample::select(vec!["true", "1979-05-27", "[ 1,\n 2, ]", "{ a = 1 }", "0x1F", "1e3"])
            .prop_map(str::to_owned),
    ];
    let blank = "[ \t]{0,3}";
    prop_oneof![
        "[ \t]{0,3}(#[ -~é🔑]{0,20})?",
        ("[a-z]{1,8}", blank, value, blank).prop_map(move |(name, before, value, after)| {
            // Neither a known name nor one that occurs twice in a table.
            format!("{prefix}_{name}_NUMBER{before}={before}{value}{after}")
        }),
    ]
}

fn lines(prefix: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any_line(prefix), 0..6).prop_map(|lines| {
        let numbered = lines
            .iter()
            .enumerate()
            .map(|(number, line)| line.replace("NUMBER", &number.to_string()) + "\n");
        numbered.collect()
    })
}

proptest! {
    #![proptest_config(properties("tests/suite/cli_toml.regressions", 256, 2048))]

    #[test]
    fn surroundings_are_untouched(
        before in lines("a"), after in lines("b"), in_server in lines("c"), at_end in lines("d"),
        crlf in any::<bool>(), bom in any::<bool>(),
    ) {
        let mut text = format!(
            "{before}spacetimedb_token = \"{}\"\n{after}[[server_configs]]\n{in_server}ecdsa_public_key = \"\"\"\n{PUBLIC_PEM}\"\"\"\n{at_end}",
            host_token(),
        );
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        if bom {
            text.insert(0, '\u{feff}');
        }
        let new_key = new_key();
        prop_assert_eq!(edited(&text, &new_key), replaced(&text, &new_key));
    }

    #[test]
    fn any_text_is_taken_without_panic(text in "(spacetimedb_token|=|\"|'|\n|\\[|\\]|.){0,60}") {
        if let Ok(parsed) = CliToml::parse(&text) {
            drop(parsed.with(NEW_TOKEN, &[host_public_key()], &new_key()));
        }
    }
}
