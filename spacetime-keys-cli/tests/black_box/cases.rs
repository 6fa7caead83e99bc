//! One file a case: a command line, its exit code, and exactly what it prints where.
//!
//! `TRYCMD=overwrite cargo test --test cases` writes what the program prints now into the files;
//! read the difference before you commit it. The keys and tokens in them are the throwaway ones of
//! `tests/fixtures` and of the core's tests, and `files/other`, which signs nothing anywhere.

use std::fs;
use std::path::Path;

/// Relative to the package, like everything that `cargo test` runs.
const CASES: &str = "tests/black_box/cases";

#[test]
fn every_case_prints_what_its_file_says() {
    let cases = trycmd::TestCases::new();
    cases.default_bin_path(env!("CARGO_BIN_EXE_spacetime-keys"));
    // Not that of the user who runs the tests.
    cases.env("HOME", "/home/me");
    cases.case(format!("{CASES}/*.toml"));
    cases.run();
}

/// A pattern that matches nothing passes, too.
#[test]
fn the_cases_are_there() {
    let files = fs::read_dir(Path::new(CASES)).expect("tests run in their package's folder");
    let names = files.map(|file| file.expect("a readable folder").path());
    let cases = names.filter(|path| path.extension().is_some_and(|end| end == "toml")).count();
    assert!(cases > 25, "{cases} cases");
}
