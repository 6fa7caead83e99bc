//! Tags as a store's names and values.

use std::collections::BTreeMap;

use spacetime_keys_core::Fingerprint;
use spacetime_keys_core::fleet::{Copied, Origin, Tags};

const FINGERPRINT: &str = "fingerprint";
const ROTATION_ID: &str = "rotation-id";
const ORIGIN: &str = "origin";
const PREVIOUS: &str = "previous-fingerprint";
const TOOL: &str = "tool-version";
const COPIED_CREATED: &str = "copied-created";
const COPIED_POSITION: &str = "copied-position";
/// The Azure CLI writes it by itself, each time.
const AZ_ENCODING: &str = "file-encoding";

const OWN: [&str; 8] = [
    FINGERPRINT,
    ROTATION_ID,
    ORIGIN,
    PREVIOUS,
    TOOL,
    COPIED_CREATED,
    COPIED_POSITION,
    AZ_ENCODING,
];

/// Tags as a store's names and values.
pub(super) fn tags_to_pairs(tags: &Tags) -> BTreeMap<String, String> {
    let copied = tags.copied;
    let own = [
        (FINGERPRINT, tags.fingerprint.map(|fingerprint| fingerprint.to_string())),
        (ROTATION_ID, tags.rotation_id.clone()),
        (ORIGIN, tags.origin.map(|origin| origin.as_str().to_owned())),
        (PREVIOUS, tags.previous.map(|fingerprint| fingerprint.to_string())),
        (TOOL, Some(concat!("spacetime-keys/", env!("CARGO_PKG_VERSION")).to_owned())),
        (COPIED_CREATED, copied.map(|copied| copied.created.to_string())),
        (COPIED_POSITION, copied.map(|copied| copied.position.to_string())),
    ];
    let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    tags.others.clone().into_iter().chain(own).collect()
}

/// A store's names and values as tags.
pub(super) fn tags_from<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tags {
    let mut all: BTreeMap<&str, &str> = pairs.into_iter().collect();
    let mut take = |name| all.remove(name);
    let [fingerprint, rotation_id, origin, previous, _, created, position, _] = OWN.map(&mut take);
    let created = created.and_then(|created| created.parse().ok()).filter(|created| *created >= 0);
    let position = position.and_then(|position| position.parse().ok()).filter(|at| *at > 0);
    Tags {
        fingerprint: fingerprint.and_then(Fingerprint::parse),
        rotation_id: rotation_id.map(str::to_owned),
        origin: origin.and_then(Origin::parse),
        previous: previous.and_then(Fingerprint::parse),
        copied: created.zip(position).map(|(created, position)| Copied { created, position }),
        others: all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let fingerprint = Fingerprint::parse(&"a1".repeat(32));
        let tags = Tags {
            fingerprint,
            rotation_id: Some("r1".to_owned()),
            origin: Some(Origin::Adopt),
            previous: fingerprint,
            copied: Some(Copied { created: 0, position: 1 }),
            others: BTreeMap::from([("owner".to_owned(), "a=b".to_owned())]),
        };
        let pairs = tags_to_pairs(&tags);
        assert_eq!(pairs.len(), 8);
        assert_eq!(tags_from(pairs.iter().map(|(name, value)| (&**name, &**value))), tags);
    }

    #[test]
    fn a_place_that_is_none_is_no_copy() {
        for (created, position) in [("", "1"), ("-1", "1"), ("1", "0"), ("1", "x"), ("1e3", "1")] {
            let pairs = [(COPIED_CREATED, created), (COPIED_POSITION, position)];
            assert_eq!(tags_from(pairs), Tags::default());
        }
        assert_eq!(tags_from([(COPIED_POSITION, "1")]), Tags::default());
    }
}
