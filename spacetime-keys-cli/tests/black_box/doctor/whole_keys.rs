//! Keys that are whole, where a server cannot use them: what `doctor` prints is run, to the letter, and
//! the pair and the token are those from before.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::Command;

use super::doctor;
use crate::common::{Host, IDENTITY, PRIVATE, PUBLIC, Run};

const KEYS: &str = ".generated/spacetimedb-keys";
/// A port where nobody listens: the server is down.
const DOWN: [&str; 4] = ["--server", "http://127.0.0.1:9", "--database", "app"];
/// Somebody else's number than root's.
const SERVER: u32 = 61_234;

/// Runs the remedy, but for the restart, which comes last.
#[track_caller]
fn cure(host: &Host) -> Vec<String> {
    let said = doctor(host, &DOWN);
    assert_eq!(said.outcome(), ("unreachable", None), "{:#}", said.document);
    assert_eq!(said.document["cures"], true, "{:#}", said.document);
    let remedy: Vec<String> = said.remedy().into_iter().map(str::to_owned).collect();
    assert_eq!(remedy.last().map(String::as_str), Some("docker compose restart"));
    for command in remedy.split_last().unwrap().1 {
        let run = if let Some(ours) = command.strip_prefix("spacetime-keys ") {
            host.run(&ours.split(' ').collect::<Vec<_>>())
        } else {
            let mut shell = Command::new("sh");
            Run::of(shell.args(["-c", command]).current_dir(host.path("")), b"")
        };
        run.success();
    }
    remedy
}

#[test]
fn a_private_key_under_another_name_keeps_its_pair() {
    for case in
        ["swapped", "swapped and escaped", "no id_ecdsa", "damaged id_ecdsa", "DER", "UTF-16"]
    {
        let host = Host::new();
        let (private, public) = (host.read(PRIVATE), host.read(PUBLIC));
        let escaped = |text: &str| text.replace('\n', "\\n");
        match case {
            "swapped" => {
                host.write(PRIVATE, &public);
                host.write(PUBLIC, &private);
            }
            "swapped and escaped" => {
                host.write(PRIVATE, escaped(&public));
                host.write(PUBLIC, escaped(&private));
            }
            "no id_ecdsa" => {
                host.remove(PRIVATE);
                host.write(PUBLIC, &private);
            }
            "DER" => {
                let mut openssl = Command::new("openssl");
                let arguments = ["pkey", "-in", PRIVATE, "-outform", "DER", "-out", "der"];
                Run::of(openssl.args(arguments).current_dir(host.path("")), b"").success();
                fs::rename(host.path("der"), host.path(PRIVATE)).unwrap();
            }
            "UTF-16" => {
                let units = private.encode_utf16().flat_map(u16::to_le_bytes);
                host.write(PRIVATE, [0xff, 0xfe].into_iter().chain(units).collect::<Vec<_>>());
            }
            _ => {
                host.write(PRIVATE, "damaged");
                host.write(PUBLIC, &private);
            }
        }
        let token = host.token();
        let remedy = cure(&host);
        assert!(
            !remedy.iter().any(|command| command.contains("key generate")),
            "{case}: {remedy:?}"
        );
        assert_eq!((host.read(PRIVATE), host.read(PUBLIC)), (private, public), "{case}");
        assert_eq!(host.token(), token, "{case}: a good token is left alone");
        let mode = |file| fs::metadata(host.path(file)).unwrap().mode() & 0o777;
        assert_eq!((mode(PRIVATE), mode(PUBLIC)), (0o600, 0o644), "{case}");
        let report = host.run(&["verify", "--keys-dir", KEYS, "--json"]).success().json();
        assert_eq!(report["ok"], true, "{case}: {report:#}");
    }
}

/// What root has put into the server user's folder: told by `verify`, `doctor` and `rotate`.
#[test]
fn files_of_root_in_the_server_users_folder() {
    let host = Host::new();
    if fs::metadata(host.path("")).unwrap().uid() != 0 {
        return;
    }
    host.run(&["rotate", "--env", "local", "--yes"]).success();
    chown(host.path(KEYS), Some(SERVER), Some(SERVER)).unwrap();
    let chown_line = format!("chown {SERVER}:{SERVER} {}", host.path(PRIVATE).display());
    let is_told = |text: &str| text.contains(&format!("chown {SERVER}:{SERVER} "));

    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{report:#}");
    assert_eq!(
        (&problems[0]["code"], &problems[0]["severity"]),
        (&"ERR_KEY_OWNER".into(), &"warning".into())
    );
    assert!(is_told(problems[0]["hint"].as_str().unwrap()), "{report:#}");

    let done = host.run(&["rotate", "--env", "local", "--yes", "--json"]).success().json();
    let next = done["next"][0].as_str().unwrap();
    assert!(is_told(next) && next.contains("cannot read"), "{done:#}");
    assert_eq!(done["publisher"]["identity"], IDENTITY);

    let said = doctor(&host, &DOWN);
    assert_eq!(said.check("key_mode").0, Some(false));
    let remedy = cure(&host);
    assert_eq!(remedy.len(), 2, "{remedy:?}: {chown_line}");
    assert_eq!(fs::metadata(host.path(PRIVATE)).unwrap().uid(), SERVER);
    let report = host.run(&["verify", "--env", "local", "--json"]).success().json();
    assert_eq!(report["problems"], serde_json::json!([]), "{report:#}");
}
