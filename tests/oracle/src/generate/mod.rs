//! Tokens and JWK sets: good ones, and good ones to which a few things were done.

pub mod claims;
pub mod header;
pub mod sets;
pub mod values;

use crate::json::Json;
use crate::keys::{EC, Key, RSA};
use crate::recipe::{Change, Encoding, HmacKey, Number, Recipe, Signature, Which};
use spacetime_keys_test_support::Random;

/// A token. `set`: what its issuer publishes; without one it is a token for the local key.
pub fn recipe(random: &mut Random, now: i64, set: Option<&[u8]>) -> Recipe {
    let key = key(random, set);
    let is_local = key == Key::Local;
    let with_kid = if is_local { random.percent(10) } else { random.percent(80) };
    let mut recipe = Recipe {
        header: header::plain(random, key, with_kid),
        claims: claims::plain(random, now, !is_local),
        signature: Signature::by(key),
        encodings: Vec::new(),
        tags: Vec::new(),
    };
    let mutations = [0, 0, 0, 1, 1, 1, 1, 1, 2, 3][random.index(10)];
    for _ in 0..mutations {
        let tag = match random.below(100) {
            0..30 => header::mutate(random, &mut recipe.header),
            30..82 => claims::mutate(random, &mut recipe.claims, now),
            82..91 => signature(random, &mut recipe),
            _ => encoding(random, &mut recipe),
        };
        recipe.tags.push(tag);
    }
    recipe
}

fn key(random: &mut Random, set: Option<&[u8]>) -> Key {
    let Some(set) = set else {
        return if random.percent(94) { Key::Local } else { Key::Other };
    };
    // Mostly one that the set speaks of.
    let is_there = |key: &Key| {
        let kid = format!("\"{}\"", key.kid());
        set.windows(kid.len()).any(|window| window == kid.as_bytes())
    };
    let there: Vec<Key> = EC.into_iter().chain(RSA).filter(is_there).collect();
    let key = match random.below(100) {
        0..20 => Key::Local,
        20..75 if !there.is_empty() => there[random.index(there.len())],
        75..85 => Key::Rsa2048,
        85..88 => Key::Other,
        88..90 => RSA[random.index(RSA.len())],
        _ => Key::Issuer,
    };
    // These sign slowly.
    let is_slow = matches!(key, Key::Rsa2047 | Key::Rsa4096 | Key::Rsa5120);
    if is_slow && random.percent(70) { Key::Issuer } else { key }
}

fn signature(random: &mut Random, recipe: &mut Recipe) -> &'static str {
    let (change, tag) = match random.below(14) {
        0 => (Change::Empty, "signature: empty"),
        1 => (Change::OfAnotherMessage, "signature: of another message"),
        2 => (Change::Truncated(1 + random.index(64)), "signature: truncated"),
        3 => (Change::Longer(random.byte()), "signature: longer"),
        4 => (Change::LeadingZero, "signature: leading zero"),
        5 => (Change::Flipped(random.index(4096)), "signature: flipped"),
        6..=9 if recipe.signature.key.is_rsa() => {
            (Change::Flipped(random.index(4096)), "signature: flipped")
        }
        6 => (Change::Der, "signature: DER"),
        7 | 8 => (Change::Negated, "signature: s negated"),
        9 => {
            let which = [Which::R, Which::S, Which::Both][random.index(3)];
            let numbers = [Number::Zero, Number::One, Number::Order, Number::Largest];
            (Change::Special(which, numbers[random.index(4)]), "signature: special numbers")
        }
        10 => {
            let length = [0, 1, 32, 63, 64, 65, 70, 256][random.index(8)];
            let bytes = (0..length).map(|_| random.byte()).collect();
            (Change::Random(bytes), "signature: random")
        }
        11 => {
            recipe.header.set("alg", Json::string("HS256"));
            let key = [HmacKey::Point, HmacKey::Pem, HmacKey::Empty][random.index(3)];
            (Change::Hmac(key), "signature: HMAC")
        }
        12 => {
            recipe.signature.key = Key::Other;
            (Change::None, "signature: by another key")
        }
        _ => {
            // The key's type and the header's algorithm part ways.
            recipe.signature.key =
                if recipe.signature.key.is_rsa() { Key::Issuer } else { Key::Rsa2048 };
            (Change::None, "signature: by a key of another type")
        }
    };
    recipe.signature.change = change;
    tag
}

fn encoding(random: &mut Random, recipe: &mut Recipe) -> &'static str {
    const CHARACTERS: &[char] =
        &[' ', '\n', '\t', '=', '.', '+', '/', '-', 'A', '%', '\u{e9}', '\0', '~', '\u{a0}'];
    let part = random.index(3);
    let at = random.index(400);
    let (encoding, tag) = match random.below(10) {
        0 => (Encoding::Padded(part), "encoding: padding"),
        1 => (Encoding::StandardAlphabet(part), "encoding: standard alphabet"),
        2 | 3 => (Encoding::LastSymbol(part), "encoding: last symbol"),
        4 => {
            let character = CHARACTERS[random.index(CHARACTERS.len())];
            (Encoding::Insert(part, at, character), "encoding: a character more")
        }
        5 => (Encoding::Remove(part, at), "encoding: a character less"),
        6 => (Encoding::Blank(part), "encoding: empty part"),
        7 => (Encoding::Dot(part, at), "encoding: a dot more"),
        8 => (Encoding::Drop(part), "encoding: a part less"),
        _ => {
            // At the very end of a part.
            let character = CHARACTERS[random.index(CHARACTERS.len())];
            (Encoding::Insert(part, usize::MAX - 1, character), "encoding: a character more")
        }
    };
    recipe.encodings.push(encoding);
    tag
}
