//! Doctor's advice, followed to the letter.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use spacetime_keys_core::cli_toml::CliToml;

use crate::host::Host;
use crate::http;
use crate::module;
use crate::process::{Ended, run};

use super::diagnosis::Diagnosis;
use super::world::World;

/// What stands for a restart of the server, in whatever it runs.
pub(crate) const RESTART: &str = "docker compose restart";

/// Lines as a person types them on the host, with both programs at hand.
pub(crate) fn shell(host: &Host, script: &str) -> Ended {
    let bin = host.path("bin");
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_spacetime-keys"), bin.join("spacetime-keys")).unwrap();
        symlink(host.real("spacetimedb-cli"), bin.join("spacetime")).unwrap();
    }
    let mut command: Command = host.command("bash");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", bin.display()));
    run(command.args(["-euo", "pipefail", "-c", script]))
}

/// Runs the steps as they are printed. A restart of the server is `restart`'s.
pub(crate) fn follow(
    host: &Host,
    diagnosis: &Diagnosis,
    mut restart: impl FnMut() -> Result<(), String>,
) -> Result<(), String> {
    for step in diagnosis.remedy() {
        if step.starts_with(RESTART) {
            restart()?;
            continue;
        }
        let ended = shell(host, step);
        if !ended.success {
            return Err(format!("`{step}` failed:\n{}", ended.output()));
        }
    }
    Ok(())
}

/// Cures a set-up that doctor calls curable, and publishes: who was the owner must be it still.
pub(crate) fn cure(
    world: &mut World,
    host: &Host,
    diagnosis: &Diagnosis,
    name: &str,
) -> Result<(), String> {
    let who = diagnosis.text("owner").or(diagnosis.text("identity"));
    let who = who.ok_or("nobody to publish as is known")?.to_owned();
    follow(host, diagnosis, || world.restart_with(host))?;
    publishes(world, host, name, &who)
}

/// Publishes with the token that the host has. Who was the owner must be it still.
pub(crate) fn publishes(world: &World, host: &Host, name: &str, who: &str) -> Result<(), String> {
    let content = fs::read_to_string(host.cli_toml()).map_err(|error| error.to_string())?;
    let cli_toml = CliToml::parse(&content).map_err(|error| error.to_string())?;
    let token = cli_toml.token().map_err(|error| error.to_string())?;
    let reply = http::put_raw(&world.url_of(name), Some(token), &module::wasm(2)).unwrap();
    if reply.status != 200 {
        return Err(format!("the publish is still refused: {} {}", reply.status, reply.body));
    }
    // A server whose private key cannot sign answers nobody without a token.
    let database = http::get_as(&world.url_of(name), token).unwrap().body;
    if database.contains(who) { Ok(()) } else { Err(format!("the owner changed: {database}")) }
}
