//! JSON values of every kind, and things that are nearly JSON values.

use crate::json::{Json, quoted};
use spacetime_keys_test_support::Random;

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "-0",
    "-0.0",
    "0.0",
    "1.0",
    "1.5",
    "1e3",
    "1E5",
    "1e18",
    "1e19",
    "1e308",
    "1e309",
    "1e400",
    "-1e400",
    "1e-400",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "0.1",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "-62135596800",
    "253402300800",
    "4611686018427387904",
    "100000000000000000000000000000000000000000",
    "01",
    "1.",
    ".5",
    "+1",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "1e",
    "1e+",
    "--1",
    "1_000",
];

/// With their quotes. Not all of them are strings.
const STRINGS: &[&[u8]] = &[
    b"\"\"",
    b"\"a\"",
    b"\"JWT\"",
    b"\"localhost\"",
    b"\"\\u0061\"",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"\"\\udc00\"",
    b"\"\\udc00\\ud800\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\\uD83D\"",
    b"\"\\ud83dx\"",
    b"\"\\ud83d\\n\"",
    b"\"\\ud83d\\u0041\"",
    b"\"\xff\"",
    b"\"\xc3\x28\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xf0\x9f\x98\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\xef\xbb\xbf\"",
    b"\"\x01\"",
    b"\"\n\"",
    b"\"\t\"",
    b"\"\x7f\"",
    b"\"\\q\"",
    b"\"\\u12\"",
    b"\"\\u12g4\"",
    b"\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
    b"\"a",
    b"'a'",
    b"\"a\\\"",
];

const NAMES: &[&[u8]] = &[
    b"\"a\"",
    b"\"\"",
    b"\"b\"",
    b"\"$serde_json::private::RawValue\"",
    b"\"$serde_json::private::Number\"",
    b"\"\\u0061\"",
    b"\"\\ud800\"",
    b"\"\xff\"",
    b"\"\\u0024serde_json::private::RawValue\"",
    b"\"__proto__\"",
    b"\"\xc3\xa9\"",
    b"\"a\\u0000b\"",
];

/// A value: of any type, deep or flat, sane or not.
pub fn any(random: &mut Random) -> Json {
    value(random, 0)
}

fn value(random: &mut Random, depth: u32) -> Json {
    match random.below(if depth < 3 { 14 } else { 9 }) {
        0 => Json::raw("null"),
        1 => Json::raw(random.pick(&["true", "false", "tru", "True", "nul", "undefined"])),
        2 | 3 => Json::raw(random.pick(NUMBERS)),
        4 => Json::number(random.next() as i64 >> random.below(64)),
        5 | 6 => string(random),
        7 => Json::string(&text(random)),
        8 => {
            if random.percent(30) {
                nested(random)
            } else {
                private(random)
            }
        }
        9..=11 => {
            let length = random.below(4);
            Json::Array((0..length).map(|_| value(random, depth + 1)).collect())
        }
        _ => {
            let length = random.below(4);
            Json::Object(
                (0..length)
                    .map(|_| (random.pick(NAMES).to_vec(), value(random, depth + 1)))
                    .collect(),
            )
        }
    }
}

/// A value of one of the sane kinds.
pub fn sane(random: &mut Random) -> Json {
    match random.below(8) {
        0 => Json::raw("null"),
        1 => Json::raw("true"),
        2 => Json::number(random.below(1_000_000)),
        3 => Json::raw("1.5"),
        4 => Json::Array(vec![]),
        5 => Json::Array(vec![Json::string("a"), Json::number(1)]),
        6 => Json::object(&[("a", Json::number(1)), ("b", Json::raw("null"))]),
        _ => Json::string(&text(random)),
    }
}

pub fn string(random: &mut Random) -> Json {
    Json::raw(random.pick(STRINGS))
}

pub fn text(random: &mut Random) -> String {
    let length = random.below(12);
    (0..length)
        .map(|_| match random.below(8) {
            0 => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
            1 => char::from(random.below(0x80) as u8),
            _ => char::from(b'a' + random.below(26) as u8),
        })
        .collect()
}

/// Arrays or objects in one another, mostly about as deep as a parser goes.
pub fn nested(random: &mut Random) -> Json {
    let depth = match random.below(8) {
        0 => random.below(60),
        1 => 200 + random.below(2000),
        _ => 120 + random.below(12),
    } as usize;
    let (open, close) = if random.percent(50) { ("[", "]") } else { ("{\"a\":", "}") };
    let inside = random.pick(&["1", "null", "\"a\"", "[]", "{}"]);
    Json::raw([open.repeat(depth), inside.to_owned(), close.repeat(depth)].concat())
}

/// The names by which `serde_json` hands itself numbers and raw values.
pub fn private(random: &mut Random) -> Json {
    let name = random.pick(&[
        "$serde_json::private::RawValue",
        "$serde_json::private::Number",
        "$__toml_private_datetime",
    ]);
    let value = match random.below(5) {
        0 => any_string_of_json(random),
        1 => Json::number(1),
        2 => Json::string("1"),
        3 => Json::string("[1,{\"a\":null}]"),
        _ => string(random),
    };
    let mut members = vec![(quoted(name), value)];
    if random.percent(25) {
        members.push((b"\"a\"".to_vec(), Json::number(1)));
    }
    Json::Object(members)
}

fn any_string_of_json(random: &mut Random) -> Json {
    let inside = value(random, 2).to_bytes();
    Json::string(&String::from_utf8_lossy(&inside))
}

/// One byte, or a few, changed, added or lost.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    const LIKELY: &[u8] = b"{}[]\",:\\ \t\n0123456789eE+-.untlrfa\x00\xff\xef\x1f";
    for _ in 0..=random.below(3) {
        let byte =
            if random.percent(70) { LIKELY[random.index(LIKELY.len())] } else { random.byte() };
        let at = random.index(bytes.len() + 1);
        match random.below(6) {
            0 | 1 => bytes.insert(at, byte),
            2 if at < bytes.len() => bytes[at] = byte,
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            4 if at < bytes.len() => {
                let end = (at + 1 + random.index(4)).min(bytes.len());
                bytes.drain(at..end);
            }
            5 if at < bytes.len() => {
                let end = (at + 1 + random.index(20)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.index(bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => bytes.truncate(at),
        }
    }
}

/// What may stand around a JSON text, and what may not.
pub fn surround(random: &mut Random, bytes: &mut Vec<u8>) {
    const AROUND: &[&[u8]] = &[
        b" ",
        b"\n",
        b"\t",
        b"\r\n",
        b"\0",
        b"\xef\xbb\xbf",
        b"\x0b",
        b"\x0c",
        b"\xc2\xa0",
        b",",
        b"}",
        b"{}",
        b"null",
        b"//",
        b"/**/",
        b"#",
        b"\x1e",
    ];
    let around = random.pick(AROUND);
    if random.percent(50) {
        bytes.splice(0..0, around.iter().copied());
    } else {
        bytes.extend_from_slice(around);
    }
}

/// White space between the tokens of a JSON text.
pub fn space_out(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut out = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for &byte in bytes.iter() {
        let structural = !in_string && b"{}[],:".contains(&byte);
        if structural && random.percent(30) {
            out.extend_from_slice(random.pick(&[b" ".as_slice(), b"\n", b"\t", b"\r", b"  "]));
        }
        out.push(byte);
        if byte == b'"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && byte == b'\\' && !escaped;
    }
    *bytes = out;
}

/// The same name, written with an escape.
pub fn escaped_name(random: &mut Random, name: &str) -> Vec<u8> {
    let at = random.index(name.len());
    let mut out = b"\"".to_vec();
    for (index, byte) in name.bytes().enumerate() {
        if index == at {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out.push(b'"');
    out
}
