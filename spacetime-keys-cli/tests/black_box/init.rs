//! `init`: what it finds in each layout, what it writes, and what it leaves as it is.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{CLI_TOML, CONFIG, Host, IDENTITY, PRIVATE, PUBLIC, Run, STORE};

/// Moves the real host's files into one folder, as `--root-dir` and the CLI itself have them.
fn move_to(host: &Host, folder: &str) {
    fs::create_dir_all(host.path(folder)).unwrap();
    for (path, name) in [(PRIVATE, "id_ecdsa"), (PUBLIC, "id_ecdsa.pub"), (CLI_TOML, "cli.toml")] {
        fs::rename(host.path(path), host.path(folder).join(name)).unwrap();
    }
}

fn in_folder(host: &Host, folder: &str, arguments: &[&str]) -> Run {
    fs::create_dir_all(host.path(folder)).unwrap();
    Run::of(host.command(arguments).current_dir(host.path(folder)), b"")
}

fn statuses(report: &Value) -> Vec<&str> {
    let files = report["files"].as_array().unwrap();
    files.iter().map(|file| file["status"].as_str().unwrap()).collect()
}

/// From what is there to a proven rotation: `init`, `rotate`, `verify`, and no other flag.
fn three_commands(host: &Host, folder: &str) {
    let report = in_folder(host, folder, &["init", "--json"]).success().json();
    assert_eq!(statuses(&report), ["created", "created"], "{report}");
    let rotated = in_folder(host, folder, &["rotate", "--yes", "--json"]).success().json();
    assert_eq!(rotated["publisher"]["identity_after"], IDENTITY, "{rotated}");
    let verified = in_folder(host, folder, &["verify", "--json"]);
    assert_eq!(verified.status, Some(0), "{verified:?}");
    // On its own output it changes nothing.
    let again = in_folder(host, folder, &["init", "--json"]).success().json();
    assert_eq!(statuses(&again), ["unchanged", "unchanged"], "{again}");
}

#[test]
fn from_the_guides_layout() {
    let host = Host::new();
    three_commands(&host, ".");
    let ignored = host.read(".gitignore");
    for line in [
        "/.spacetime-keys/",
        "/.generated/spacetimedb-keys/",
        "/data/.config/spacetime/cli.toml",
        ".env",
    ] {
        assert!(ignored.lines().any(|known| known == line), "{line}: {ignored}");
    }
}

#[test]
fn from_a_root_dir() {
    let host = Host::new();
    move_to(&host, "stdb/config");
    three_commands(&host, "stdb");
    assert!(host.read("stdb/spacetime-keys.toml").contains("keys_dir = \"config\""));
    assert!(host.path("stdb/.spacetime-keys/kv-local").is_dir());
}

#[test]
fn from_the_home_folder() {
    let host = Host::new();
    move_to(&host, "home/.config/spacetime");
    three_commands(&host, "project");
    let written = host.read("project/spacetime-keys.toml");
    assert!(written.contains("keys_dir = \"~/.config/spacetime\""), "{written}");
    assert!(written.contains("cli_toml = \"~/.config/spacetime/cli.toml\""), "{written}");
}

#[test]
fn from_a_compose_file() {
    let mounted = |volume: &str, command: &str| {
        format!(
            "services:\n  stdb:\n    image: clockworklabs/spacetime:latest\n    command: {command}\n    volumes:\n{volume}"
        )
    };
    let host = Host::new();
    move_to(&host, "keys");
    host.write(
        "compose.yaml",
        mounted("      - ./keys:/home/spacetime/.config/spacetime\n", "start"),
    );
    three_commands(&host, ".");
    // By the server's arguments, and the long form of a volume.
    let host = Host::new();
    move_to(&host, "keys");
    host.write(
        "docker-compose.yml",
        mounted(
            "      - type: bind\n        source: ./keys\n        target: /stdb/config\n",
            "[--root-dir=/stdb, start]",
        ),
    );
    three_commands(&host, ".");
    // What is not on this host is said, with the way to get it here.
    for (volumes, says) in [
        ("      - data:/data\n", "are in the container, and go with it"),
        ("      - home:/home/spacetime\n", "are in the volume `home`"),
    ] {
        let host = Host::empty();
        host.write("compose.yaml", mounted(volumes, "start"));
        let report = host.run(&["init", "--json"]).success().json();
        let next = report["next"].to_string();
        // Until the keys are here, nothing makes others in their place.
        let rotate = host.run(&["rotate", "--yes", "--json"]);
        assert_eq!((rotate.status, rotate.code().as_str()), (Some(4), "ERR_NAMED_MISSING"));
        assert!(!host.path(STORE).exists());
        for part in [
            says,
            "docker compose -f compose.yaml cp stdb:/home/spacetime/.config/spacetime/id_ecdsa ",
            "docker cp",
            "id_ecdsa.pub",
            "volumes: ",
        ] {
            assert!(next.contains(part), "{part}: {next}");
        }
    }
    let host = Host::new();
    move_to(&host, "keys");
    host.write("compose.yaml", mounted(
        "      - ./keys/id_ecdsa:/k/id_ecdsa:ro\n      - ./keys/id_ecdsa.pub:/k/id_ecdsa.pub:ro\n",
        "start --jwt-priv-key-path /k/id_ecdsa --jwt-pub-key-path /k/id_ecdsa.pub",
    ));
    let report = host.run(&["init", "--json"]).success().json();
    assert!(report["next"].to_string().contains("mounts each key file by itself"), "{report}");
    // A variable's value is not known here, and nothing is claimed of it.
    let host = Host::empty();
    host.write(
        "compose.yaml",
        mounted("      - ${KEYS}:/home/spacetime/.config/spacetime\n", "start"),
    );
    let report = host.run(&["init", "--json"]).success().json();
    assert!(!report["next"].to_string().contains("container"), "{report}");
    // A compose file that is none stops nothing.
    for broken in ["", "services: [", "services: {a: 1}", "- 1", "\0"] {
        let host = Host::new();
        host.write("compose.yaml", broken);
        host.run(&["init"]).success();
    }
}

#[test]
fn keys_of_other_names_are_named() {
    let host = Host::new();
    fs::rename(host.path(PRIVATE), host.path("jwt.key")).unwrap();
    fs::rename(host.path(PUBLIC), host.path("jwt.pub")).unwrap();
    let folder = host.path("").display().to_string();
    let folder = folder.trim_end_matches('/');
    host.write("data/config.toml", format!(
        "[certificate-authority]\njwt-priv-key-path = \"{folder}/jwt.key\"\njwt-pub-key-path = \"{folder}/jwt.pub\"\n"
    ));
    let report = host.run(&["init", "--json"]).success().json();
    let next = report["next"].to_string();
    assert!(next.contains("jwt.key") && next.contains("id_ecdsa"), "{next}");
    // A server that has keys gets no first pair.
    host.remove(CONFIG);
    let before = host.tree();
    let run = host.run(&["init", "--new-keys", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_KEYS_THERE"), "{run:?}");
    assert_eq!(host.tree(), before);
}

#[test]
fn a_first_pair_on_demand_and_only_then() {
    let host = Host::empty();
    let report = host.run(&["init", "--json"]).success().json();
    assert!(report["next"].to_string().contains("--new-keys"), "{report}");
    assert!(!host.path(STORE).exists() && !host.path(PRIVATE).exists());
    let report = host.run(&["init", "--new-keys", "--env", "local", "--json"]).success().json();
    assert_eq!(report["rotation"]["pairs"][0]["fingerprint"], host.mounted().to_string());
    host.run(&["verify"]).success();
    let run = host.run(&["init", "--new-keys", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_KEYS_THERE"), "{run:?}");
    // In one go, for an environment of one's own choice.
    let host = Host::empty();
    host.run(&["init", "--new-keys", "--env", "prod", "--database", "app"]).success();
    assert!(host.path(".spacetime-keys/kv-prod").is_dir());
    assert!(host.read(CONFIG).contains("database = \"app\""));
    let run = Host::empty().run(&["init", "--env", "Prod!", "--json"]);
    assert_eq!(run.status, Some(2), "{run:?}");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let host = Host::new();
    host.write(CONFIG, "# mine\n[host]\nenvironment = \"prod\"\n");
    host.write(".gitignore", "target\n.env");
    let before = host.tree();
    let run = host.run(&["init", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_FILE_DIFFERS"), "{run:?}");
    assert_eq!(host.tree(), before);
    let diff = host.run(&["init", "--diff"]).success().stdout;
    for line in
        ["-# mine", "-environment = \"prod\"", "+environment = \"local\"", "+/.spacetime-keys/"]
    {
        assert!(diff.contains(line), "{line}: {diff}");
    }
    assert_eq!(host.tree(), before);
    // The lines that are missing, behind those that are there.
    host.remove(CONFIG);
    let dry = host.run(&["init", "--dry-run", "--json"]).success().json();
    assert_eq!(statuses(&dry), ["created", "extended"]);
    assert!(!host.path(CONFIG).exists());
    host.run(&["init"]).success();
    let ignored = host.read(".gitignore");
    assert!(ignored.starts_with("target\n.env\n/.spacetime-keys/\n"), "{ignored}");
    assert_eq!(ignored.matches(".env").count(), 1);
}

#[test]
fn one_configuration_a_place() {
    let host = Host::new();
    host.write(CONFIG, "");
    let run = in_folder(&host, "sub", &["init", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_CONFIG_ABOVE"), "{run:?}");
    in_folder(&host, "sub", &["init", "--dir", "."]).success();
    assert!(host.path("sub/spacetime-keys.toml").exists());
    let run = host.run(&["init", "--dir", "nowhere", "--json"]);
    assert_eq!(run.status, Some(4), "{run:?}");
}

#[test]
fn of_several_the_nearest_else_the_one_that_is_named() {
    // What lies in the folder itself is meant, whatever else there is.
    let host = Host::new();
    for (path, name) in [(PRIVATE, "id_ecdsa"), (PUBLIC, "id_ecdsa.pub"), (CLI_TOML, "cli.toml")] {
        host.write(&format!("home/.config/spacetime/{name}"), host.read(path));
    }
    three_commands(&host, ".");
    // Two of one distance: the one that is named.
    let host = Host::new();
    for (path, name) in [(PRIVATE, "id_ecdsa"), (PUBLIC, "id_ecdsa.pub"), (CLI_TOML, "cli.toml")] {
        host.write(&format!("config/{name}"), host.read(path));
        host.set_mode(&format!("config/{name}"), 0o600);
    }
    let before = host.tree();
    let run = host.run(&["init", "--json"]);
    assert_eq!((run.status, run.code().as_str()), (Some(3), "ERR_SEVERAL_FOUND"), "{run:?}");
    assert!(run.hint().contains("--keys-dir"), "{run:?}");
    assert_eq!(host.tree(), before);
    let named = ["init", "--keys-dir", "config", "--cli-toml", "config/cli.toml", "--json"];
    let report = host.run(&named).success().json();
    assert!(Path::new(report["keys_dir"].as_str().unwrap()).ends_with("config"), "{report}");
    let rotated = host.run(&["rotate", "--yes", "--json"]).success().json();
    assert_eq!(rotated["publisher"]["identity_after"], IDENTITY);
    let gone = Host::empty().run(&["init", "--keys-dir", "gone", "--json"]);
    assert_eq!(gone.status, Some(4), "{gone:?}");
}

#[test]
fn json_says_it_all_in_one_document() {
    let host = Host::empty();
    let report = host.run(&["init", "--new-keys", "--json"]).success().json();
    assert_eq!(report["environment"], json!("local"));
    assert!(report["rotation"]["rotation_id"].is_string(), "{report}");
}

/// A server that answers as one does, with this public key.
fn server_with(public_key: &str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let key = public_key.to_owned();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).unwrap_or_default();
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            assert!(asked.starts_with("GET ") && !asked.contains("uthorization"), "{asked}");
            let (kind, body) = if asked.contains("/v1/health") {
                ("application/json", "{\"version\":\"1.2.0\"}".to_owned())
            } else {
                ("application/pem-certificate-chain", key.clone())
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    place
}

#[test]
fn of_several_the_one_that_the_running_server_uses() {
    let host = Host::new();
    let pair = spacetime_keys_core::PrivateKey::generate().unwrap();
    let place = server_with(&pair.public_key().to_pem());
    let cli_toml = format!(
        "default_server = \"here\"\n\n[[server_configs]]\nnickname = \"here\"\nhost = \"{place}\"\nprotocol = \"http\"\n"
    );
    host.write("config/id_ecdsa", pair.to_pem().as_bytes());
    host.write("config/id_ecdsa.pub", pair.public_key().to_pem());
    host.write("config/cli.toml", &cli_toml);
    let named = ["init", "--cli-toml", "config/cli.toml", "--json"];
    let report = host.run(&named).success().json();
    assert!(Path::new(report["keys_dir"].as_str().unwrap()).ends_with("config"), "{report}");
    assert_eq!(report["server"], format!("http://{place}"));
    assert!(host.read(CONFIG).contains(&format!("server = \"http://{place}\"")));
}

/// What is written as a comment is what holds where nothing is said.
#[test]
fn the_comments_are_the_defaults() {
    let host = Host::empty();
    let values =
        |host: &Host| host.run(&["config", "show", "--json"]).success().json()["values"].clone();
    let defaults = values(&host);
    host.run(&["init"]).success();
    let (tables, of_host) =
        host.read(CONFIG).split_once("[host]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let is_entry = |line: &&str| line.starts_with("# [") || line.contains(" = ");
    let tables =
        tables.lines().filter(is_entry).map(|line| line.trim_start_matches("# ").to_owned());
    // Of the host, the server, the database and the restart have no default.
    let paths = of_host
        .lines()
        .filter(|line| line.starts_with("# keys_dir") || line.starts_with("# cli_toml"));
    let paths = paths.map(|line| line.trim_start_matches("# ").to_owned());
    let lines: Vec<String> = tables.chain(["[host]".to_owned()]).chain(paths).collect();
    assert!(lines.len() > 12, "{lines:?}");
    host.write(CONFIG, lines.join("\n"));
    let said = values(&host);
    for (default, said) in defaults.as_array().unwrap().iter().zip(said.as_array().unwrap()) {
        assert_eq!((&default["name"], &default["value"]), (&said["name"], &said["value"]));
    }
    let is_said = |value: &&Value| value["source"] == CONFIG;
    assert!(said.as_array().unwrap().iter().filter(is_said).count() == 11, "{said}");
}
