//! Headers.

use super::values;
use crate::json::{Json, quoted};
use crate::keys::{EC, Key};
use spacetime_keys_test_support::Random;

const STRINGS: &[&str] =
    &["typ", "cty", "jku", "kid", "x5u", "x5t", "x5t#S256", "enc", "zip", "url", "nonce"];
const LISTS: &[&str] = &["x5c", "crit"];
const OTHERS: &[&str] = &["b64", "p2c", "epk", "iv", "tag", "x", "nonce", "ALG", "Alg", "", "jwk "];
const ALGORITHMS: &[&str] = &[
    "ES256", "RS256", "HS256", "HS384", "HS512", "ES384", "RS384", "RS512", "PS256", "PS384",
    "PS512", "EdDSA", "none", "None", "es256", "ES512", "ES256K", "Ed25519", "", "ES256 ", "dir",
];

/// A header that nobody could object to, for a token signed with this key.
pub fn plain(random: &mut Random, key: Key, with_kid: bool) -> Json {
    let mut members =
        vec![(quoted("typ"), Json::string("JWT")), (quoted("alg"), Json::string(key.alg()))];
    if with_kid {
        members.push((quoted("kid"), Json::string(key.kid())));
    }
    if random.percent(20) {
        let at = random.index(members.len());
        members.swap(0, at);
    }
    if random.percent(20) {
        members.remove(members.iter().position(|(name, _)| name == b"\"typ\"").unwrap_or(0));
    }
    Json::Object(members)
}

/// Does one thing to a header, and says what.
pub fn mutate(random: &mut Random, header: &mut Json) -> &'static str {
    match random.below(20) {
        0 | 1 => {
            header.set("alg", Json::string(random.pick(ALGORITHMS)));
            "header: alg"
        }
        2 => {
            let value = if random.percent(50) {
                // An enum may also be written as an object with one member.
                let alg = random.pick(ALGORITHMS);
                Json::object(&[(alg, values::sane(random))])
            } else {
                values::any(random)
            };
            header.set("alg", value);
            "header: alg of a wrong type"
        }
        3 => {
            header.remove("alg");
            "header: no alg"
        }
        4 | 5 => {
            header.set(random.pick(STRINGS), values::string(random));
            "header: string"
        }
        6 | 7 => {
            let name = if random.percent(80) { random.pick(STRINGS) } else { random.pick(LISTS) };
            header.set(name, values::any(random));
            "header: any value"
        }
        8 => {
            let length = random.below(3);
            let list = (0..length).map(|_| values::string(random)).collect();
            header.set(random.pick(LISTS), Json::Array(list));
            "header: list"
        }
        9 => {
            let name = if random.percent(50) {
                random.pick(OTHERS).to_owned()
            } else {
                values::text(random)
            };
            header.add(&name, values::any(random));
            "header: unknown member"
        }
        10 => {
            let name =
                if random.percent(70) { random.pick(STRINGS) } else { random.pick(&["alg"]) };
            let value = header.get(name).cloned().unwrap_or_else(|| values::string(random));
            header.set(name, value.clone());
            header.add(name, value);
            "header: member twice"
        }
        11 => {
            header.add("x", values::sane(random));
            header.add("x", values::sane(random));
            "header: unknown member twice"
        }
        12 => {
            let key = EC[random.index(EC.len())];
            let mut jwk = key.jwk();
            for _ in 0..random.below(3) {
                super::sets::mutate_entry(random, &mut jwk);
            }
            header.set("jwk", jwk);
            "header: jwk"
        }
        13 => {
            header.set("jwk", values::any(random));
            "header: jwk of a wrong type"
        }
        14 => {
            let members = header.members();
            if !members.is_empty() {
                let at = random.index(members.len());
                let name: Option<String> = serde_json::from_slice(&members[at].0).ok();
                if let Some(name) = name.filter(|name| !name.is_empty() && name.is_ascii()) {
                    members[at].0 = values::escaped_name(random, &name);
                }
            }
            "header: escaped name"
        }
        15 => {
            // A struct may also be written as an array: its fields in their order.
            let mut list = vec![header.get("typ").cloned().unwrap_or_else(|| Json::raw("null"))];
            list.push(header.get("alg").cloned().unwrap_or_else(|| Json::raw("null")));
            list.extend((0..3).map(|_| Json::raw("null")));
            list.push(header.get("kid").cloned().unwrap_or_else(|| Json::raw("null")));
            list.extend((0..4).map(|_| Json::raw("null")));
            if random.percent(50) {
                let length = random.index(18);
                list.resize(length, Json::raw("null"));
            }
            *header = Json::Array(list);
            "header: array"
        }
        16 => {
            let mut bytes = header.to_bytes();
            values::damage(random, &mut bytes);
            *header = Json::Raw(bytes);
            "header: damaged"
        }
        17 => {
            let mut bytes = header.to_bytes();
            values::surround(random, &mut bytes);
            *header = Json::Raw(bytes);
            "header: surrounded"
        }
        18 => {
            let mut bytes = header.to_bytes();
            values::space_out(random, &mut bytes);
            *header = Json::Raw(bytes);
            "header: spaced"
        }
        _ => {
            *header = values::any(random);
            "header: something else"
        }
    }
}
