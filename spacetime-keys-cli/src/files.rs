//! Files as the engine handles them, and standard input.

use std::fs::File;
use std::path::Path;

use spacetime_keys_core::Error;
use spacetime_keys_rotation::Kind;
pub(crate) use spacetime_keys_rotation::files::*;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Standard input, with the same limit.
pub(crate) fn read_stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    const EXPECTED: usize = 1 << 16;
    Ok(read_stream(std::io::stdin().lock(), EXPECTED, Path::new("standard input"))?)
}

/// `path` or, for `-`, standard input.
pub(crate) fn read_input(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if path == Path::new("-") { read_stdin() } else { read_named(path) }
}

/// The thing that an argument names: a file, or a pipe in its place, such as that of `<(…)`.
pub(crate) fn read_named(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    Ok(read_open(open_argument(path)?, path)?)
}

/// The same, opened, for what is read as it comes.
pub(crate) fn open_argument(path: &Path) -> Result<File, Failure> {
    open_named(path).map_err(|failure| {
        let is_no_file = matches!(failure.kind(), Kind::NotAFile { .. });
        let failure = Failure::from(failure);
        if !is_no_file {
            return failure;
        }
        failure.with_hint(
            "name a file; what another program prints is read by `-` or by `<(…)`".to_owned(),
        )
    })
}

/// Reads a file that an argument names, and parses it; `-` is standard input.
pub(crate) fn parse_named<T>(
    path: &Path,
    parse: impl FnOnce(Zeroizing<Vec<u8>>) -> Result<T, Error>,
) -> Result<T, Failure> {
    parse(read_input(path)?).map_err(|error| Failure::in_file(path, error))
}
