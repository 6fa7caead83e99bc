//! Every failure at every call of a read, a get and a put: what it is taken for, and what is left.

use std::time::Duration;

use spacetime_keys_core::fleet::Tags;
use spacetime_keys_rotation::Failure;
use spacetime_keys_rotation::store::{KeyStore, NewSecret};

use super::stand_in::StandIn;
use super::words::{MARKER, MISBEHAVIOURS, failures, not_found};

const VALUE: &str = "hunter2, the value";

fn put(store: &dyn KeyStore) -> Result<(), Failure> {
    let tags = Tags { rotation_id: Some("r1".to_owned()), ..Tags::default() };
    let new = NewSecret { value: VALUE, content_type: "text/plain", tags };
    store.put("kv-dev", "s", &new).map(drop)
}

#[test]
fn each_failure_at_each_call_has_its_code_and_leaves_nothing() {
    type Work = fn(&dyn KeyStore) -> Result<(), Failure>;
    let calls: [(&str, &str, Work); 4] = [
        ("show", "read", |store| store.read("kv-dev", "s").map(drop)),
        ("list-versions", "read", |store| store.read("kv-dev", "s").map(drop)),
        ("show", "get", |store| {
            store.get("kv-dev", "s", "00000000000000000000000000000001").map(drop)
        }),
        ("set", "put", put),
    ];
    let mut kinds: Vec<(&str, &str)> =
        failures().iter().map(|words| (words.kind, words.code)).collect();
    kinds.extend(MISBEHAVIOURS);
    let stand_in = StandIn::new();
    let store = stand_in.store();
    put(&store).unwrap();
    let mut tried = 0;
    for (action, name, work) in calls {
        for (kind, code) in &kinds {
            stand_in.fault(action, "each", kind);
            let failure = work(&store).err().unwrap_or_else(|| panic!("{name} is good: {kind}"));
            assert!(stand_in.has_struck());
            assert_eq!(failure.kind().code(), *code, "{name}, {action}: {kind}: {failure}");
            let shown = format!("{failure} {failure:?}");
            assert!(!shown.contains(MARKER), "{shown}");
            assert!(!shown.contains("Caller is not authorized"), "{shown}");
            assert_eq!(stand_in.leftovers(), [""; 0], "{name}: {kind}");
            tried += 1;
        }
    }
    println!("{tried} faults tried");
    stand_in.clear_faults();
    store.read("kv-dev", "s").unwrap();
}

#[test]
fn a_secret_that_is_missing_is_no_failure_of_a_read() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    put(&store).unwrap();
    let kind = not_found().kind;
    stand_in.fault("set", "each", kind);
    assert_eq!(put(&store).err().unwrap().kind().code(), "ERR_STORE_ANSWER");
    stand_in.fault("show", "each", kind);
    let version = "00000000000000000000000000000001";
    let failure = store.get("kv-dev", "s", version).err().unwrap();
    assert_eq!(failure.kind().code(), "ERR_STORE_ANSWER");
}

#[test]
fn a_role_is_named_for_what_was_to_be_done() {
    let stand_in = StandIn::new();
    let store = stand_in.store();
    stand_in.fault("set", "each", "rbac");
    assert!(put(&store).err().unwrap().to_string().contains("Key Vault Secrets Officer"));
    stand_in.fault("show", "each", "policy");
    let failure = store.read("kv-dev", "s").err().unwrap();
    assert!(failure.to_string().contains("Key Vault Secrets User"), "{failure}");
    stand_in.fault("show", "each", "expired");
    let failure = store.read("kv-dev", "s").err().unwrap();
    assert!(failure.to_string().contains("(AADSTS700082)"), "{failure}");
}

// Slow: a deadline of a second is waited out, twice.
#[test]
fn a_deadline_ends_each_call() {
    let stand_in = StandIn::new();
    put(&stand_in.store()).unwrap();
    let az = stand_in.az(Duration::from_secs(1));
    let store = spacetime_keys_rotation::store::AzCli::new(
        az,
        std::sync::Arc::new(spacetime_keys_rotation::Silent),
    );
    for action in ["show", "set"] {
        stand_in.fault(action, "each", "hang");
        let failure =
            if action == "set" { put(&store) } else { store.read("kv-dev", "s").map(drop) };
        let failure = failure.err().unwrap();
        assert_eq!(failure.kind().code(), "ERR_STORE_TIMEOUT");
        assert!(failure.to_string().contains("within 1 s"), "{failure}");
        assert_eq!(stand_in.leftovers(), [""; 0]);
    }
}
