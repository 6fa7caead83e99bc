//! What lists of retired keys must say. It shares no code with the program.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::judge::{Picture, content, latest};
use super::keys;
use super::world::World;
use crate::common::{PRIVATE, RETIRED};

/// A list: of each public key, as PEM, whether it is revoked and until when it is honoured.
type List = BTreeMap<String, (bool, i64)>;

/// `None`: there is none, or it cannot be read.
fn read(text: Option<&[u8]>) -> Option<List> {
    let list: Value = serde_json::from_slice(text?).ok()?;
    let keys = list.get("keys")?.as_array()?.iter().map(|key| {
        let pem = key.get("public_key")?.as_str()?.to_owned();
        let honored = key.get("honored_until")?.as_i64()?;
        Some((pem, (key.get("revoked")?.as_bool()?, honored)))
    });
    keys.collect()
}

fn stored(world: &World, picture: &Picture, environment: &str) -> Option<List> {
    read(latest(world, picture, environment, "spacetimedb-retired-keys"))
}

/// Whether the public key of a private one is in a list.
fn find<'a>(list: &'a List, private: &[u8]) -> Option<&'a (bool, i64)> {
    list.iter().find(|(pem, _)| keys::is_pair(private, pem.as_bytes())).map(|(_, said)| said)
}

/// What leaked once has leaked for ever.
pub(super) fn after_commands(world: &mut World, before: &Picture, after: &Picture) {
    for environment in ["local", "dev", "prod"] {
        let lists = [before, after].map(|picture| stored(world, picture, environment));
        let [Some(old), Some(new)] = lists else { continue };
        let is_forgotten = |(pem, (revoked, _)): (&String, &(bool, i64))| {
            *revoked && !new.get(pem).is_some_and(|(revoked, _)| *revoked)
        };
        if old.iter().any(is_forgotten) {
            world.violation("L: a revoked key is forgotten", environment);
        }
    }
}

/// What is wrong with a host's list, where all is said to be proven. `alone`: by a sync, or by `verify`.
pub(super) fn faults(
    world: &World,
    picture: &Picture,
    host: usize,
    alone: bool,
) -> Vec<&'static str> {
    let environment = world.hosts[host].environment;
    let text = latest(world, picture, environment, "spacetimedb-retired-keys");
    let folder = Path::new(world.hosts[host].folder);
    let copy = content(picture, folder.join(RETIRED)).map(Vec::as_slice);
    let private = content(picture, folder.join(PRIVATE)).map_or(&b""[..], Vec::as_slice);
    let mut wrong = Vec::new();
    match (text, copy) {
        (None, None) => {}
        (None, Some(copy)) => {
            if read(Some(copy)).is_none_or(|list| !list.is_empty()) {
                wrong.push("the list is of no vault");
            }
        }
        (Some(_), _) => match (read(text), read(copy)) {
            (Some(list), Some(copy)) => {
                if list != copy {
                    wrong.push("the list is not the vault's");
                }
                // A list is written before its pair is: a run that waits for another host may have
                // come no further, and a sync leaves that as it is.
                // What has leaked stays revoked, in use or not; `verify` says so.
                let said = find(&list, private);
                if !alone && said.is_some_and(|(revoked, _)| !revoked) {
                    wrong.push("the pair in use is in the list");
                }
            }
            (Some(list), None) if list.is_empty() => {}
            _ => wrong.push("a list is missing or damaged"),
        },
    }
    wrong
}
