//! Each recipe, with stand-ins for the programs of others that write down how they were called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{DEPLOY, compose, just};
use crate::common::{CLI_TOML, CONFIG, Host, PRIVATE, PUBLIC, Run, STORE, program};

/// Writes down its arguments, then does what docker would have done.
const DOCKER: &str = r#"#!/bin/sh
echo "docker $* (tag ${SPACETIMEDB_TAG-})" >> CALLS
case "$1 $2" in
  "compose config") shift; exec COMPOSE "$@" ;;
  "compose ps") echo container-7 ;;
  "inspect --format") echo 2026-11-30T20:00:00.0Z ;;
  "compose logs") cat LOG; echo $$ > READER; exec sleep 600 ;;
  "logs --follow") cat LOG ;;
esac
"#;

const OTHER: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> CALLS\n";

/// What the program itself is called with, before it is.
const OURS: &str = "#!/bin/sh\necho \"spacetime-keys $*\" >> CALLS\nexec PROGRAM \"$@\"\n";

/// A real host's keys and token, the kit, and the stand-ins.
struct Kit {
    host: Host,
}

impl Kit {
    fn new() -> Self {
        Self::on(Host::new(), "local")
    }

    fn on(host: Host, environment: &str) -> Self {
        let named = ["--database", "game", "--env", environment];
        host.run(&[&DEPLOY[..], &named].concat()).success();
        // Nobody waits for a server that a stand-in started.
        let recipes = host.read("spacetimedb.just");
        assert!(recipes.contains("doctor --wait 60s"));
        host.write("spacetimedb.just", recipes.replace("doctor --wait 60s", "doctor --wait 1s"));
        host.write(CONFIG, host.read(CONFIG).replace("127.0.0.1:3000", "127.0.0.1:9"));
        let kit = Self { host };
        for (name, script) in
            [("docker", DOCKER), ("az", OTHER), ("spacetime", OTHER), ("spacetime-keys", OURS)]
        {
            kit.stand_in(name, script);
        }
        kit.log("PUBLISH_SUCCESS run=1 database=game\n");
        kit
    }

    fn stand_in(&self, name: &str, script: &str) {
        let place = |name: &str| self.host.path(name).display().to_string();
        let script = script
            .replace("CALLS", &place("calls"))
            .replace("COMPOSE", &compose().display().to_string())
            .replace("LOG", &place("log"))
            .replace("READER", &place("reader"))
            .replace("PROGRAM", &program().display().to_string());
        self.host.write(&format!("bin/{name}"), script);
        fs::set_permissions(
            self.host.path(&format!("bin/{name}")),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
    }

    fn log(&self, text: &str) {
        self.host.write("log", text);
    }

    /// Runs a recipe; gives what came of it and how the programs were called.
    fn try_just(&self, arguments: &[&str], input: &str) -> (Run, String) {
        let _ = fs::remove_file(self.host.path("calls"));
        let mut command = Command::new(just());
        command.args(arguments).current_dir(self.host.path("")).env_clear();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.host.path("bin").display());
        command.env("PATH", path).env("HOME", self.host.path("home"));
        let run = Run::of(&mut command, input.as_bytes());
        let calls = fs::read_to_string(self.host.path("calls")).unwrap_or_default();
        (run, calls)
    }

    #[track_caller]
    fn just(&self, arguments: &[&str]) -> String {
        let (run, calls) = self.try_just(arguments, "");
        run.success();
        calls
    }
}

#[test]
fn an_environment_in_either_form() {
    for named in ["prod", "ENV=prod"] {
        let kit = Kit::on(Host::new(), "prod");
        let calls = kit.just(&["kv-rotate-jwt-keys-preview", named]);
        assert_eq!(calls, "spacetime-keys rotate --dry-run --env prod\n");
        let calls = kit.just(&["--yes", "kv-rotate-jwt-keys", named]);
        assert_eq!(calls, "spacetime-keys rotate --yes --env prod\n");
        assert!(kit.host.path(".spacetime-keys/kv-prod").is_dir());
        assert_eq!(kit.just(&["kv-verify-jwt-keys", named]), "spacetime-keys verify --env prod\n");
        assert_eq!(kit.just(&["kv-sync-jwt-keys", named]), "spacetime-keys sync --env prod\n");
    }
    // Without one: the configuration's. Nobody who is asked and says nothing rotates.
    let kit = Kit::new();
    let before = kit.host.read(PRIVATE);
    let (refused, calls) = kit.try_just(&["kv-rotate-jwt-keys"], "");
    assert_ne!(refused.status, Some(0));
    assert_eq!((calls.as_str(), kit.host.read(PRIVATE)), ("", before.clone()));
    kit.just(&["--yes", "kv-rotate-jwt-keys"]);
    assert_ne!(kit.host.read(PRIVATE), before);
    assert!(kit.host.path(".spacetime-keys/kv-local").is_dir());
    // No name becomes a command.
    let (refused, calls) = kit.try_just(&["kv-sync-jwt-keys", "x'; touch pwned; '"], "");
    assert_ne!(refused.status, Some(0));
    assert!(!kit.host.path("pwned").exists() && calls.lines().count() == 1, "{calls}");
}

#[test]
fn preflight_names_what_is_missing() {
    let kit = Kit::new();
    kit.just(&["spacetimedb-setup-host"]);
    kit.just(&["--yes", "kv-rotate-jwt-keys"]);
    kit.just(&["preflight"]);
    for name in ["docker", "spacetime", "spacetime-keys"] {
        let kit = Kit::new();
        kit.just(&["spacetimedb-setup-host"]);
        kit.host.remove(&format!("bin/{name}"));
        // The machine may have a docker.
        let run = {
            let mut command = Command::new(just());
            let path = format!("{}:/usr/bin:/bin", kit.host.path("bin").display());
            command.arg("preflight").current_dir(kit.host.path("")).env_clear().env("PATH", path);
            Run::of(&mut command, b"")
        };
        assert_ne!(run.status, Some(0), "{name}");
        assert!(run.stderr.contains(&format!("missing program: {name}")), "{run:?}");
    }
    // A key that is half there, a pair of halves, a version that nobody chose.
    kit.host.remove(PUBLIC);
    let (run, _) = kit.try_just(&["preflight"], "");
    assert_ne!(run.status, Some(0));
    assert!(run.stdout.contains("the mounted key files are half-written"), "{run:?}");
    let kit = Kit::new();
    let (run, _) = kit.try_just(&["preflight"], "");
    assert_ne!(run.status, Some(0));
    assert!(run.stderr.contains("SPACETIME_VERSION"), "{run:?}");
}

#[test]
fn a_host_is_set_up_once() {
    let kit = Kit::on(Host::empty(), "local");
    kit.just(&["spacetimedb-setup-host"]);
    let id =
        |flag: &str| Run::of(Command::new("id").arg(flag), b"").success().stdout.trim().to_owned();
    let written = kit.host.read(".env");
    assert!(written.contains(&format!("SPACETIMEDB_UID={}\n", id("-u"))), "{written}");
    assert!(written.contains(&format!("SPACETIMEDB_GID={}\n", id("-g"))), "{written}");
    kit.host.write(".env", "SPACETIME_VERSION=v9\n");
    kit.just(&["spacetimedb-setup-host"]);
    assert_eq!(kit.host.read(".env"), "SPACETIME_VERSION=v9\n");
}

/// What `spacetime build` leaves behind, by language.
#[test]
fn a_module_of_each_language() {
    const MAKES: [(&str, &str, &str); 3] = [
        ("typescript", "dist/bundle.js", "bundle.js"),
        ("rust", "target/wasm32-unknown-unknown/release/game.wasm", "module.wasm"),
        ("csharp", "bin/Release/net8.0/wasi-wasm/AppBundle/StdbModule.wasm", "module.wasm"),
    ];
    for (language, made, taken) in MAKES {
        let kit = Kit::new();
        let script =
            format!("#!/bin/sh\nmkdir -p \"$(dirname {made})\"; echo {language} > {made}\n");
        kit.stand_in("spacetime", &script);
        // What another language has left is not published.
        kit.host.write("spacetimedb/dist/bundle.js", "old");
        kit.host.write("spacetimedb/dist/module.wasm", "old");
        kit.just(&["spacetimedb-prebuild"]);
        let left = fs::read_dir(kit.host.path("spacetimedb/dist")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [taken], "{language}");
        assert_eq!(kit.host.read(&format!("spacetimedb/dist/{taken}")).trim(), language);
    }
    // A build that leaves nothing, and one that fails.
    for script in ["#!/bin/sh\n", "#!/bin/sh\nmkdir -p dist; : > dist/bundle.js; exit 1\n"] {
        let kit = Kit::new();
        kit.stand_in("spacetime", script);
        let (run, calls) = kit.try_just(&["spacetimedb-build"], "");
        assert_ne!(run.status, Some(0), "{script}");
        assert!(!calls.contains("docker"), "{calls}");
    }
}

const BUILDS: &str =
    "#!/bin/sh\necho \"spacetime $*\" >> CALLS\nmkdir -p dist; : > dist/bundle.js\n";

#[test]
fn a_version_is_proven_before_it_is_started() {
    for named in ["v7", "VERSION=v7"] {
        let kit = Kit::new();
        kit.stand_in("spacetime", BUILDS);
        kit.just(&["spacetimedb-setup-host"]);
        let (run, calls) = kit.try_just(&["spacetimedb-deploy", named], "");
        let steps: Vec<&str> = calls.lines().collect();
        let at = |words: &str| {
            let found = steps.iter().position(|step| step.contains(words));
            found.unwrap_or_else(|| panic!("{words}: {calls}{run:?}"))
        };
        let order = [
            at("spacetime build"),
            at("docker compose build spacetimedb (tag v7)"),
            at("spacetime-keys key generate"),
            at("spacetimedb:v7 (tag )"),
            at("docker logs --follow"),
            at("docker rm --force"),
            at("docker compose push spacetimedb (tag v7)"),
            at("docker compose up --detach --force-recreate spacetimedb"),
            at("docker compose logs --follow --no-log-prefix --since 2026-11-30T20:00:00.0Z"),
        ];
        assert!(order.is_sorted(), "{calls}");
        assert!(steps[at("docker run")].contains(":/etc/spacetimedb:ro"), "{calls}");
        // From now on, every `docker compose` is about this version.
        assert!(kit.host.read(".env").contains("SPACETIMEDB_TAG=v7\n"));
        kit.just(&["spacetimedb-restart"]);
    }
    // One that does not publish in the throwaway container is not pushed, pinned or started.
    let kit = Kit::new();
    kit.stand_in("spacetime", BUILDS);
    kit.just(&["spacetimedb-setup-host"]);
    kit.log("PUBLISH_FAILED run=1 database=game reason=error\n");
    let (run, calls) = kit.try_just(&["spacetimedb-deploy", "v8"], "");
    assert_ne!(run.status, Some(0));
    assert!(!calls.contains("push") && !calls.contains("compose up"), "{calls}");
    assert!(calls.contains("docker rm --force"), "{calls}");
    assert!(!kit.host.read(".env").contains("v8"));
}

/// A log that goes on after the marker holds nobody up, and its reader does not stay behind.
#[test]
fn the_runtimes_marker_is_that_of_this_start() {
    let kit = Kit::new();
    kit.stand_in("spacetime", BUILDS);
    let told =
        "Error: Identity c200 is not valid for server mine.\nTokenError(Error(InvalidSignature))";
    kit.log(&format!("{told}\nPUBLISH_FAILED run=2 database=game reason=unauthorized\n"));
    let (run, calls) = kit.try_just(&["spacetimedb-verify-runtime"], "");
    assert_ne!(run.status, Some(0));
    assert!(run.stdout.starts_with("the last publish in the log was refused"), "{run:?}");
    let reader = kit.host.read("reader");
    let gone = format!("/proc/{}", reader.trim());
    let began = std::time::Instant::now();
    while std::path::Path::new(&gone).exists() {
        assert!(began.elapsed() < std::time::Duration::from_mins(2), "the reader stays behind");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(calls.contains("--since 2026-11-30T20:00:00.0Z"), "{calls}");
    // Only a server that also would take the next publish is well; here nobody listens.
    kit.log("PUBLISH_SUCCESS run=3 database=game\n");
    let (run, calls) = kit.try_just(&["spacetimedb-verify-runtime"], "");
    assert_ne!(run.status, Some(0));
    assert!(run.stdout.contains("the last publish in the log succeeded"), "{run:?}");
    assert!(calls.ends_with("spacetime-keys doctor --wait 1s\n"), "{calls}");
}

/// Who is asked first whether a publish would do does not log in by accident.
#[test]
fn nothing_is_published_where_doctor_says_no() {
    let kit = Kit::new();
    let (run, calls) = kit.try_just(&["spacetimedb-publish"], "");
    assert_ne!(run.status, Some(0));
    assert_eq!(calls, "spacetime-keys doctor --quiet\n");
}

#[test]
fn a_clean_slate_deletes_nothing_and_wants_the_name() {
    let ready = || {
        let kit = Kit::new();
        kit.just(&["spacetimedb-setup-host"]);
        kit.host.write(".config/spacetimedb/data/spacetime.pid", "");
        kit.host.write(".config/spacetimedb/data/replicas/1", "data");
        kit
    };
    for typed in ["", "games\n", "Game\n", "prod\n"] {
        let kit = ready();
        let before = kit.host.tree();
        let (run, calls) = kit.try_just(&["--yes", "spacetimedb-reset-host"], typed);
        assert_ne!(run.status, Some(0), "{typed}");
        assert_eq!(calls, "");
        assert_eq!(kit.host.tree(), before);
    }
    // A server that still has the data keeps it.
    let kit = ready();
    let lock = kit.host.path(".config/spacetimedb/data/spacetime.pid");
    let mut held = Command::new("flock");
    let mut held = held.arg(&lock).args(["sh", "-c", "echo; read x"]);
    held = held.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut held = held.spawn().unwrap();
    std::io::Read::read_exact(held.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let (run, _) = kit.try_just(&["--yes", "spacetimedb-reset-host"], "game\n");
    assert_ne!(run.status, Some(0));
    assert!(kit.host.path(".config/spacetimedb/data/replicas/1").exists());
    drop(held.stdin.take());
    held.wait().unwrap();
    let (run, calls) = kit.try_just(&["--yes", "spacetimedb-reset-host"], "game\n");
    run.success();
    assert!(calls.contains("docker compose stop spacetimedb"), "{calls}");
    let aside = fs::read_dir(kit.host.path("set-aside")).unwrap().next().unwrap().unwrap().path();
    assert!(
        aside.join("data/replicas/1").exists() && aside.join(".config/spacetime/cli.toml").exists()
    );
    // Folders for the next start are there, empty.
    assert_eq!(fs::read_dir(kit.host.path(".config/spacetimedb/data")).unwrap().count(), 0);
    assert!(!kit.host.path(CLI_TOML).exists() && kit.host.path(PRIVATE).exists());
}

#[test]
fn no_secret_is_an_argument() {
    let kit = Kit::new();
    kit.stand_in("spacetime", BUILDS);
    let mut all = String::new();
    for recipe in [
        &["az-login"][..],
        &["spacetimedb-setup-host"],
        &["preflight"],
        &["kv-rotate-jwt-keys-preview"],
        &["--yes", "kv-rotate-jwt-keys"],
        &["kv-verify-jwt-keys"],
        &["kv-sync-jwt-keys"],
        &["kv-resign-jwt-token"],
        &["spacetimedb-build"],
        &["spacetimedb-verify-preflight"],
        &["spacetimedb-restart"],
        &["spacetimedb-publish"],
        &["status"],
    ] {
        let (run, calls) = kit.try_just(recipe, "");
        assert!(!calls.is_empty() || recipe[0] == "spacetimedb-setup-host", "{recipe:?}: {run:?}");
        all.extend([calls.as_str(), &run.stdout, &run.stderr]);
    }
    let mut secrets: Vec<String> = kit.host.token().split('.').map(str::to_owned).collect();
    // The keys in use, and each that the store has.
    for (path, entry) in kit.host.tree() {
        let is_key = path.starts_with(STORE) || path.ends_with("id_ecdsa");
        let crate::common::Content::File(content) = entry.content else { continue };
        let Ok(text) = String::from_utf8(content) else { continue };
        if is_key && text.contains("PRIVATE KEY") {
            let lines = text.lines().filter(|line| !line.starts_with("---"));
            secrets.extend(lines.map(str::to_owned));
        }
    }
    assert!(secrets.len() >= 9, "{}", secrets.len());
    for secret in secrets {
        assert!(!all.contains(&secret), "a secret was an argument, or was printed");
    }
}
