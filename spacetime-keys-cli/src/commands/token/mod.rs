//! `token …`

mod check;
mod decode;
mod mint;
mod publisher;
mod verify;

use spacetime_keys_core::cli_toml::CliToml;
use zeroize::Zeroizing;

use super::Answer;
use crate::args::{Token, TokenSource};
use crate::config::Config;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

pub(super) fn run(
    command: &Token,
    config: impl Fn() -> Result<Config, Failure>,
    output: &Output,
) -> Result<Answer, Failure> {
    match command {
        Token::Decode(source) => decode::decode(source, output),
        Token::Verify(args) => verify::verify(args, output),
        Token::Check(args) => check::check(args, output),
        Token::Mint(args) => mint::mint(args, output),
        Token::Resign(args) => publisher::resign(args, output),
        Token::Restore { env, expect_identity, files } => {
            publisher::restore(&config()?, env.as_deref(), *expect_identity, files, output)
        }
    }
}

/// The token of the arguments, of a cli.toml, or of standard input.
fn read(source: &TokenSource) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = &source.cli_toml {
        let text = files::read_existing_text(path)?;
        let in_file = |error| Failure::in_file(path, error);
        let cli_toml = CliToml::parse(&text).map_err(in_file)?;
        return Ok(Zeroizing::new(cli_toml.token().map_err(in_file)?.to_owned()));
    }
    match source.token.as_deref() {
        Some(token) if token != "-" => Ok(Zeroizing::new(token.to_owned())),
        _ => {
            let bytes = files::read_stdin()?;
            // What is not UTF-8 is no JWT: it is reported as an opaque token.
            Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).trim().to_owned()))
        }
    }
}
