//! Files as the engine handles them, and standard input.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use spacetime_keys_core::Error;
pub(crate) use spacetime_keys_rotation::files::*;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Standard input, with the same limit.
pub(crate) fn read_stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut content = Zeroizing::new(Vec::with_capacity(1 << 16));
    std::io::stdin()
        .lock()
        .take(MAX_BYTES)
        .read_to_end(&mut content)
        .map_err(|error| Failure::io("reading", Path::new("standard input"), &error))?;
    Ok(content)
}

/// `path` or, for `-`, standard input.
pub(crate) fn read_input(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if path == Path::new("-") { read_stdin() } else { read_named(path) }
}

/// What an argument names: a file, or what stands for one, such as the pipe of `<(…)`.
pub(crate) fn read_named(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if path.is_file() || path.is_dir() || !path.exists() {
        return Ok(read_existing(path)?);
    }
    let file = File::open(path).map_err(|error| Failure::io("reading", path, &error))?;
    Ok(read_open(file, path)?)
}

/// What `parse` makes of a file that an argument names; `-` is standard input.
pub(crate) fn parse_named<T>(
    path: &Path,
    parse: impl FnOnce(Zeroizing<Vec<u8>>) -> Result<T, Error>,
) -> Result<T, Failure> {
    parse(read_input(path)?).map_err(|error| Failure::in_file(path, error))
}
