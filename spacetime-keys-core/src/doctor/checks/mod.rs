//! The checks, in the order in which they are told.

mod database;
mod keys;
mod log;
mod project;
mod server;
mod store;
mod token;

use super::{Check, Observations};

pub(super) use token::is_another_servers;

pub(super) fn all(seen: &Observations) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(server::server(seen));
    checks.extend(server::version(seen));
    checks.extend(project::project(seen));
    checks.extend(token::cli_toml(seen));
    checks.extend(token::token(seen));
    checks.extend(token::expiry(seen));
    checks.extend(token::signature(seen));
    checks.extend(token::shared(seen));
    checks.extend(token::accepted(seen));
    checks.extend(database::parent(seen));
    checks.extend(database::database(seen));
    checks.extend(database::owner(seen));
    checks.extend(database::escrow(seen));
    checks.extend(keys::served(seen));
    checks.extend(keys::mounted(seen));
    checks.extend(keys::form(seen));
    checks.extend(keys::mode(seen));
    checks.extend(keys::remembered(seen));
    checks.extend(store::store(seen));
    checks.extend(keys::run(seen));
    checks.extend(log::log(seen));
    checks
}
