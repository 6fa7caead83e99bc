//! Where a secret may be seen, and where not.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use spacetime_keys_rotation::store::{AzCli, KeyStore};
use spacetime_keys_rotation::{AzCall, Watch};

use super::answers::new;
use super::stand_in::{PATIENT, StandIn};

const SECRET: &str = "a-marked-secret";

/// Keeps all that it is told.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<String>>);

impl Watch for Told {
    fn az(&self, call: &AzCall<'_>) {
        let arguments: Vec<_> = call.arguments.iter().map(OsString::as_os_str).collect();
        self.0.lock().unwrap().push(format!("{arguments:?} {:?}", call.exit_code));
    }
}

#[test]
fn no_argument_and_no_variable_holds_a_secret() {
    let stand_in = StandIn::new();
    let told = Arc::new(Told::default());
    let watch: Arc<dyn Watch> = Arc::clone(&told) as _;
    let store = AzCli::new(stand_in.az(PATIENT), watch);
    let version = store.put("kv-dev", "s", &new(SECRET)).unwrap();
    store.read("kv-dev", "s").unwrap();
    store.get("kv-dev", "s", &version).unwrap();

    let recorded = stand_in.recorded();
    assert!(!recorded.contains(SECRET));
    assert!(recorded.contains("--file\n"), "{recorded}");
    // az's log would hold the bodies of its requests.
    assert!(recorded.contains("AZURE_LOGGING_ENABLE_LOG_FILE"), "{recorded}");
    assert!(recorded.contains("PATH="), "the environment is passed on");
    for call in stand_in.calls() {
        assert!(!call.contains("--value"), "{call}");
    }
    let told = told.0.lock().unwrap().join("\n");
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.contains("list-versions") && told.contains("Some(0)"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
}

#[test]
fn a_secrets_file_is_its_owners_alone() {
    let stand_in = StandIn::new();
    stand_in.store().put("kv-dev", "s", &new(SECRET)).unwrap();
    let modes = std::fs::read_to_string(stand_in.path("calls/1.file")).unwrap();
    let mut modes: Vec<&str> = modes.lines().map(|line| &line[..10]).collect();
    modes.sort_unstable();
    assert_eq!(modes, ["-rw-------", "drwx------"]);
    assert_eq!(stand_in.leftovers(), [""; 0]);
}

#[test]
fn a_place_for_secrets_that_takes_none_is_found_before_anything_is_written() {
    let stand_in = StandIn::new();
    let mut az = stand_in.az(PATIENT);
    az.secret_files = stand_in.path("faults");
    let store = AzCli::new(az, Arc::new(Told::default()));
    assert_eq!(store.check_writable("kv-dev", "s").err().unwrap().kind().code(), "ERR_IO");
    assert!(store.put("kv-dev", "s", &new(SECRET)).is_err());
    assert_eq!(stand_in.calls(), [""; 0]);
    stand_in.store().check_writable("kv-dev", "s").unwrap();
    assert_eq!(stand_in.leftovers(), [""; 0]);
}
