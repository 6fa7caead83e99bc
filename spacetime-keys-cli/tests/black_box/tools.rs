//! `tests/keys-of-tools/kept`: keys as other tools wrote them. `tests/keys-of-tools/run` runs the tools themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::program;

#[test]
fn each_kept_key_is_read_or_its_hint_makes_it_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/keys-of-tools");
    let mut tools = 0;
    for entry in fs::read_dir(folder.join("kept")).unwrap() {
        let kept = entry.unwrap().path();
        let output =
            Command::new(folder.join("check")).arg(&kept).env("KEYS", program()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", kept.display());
        tools += 1;
    }
    assert!(tools >= 8, "{tools} tools");
}
