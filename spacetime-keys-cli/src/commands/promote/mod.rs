//! `promote`: the parts of a promotion that need keys.

mod accept;
mod admit;
mod gates;
mod passport;

use std::path::Path;

use spacetime_keys_core::promotion::Passport;

use super::Answer;
use crate::args::{self, Promote};
use crate::config::Config;
use crate::doctor;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

pub(super) fn run(command: &Promote, config: &Config, output: &Output) -> Result<Answer, Failure> {
    match command {
        Promote::Passport(args) => passport::run(args, config, output),
        Promote::Admit(args) => admit::run(args, config, output),
        Promote::Accept(args) => accept::run(args, config, output),
    }
}

fn read(path: &Path) -> Result<Passport, Failure> {
    files::parse_named(path, Passport::parse)
}

/// The server that is asked.
fn server(asked: &args::Asked, config: &Config, cli_toml: &Path) -> Result<String, Failure> {
    let configured = config.defaults().server;
    let servers = doctor::servers(cli_toml);
    let url = doctor::server_url(asked.server.as_deref(), configured.as_deref(), &servers)?;
    url.ok_or_else(|| {
        Failure::usage("no server is named", "--server URL, or [host] server in the configuration")
    })
}
