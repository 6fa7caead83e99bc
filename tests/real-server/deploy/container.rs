//! Real containers without a daemon: by podman, as root.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{DEADLINE, Kit, server_of};
use crate::flush::wait_until_flushed;
use crate::host::{DATABASE, Host, NICKNAME};
use crate::places::Places;
use crate::process::{Ended, run};
use crate::{http, module, ports};

/// A container called `server`, whose image is laid out in the host's folder.
struct Container<'a> {
    host: &'a Host,
}

impl<'a> Container<'a> {
    /// The real programs and this entrypoint and module, which need not be what is started.
    fn with_image(host: &'a Host, entrypoint: &Path, module: &Path) -> Self {
        let container = Container { host };
        let programs = host.real("");
        let laid_out = [&programs, entrypoint, module].map(|path| path.to_str().unwrap());
        container.script(&[&["root"], &laid_out[..]].concat()).expect_success();
        container
    }

    fn script(&self, arguments: &[&str]) -> Ended {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real-server/deploy/container.sh");
        let mut command = self.host.command("bash");
        command.arg(script).arg(self.host.path("podman")).args(arguments);
        run(&mut command)
    }

    #[track_caller]
    fn podman(&self, arguments: &[&str]) -> Ended {
        self.script(&[&["podman"], arguments].concat()).expect_success()
    }

    fn start(&self, mounts: &[String], variables: &[String], command: &[&str]) {
        let image = self.host.path("podman/root").display().to_string();
        let mut start = vec!["run", "--detach", "--name", "server", "--stop-signal", "SIGINT"];
        start.extend(["--cgroups=disabled", "--network=host"]);
        start.extend(mounts.iter().flat_map(|mount| ["--volume", mount]));
        start.extend(variables.iter().flat_map(|variable| ["--env", variable]));
        start.extend(["--rootfs", &image]);
        start.extend(command);
        self.podman(&start);
    }

    /// What the container has said, when it has said how as many publishes ended.
    fn log(&self, markers: usize) -> String {
        let began = Instant::now();
        loop {
            let log = self.podman(&["logs", "server"]).output();
            assert!(!log.contains("PUBLISH_FAILED"), "{log}");
            if log.matches("PUBLISH_").count() == markers {
                return log;
            }
            assert!(began.elapsed() < DEADLINE, "{log}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Server 1.2.0 has no clean end.
    fn wait_until_flushed(&self) {
        let id = self.podman(&["inspect", "--format", "{{.State.Pid}}", "server"]).stdout;
        wait_until_flushed(server_of(id.trim().parse().unwrap()), &self.host.data());
    }

    /// As `docker compose stop` has it: SIGINT, and SIGKILL after half a minute.
    fn stop(&self) {
        self.wait_until_flushed();
        let began = Instant::now();
        self.podman(&["stop", "--time", "30", "server"]);
        let took = began.elapsed();
        let code = self.podman(&["inspect", "--format", "{{.State.ExitCode}}", "server"]);
        assert_eq!(code.stdout.trim(), "0", "it was not killed");
        println!("podman stop: {} ms", took.as_millis());
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.script(&["podman", "rm", "--force", "--time", "0", "server"]);
    }
}

// Slow: an image is laid out, and a container is started three times.
#[test]
#[ignore = "needs root and podman: ./tests/run --all --real-server"]
fn the_kit_in_a_container() {
    let kit = Kit::new();
    let path = |inside: &str| kit.host.path(inside).display().to_string();
    let entrypoint = kit.host.path("spacetimedb/entrypoint.sh");
    let module = kit.host.path("spacetimedb/dist/module.wasm");
    let container = Container::with_image(&kit.host, &entrypoint, &module);
    for folder in ["data/.config", ".config/spacetimedb/data"] {
        fs::create_dir_all(kit.host.path(folder)).unwrap();
    }
    let mounts = [
        format!("{}:/etc/spacetimedb:ro", path(".generated/spacetimedb-keys")),
        format!("{}:/var/lib/spacetimedb/data", path(".config/spacetimedb/data")),
        format!("{}:/var/lib/spacetimedb/config", path("data/.config")),
    ];
    let variables = [
        format!("SPACETIMEDB_DATABASE={DATABASE}"),
        format!("SPACETIMEDB_LISTEN=127.0.0.1:{}", kit.port),
    ];
    container.start(&mounts, &variables, &["/usr/bin/spacetimedb-entrypoint"]);
    let log = container.log(1);
    assert!(log.contains("Created new database"), "{log}");
    let (owner, key) = (kit.owner(), kit.get("/v1/identity/public-key"));
    assert_eq!(kit.host.identity(), owner);

    // Nothing in the container can change the keys.
    let written = "exec 2>&1; : > /etc/spacetimedb/id_ecdsa";
    let tried = container.script(&["podman", "exec", "server", "/bin/sh", "-c", written]);
    assert!(!tried.success && tried.output().contains("Read-only"), "{}", tried.output());
    assert!(!fs::read(kit.host.private_key()).unwrap().is_empty());
    container.stop();

    // The data is there. A rotation, a restart, a question: three commands to the same owner.
    container.podman(&["start", "server"]);
    let log = container.log(2);
    assert!(log.contains("Updated database"), "{log}");
    kit.host.spacetime_keys(&["rotate", "--yes"]);
    container.stop();
    container.podman(&["start", "server"]);
    container.log(3);
    kit.host.spacetime_keys(&["doctor"]);
    assert_eq!(kit.owner(), owner);
    assert_ne!(kit.get("/v1/identity/public-key"), key);
    assert_eq!(
        kit.get("/v1/identity/public-key"),
        fs::read_to_string(kit.host.public_key()).unwrap()
    );
    container.stop();
}

/// One container as people have it, without our kit: the server makes its keys in a folder that a compose
/// file mounts. `init`, `rotate`, `verify`, and a restart.
// Slow: an image is laid out, and a container is started twice.
#[test]
#[ignore = "needs root and podman: ./tests/run --all --real-server"]
fn one_container() {
    let host = Host::with(Places::MOUNTED);
    let path = |inside: &str| host.path(inside).display().to_string();
    let script = host.path("entrypoint.sh");
    fs::write(&script, "").unwrap();
    let module = host.path("module.wasm");
    fs::write(&module, module::wasm(0)).unwrap();
    for folder in ["home/game/keys", "container/data"] {
        fs::create_dir_all(host.path(folder)).unwrap();
    }
    let compose = "services:\n  stdb:\n    image: clockworklabs/spacetime\n    command: start\n    volumes:\n      - ./keys:/home/spacetime/.config/spacetime\n";
    fs::write(host.work().join("compose.yaml"), compose).unwrap();
    let container = Container::with_image(&host, &script, &module);
    let address = format!("127.0.0.1:{}", ports::free());
    let url = format!("http://{address}");
    let mounts = [
        format!("{}:/home/spacetime/.config/spacetime", path("home/game/keys")),
        format!("{}:/home/spacetime/.local/share/spacetime/data", path("container/data")),
    ];
    let home = ["HOME=/home/spacetime".to_owned()];
    container.start(&mounts, &home, &["/usr/bin/spacetime", "start", "--listen-addr", &address]);
    let ready = || {
        let began = Instant::now();
        while http::get(&format!("{url}/v1/ping")).is_err() {
            assert!(
                began.elapsed() < DEADLINE,
                "{}",
                container.podman(&["logs", "server"]).output()
            );
            thread::sleep(Duration::from_millis(100));
        }
    };
    ready();
    host.spacetime(&["server", "add", NICKNAME, "--url", &url, "-d"]).expect_success();
    host.spacetime(&["login", "--server-issued-login", &url]).expect_success();
    host.publish(NICKNAME).expect_success();
    let (owner, key) = (host.identity(), fs::read(host.public_key()).unwrap());

    host.spacetime_keys(&["init"]);
    let rotated = host.spacetime_keys(&["rotate", "--yes"]);
    assert!(rotated.output().contains("rotate: done and proven"), "{}", rotated.output());
    container.wait_until_flushed();
    // As process 1 a server of 1.x takes no signal.
    container.podman(&["restart", "--time", "0", "server"]);
    ready();
    host.spacetime_keys(&["verify"]);
    let published = host.publish(NICKNAME).expect_success();
    assert!(published.stdout.contains("Updated database"), "{}", published.output());
    assert_eq!(host.identity(), owner);
    let served = http::get(&format!("{url}/v1/identity/public-key")).unwrap().body;
    assert!(served.as_bytes() == fs::read(host.public_key()).unwrap() && served.as_bytes() != key);
}
