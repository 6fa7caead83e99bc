//! The page for people who begin with an empty folder: each of its commands, in its order. In the place
//! of docker stands a script that runs the image's entrypoint; server and CLI are the real ones.

use std::fs;
use std::process::Command;
use std::thread;

use super::{DEADLINE, Kit, PLACES};
use crate::host::{DATABASE, Host};
use crate::module;
use crate::pages;
use crate::process::run;

/// Of compose, what the page and its recipes call. `RUN` is the container's command.
const DOCKER: &str = r#"#!/bin/sh
stop() {
  [ ! -f container.pid ] || kill -INT "$(cat container.pid)" 2> /dev/null || true
  while [ -f container.pid ] && kill -0 "$(cat container.pid)" 2> /dev/null; do sleep 0.05; done
}
start() {
  stop
  date -u +%Y-%m-%dT%H:%M:%SZ > container.started
  # What sh starts in the background ignores SIGINT otherwise.
  setsid env --default-signal=INT RUN > container.log 2>&1 < /dev/null &
  echo $! > container.pid
}
set -eu
case "$*" in
  "compose build spacetimedb") [ -f spacetimedb/dist/module.wasm ] ;;
  "compose up --detach" | "compose up --detach --force-recreate spacetimedb") start ;;
  "compose ps --all --quiet spacetimedb") echo container ;;
  "inspect --format {{.State.StartedAt}} container") cat container.started ;;
  "compose logs --follow --no-log-prefix --since "*" spacetimedb") exec tail -n +1 -f container.log ;;
  "stop") stop ;;
  *) echo "docker $*: not on the page" >&2; exit 1 ;;
esac
"#;

/// Commands that a person types, as the page has them.
const MOST: usize = 10;

/// The container ends with the test.
struct Containers<'a>(&'a Kit);

impl Drop for Containers<'_> {
    fn drop(&mut self) {
        let _ = run(self.0.command("docker").arg("stop"));
    }
}

#[test]
fn from_an_empty_folder_to_a_rotation() {
    let kit = Kit::of(Host::with(PLACES));
    let variables: Vec<String> = kit
        .container()
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)))
        .map(|(name, value)| format!("'{name}={value}'"))
        .collect();
    let entrypoint = kit.host.path("spacetimedb/entrypoint.sh");
    let container = format!("{} dash '{}'", variables.join(" "), entrypoint.display());
    kit.stand_in("docker", &DOCKER.replace("RUN", &container));
    let source = kit.host.path("module.wasm");
    fs::write(&source, module::wasm(1)).unwrap();
    let real = kit.host.real("spacetimedb-cli");
    let builds = format!(
        "#!/bin/sh\n[ \"$1\" != build ] || {{ d=target/wasm32-unknown-unknown/release; mkdir -p $d; exec cp '{}' $d/app.wasm; }}\nexec '{}' \"$@\"\n",
        source.display(),
        real.display()
    );
    kit.stand_in("spacetime", &builds);
    // Its own folder is what a person has; the rest is what the page's commands make.
    fs::create_dir(kit.host.path("spacetimedb")).unwrap();
    // Not by its name: that would be the stand-in again.
    let just = std::env::var_os("JUST").expect("JUST names the program just: tests/run sets it");
    kit.stand_in("just", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", just.to_str().unwrap()));
    let ended = Containers(&kit);

    let mut typed = 0;
    let mut owner = String::new();
    for block in pages::read("deployment.md").iter().filter(|block| block.server) {
        let mut printed = String::new();
        for command in block.script.lines() {
            typed += 1;
            let ended = run(kit.command("bash").args(["-euo", "pipefail", "-c", command]));
            printed += &ended.stdout;
            assert!(ended.success, "{}: {command}\n{printed}{}", block.line, ended.stderr);
            if command.contains(" init ") {
                for file in ["spacetime-keys.toml", "spacetimedb.just"] {
                    kit.at_its_port(file);
                }
            }
            if command.contains("verify-runtime") {
                let now = kit.owner();
                assert!(owner.is_empty() || owner == now, "the owner is the same: {command}");
                owner = now;
            }
        }
        let expected = block.expected.as_deref().unwrap();
        assert!(
            pages::matches(expected, &printed),
            "line {}\n--- expected\n{expected}--- printed\n{printed}",
            block.line
        );
    }
    assert_eq!((kit.owner(), kit.host.identity()), (owner.clone(), owner), "{DATABASE}");
    assert!((5..=MOST).contains(&typed), "{typed} commands");
    println!("{typed} commands from an empty folder to a publish after a rotation");
    drop(ended);
    // Nothing of it stays behind.
    let began = std::time::Instant::now();
    let folder = kit.host.path("").display().to_string();
    while !run(Command::new("pgrep").args(["-f", &folder])).stdout.is_empty() {
        assert!(began.elapsed() < DEADLINE);
        thread::sleep(std::time::Duration::from_millis(50));
    }
}
