//! Claims.

use spacetime_keys_core::Identity;

use super::values;
use crate::json::{Json, quoted};
use spacetime_keys_test_support::Random;

const KNOWN: &[&str] = &["hex_identity", "sub", "iss", "aud", "iat", "exp", "nbf"];
const UNKNOWN: &[&str] =
    &["jti", "azp", "scope", "extra", "name", "a", "", "Iss", "SUB", "identity", "iss "];

/// Claims that every server takes. `external`: of an issuer that is not the server itself.
pub fn plain(random: &mut Random, now: i64, external: bool) -> Json {
    let issuer = if external {
        random.pick(&[
            "https://auth.example.com",
            "https://auth.example.com/",
            "a",
            "http://[::1]:1",
        ])
    } else {
        random.pick(&["localhost", "localhost", "https://auth.example.com"])
    };
    let subject = random.pick(&["robot", "37f0c23f-a152-43b9-8728-c04a94a51ed9", "a|b", "\u{e9}"]);
    let mut members = vec![
        (quoted("sub"), Json::string(subject)),
        (quoted("iss"), Json::string(issuer)),
        (quoted("iat"), Json::number(now - random.below(1000) as i64)),
    ];
    if random.percent(40) {
        let aud = match random.below(4) {
            0 => Json::string("spacetimedb"),
            1 => Json::Array(vec![]),
            2 => Json::Array(vec![Json::string("a"), Json::string("b")]),
            _ => Json::Array(vec![Json::string("spacetimedb")]),
        };
        members.push((quoted("aud"), aud));
    }
    if random.percent(50) {
        let exp = if random.percent(30) { Json::raw("null") } else { Json::number(now + 3600) };
        members.push((quoted("exp"), exp));
    }
    if random.percent(30) {
        let identity = Identity::from_claims(issuer, subject);
        members.push((quoted("hex_identity"), Json::string(&identity.to_string())));
    }
    if random.percent(20) {
        let name = random.pick(UNKNOWN);
        members.push((quoted(name), values::sane(random)));
    }
    for index in (1..members.len()).rev() {
        members.swap(index, random.index(index + 1));
    }
    Json::Object(members)
}

/// Does one thing to claims, and says what.
pub fn mutate(random: &mut Random, claims: &mut Json, now: i64) -> &'static str {
    match random.below(30) {
        0 | 1 => {
            let text = long_text(random);
            claims.set(random.pick(&["iss", "sub"]), Json::string(&text));
            "claims: length of iss or sub"
        }
        2 => {
            claims.set(random.pick(&["iss", "sub"]), values::any(random));
            "claims: iss or sub of any kind"
        }
        3 => {
            let issuer =
                random.pick(&["localhost", "Localhost", "localhost ", "a", "", "https://a/"]);
            claims.set("iss", Json::string(issuer));
            "claims: another iss"
        }
        4 => {
            claims.remove(random.pick(&["iss", "sub", "iat"]));
            "claims: one missing"
        }
        5 | 6 => {
            // Never within five seconds of the moment when it expires.
            let offsets = [-1_000_000, -3600, -120, -70, -54, -30, 0, 30, 60, 3600, 1_000_000_000];
            claims.set("exp", Json::number(now + offsets[random.index(offsets.len())]));
            "claims: exp about now"
        }
        7 => {
            let exp = -1 - (random.next() >> (1 + random.below(62))) as i64;
            claims.set("exp", Json::number(exp));
            "claims: exp negative"
        }
        8 | 9 => {
            claims.set(random.pick(&["exp", "iat"]), values::any(random));
            "claims: exp or iat of any kind"
        }
        10 | 11 => {
            claims.set("nbf", nbf(random, now));
            "claims: nbf"
        }
        12 | 13 => {
            let aud = match random.below(5) {
                0 => values::any(random),
                1 => Json::Array(vec![values::any(random)]),
                2 => Json::Array(vec![Json::string("a"), values::any(random)]),
                3 => Json::Array(vec![Json::Array(vec![Json::string("a")])]),
                _ => values::string(random),
            };
            claims.set("aud", aud);
            "claims: aud"
        }
        14..=16 => hex_identity(random, claims),
        17 | 18 => {
            let name = unknown_name(random);
            claims.add(&name, values::any(random));
            "claims: unknown claim"
        }
        19 => {
            let lone = random.pick(&[
                "\"\\ud800\"",
                "\"\\udfff\"",
                "[\"\\ud800\"]",
                "{\"\\ud800\":1}",
                "{\"a\":\"x\\udc00\"}",
            ]);
            let value = Json::raw(lone);
            claims.add("extra", value);
            "claims: lone surrogate in an unknown claim"
        }
        20 => {
            let bad: &[&[u8]] = &[b"\"\xff\"", b"[\"\xc3\"]", b"{\"\xff\":1}", b"\"\xed\xa0\x80\""];
            claims.add("extra", Json::raw(random.pick(bad)));
            "claims: invalid UTF-8 in an unknown claim"
        }
        21 => {
            claims.add("extra", values::nested(random));
            "claims: deep unknown claim"
        }
        22 => {
            let name = random.pick(KNOWN);
            let first = claims.get(name).cloned().unwrap_or_else(|| values::sane(random));
            let second = if random.percent(70) { first.clone() } else { values::any(random) };
            claims.set(name, first);
            claims.add(name, second);
            "claims: known claim twice"
        }
        23 => {
            if random.percent(50) {
                let actor = [("sub", values::sane(random)), ("sub", values::sane(random))];
                claims.add("act", Json::object(&actor));
                return "claims: a claim's member twice";
            }
            claims.add("extra", values::sane(random));
            claims.add("extra", values::sane(random));
            "claims: unknown claim twice"
        }
        24 => {
            as_array(random, claims);
            "claims: array"
        }
        25 => {
            let members = claims.members();
            if !members.is_empty() {
                let at = random.index(members.len());
                let name: Option<String> = serde_json::from_slice(&members[at].0).ok();
                if let Some(name) = name.filter(|name| !name.is_empty() && name.is_ascii()) {
                    members[at].0 = values::escaped_name(random, &name);
                }
            }
            "claims: escaped name"
        }
        26 => {
            let mut bytes = claims.to_bytes();
            values::damage(random, &mut bytes);
            *claims = Json::Raw(bytes);
            "claims: damaged"
        }
        27 => {
            let mut bytes = claims.to_bytes();
            values::surround(random, &mut bytes);
            *claims = Json::Raw(bytes);
            "claims: surrounded"
        }
        28 => {
            let mut bytes = claims.to_bytes();
            values::space_out(random, &mut bytes);
            *claims = Json::Raw(bytes);
            "claims: spaced"
        }
        _ => {
            *claims = if random.percent(50) { Json::raw("") } else { values::any(random) };
            "claims: something else"
        }
    }
}

fn unknown_name(random: &mut Random) -> String {
    match random.below(4) {
        0 => values::text(random),
        1 => "$serde_json::private::RawValue".to_owned(),
        _ => random.pick(UNKNOWN).to_owned(),
    }
}

/// Nobody compares `nbf` with the clock, but all read it.
fn nbf(random: &mut Random, now: i64) -> Json {
    match random.below(10) {
        0 => Json::number(now + 1_000_000),
        1 => Json::raw("{}"),
        2 => Json::raw("[]"),
        3 => Json::raw(random.pick(&["{ }", "[ ]", "{\"a\":1}", "[1]", "[[]]", "{\"a\":{}}"])),
        4 => Json::raw(random.pick(&["\"x\"", "true", "false", "null", "-1", "1.5", "1e400"])),
        _ => values::any(random),
    }
}

/// Up to a few bytes more than servers take.
fn long_text(random: &mut Random) -> String {
    let length = [0, 1, 2, 126, 127, 128, 129, 130, 255, 256, 300][random.index(11)];
    let mut text = String::new();
    let wide = random.pick(&["a", "\u{e9}", "\u{20ac}", "\u{1f600}"]);
    while text.len() + wide.len() <= length {
        text.push_str(wide);
    }
    while text.len() < length {
        text.push('a');
    }
    text
}

fn hex_identity(random: &mut Random, claims: &mut Json) -> &'static str {
    let text = |name| match claims.get(name) {
        Some(Json::Raw(bytes)) => serde_json::from_slice(bytes).unwrap_or_default(),
        _ => String::new(),
    };
    let right = Identity::from_claims(&text("iss"), &text("sub"));
    let hex = right.to_string();
    let bytes = right.as_bytes().iter();
    let (value, tag) = match random.below(16) {
        0 => (Json::string(&hex), "claims: hex_identity"),
        1 => (Json::string(&hex.to_uppercase()), "claims: hex_identity in capitals"),
        2 => (Json::string(&format!("0x{hex}")), "claims: hex_identity with 0x"),
        3 => (Json::string(&hex[..62]), "claims: hex_identity short"),
        4 => (Json::string(&hex.replace('c', "d")), "claims: hex_identity wrong"),
        5 => (Json::raw("null"), "claims: hex_identity null"),
        6 => {
            let list = bytes.map(Json::number).collect();
            (Json::Array(list), "claims: hex_identity as an array")
        }
        7 => {
            let list = bytes.map(|byte| Json::raw(format!("{byte}.0"))).collect();
            (Json::Array(list), "claims: hex_identity as an array of floats")
        }
        8 => {
            let mut list: Vec<Json> = bytes.map(Json::number).collect();
            let at = random.index(32);
            match random.below(4) {
                0 => list.truncate(31),
                1 => list.push(Json::number(0)),
                2 => list[at] = values::any(random),
                _ => list[at] = Json::number(256),
            }
            (Json::Array(list), "claims: hex_identity as a flawed array")
        }
        9 => (Json::string(&format!(" {hex}")), "claims: hex_identity with a blank"),
        10 => {
            let escaped = hex.replace('c', "\\u0063");
            (Json::raw(format!("\"{escaped}\"")), "claims: hex_identity escaped")
        }
        11 => (Json::string(&"g".repeat(64)), "claims: hex_identity of other letters"),
        12 => (Json::string(&"\u{e9}".repeat(32)), "claims: hex_identity of other letters"),
        13 => {
            let inner = Json::string(&format!("0x{hex}"));
            (Json::object(&[("__identity__", inner)]), "claims: hex_identity as an object")
        }
        14 => (Json::raw("12345"), "claims: hex_identity a number"),
        _ => (values::any(random), "claims: hex_identity of any kind"),
    };
    claims.set("hex_identity", value);
    tag
}

/// A struct may also be written as an array: its fields in their order.
fn as_array(random: &mut Random, claims: &mut Json) {
    let orders: [&[&str]; 3] = [
        &["hex_identity", "sub", "iss", "aud", "iat", "exp"],
        &["exp", "nbf", "sub", "iss", "aud"],
        &["hex_identity", "sub", "iss", "aud", "iat"],
    ];
    let order = orders[random.index(3)];
    let list = order
        .iter()
        .map(|name| claims.get(name).cloned().unwrap_or_else(|| Json::raw("null")))
        .collect();
    *claims = Json::Array(list);
}
