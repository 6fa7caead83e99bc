//! Where claims are found.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use super::{OWNER, SUBJECT, fixture, recovers, without_token};
use crate::common::{Host, IDENTITY};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn files_in_which_people_and_programs_leave_claims() {
    let (host, token) = without_token();
    let claims = token.split('.').nth(1).unwrap();
    let log =
        |text: &str| format!("2026-11-30T09:00:00Z INFO start\n{}\n{text}\n", "x ".repeat(40_000));
    // As LevelDB has the local storage of a page: lengths as bytes, no separators.
    let level_db = [
        b"\x00\x01META\x01\x12_https://app\x00\x01auth_token\xb4\x03\x01",
        token.as_bytes(),
        b"x\x02\x7f",
    ];
    for (name, content) in [
        ("a history", format!("cd /stdb\nspacetime login --token {token}\nls\n").into_bytes()),
        ("a history of curl", format!("curl -H 'Authorization: Bearer {token}' x\n").into()),
        (
            "a copy of cli.toml",
            format!("default_server = \"local\"\nspacetimedb_token = \"{token}\"\n").into(),
        ),
        ("local storage", level_db.concat()),
        ("a log of CI", log(&json!({ "env": { "TOKEN": token } }).to_string()).into()),
        ("a log with half a token", log(claims).into()),
        (
            "a log with claims",
            log(&json!({ "msg": json!({ "iss": "localhost", "sub": SUBJECT }).to_string() })
                .to_string())
            .into(),
        ),
        ("a note", format!("my id: {SUBJECT}").into()),
        (
            "a secret of Kubernetes",
            json!({ "data": { "token": STANDARD.encode(&token) } }).to_string().into(),
        ),
        ("gzip", gzip(log(&token).as_bytes())),
        ("zstd", compress_to_vec(log(SUBJECT).as_bytes(), CompressionLevel::Fastest)),
    ] {
        host.write("found", &content);
        let report = recovers(&host, IDENTITY, &["found"]);
        assert_eq!(report["subject"], SUBJECT, "{name}");
        host.remove(crate::common::CLI_TOML);
    }
}

#[test]
fn a_packed_segment_of_a_commit_log() {
    let (host, _) = without_token();
    host.write(
        "data/replicas/1/clog/0.stdb.log",
        fixture("data-2.8.3/segment-of-4-kib-frames.zst"),
    );
    recovers(&host, OWNER, &["data"]);
}

#[test]
fn the_local_storage_of_a_browser() {
    let (host, _) = without_token();
    host.write("profile/Local Storage/leveldb/000005.ldb", fixture("leveldb/000005.ldb"));
    recovers(&host, IDENTITY, &["profile"]);
}

#[test]
fn the_usual_places_need_no_name() {
    for place in [
        "data/.config/spacetime/cli.toml.bak",
        "data/replicas/1/clog/0.stdb.log",
        "home/.bash_history",
        "home/.config/spacetime/cli.toml~",
        "home/.local/share/spacetime/data/replicas/7/clog/0.stdb.log",
    ] {
        let (host, token) = without_token();
        host.write(place, format!("a line\n{token}\n"));
        let report = recovers(&host, IDENTITY, &[]);
        assert!(report["source"]["file"].as_str().unwrap().ends_with(place), "{place}: {report}");
    }
}

#[test]
fn standard_input() {
    let (host, token) = without_token();
    let arguments = ["token", "recover", "--json", "--identity", IDENTITY, "-"];
    let run = crate::common::Run::of(&mut host.command(&arguments), token.as_bytes()).success();
    assert_eq!(run.json()["source"]["file"], "standard input");
}

/// More than a scanner has in memory, and mostly holes: a file system may be full of such logs.
#[test]
fn a_file_of_ten_gigabytes() {
    let (host, _) = without_token();
    host.write("big", "");
    let mut file = File::options().write(true).open(host.path("big")).unwrap();
    for gigabytes in [2_u64, 7] {
        file.seek(SeekFrom::Start((gigabytes << 30) + 4090)).unwrap();
        file.write_all("rows of somebody else ".repeat(30_000).as_bytes()).unwrap();
    }
    file.write_all(SUBJECT.as_bytes()).unwrap();
    file.set_len(10 << 30).unwrap();
    let report = recovers(&host, IDENTITY, &["big"]);
    assert!(report["source"]["offset"].as_u64().unwrap() > 7 << 30);
}

#[test]
fn an_owner_without_a_store_gets_a_token_of_the_mounted_key() {
    let (host, token) = without_token();
    host.write("copy", &token);
    recovers(&host, IDENTITY, &["copy"]);
    let rotated = Host::rotated("local");
    rotated.write("copy", &token);
    recovers(&rotated, IDENTITY, &["copy"]);
}
