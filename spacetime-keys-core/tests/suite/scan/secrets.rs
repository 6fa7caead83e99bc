//! Private keys and tokens, in each form in which files have them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::scan::Wanted;

use super::found;
use crate::common::{PRIVATE_PEM, encode, host_token, openssl};

fn key(pem: &str) -> String {
    format!("key {}", PrivateKey::from_pem(pem).unwrap().public_key().fingerprint())
}

fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// The same key in SEC1, as OpenSSL writes it.
fn sec1() -> String {
    String::from_utf8(openssl(&["ec"], PRIVATE_PEM.as_bytes())).unwrap()
}

fn jwk() -> String {
    let key = PrivateKey::from_pem(PRIVATE_PEM).unwrap();
    let (x, y) = key.public_key().coordinates();
    json!({
        "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": "one",
        "d": encode(key.as_p256().to_bytes()), "key_ops": ["sign"],
    })
    .to_string()
}

fn wrapped(text: &str, columns: usize) -> String {
    let lines = text.as_bytes().chunks(columns).map(|line| str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

fn percent(text: &str) -> String {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let code = |byte: &u8| {
        if safe(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.as_bytes().iter().map(code).collect()
}

/// Texts in which the host's private key stands once.
fn texts_with_key() -> Vec<(&'static str, Vec<u8>)> {
    let pem = PRIVATE_PEM;
    let line = pem.trim_end().replace('\n', "\\n");
    let json = json!({ "value": pem, "version": 1 }).to_string();
    let prefixed = |prefix: &str| {
        pem.lines().fold(String::new(), |text, line| {
            format!(
                "{text}{prefix}{line}
"
            )
        })
    };
    let packed = body(pem);
    vec![
        ("PEM", pem.into()),
        ("SEC1", sec1().into()),
        ("SEC1 in base64", body(&sec1()).into()),
        ("CRLF", pem.replace('\n', "\r\n").into()),
        ("escaped line ends", format!("KEY=\"{line}\"\n").into()),
        ("line ends escaped twice", line.replace('\\', "\\\\").into()),
        ("blanks for line ends", pem.trim_end().replace('\n', " ").into()),
        ("no line ends at all", pem.replace('\n', "").into()),
        ("indented", prefixed("    ").into()),
        ("a diff", prefixed("+").into()),
        ("a diff of what went", prefixed("-").into()),
        ("a comment", prefixed("# ").into()),
        ("a quotation", prefixed("> > ").into()),
        ("JSON", json.clone().into()),
        ("JSON in JSON", json!({ "body": json }).to_string().into()),
        ("JSON with escaped slashes", json.replace('/', "\\/").into()),
        ("a URL", format!("key={}&x=1", percent(pem)).into()),
        ("a form", format!("key={}&x=1", percent(pem).replace("%20", "+")).into()),
        ("base64 of the PEM", STANDARD.encode(pem).into()),
        ("the same in lines", wrapped(&STANDARD.encode(pem), 76).into()),
        ("the same twice", STANDARD.encode(STANDARD.encode(pem)).into()),
        ("base64 of a text with it", STANDARD.encode(format!("x: |\n{pem}")).into()),
        ("base64 of JSON with it", STANDARD_NO_PAD.encode(json).into()),
        ("base64url of the PEM", URL_SAFE_NO_PAD.encode(pem).into()),
        ("a body without armour", packed.clone().into()),
        ("the same as a value", format!("export KEY={packed}\nexport B=1\n").into()),
        ("the same in lines without armour", wrapped(&packed, 64).into()),
        ("DER", STANDARD.decode(&packed).unwrap()),
        (
            "DER between bytes",
            [b"\x00\x30\x31", &*STANDARD.decode(&packed).unwrap(), b"\x00"].concat(),
        ),
        ("JWK", jwk().into()),
        (
            "JWK set",
            json!({ "keys": [serde_json::from_str::<serde_json::Value>(&jwk()).unwrap()] })
                .to_string()
                .into(),
        ),
        ("JWK in a string", json!(jwk()).to_string().into()),
        ("JWK in a URL", percent(&jwk()).into()),
        ("JWK in HTML", jwk().replace('"', "&quot;").into()),
    ]
}

#[test]
fn each_form_of_a_private_key_is_found_once_and_among_other_bytes() {
    for (form, text) in texts_with_key() {
        let expected = vec![key(PRIVATE_PEM)];
        let names = |text: &[u8]| -> Vec<String> {
            found(Wanted::Secrets, text).into_iter().map(|(_, what)| what).collect()
        };
        assert_eq!(names(&text), expected, "{form}");
        let around = [b"first line\n\x00\xff{\n".as_slice(), &text, b"\n}\xfe last line"].concat();
        assert_eq!(names(&around), expected, "{form}, among other bytes");
    }
}

#[test]
fn a_key_stands_where_it_is_said_to_stand() {
    let text = format!("{}\n{PRIVATE_PEM}", "x".repeat(99));
    assert_eq!(found(Wanted::Secrets, text), [(100, key(PRIVATE_PEM))]);
    let text = format!("{} {}", "x".repeat(99), body(PRIVATE_PEM));
    assert_eq!(found(Wanted::Secrets, text), [(100, key(PRIVATE_PEM))]);
}

#[test]
fn keys_beside_each_other_are_all_found() {
    let other = PrivateKey::generate().unwrap();
    let text = format!("{PRIVATE_PEM}{}{}", *other.to_pem(), body(PRIVATE_PEM));
    let names: Vec<_> = found(Wanted::Secrets, text).into_iter().map(|(_, what)| what).collect();
    let other = key(&other.to_pem());
    assert_eq!(names, [key(PRIVATE_PEM), other, key(PRIVATE_PEM)]);
}

#[test]
fn each_form_of_a_token_is_found() {
    let token = host_token();
    let dots = |dot: &str| token.replace('.', dot);
    for text in [
        token.to_owned(),
        format!("Authorization: Bearer {token}\r\n"),
        format!("wss://db.example.com/v1/database/app/subscribe?token={token}&compression=None"),
        json!({ "headers": [{ "name": "authorization", "value": format!("Bearer {token}") }] })
            .to_string(),
        json!({ "log": json!({ "token": token }).to_string() }).to_string(),
        format!("token%3D{}", dots("%2E")),
        format!("\"{}\"", dots("\\u002e")),
        STANDARD.encode(token),
        STANDARD.encode(format!("a{token}")),
        STANDARD.encode(format!("ab{token}")),
        wrapped(&STANDARD.encode(format!("spacetimedb_token = \"{token}\"\n")), 76),
        format!("\u{1}spacetimedb_token\u{1}{token}\u{2}xyz"),
    ] {
        let names: Vec<_> =
            found(Wanted::Secrets, &text).into_iter().map(|(_, what)| what).collect();
        assert_eq!(names, [format!("token {token}")], "{text}");
    }
    // In a binary file the next byte may look like one more digit.
    for glued in ["A", "zz", "0123456789"] {
        let names = found(Wanted::Secrets, format!("{token}{glued}"));
        assert_eq!(names, [(0, format!("token {token}"))], "{glued}");
    }
}
