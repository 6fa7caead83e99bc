//! Rotating whatever there is, on a directory store: what is repaired or finished first, and what gets
//! a new pair.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use spacetime_keys_core::fleet::{Environment, Operation, Request};
use spacetime_keys_core::{Fingerprint, PrivateKey};
use spacetime_keys_rotation::site::PUBLIC_SECRET;
use spacetime_keys_rotation::store::Directory;
use spacetime_keys_rotation::{
    Job, Mended, Outcome, Paths, Settings, Silent, Site, Watch, mend_and_rotate, run,
};

/// A store, and hosts beside it.
struct Fleet(tempfile::TempDir);

impl Fleet {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A copy of the real host in `tests/fixtures`.
    fn host(&self, name: &str) -> Paths {
        let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-host");
        let folder = self.0.path().join(name);
        let paths =
            Paths { mounted_keys_dir: folder.join("keys"), cli_toml: folder.join("cli.toml") };
        fs::create_dir_all(&paths.mounted_keys_dir).unwrap();
        let keys = real.join(".generated/spacetimedb-keys");
        for file in ["id_ecdsa", "id_ecdsa.pub"] {
            fs::copy(keys.join(file), paths.mounted_keys_dir.join(file)).unwrap();
        }
        fs::copy(real.join("data/.config/spacetime/cli.toml"), &paths.cli_toml).unwrap();
        paths
    }

    fn with_site<T>(&self, watch: &dyn Watch, work: impl FnOnce(&Site<'_>) -> T) -> T {
        let store = self.0.path().join("store");
        let settings = Settings::of_guide(store.join(".state")).unwrap();
        work(&Site::new(&settings, &Directory::new(store), watch))
    }

    fn rotate(&self, paths: &Paths) -> Fingerprint {
        self.with_site(&Silent, |site| run(site, &job(paths, "local"))).unwrap();
        mounted(paths)
    }

    fn mend_and_rotate(&self, job: &Job) -> Mended {
        self.with_site(&Silent, |site| mend_and_rotate(site, job)).unwrap()
    }

    /// As if the last write of a rotation had never happened.
    fn damage(&self) {
        let versions = self.0.path().join("store/kv-dev").join(PUBLIC_SECRET);
        let names = fs::read_dir(&versions).unwrap().map(|entry| entry.unwrap().path());
        fs::remove_dir_all(names.max().unwrap()).unwrap();
    }

    /// Every file there is.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.0.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.insert(entry.path(), fs::read(entry.path()).unwrap());
                }
            }
        }
        found
    }
}

fn job(paths: &Paths, environment: &str) -> Job {
    let environment = Environment::new(environment).unwrap();
    let mut request = Request::new(Operation::Rotate);
    request.host = (environment.as_str() == "local").then(|| environment.clone());
    request.environments = vec![environment];
    Job { request, paths: paths.clone(), dry_run: false, ask: false }
}

fn mounted(paths: &Paths) -> Fingerprint {
    let pem = fs::read_to_string(paths.private_key()).unwrap();
    PrivateKey::from_pem(pem).unwrap().public_key().fingerprint()
}

/// What was done, in its order: the operation, its environments, and the pair that they have now.
fn done(mended: &Mended) -> Vec<(Operation, Vec<String>, Fingerprint)> {
    let of = |outcome: &Outcome| match outcome {
        Outcome::Done(planned, done) => {
            let names = planned.plan.environments().map(ToString::to_string).collect();
            (planned.request.operation, names, done.pairs[0])
        }
        other => panic!("{other:?}"),
    };
    mended.outcomes.iter().map(of).collect()
}

#[test]
fn an_unsound_group_is_mended_and_then_rotated() {
    let fleet = Fleet::new();
    let host = fleet.host("host");
    let old = fleet.rotate(&host);
    fleet.damage();
    let refused = fleet.with_site(&Silent, |site| run(site, &job(&host, "local"))).unwrap_err();
    assert_eq!(refused.kind().code(), "ERR_GROUP_UNSOUND");

    // Only planned: what would come after the repairing cannot be known yet.
    let before = fleet.files();
    let dry = fleet.mend_and_rotate(&Job { dry_run: true, ..job(&host, "local") });
    assert!(matches!(&dry.outcomes[..], [Outcome::Planned(planned)]
        if planned.request.operation == Operation::Resume));
    assert_eq!(dry.afterwards, [Environment::new("local").unwrap()]);
    assert!(fleet.files() == before, "a dry run changed something");

    let mended = fleet.mend_and_rotate(&job(&host, "local"));
    let group = ["dev", "local"].map(str::to_owned).to_vec();
    let new = mounted(&host);
    assert_ne!(new, old);
    assert_eq!(
        done(&mended),
        [(Operation::Resume, group.clone(), old), (Operation::Rotate, group, new)]
    );
    assert!(mended.afterwards.is_empty());
}

#[test]
fn a_group_whose_mending_brings_another_pair_gets_no_second_one() {
    let fleet = Fleet::new();
    let (first, behind) = (fleet.host("first"), fleet.host("behind"));
    let new = fleet.rotate(&first);
    assert_ne!(mounted(&behind), new);
    fleet.damage();
    let mended = fleet.mend_and_rotate(&job(&behind, "local"));
    let [(operation, _, pair)] = &done(&mended)[..] else { panic!("{mended:?}") };
    assert_eq!((*operation, *pair, mounted(&behind)), (Operation::Resume, new, new));
}

/// Stops the run after its first write.
#[derive(Debug, Default)]
struct AfterOne(AtomicBool);

impl Watch for AfterOne {
    fn wrote(&self, _: &Environment, _: &str, _: Fingerprint) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_run_of_other_environments_that_was_cut_short_is_finished_first() {
    let fleet = Fleet::new();
    let host = fleet.host("host");
    let old = fleet.rotate(&host);
    let cut = fleet.with_site(&AfterOne::default(), |site| run(site, &job(&host, "prod")));
    let cut = cut.unwrap_err();
    assert_eq!((cut.kind().code(), cut.is_resumable()), ("ERR_STOPPED", true));

    let mended = fleet.mend_and_rotate(&job(&host, "local"));
    let [(_, first, prod), (operation, second, local)] = &done(&mended)[..] else {
        panic!("{mended:?}")
    };
    assert_eq!(
        (&first[..], &second[..]),
        (&["prod".to_owned()][..], &["dev".to_owned(), "local".to_owned()][..])
    );
    assert_eq!((*operation, *local), (Operation::Rotate, mounted(&host)));
    assert!(old != *local && prod != local);
}
