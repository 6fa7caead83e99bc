//! Searching files: folders, what is packed, holes, and what is no file.

use std::fs::{self, File};
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use spacetime_keys_core::scan::{Found, Wanted, What};
use spacetime_keys_rotation::Kind;
use spacetime_keys_rotation::search::{Finder, Input, Searched, search};

const UUID: &str = "11ca1be8-7645-47fe-be83-153111b6c323";

/// The places of what was found.
#[derive(Default)]
struct Places {
    all: Vec<(String, u64)>,
    bytes: u64,
    enough: usize,
}

impl Finder for Places {
    fn found(&mut self, path: &Path, found: &Found) -> ControlFlow<()> {
        let What::Subject { .. } = &found.what else { panic!("a key or a token") };
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        self.all.push((name, found.offset));
        if self.all.len() == self.enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn searched(&mut self, _path: &Path, bytes: u64) {
        self.bytes += bytes;
    }
}

/// All subjects.
#[derive(Default)]
struct Subjects(Vec<String>);

impl Finder for Subjects {
    fn found(&mut self, _path: &Path, found: &Found) -> ControlFlow<()> {
        if let What::Subject { subject, .. } = &found.what {
            self.0.push(subject.clone());
        }
        ControlFlow::Continue(())
    }
}

fn searched(path: &Path) -> (Vec<(String, u64)>, Searched) {
    let mut places = Places::default();
    let inputs = vec![Input::Path(path.to_owned())];
    let searched = search(inputs, Wanted::Subjects, &mut places).unwrap();
    assert_eq!(places.bytes, searched.bytes);
    (places.all, searched)
}

/// What is found in a file with this content, by place; and how many files could not be read to the end.
fn in_file(content: &[u8]) -> (Vec<u64>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    let (found, searched) = searched(&path);
    // What comes from a pipe is read by another way.
    let mut places = Places::default();
    let stream: Box<dyn Read> = Box::new(Cursor::new(content.to_vec()));
    let inputs = vec![Input::Stream("file".into(), stream)];
    let streamed = search(inputs, Wanted::Subjects, &mut places).unwrap();
    assert_eq!((streamed.files, searched.files), (1, 1));
    if searched.unread == 0 {
        assert_eq!((places.all, streamed.unread), (found.clone(), 0));
    }
    (found.into_iter().map(|(_, offset)| offset).collect(), searched.unread)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

fn text() -> Vec<u8> {
    format!("{}{UUID}\n", "some text, ".repeat(100_000)).into_bytes()
}

#[test]
fn packed_files_are_unpacked() {
    let text = text();
    let at = 1_100_000;
    let skipped = b"\x5e\x2a\x4d\x18\x05\x00\x00\x00table".to_vec();
    let next = text.len() as u64 + at;
    for (how, content, expected) in [
        ("gzip", gzip(&text), vec![at]),
        ("zstd", zstd(&text), vec![at]),
        ("two members", [gzip(&text), gzip(&text)].concat(), vec![at, next]),
        ("two frames", [zstd(&text), zstd(&text)].concat(), vec![at, next]),
        ("gzip and zstd", [gzip(&text), zstd(&text)].concat(), vec![at, next]),
        ("a table of frames", [zstd(&text), skipped.clone()].concat(), vec![at]),
        ("a table before", [skipped, zstd(&text)].concat(), vec![at]),
        ("gzip in zstd", zstd(&gzip(&text)), vec![at]),
        ("zstd in gzip in zstd", zstd(&gzip(&zstd(&text))), vec![at]),
        ("text behind it", [gzip(b"x"), text.clone()].concat(), vec![at + 1]),
        ("zeros behind it", [gzip(&text), vec![0; 999]].concat(), vec![at]),
        ("nothing in it", gzip(b""), vec![]),
    ] {
        assert_eq!(in_file(&content), (expected, 0), "{how}");
    }
}

#[test]
fn a_border_of_frames_is_none() {
    let text = format!("{} {UUID} x", "-".repeat(90));
    for at in 0..text.len() {
        let (before, after) = text.as_bytes().split_at(at);
        assert_eq!(in_file(&[zstd(before), zstd(after)].concat()), (vec![91], 0), "{at}");
        assert_eq!(in_file(&[gzip(before), gzip(after)].concat()), (vec![91], 0), "{at}");
    }
}

#[test]
fn damaged_files_are_searched_as_far_as_they_go() {
    let text = [UUID.as_bytes(), b"\n", &text(), UUID.as_bytes()].concat();
    for whole in [gzip(&text), zstd(&text)] {
        let (found, unread) = in_file(whole.get(..whole.len() - 9).unwrap());
        assert_eq!(unread, 1);
        assert!(found.contains(&0), "{found:?}");
        let (found, unread) = in_file(&[&whole[..6], UUID.as_bytes()].concat());
        assert_eq!((found, unread), (vec![6], 1), "what only begins like something packed");
    }
}

#[test]
fn a_segment_of_a_commit_log_is_searched_packed_and_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/data-2.8.3");
    let count = |name: &str| searched(&folder.join(name)).0.len();
    let plain = count("00000000000000000000.stdb.log");
    assert!(plain >= 2);
    assert_eq!(count("segment-of-4-kib-frames.zst"), plain);
}

#[test]
fn a_table_of_leveldb_is_unpacked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/leveldb/000005.ldb");
    let content = fs::read(&path).unwrap();
    let plain = content.windows(6).any(|bytes| bytes == b"5fc471");
    assert!(!plain, "the fixture's subject is packed");
    let mut subjects = Subjects::default();
    search(vec![Input::Path(path)], Wanted::Subjects, &mut subjects).unwrap();
    assert!(subjects.0.iter().any(|subject| subject == "5fc4710d-c991-4ff0-805e-03cb70013bc0"));
    // Damaged, it is searched as far as it goes.
    for at in [0, 100, 3000, content.len() - 45, content.len() - 60] {
        let mut damaged = content.clone();
        damaged[at..at + 8].fill(0xff);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, damaged).unwrap();
        let inputs = vec![Input::Path(path)];
        let searched = search(inputs, Wanted::Subjects, &mut Subjects::default()).unwrap();
        // Without its checksum, not every damage shows.
        assert!(searched.unread <= 1, "{at}");
    }
}

#[test]
fn a_bomb_is_read_in_bounded_memory() {
    // A hundred megabytes of zeros, packed twice: a few kilobytes.
    let bomb = gzip(&gzip(&vec![0; 100 << 20]));
    assert!(bomb.len() < 1 << 16);
    assert_eq!(in_file(&bomb), (vec![], 0));
}

#[cfg(target_os = "linux")]
#[test]
fn holes_take_no_time_and_what_is_around_them_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    let mut file = File::create(&path).unwrap();
    let places = [0, (3 << 30) + 4094, 10 << 30];
    for place in places {
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(UUID.as_bytes()).unwrap();
    }
    file.set_len(11 << 30).unwrap();
    let (found, searched) = searched(&path);
    assert_eq!(found.into_iter().map(|(_, at)| at).collect::<Vec<_>>(), places);
    // Of eleven gigabytes, some kilobytes.
    assert!(searched.bytes < 1 << 20, "{}", searched.bytes);
}

#[cfg(unix)]
#[test]
fn a_folder_is_searched_by_name_and_what_is_no_file_is_left_alone() {
    use std::os::unix::net::UnixListener;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    fs::create_dir_all(path("b/deep/er")).unwrap();
    for name in ["c", "a", "b/deep/er/z", "b/y"] {
        fs::write(path(name), format!("x{UUID}")).unwrap();
    }
    std::os::unix::fs::symlink(path("a"), path("link")).unwrap();
    std::os::unix::fs::symlink(folder.path(), path("b/loop")).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    let (found, searched) = searched(folder.path());
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "z", "y", "c"]);
    assert_eq!((searched.files, searched.skipped, searched.unread), (4, 3, 0));
    // A link that is named is followed.
    let (found, _) = super::search::searched(&path("link"));
    assert_eq!(found, [("link".to_owned(), 1)]);
    let (found, _) = super::search::searched(&path("b/loop"));
    assert_eq!(found.len(), 4);
}

#[test]
fn a_search_ends_when_enough_was_found() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(folder.path().join(name), format!("{UUID} {UUID}")).unwrap();
    }
    for enough in 1..6 {
        let mut places = Places { enough, ..Places::default() };
        let inputs = vec![Input::Path(folder.path().to_owned())];
        search(inputs, Wanted::Subjects, &mut places).unwrap();
        assert_eq!(places.all.len(), enough);
    }
}

#[test]
fn what_is_named_and_is_not_there_fails() {
    let inputs = vec![Input::Path("/nowhere/at/all".into())];
    let failure = search(inputs, Wanted::Subjects, &mut Places::default()).unwrap_err();
    assert!(matches!(failure.kind(), Kind::Io { .. }));
}
