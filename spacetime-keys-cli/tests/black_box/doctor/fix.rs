//! `--fix`: the steps are taken, and the server is asked again.

use serde_json::{Value, json};
use spacetime_keys_core::{Identity, PrivateKey};

use super::live::{Live, RESTART};
use super::{PATIENT, Said, doctor};
use crate::common::{CLI_TOML, Host, IDENTITY, PRIVATE, PUBLIC, Run, token};

struct World {
    host: Host,
    live: Live,
}

impl World {
    /// A host that rotated once, and its server, which runs with the new key.
    fn new() -> Self {
        Self::of(Host::rotated("local"))
    }

    fn of(host: Host) -> Self {
        let live = Live::serve(&host, Identity::parse(IDENTITY).unwrap());
        Self { host, live }
    }

    fn doctor(&self, more: &[&str]) -> Said {
        let asked = ["--server", &self.live.server.url, "--database", "app"];
        doctor(&self.host, &[&asked[..], more].concat())
    }

    /// What is wrong is cured in one go, and is wrong no more.
    #[track_caller]
    fn is_cured(&self, more: &[&str]) -> Value {
        let before = self.doctor(&[]);
        assert_eq!(before.run.status, Some(1), "{:#}", before.document);
        let said = self.doctor(&[&["--fix", "--yes"], more].concat());
        assert_eq!(said.run.status, Some(0), "{:#}\n{}", said.document, said.run.stderr);
        assert_eq!(said.outcome(), ("updates", Some(200)), "{:#}", said.document);
        assert_eq!((said.text("identity"), said.text("owner")), (IDENTITY, IDENTITY));
        let fixed = said.document["fixed"].clone();
        assert!(fixed.as_array().unwrap().iter().all(|step| step["ok"] == true), "{fixed:#}");
        // Once more there is nothing to do.
        let again = self.doctor(&["--fix", "--yes"]);
        assert_eq!((again.run.status, &again.document["fixed"]), (Some(0), &json!([])));
        fixed
    }
}

fn steps(fixed: &Value) -> Vec<String> {
    let steps = fixed.as_array().unwrap().iter();
    steps.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

/// What this token says, signed by nobody's key.
fn sign_by_a_stranger(host: &Host) {
    let claims = json!({
        "hex_identity": IDENTITY, "sub": subject(host), "iss": "localhost", "iat": 1_795_315_000
    });
    host.set_token(&token(&PrivateKey::generate().unwrap(), &claims));
}

fn subject(host: &Host) -> String {
    let run = host.run(&["token", "decode", "--json", "--cli-toml", CLI_TOML]).success();
    run.json()["claims"]["sub"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_of_another_key() {
    let world = World::new();
    sign_by_a_stranger(&world.host);
    let fixed = world.is_cured(&[]);
    assert!(steps(&fixed)[0].starts_with("spacetime-keys token resign "), "{fixed:#}");
}

#[test]
fn an_owner_who_logged_in_by_mistake() {
    let world = World::new();
    let key = PrivateKey::from_pem(world.host.read(PRIVATE)).unwrap();
    let claims = json!({ "iss": "localhost", "sub": "a-new-login", "iat": 1_795_315_000 });
    world.host.set_token(&token(&key, &claims));
    let fixed = world.is_cured(&[]);
    assert!(steps(&fixed)[0].starts_with("spacetime-keys token restore "), "{fixed:#}");
}

#[test]
fn key_files_of_every_kind_of_damage() {
    type Damage = fn(&Host);
    let damages: [(Damage, &[&str]); 4] = [
        (|host| host.set_mode(PRIVATE, 0o644), &["chmod 600"]),
        (|host| host.remove(PUBLIC), &["sync"]),
        (|host| host.write(PRIVATE, "no key at all\n"), &["sync"]),
        (
            |host| {
                let other = PrivateKey::generate().unwrap();
                host.write(PUBLIC, other.public_key().to_pem());
            },
            &["sync"],
        ),
    ];
    for (damage, expected) in damages {
        let world = World::new();
        damage(&world.host);
        let fixed = world.is_cured(&["--restart", RESTART]);
        for (step, expected) in steps(&fixed).iter().zip(expected) {
            assert!(step.contains(expected), "{fixed:#}");
        }
    }
}

/// The program itself leaves no core; the server that it restarts must be able to.
#[test]
fn a_restarted_server_has_the_callers_limit_of_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let callers = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: callers.maximum, ..callers }).unwrap();
    let world = World::new();
    world.host.run(&["rotate", "--env", "local", "--yes"]).success();
    world
        .is_cured(&["--restart", &format!("{RESTART}; ulimit -S -c > limit; ulimit -H -c > hard")]);
    assert_eq!(world.host.read("limit"), world.host.read("hard"));
}

/// Without a store: other programs' commands are done without those programs.
#[test]
fn without_a_store() {
    let world = World::of(Host::new());
    world.host.set_mode(PRIVATE, 0o644);
    world.host.remove(PUBLIC);
    let fixed = world.is_cured(&["--restart", RESTART]);
    let steps = steps(&fixed);
    assert!(
        steps[0].starts_with("chmod 600 ") && steps[1].starts_with("openssl pkey "),
        "{fixed:#}"
    );
    // A pair that is lost is replaced; what is left of it is kept, and nobody becomes another.
    let world = World::of(Host::new());
    world.host.write(PRIVATE, "half of a k");
    world.host.remove(PUBLIC);
    let broken = world.doctor(&[]);
    let makes_a_pair = broken.remedy().iter().any(|step| step.contains("key generate"));
    if makes_a_pair {
        world.is_cured(&["--restart", RESTART]);
        assert_eq!(world.host.read(&format!("{PRIVATE}.damaged")), "half of a k");
    } else {
        // The server lives by what it has read: nothing is thrown away.
        assert_eq!(broken.outcome().0, "updates", "{:#}", broken.document);
    }
}

#[test]
fn a_restart_wants_to_be_told_how() {
    let world = World::new();
    let old = world.host.read(PUBLIC);
    world.host.run(&["rotate", "--env", "local", "--yes"]).success();
    let said = world.doctor(&["--fix", "--yes"]);
    assert_eq!(
        (said.run.status, &said.document["fixed"]),
        (Some(1), &json!([])),
        "{:#}",
        said.document
    );
    assert_eq!(said.remedy(), ["docker compose restart"]);
    let fixed = world.is_cured(&["--restart", RESTART]);
    assert_eq!(fixed, json!([{ "step": RESTART, "ok": true }]));
    assert_ne!(world.host.read(PUBLIC), old);
    // One that fails is said to, and ends it.
    world.host.run(&["rotate", "--env", "local", "--yes"]).success();
    let said = world.doctor(&["--fix", "--yes", "--restart", "echo restarting; exit 3"]);
    assert_eq!(said.run.status, Some(1));
    assert_eq!(said.document["fixed"][0]["ok"], false, "{:#}", said.document);
    assert!(said.run.stderr.contains("exit code 3"), "{:?}", said.run);
    // What it prints is no part of the document.
    assert!(said.run.stderr.contains("restarting"), "{:?}", said.run);
}

#[test]
fn a_run_that_was_cut_short() {
    let world = World::new();
    let point = "SPACETIME_KEYS_FAILPOINT";
    let mut killed = world.host.command(&["rotate", "--env", "local", "--yes"]);
    let run = Run::of(killed.env(point, "journal:before-removal=fail"), b"");
    assert_ne!(run.status, Some(0), "{run:?}");
    let fixed = world.is_cured(&["--restart", RESTART]);
    assert!(steps(&fixed)[0].starts_with("spacetime-keys resume"), "{fixed:#}");
}

#[test]
fn nothing_is_done_unasked() {
    let world = World::new();
    sign_by_a_stranger(&world.host);
    let before = world.host.tree();
    let asked = ["doctor", "--json", "--server", &world.live.server.url, "--database", "app"];
    let run = world.host.run(&[&asked[..], &["--fix"], &PATIENT].concat());
    assert_eq!((run.status, &*run.code()), (Some(3), "ERR_NOT_CONFIRMED"), "{run:?}");
    assert!(run.hint().contains("--fix --yes"), "{run:?}");
    assert_eq!(world.host.tree(), before);
    // Without --fix there is nothing to agree to.
    assert_eq!(world.host.run(&[&asked[..], &["--yes"]].concat()).status, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_asks() {
    use crate::terminal::on_a_terminal;
    let world = World::new();
    sign_by_a_stranger(&world.host);
    let before = world.host.tree();
    let command = format!("doctor --server {} --database app --fix", world.live.server.url);
    let (status, screen) = on_a_terminal(&world.host, &command, "n");
    assert_eq!(status, Some(3), "{screen}");
    assert!(screen.contains("1. spacetime-keys token resign"), "{screen}");
    assert_eq!(world.host.tree(), before);
    let (status, screen) = on_a_terminal(&world.host, &command, "y");
    assert_eq!(status, Some(0), "{screen}");
    assert!(screen.contains("a publish would update the database"), "{screen}");
}

/// What is in the way stays, and what comes after it is not begun.
#[test]
fn a_step_that_fails() {
    let world = World::new();
    let damaged = "spacetimedb_token = ";
    world.host.write(CLI_TOML, damaged);
    world.host.write(&format!("{CLI_TOML}.damaged"), "kept before");
    let said = world.doctor(&["--fix", "--yes"]);
    assert_eq!(said.run.status, Some(1), "{:#}", said.document);
    let fixed = said.document["fixed"].as_array().unwrap();
    assert_eq!((fixed.len(), &fixed[0]["ok"]), (1, &json!(false)), "{:#}", said.document);
    assert!(fixed[0]["step"].as_str().unwrap().starts_with("mv "), "{:#}", said.document);
    assert_eq!(world.host.read(CLI_TOML), damaged);
    assert_eq!(world.host.read(&format!("{CLI_TOML}.damaged")), "kept before");
    // Where the name is free, it is done.
    world.host.remove(&format!("{CLI_TOML}.damaged"));
    world.is_cured(&[]);
    assert_eq!(world.host.read(&format!("{CLI_TOML}.damaged")), damaged);
}
