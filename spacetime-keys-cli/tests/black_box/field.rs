//! `tests/field`: what people ran into in public, reproduced.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use spacetime_keys_stand_ins::plain::{Plain, reply};

use crate::common::{Host, program};

/// What a case says where this machine cannot try it.
const NOT_TRIED: i32 = 77;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/field");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// A web server of the folder `www` in a case's folder: `FILE.status` has another status line, and
/// header fields.
fn site(folder: &Path) -> String {
    let www = folder.join("www");
    Plain::serve(move |request, stream| {
        let path = request.path.trim_start_matches('/');
        let file = www.join(if path.is_empty() { "index.html" } else { path });
        let head = fs::read_to_string(www.join(format!("{path}.status")));
        match (head, fs::read(&file)) {
            (Ok(head), body) => reply(stream, head.trim(), body.unwrap_or_default()),
            (Err(_), Ok(body)) => reply(stream, "200 OK", body),
            (Err(_), Err(_)) => reply(stream, "404 Not Found", "<h1>Not Found</h1>"),
        }
    })
    .url
}

/// The case in a folder of its own, with a real host's files.
fn run(case: &Path) -> (Option<i32>, String) {
    let prelude = case.parent().unwrap().join("prelude.sh");
    let script = format!(
        "{}\n{}",
        fs::read_to_string(prelude).unwrap(),
        fs::read_to_string(case.join("run.sh")).unwrap()
    );
    let (host, folder) = (Host::new(), tempfile::tempdir().unwrap());
    fs::rename(host.path(""), folder.path().join("host")).unwrap();
    // Only where it is asked for: it listens until the tests end.
    let site = if script.contains("$SITE") { site(folder.path()) } else { String::new() };
    let output = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path().join("home"))
        .env("KEYS", program())
        .env("SITE", site)
        .env("OUT", folder.path().join("out"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn every_case_is_answered_rightly() {
    let (mut right, mut not_tried, mut wrong) = (0, Vec::new(), Vec::new());
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        assert!(case.join("README.md").is_file(), "{name} says not what happened");
        match run(&case) {
            (Some(0), _) => right += 1,
            (Some(NOT_TRIED), _) => not_tried.push(name),
            (code, text) => wrong.push(format!("{name}: exit {code:?}\n{text}")),
        }
    }
    println!("{right} cases answered rightly; not tried: {not_tried:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 20, "{right} cases");
}
