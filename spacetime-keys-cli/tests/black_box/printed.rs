//! Texts of others on a terminal and in JSON: nothing in them moves a cursor, hides, or turns around.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use spacetime_keys_core::PrivateKey;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_test_support::{Random, again, count, seed};

use crate::common::{CLI_TOML, CONFIG, Host, PRIVATE, PUBLIC, Run, token};

/// By its own list, and not by the library's.
fn acts_on_a_terminal(character: char) -> bool {
    let code = u32::from(character);
    let zero_width = [0xad, 0x61c, 0x180e, 0xfeff];
    character.is_control()
        || zero_width.contains(&code)
        || (0x200b..=0x200f).contains(&code)
        || (0x2028..=0x202e).contains(&code)
        || (0x2060..=0x206f).contains(&code)
        || (0xe0000..=0xe0fff).contains(&code)
}

#[track_caller]
fn is_clean(run: &Run, what: &str) {
    for (name, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        let found = text.chars().find(|c| acts_on_a_terminal(*c) && *c != '\n');
        assert_eq!(found, None, "{what}: {name}: {text:?}");
    }
}

/// All of them, and more that other lists have.
fn hidden() -> String {
    let all = ('\0'..='\u{2fff}').chain('\u{fe00}'..='\u{ffff}').chain('\u{e0000}'..='\u{e0fff}');
    all.filter(|c| acts_on_a_terminal(*c)).collect()
}

/// A token with this JSON as it stands, whatever blanks are in it.
fn raw(key: &PrivateKey, header: &str, claims: &str) -> String {
    let encode = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let signature = Signer::new(key).unwrap().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", encode(signature.as_ref()))
}

/// Random texts with hidden characters between others.
fn text(random: &mut Random, hidden: &[char]) -> String {
    let others = ['a', 'é', '漢', '"', '\\', '/', '\u{1f600}', ' '];
    let length = random.below(24);
    let mut character = || {
        let from = if random.percent(50) { hidden } else { &others };
        random.pick(from)
    };
    (0..length).map(|_| character()).collect()
}

#[test]
fn any_claim_of_a_token() {
    let host = Host::new();
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let characters: Vec<char> = hidden().chars().collect();
    let mut random = Random::new(seed());
    for number in 0..count(40, 400) {
        let mut claims = json!({ "iss": text(&mut random, &characters), "sub": "a", "iat": 1 });
        if number == 0 {
            claims = json!({ "iss": hidden(), "sub": hidden() });
        }
        for _ in 0..random.below(4) {
            claims[text(&mut random, &characters)] =
                json!([text(&mut random, &characters), { "x": 1 }]);
        }
        let token = token(&key, &claims);
        for arguments in [
            ["token", "decode"].as_slice(),
            &["token", "verify", "--public-key", PUBLIC],
            &["token", "verify", "--public-key", PUBLIC, "--issuer", "other"],
            &["token", "check", "--public-key", PUBLIC],
        ] {
            for more in [&[][..], &["--json"], &["--color", "always", "-v"]] {
                let arguments = [arguments, more].concat();
                let mut run = Run::of(&mut host.command(&arguments), token.as_bytes());
                let what = format!("{arguments:?}, {}", again(seed()));
                if more.first() == Some(&"--color") {
                    run.stdout = without_styles(&run.stdout);
                    run.stderr = without_styles(&run.stderr);
                }
                is_clean(&run, &what);
                if arguments == ["token", "decode", "--json"] {
                    assert_eq!(run.json()["claims"], claims, "{what}");
                }
            }
        }
    }
}

/// Of ours: bold, red, green, yellow, and their end.
fn without_styles(text: &str) -> String {
    ["[0m", "[1m", "[31m", "[32m", "[33m"]
        .iter()
        .fold(text.to_owned(), |text, style| text.replace(&format!("\u{1b}{style}"), ""))
}

/// Blanks between the values of a token's JSON: a carriage return overwrites what stands there.
#[test]
fn blanks_in_a_tokens_json() {
    let host = Host::new();
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    let claims = "{\"iss\":\"a\",\"sub\":\"b\",\"x\":{\"y\":\r\n\t1,\r\"z\":[\n\n2]}}\r\n";
    let token = raw(&key, "{\"alg\":\"ES256\",\r\n\t\"x\":[\r1]}", claims);
    for more in [&[][..], &["--json"]] {
        let run =
            Run::of(&mut host.command(&[&["token", "decode"], more].concat()), token.as_bytes());
        is_clean(&run, &format!("{more:?}"));
        let is_json = !more.is_empty();
        assert!(!is_json || run.json()["claims"]["x"] == json!({ "y": 1, "z": [2] }), "{run:?}");
        // A value is one line: it cannot pass for another claim.
        assert!(is_json || run.stdout.contains("\n  x: {\"y\":   1, \"z\":[  2]}\n"), "{run:?}");
    }
}

/// Names of databases and servers, sets, configurations, a publisher that is a stranger.
#[test]
fn whatever_else_is_not_ours() {
    let hidden = hidden();
    let mut in_toml = String::new();
    for character in hidden.chars() {
        let _ = write!(in_toml, "\\U{:08x}", u32::from(character));
    }
    let host = Host::rotated("local");
    let key = PrivateKey::from_pem(host.read(PRIVATE)).unwrap();
    // Short enough for a file, and for a claim that a server takes.
    let name =
        "a\u{1b}[2J\u{9b}m\u{7f}\u{202e}b\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}\n\r\u{7}c";
    host.set_token(&token(
        &key,
        &json!({ "iss": format!("https://{name}"), "sub": name, "iat": 1 }),
    ));
    let nickname = format!(
        "{}\n[[server_configs]]\nnickname = \"{in_toml}\"\nhost = \"{in_toml}\"\nprotocol = \"http\"\n",
        host.read(CLI_TOML)
    );
    host.write(CLI_TOML, nickname);
    host.write(
        "set",
        json!({ "keys": [{ "kty": hidden, "kid": hidden, "alg": hidden }, { "kid": name }] })
            .to_string(),
    );
    host.write("spacetime.json", json!({ "database": hidden, "server": name }).to_string());
    host.write("log", format!("2026-11-30T12:00:00Z ERROR {name}: publish failed: {name}\n{name}"));
    host.write(
        CONFIG,
        format!("[host]\nserver = \"http://127.0.0.1:1/{in_toml}\"\ndatabase = \"{in_toml}\"\nrestart = \"echo {in_toml}\"\n"),
    );
    host.write(name, "not a key");
    for arguments in [
        ["verify", "--env", "local"].as_slice(),
        &["config", "show"],
        &["jwks", "lint", "set"],
        &["doctor"],
        &["doctor", "--logs", "log"],
        &["doctor", "--server", "http://127.0.0.1:1", "--timeout", "1s"],
        &["doctor", "--server", "http://127.0.0.1:1", "--timeout", "1s", "--database", name],
        &["doctor", "--server", name],
        &["doctor", "--server", "http://127.0.0.1:1", "--cli-toml", name],
        &["key", "fingerprint", name],
        &["key", "fingerprint", "--config", name, PRIVATE],
        &["rotate", "--env", "local", "--yes"],
        &["rotate", "--env", name, "--yes"],
        &["sync", "--env", "local", "--cli-toml", name],
        &["identity", "map", "--from-issuer", name, "--to-issuer", "b", "--input", name],
        &[
            "token",
            "resign",
            "--cli-toml",
            CLI_TOML,
            "--private-key",
            PRIVATE,
            "--allow-external-issuer",
        ],
        &["token", "restore", "--env", "local"],
        &["init", "--dry-run"],
    ] {
        for json in [false, true] {
            let arguments = [arguments, if json { &["--json"][..] } else { &[] }].concat();
            let run = host.run(&arguments);
            is_clean(&run, &format!("{:?}", &arguments[..2.min(arguments.len())]));
            if json && !run.stdout.is_empty() {
                let _: Value = run.json();
            }
        }
    }
}
