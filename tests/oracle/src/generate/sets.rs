//! JWK sets.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::values;
use crate::json::Json;
use crate::keys::{EC, Key, RSA};
use spacetime_keys_test_support::Random;

const ALGORITHMS: &[&str] = &[
    "ES256",
    "RS256",
    "HS256",
    "ES384",
    "ES512",
    "ES256K",
    "EdDSA",
    "Ed25519",
    "PS256",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "ECDH-ES",
    "none",
    "",
    "UNKNOWN_ALGORITHM",
    "es256",
];
const CURVES: &[&str] =
    &["P-256", "P-384", "P-521", "Ed25519", "X25519", "Ed448", "secp256k1", "p-256", ""];
const TYPES: &[&str] = &["EC", "RSA", "oct", "OKP", "AKP", "ec", "", "LMS"];
const STRINGS: &[&str] = &["use", "x5u", "x5t", "x5t#S256", "alg", "kid"];
const LISTS: &[&str] = &["key_ops", "x5c"];
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const MATERIAL: &[&str] = &["x", "y", "n", "e", "k"];

/// A set that every server takes, if no entry of it is mutated.
pub fn plain(random: &mut Random) -> Json {
    let mut entries = Vec::new();
    let length = [1, 1, 1, 2, 2, 3][random.index(6)];
    for _ in 0..length {
        entries.push(plain_entry(random));
    }
    // The same key twice would be the same `kid` twice.
    let mut kids = Vec::new();
    entries.retain(|entry| {
        let kid = entry.get("kid").cloned();
        let is_new = !kids.contains(&kid);
        kids.push(kid);
        is_new
    });
    Json::object(&[("keys", Json::Array(entries))])
}

fn plain_entry(random: &mut Random) -> Json {
    let key = match random.below(10) {
        0 => RSA[random.index(RSA.len())],
        1 | 2 => Key::Rsa2048,
        3 => Key::Local,
        4 => Key::Other,
        _ => Key::Issuer,
    };
    entry_of(random, key)
}

fn entry_of(random: &mut Random, key: Key) -> Json {
    let mut entry = key.jwk();
    entry.set("kid", Json::string(key.kid()));
    if random.percent(50) {
        entry.set("alg", Json::string(key.alg()));
    }
    if random.percent(50) {
        entry.set("use", Json::string("sig"));
    }
    if random.percent(10) {
        entry.set("key_ops", Json::Array(vec![Json::string("verify")]));
    }
    entry
}

/// An entry of a kind that no token is signed with.
fn other_entry(random: &mut Random) -> Json {
    /// `kty`, `crv`, and how long its numbers are.
    type Kind = (&'static str, Option<&'static str>, &'static [(&'static str, usize)]);
    const KINDS: [Kind; 9] = [
        ("EC", Some("P-384"), &[("x", 48), ("y", 48)]),
        ("EC", Some("P-521"), &[("x", 66), ("y", 66)]),
        ("EC", Some("secp256k1"), &[("x", 32), ("y", 32)]),
        ("OKP", Some("Ed25519"), &[("x", 32)]),
        ("OKP", Some("X25519"), &[("x", 32)]),
        ("OKP", Some("Ed448"), &[("x", 57)]),
        ("oct", None, &[("k", 32)]),
        ("AKP", None, &[("pub", 32)]),
        ("EC", Some("P-256"), &[("x", 32), ("y", 32)]),
    ];
    let mut coordinate = |length: usize| {
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        Json::string(&URL_SAFE_NO_PAD.encode(bytes))
    };
    let parts: Vec<(&str, Json)> = KINDS
        .iter()
        .flat_map(|kind| kind.2)
        .map(|&(name, length)| (name, coordinate(length)))
        .collect();
    let kind = &KINDS[random.index(KINDS.len())];
    let mut entry = Json::object(&[("kty", Json::string(kind.0)), ("kid", Json::string("more"))]);
    if let Some(curve) = kind.1 {
        entry.set("crv", Json::string(curve));
    }
    for (name, length) in kind.2 {
        let part = parts.iter().find(|(other, text)| {
            other == name && text.to_bytes().len() == (length * 4).div_ceil(3) + 2
        });
        entry.set(name, part.expect("made above").1.clone());
    }
    entry
}

/// A set with a few things done to it, and what they are.
pub fn mutated(random: &mut Random) -> (Json, Vec<&'static str>) {
    let mut set = plain(random);
    let times = [0, 1, 1, 1, 2, 3][random.index(6)];
    let tags = (0..times).map(|_| mutate(random, &mut set)).collect();
    (set, tags)
}

fn mutate(random: &mut Random, set: &mut Json) -> &'static str {
    let Some(Json::Array(entries)) =
        set.members().iter_mut().find(|(name, _)| name == b"\"keys\"").map(|(_, keys)| keys)
    else {
        *set = values::any(random);
        return "set: something else";
    };
    match random.below(26) {
        0 => {
            let entry = other_entry(random);
            let at = random.index(entries.len() + 1);
            entries.insert(at, entry);
            "set: another kind of key"
        }
        1 => {
            let entry = plain_entry(random);
            let at = random.index(entries.len() + 1);
            entries.insert(at, entry);
            "set: another key, or the same again"
        }
        2 => {
            // Another key by the name of the first.
            let mut entry = plain_entry(random);
            if let Some(kid) = entries.first().and_then(|first| first.get("kid")) {
                entry.set("kid", kid.clone());
            }
            let at = random.index(entries.len() + 1);
            entries.insert(at, entry);
            "set: kid twice"
        }
        3 => {
            let value = values::any(random);
            let at = random.index(entries.len() + 1);
            entries.insert(at, value);
            "set: an entry of any kind"
        }
        4 => {
            entries.clear();
            "set: empty"
        }
        5 => {
            let keys = set.get("keys").cloned().unwrap_or_else(|| Json::raw("[]"));
            match random.below(5) {
                0 => set.remove("keys"),
                1 => set.set("keys", values::any(random)),
                2 => set.add("keys", keys),
                3 => *set = keys,
                _ => *set = Json::Array(vec![keys]),
            }
            "set: keys"
        }
        6 => {
            let name = values::text(random);
            set.add(&name, values::any(random));
            "set: unknown member"
        }
        7 => {
            let mut bytes = set.to_bytes();
            match random.below(4) {
                0 => values::surround(random, &mut bytes),
                1 => values::space_out(random, &mut bytes),
                _ => values::damage(random, &mut bytes),
            }
            *set = Json::Raw(bytes);
            "set: damaged"
        }
        _ => {
            if entries.is_empty() {
                return "set: nothing";
            }
            let at = random.index(entries.len());
            mutate_entry(random, &mut entries[at])
        }
    }
}

/// Does one thing to an entry, and says what.
pub fn mutate_entry(random: &mut Random, entry: &mut Json) -> &'static str {
    match random.below(24) {
        0 => {
            entry.remove("kid");
            "entry: no kid"
        }
        1 => {
            entry.set("kid", values::any(random));
            "entry: kid of any kind"
        }
        2 => {
            let alg = match random.below(4) {
                0 => values::any(random),
                1 => Json::object(&[(random.pick(ALGORITHMS), Json::raw("null"))]),
                _ => Json::string(random.pick(ALGORITHMS)),
            };
            entry.set("alg", alg);
            "entry: alg"
        }
        3 => {
            entry.set(random.pick(STRINGS), values::string(random));
            "entry: string"
        }
        4 => {
            let name = if random.percent(60) { random.pick(STRINGS) } else { random.pick(LISTS) };
            entry.set(name, values::any(random));
            "entry: any value"
        }
        5 => {
            let length = random.below(3);
            let list = (0..length).map(|_| values::string(random)).collect();
            entry.set(random.pick(LISTS), Json::Array(list));
            "entry: list"
        }
        6 | 7 => {
            encode_otherwise(random, entry);
            "entry: encoding"
        }
        8 | 9 => {
            reshape(random, entry);
            "entry: coordinates"
        }
        10 => {
            let members = entry.members();
            if !members.is_empty() {
                let (name, value) = members[random.index(members.len())].clone();
                let value = if random.percent(70) { value } else { values::any(random) };
                members.push((name, value));
            }
            "entry: member twice"
        }
        11 | 12 => {
            let value = if random.percent(70) {
                Json::string(&URL_SAFE_NO_PAD.encode([7; 32]))
            } else {
                values::any(random)
            };
            entry.set(random.pick(PRIVATE), value);
            "entry: private member"
        }
        13 => {
            let name = if random.percent(50) {
                values::text(random)
            } else {
                random.pick(&["exp", "iat", "ext", "x5", "revoked", "KID"]).to_owned()
            };
            entry.add(&name, values::any(random));
            if random.percent(20) {
                entry.add(&name, values::any(random));
            }
            "entry: unknown member"
        }
        14 => {
            entry.set("crv", Json::string(random.pick(CURVES)));
            "entry: crv"
        }
        15 => {
            entry.set("kty", Json::string(random.pick(TYPES)));
            "entry: kty"
        }
        16 => {
            let members = entry.members();
            if !members.is_empty() {
                let at = random.index(members.len());
                members.remove(at);
            }
            "entry: one missing"
        }
        17 => {
            let members = entry.members();
            if !members.is_empty() {
                let at = random.index(members.len());
                members[at].1 = values::any(random);
            }
            "entry: one of any kind"
        }
        18 | 19 => {
            // What only an RSA key has, whatever this was.
            *entry = entry_of(random, Key::Rsa2048);
            if random.percent(70) {
                let exponent = EXPONENTS[random.index(EXPONENTS.len())];
                entry.set("e", number(exponent));
            } else {
                entry.set("n", modulus(random));
            }
            "entry: RSA numbers"
        }
        20 => {
            // A key's bytes under another type: an older server does not mind.
            let (key, bytes) = if random.percent(50) {
                (Key::Rsa2048, Key::Rsa2048.rsa_der())
            } else {
                let key = EC[random.index(EC.len())];
                let (x, y) = key.coordinates();
                (key, [&[4], x, y].concat())
            };
            let bytes = Json::string(&URL_SAFE_NO_PAD.encode(bytes));
            let kid = Json::string(key.kid());
            *entry = if random.percent(50) {
                Json::object(&[("kty", Json::string("oct")), ("kid", kid), ("k", bytes)])
            } else {
                let curve = Json::string("Ed25519");
                Json::object(&[
                    ("kty", Json::string("OKP")),
                    ("crv", curve),
                    ("kid", kid),
                    ("x", bytes),
                ])
            };
            "entry: a key under another type"
        }
        21 => {
            let list = entry.members().iter().map(|(_, value)| value.clone()).collect();
            *entry = Json::Array(list);
            "entry: array"
        }
        22 => {
            let mut bytes = entry.to_bytes();
            values::damage(random, &mut bytes);
            *entry = Json::Raw(bytes);
            "entry: damaged"
        }
        _ => {
            let members = entry.members();
            if !members.is_empty() {
                let at = random.index(members.len());
                let name: Option<String> = serde_json::from_slice(&members[at].0).ok();
                if let Some(name) = name.filter(|name| !name.is_empty() && name.is_ascii()) {
                    members[at].0 = values::escaped_name(random, &name);
                }
            }
            "entry: escaped name"
        }
    }
}

/// Public exponents: usual, odd ones, even ones, and those at the libraries' limits.
pub const EXPONENTS: &[u64] = &[
    0,
    1,
    2,
    3,
    5,
    17,
    257,
    65536,
    65537,
    65539,
    (1 << 31) + 11,
    (1 << 32) + 15,
    (1 << 33) - 9,
    (1 << 33) - 1,
    1 << 33,
    (1 << 33) + 1,
    u64::MAX,
];

fn number(number: u64) -> Json {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    Json::string(&URL_SAFE_NO_PAD.encode(&bytes[start..]))
}

/// A modulus of another length, or an even one.
fn modulus(random: &mut Random) -> Json {
    let bits = [1024, 2040, 2047, 2048, 2049, 2056, 3072, 4095, 4096, 4097, 8192, 8193];
    let bits = bits[random.index(bits.len())];
    let mut bytes: Vec<u8> = (0..usize::div_ceil(bits, 8)).map(|_| random.byte()).collect();
    bytes[0] = 1 << ((bits - 1) % 8);
    let last = bytes.len() - 1;
    bytes[last] = if random.percent(80) { bytes[last] | 1 } else { bytes[last] & 0xfe };
    Json::string(&URL_SAFE_NO_PAD.encode(bytes))
}

/// A member of the key itself, by name, with its bytes.
fn material(random: &mut Random, entry: &Json) -> Option<(&'static str, Vec<u8>)> {
    let mut names: Vec<&'static str> =
        MATERIAL.iter().copied().filter(|name| entry.get(name).is_some()).collect();
    if names.is_empty() {
        return None;
    }
    let name = names.swap_remove(random.index(names.len()));
    Some((name, bytes_of(entry, name)?))
}

fn bytes_of(entry: &Json, name: &str) -> Option<Vec<u8>> {
    let Some(Json::Raw(text)) = entry.get(name) else { return None };
    let text: String = serde_json::from_slice(text).ok()?;
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Writes a part of the key in another way.
fn encode_otherwise(random: &mut Random, entry: &mut Json) {
    let Some((name, bytes)) = material(random, entry) else { return };
    let text = URL_SAFE_NO_PAD.encode(&bytes);
    let text = match random.below(7) {
        0 => format!("{text}="),
        1 => STANDARD.encode(&bytes),
        2 => STANDARD.encode(&bytes).trim_end_matches('=').to_owned(),
        3 => format!("{text} "),
        4 => format!("{text}A"),
        5 => {
            let mut text = text;
            let last = text
                .pop()
                .map_or('A', |last| if last == 'Z' { 'Y' } else { (last as u8 + 1) as char });
            text + &last.to_string()
        }
        _ => String::new(),
    };
    entry.set(name, Json::string(&text));
}

/// Coordinates, or RSA's numbers, of another length or in the wrong place.
fn reshape(random: &mut Random, entry: &mut Json) {
    let (x, y) = (bytes_of(entry, "x"), bytes_of(entry, "y"));
    let mut set =
        |name, bytes: &[u8]| entry.set(name, Json::string(&URL_SAFE_NO_PAD.encode(bytes)));
    match (random.below(8), x, y) {
        (0, Some(x), Some(y)) => {
            set("x", &y);
            set("y", &x);
        }
        (1, Some(x), Some(y)) if !y.is_empty() => {
            // Put together they are what they were.
            set("x", &[&x[..], &y[..1]].concat());
            set("y", &y[1..]);
        }
        (2, Some(x), Some(y)) => {
            set("x", &[x, y].concat());
            set("y", &[]);
        }
        (choice, ..) => {
            let Some((name, mut bytes)) = material(random, entry) else { return };
            match choice {
                3 => bytes.insert(0, 0),
                4 if !bytes.is_empty() => _ = bytes.remove(0),
                5 => bytes.push(0),
                6 if !bytes.is_empty() => {
                    let at = random.index(bytes.len());
                    bytes[at] ^= 1 << random.below(8);
                }
                _ => bytes.fill(0),
            }
            entry.set(name, Json::string(&URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
}
