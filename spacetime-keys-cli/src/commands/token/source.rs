//! The source of a token, and the text around it there.

use std::path::PathBuf;

use spacetime_keys_core::cli_toml::CliToml;
use spacetime_keys_core::jwt::token_in;
use zeroize::Zeroizing;

use crate::args::TokenSource;
use crate::failure::Failure;
use crate::files;

/// The token of the arguments, of a file, of a cli.toml, or of standard input.
pub(super) fn read(source: &TokenSource) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = &source.cli_toml {
        let in_file = |error| Failure::in_file(path, error);
        let bytes = files::read_named(path)?;
        let text = files::as_text(&bytes, path)?;
        let cli_toml = CliToml::parse(&text).map_err(in_file)?;
        // As the SpacetimeDB CLI sends it, with all that stands around it.
        return Ok(Zeroizing::new(cli_toml.token().map_err(in_file)?.to_owned()));
    }
    let typed = source.token.as_deref().filter(|typed| *typed != "-");
    let Some(typed) = typed else {
        return found("standard input", &files::read_stdin()?);
    };
    match file_of(typed) {
        Some(path) => found(&path.display().to_string(), &files::read_named(&path)?),
        None => found("the argument", typed.as_bytes()),
    }
}

/// The token in what was read from a place.
fn found(place: &str, bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    // What is not UTF-8 is no JWT: it is reported as an opaque token.
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let token = token_in(&text).map_err(|error| Failure::from(error).prefix(place))?;
    if token.is_empty() {
        return Err(Failure::usage(
            format!("{place} is empty: no token in it"),
            "give the token on standard input, its file as `@FILE`, or a cli.toml with --cli-toml",
        ));
    }
    Ok(token)
}

/// The file that an argument names: `@FILE`, or a path where a file or a pipe (`<(…)`) is. What is
/// neither is taken for a token. So is what begins like one: as a path, it would stand in the error
/// that the file cannot be found.
fn file_of(typed: &str) -> Option<PathBuf> {
    let begins_like_a_token = |path: &str| path.is_empty() || path.starts_with("eyJ");
    match typed.strip_prefix('@') {
        Some(path) if !begins_like_a_token(path) => Some(PathBuf::from(path)),
        _ => Some(PathBuf::from(typed)).filter(|path| path.exists() && !path.is_dir()),
    }
}
