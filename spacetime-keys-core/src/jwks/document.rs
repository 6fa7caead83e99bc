//! What a text is that came where a JWK set, or the document that leads to one, should be.

use serde_json::value::RawValue;

use super::lint::Pairs;
use crate::error::{DiscoveryFlaw, NoSet};

/// A document, by what it can be used for.
pub(super) enum Document {
    /// It has `keys`: a set, good or bad.
    Set,
    Discovery(Discovery),
    /// A discovery document that leads nowhere.
    Flawed(DiscoveryFlaw),
    Neither(NoSet),
}

/// The members of a discovery document that servers read, and `issuer`, which they do not.
pub(super) struct Discovery {
    pub(super) jwks_uri: String,
    pub(super) issuer: Option<String>,
}

/// Names of which a discovery document has one at least (`OpenID` Connect Discovery 1.0, section 3).
const OF_DISCOVERY: [&str; 4] = ["issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"];

/// `jwks_uri` decides, as it does for servers: a document with `keys` beside it is a discovery
/// document to them.
pub(super) fn look(bytes: &[u8]) -> Document {
    let Ok(pairs) = serde_json::from_slice::<Pairs<'_>>(bytes) else {
        return Document::Neither(no_set(bytes));
    };
    let text = |name| pairs.get(name).and_then(|json| serde_json::from_str::<String>(json).ok());
    let has = |name| pairs.get(name).is_some();
    if has("jwks_uri") && pairs.names_twice().contains(&"jwks_uri") {
        return Document::Flawed(DiscoveryFlaw::UriTwice);
    }
    match text("jwks_uri") {
        Some(jwks_uri) => Document::Discovery(Discovery { jwks_uri, issuer: text("issuer") }),
        None if has("keys") => Document::Set,
        None if has("jwks_uri") => Document::Flawed(DiscoveryFlaw::UriType),
        None if OF_DISCOVERY.iter().any(|name| has(name)) => Document::Flawed(DiscoveryFlaw::NoUri),
        None => Document::Neither(no_set(bytes)),
    }
}

/// What stands in the place of a set. Only asked where no set can be read.
pub(crate) fn no_set(bytes: &[u8]) -> NoSet {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return NoSet::Gzip;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return NoSet::Utf16;
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        return NoSet::ByteOrderMark;
    }
    let text = bytes.trim_ascii();
    if let Ok(pairs) = serde_json::from_slice::<Pairs<'_>>(text) {
        return of_object(&pairs);
    }
    if serde_json::from_slice::<Vec<&RawValue>>(text).is_ok() {
        return NoSet::Array;
    }
    let begin = text.get(..text.len().min(256)).unwrap_or_default().to_ascii_lowercase();
    let has = |words: &str| begin.windows(words.len()).any(|window| window == words.as_bytes());
    match begin.first() {
        None => NoSet::Empty,
        Some(b'<') if begin.starts_with(b"<?xml") && !has("<html") && !has("<!doctype html") => {
            NoSet::Xml
        }
        Some(b'<') => NoSet::Html,
        _ if has("-----begin ") => NoSet::Pem,
        _ => NoSet::NotJson,
    }
}

fn of_object(pairs: &Pairs<'_>) -> NoSet {
    let has = |name| pairs.get(name).is_some();
    if let Some(keys) = pairs.get("keys") {
        let entries = serde_json::from_str::<Vec<&RawValue>>(keys).unwrap_or_default();
        let is_object = |entry: &&RawValue| entry.get().starts_with('{');
        return if entries.iter().all(is_object) { NoSet::Form } else { NoSet::Entry };
    }
    if has("kty") {
        return NoSet::SingleKey;
    }
    if OF_DISCOVERY.iter().any(|name| has(name)) {
        return NoSet::Discovery;
    }
    let are_certificates = pairs.names().next().is_some()
        && pairs.names().all(|name| {
            let value = pairs.get(name).unwrap_or_default();
            value.starts_with("\"-----BEGIN ")
        });
    if are_certificates { NoSet::Certificates } else { NoSet::NoKeys }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_named() {
        let table: &[(&[u8], NoSet)] = &[
            (b"", NoSet::Empty),
            (b" \r\n", NoSet::Empty),
            (b"\xef\xbb\xbf{\"keys\":[]}", NoSet::ByteOrderMark),
            (b"\xff\xfe{\0", NoSet::Utf16),
            (b"\xfe\xff\0{", NoSet::Utf16),
            (b"\x1f\x8b\x08\0", NoSet::Gzip),
            (b"<!DOCTYPE html><title>Sign in</title>", NoSet::Html),
            (b"\n <HTML>", NoSet::Html),
            (b"<div>", NoSet::Html),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC>", NoSet::Html),
            (b"<?xml version=\"1.0\"?><Error>", NoSet::Xml),
            (b"-----BEGIN PUBLIC KEY-----", NoSet::Pem),
            (b"not found", NoSet::NotJson),
            (b"{\"keys\":[", NoSet::NotJson),
            (b"[{\"kty\":\"EC\"}]", NoSet::Array),
            (b"[]", NoSet::Array),
            (b"{\"kty\":\"EC\",\"crv\":\"P-256\"}", NoSet::SingleKey),
            (b"{\"k1\":\"-----BEGIN CERTIFICATE-----\"}", NoSet::Certificates),
            (b"{\"issuer\":\"x\"}", NoSet::Discovery),
            (b"{\"jwks_uri\":5}", NoSet::Discovery),
            (b"{}", NoSet::NoKeys),
            (b"{\"message\":\"No API key found\"}", NoSet::NoKeys),
            (b"{\"keys\":{}}", NoSet::Form),
            (b"{\"keys\":[5]}", NoSet::Entry),
            (b"5", NoSet::NotJson),
        ];
        for (bytes, expected) in table {
            assert_eq!(no_set(bytes), *expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
