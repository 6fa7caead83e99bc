//! What goes in comes out.

use std::sync::Arc;
use std::time::Duration;

use spacetime_keys_core::fleet::{Origin, Tags};
use spacetime_keys_core::{Fingerprint, PrivateKey};
use spacetime_keys_rotation::Silent;
use spacetime_keys_rotation::store::{Az, AzCli, KeyStore, NewSecret, StoreSettings, open};

use super::stand_in::StandIn;

pub(crate) fn new(value: &str) -> NewSecret<'_> {
    NewSecret { value, content_type: "application/x-pem-file", tags: Tags::default() }
}

#[test]
fn versions_come_back_with_their_tags() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    assert!(store.is_remote() && store.folder().is_none());
    let empty = store.read("kv-dev", "s").unwrap();
    assert!(empty.latest.is_none() && empty.versions.is_empty());

    let key = PrivateKey::generate().unwrap();
    let fingerprint: Fingerprint = key.public_key().fingerprint();
    let tags = Tags {
        fingerprint: Some(fingerprint),
        rotation_id: Some("20261122T041600Z-0a0b0c0d".to_owned()),
        origin: Some(Origin::Rotate),
        previous: Some(fingerprint),
        ..Tags::default()
    };
    let pem = key.to_pem();
    let first = store.put("kv-dev", "s", &NewSecret { tags: tags.clone(), ..new(&pem) }).unwrap();
    let second = store.put("kv-dev", "s", &new("no line break at the end")).unwrap();
    let odd = "{\"a\": \"\\u00e9 é \\\\ \\\" \"}\n\n";
    let third = store.put("kv-dev", "s", &new(odd)).unwrap();

    let history = store.read("kv-dev", "s").unwrap();
    let latest = history.latest.unwrap();
    assert_eq!((latest.properties.version.as_str(), latest.value.as_str()), (&*third, odd));
    let mut versions: Vec<_> = history.versions.iter().map(|v| v.version.as_str()).collect();
    versions.sort_unstable();
    assert_eq!(versions, [&*first, &*second, &*third]);
    assert!(history.versions.iter().all(|version| version.enabled && version.created > 0));

    let found = store.get("kv-dev", "s", &first).unwrap();
    assert_eq!(*found.value, *pem);
    assert_eq!(found.properties.tags, tags);
    assert_eq!(*store.get("kv-dev", "s", &second).unwrap().value, "no line break at the end");
    assert_eq!(store.get("kv-dev", "s", "0").err().unwrap().kind().code(), "ERR_STORE_ANSWER");
    assert!(store.read("kv-local", "s").unwrap().latest.is_none());
    assert_eq!(stand_in.leftovers(), [""; 0]);
}

#[test]
fn a_name_that_would_be_an_option_goes_nowhere() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    for (vault, secret) in [("--help", "s"), ("kv-dev", "-s"), ("kv dev", "s"), ("", "s")] {
        assert!(store.read(vault, secret).is_err());
        assert!(store.put(vault, secret, &new("v")).is_err());
    }
    assert!(store.get("kv-dev", "s", "--help").is_err());
    assert_eq!(stand_in.calls(), [""; 0]);
    assert_eq!(stand_in.leftovers(), [""; 0]);
}

#[test]
fn a_disabled_or_a_deleted_secret_is_named() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    let earlier = store.put("kv-dev", "s", &new("earlier")).unwrap();
    store.put("kv-dev", "s", &new("latest")).unwrap();
    stand_in.disable_latest("kv-dev", "s");
    let failure = store.read("kv-dev", "s").err().unwrap();
    assert_eq!(failure.kind().code(), "ERR_STORE_SECRET_DISABLED");
    assert_eq!(*store.get("kv-dev", "s", &earlier).unwrap().value, "earlier");
    // A user who may only read sees none.
    stand_in.delete("kv-dev", "s");
    assert!(store.read("kv-dev", "s").unwrap().latest.is_none());
    let failure = store.put("kv-dev", "s", &new("another")).err().unwrap();
    assert_eq!(failure.kind().code(), "ERR_STORE_SECRET_DELETED");
    assert!(!stand_in.calls().iter().any(|call| call.contains("recover")));
}

#[test]
fn a_read_that_is_behind_is_read_again() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    for value in ["one", "two", "three", "four", "five", "six"] {
        store.put("kv-dev", "s", &new(value)).unwrap();
    }
    stand_in.fault("show", "1", "stale");
    assert_eq!(*store.read("kv-dev", "s").unwrap().latest.unwrap().value, "six");
    assert_eq!(stand_in.count("show"), 2);
}

// Slow: a vault that stays behind is waited for.
// Slow: a vault that stays behind is asked again for seven seconds.
#[test]
fn a_read_that_stays_behind_fails() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    for value in ["one", "two", "three", "four", "five", "six"] {
        store.put("kv-dev", "s", &new(value)).unwrap();
    }
    stand_in.fault("show", "each", "stale");
    let failure = store.read("kv-dev", "s").err().unwrap();
    assert_eq!(failure.kind().code(), "ERR_STORE_STALE");
}

#[test]
fn az_that_is_not_there_or_no_program_is_told() {
    let stand_in = StandIn::new();
    let of = |program: &str| {
        let az = Az { program: program.into(), ..stand_in.az(Duration::from_mins(1)) };
        let store = AzCli::new(az, Arc::new(Silent));
        assert_eq!(
            store.put("kv-dev", "s", &new("v")).err().unwrap().kind().code(),
            store.read("kv-dev", "s").err().unwrap().kind().code()
        );
        store.read("kv-dev", "s").err().unwrap()
    };
    let failure = of("/nowhere/az");
    assert_eq!(failure.kind().code(), "ERR_STORE_LOGIN");
    assert!(failure.to_string().contains("not installed"), "{failure}");
    assert_eq!(of(stand_in.path("faults").to_str().unwrap()).kind().code(), "ERR_IO");
    assert_eq!(stand_in.leftovers(), [""; 0]);
}

#[test]
fn settings_open_it_and_show_what_they_are() {
    let stand_in = StandIn::new();
    let settings = StoreSettings::AzCli(stand_in.az(Duration::from_mins(1)));
    let watch: Arc<dyn spacetime_keys_rotation::Watch> = Arc::new(Silent);
    let store = open(&settings, &watch).unwrap();
    assert!(store.read("kv-dev", "s").unwrap().latest.is_none());
    let usual = Az::default();
    assert_eq!(usual.program.to_str(), Some("az"));
    assert_eq!(usual.timeout, Duration::from_mins(1));
}
