//! `token …`

mod ask;
mod check;
mod decode;
mod mint;
mod owner;
mod publisher;
mod recover;
mod source;
mod verdict;
mod verify;

use super::Answer;
use crate::args::Token;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(
    command: &Token,
    config: impl Fn() -> Result<Config, Failure>,
    output: &Output,
) -> Result<Answer, Failure> {
    match command {
        Token::Decode(source) => decode::decode(source, output),
        Token::Verify(args) => verify::verify(args, output),
        Token::Check(args) => match args.asked() {
            Some(server) => ask::ask(args, server, config, output),
            None => check::check(args, output),
        },
        Token::Mint(args) => mint::mint(args, output),
        Token::Resign(args) => publisher::resign(args, output),
        Token::Recover(args) => recover::recover(args, &config()?, output),
        Token::Restore { env, expect_identity, files } => {
            publisher::restore(&config()?, env.as_deref(), *expect_identity, files, output)
        }
    }
}
