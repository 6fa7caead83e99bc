//! What must hold after each command. It shares no code with the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml_edit::{ArrayOfTables, DocumentMut};

use super::keys::{self, Scalar};
use super::lists;
use super::world::{Call, How, Ran, World};
use crate::common::{CLI_TOML, Content, PRIVATE, PUBLIC, RETIRED, Tree};

/// All files and folders below the root, with their modes; a folder has no content.
pub(super) type Picture = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

pub(super) fn picture(tree: Tree) -> Picture {
    let entries = tree.into_iter().map(|(path, entry)| match entry.content {
        Content::File(content) => (path, (entry.mode, Some(content))),
        _ => (path, (entry.mode, None)),
    });
    entries.collect()
}

fn files(picture: &Picture) -> impl Iterator<Item = (&PathBuf, u32, &Vec<u8>)> {
    picture.iter().filter_map(|(path, (mode, content))| Some((path, *mode, content.as_ref()?)))
}

pub(super) fn content(picture: &Picture, path: impl AsRef<Path>) -> Option<&Vec<u8>> {
    picture.get(path.as_ref())?.1.as_ref()
}

/// Half-written files have such names until they are whole.
pub(super) fn is_temporary(path: &Path) -> bool {
    path.iter().any(|part| part.to_string_lossy().starts_with(".spacetime-keys-tmp-"))
}

/// All private keys, wherever they are.
pub(super) fn scalars(picture: &Picture) -> BTreeMap<Scalar, PathBuf> {
    let found = files(picture).flat_map(|(path, _, content)| {
        keys::scalars_in(content).into_iter().map(|key| (key, path.clone()))
    });
    found.collect()
}

/// From now on these must not be lost. What was never but in a half-written file was never in use.
pub(super) fn add_known(world: &mut World, picture: &Picture) {
    let found = scalars(picture).into_iter();
    world.known.extend(found.filter(|(_, path)| !is_temporary(path)));
}

/// The present faults of files are not the program's.
pub(super) fn excuse(world: &mut World, picture: &Picture) {
    for (path, (mode, content)) in picture {
        let content = content.clone().unwrap_or_default();
        if !is_whole(world, path, &content) || !is_closed(world, path, *mode, &content) {
            world.excused.insert((path.clone(), *mode, content));
        }
    }
}

enum Kind {
    Private,
    Public,
    CliToml,
    Json(&'static str),
    Kept,
    Other,
}

fn kind(world: &World, path: &Path) -> Kind {
    let inside = path.strip_prefix(world.store).ok().map(|path| path.to_string_lossy());
    match inside.as_deref() {
        Some(".state/unfinished.json") => Kind::Json("rotation_id"),
        Some(inside) if inside.starts_with(".state/set-aside/") => Kind::Kept,
        Some(inside) if inside.ends_with("/properties.json") => Kind::Json("created"),
        Some(inside) if !inside.ends_with("/value") => Kind::Other,
        Some(inside) if inside.contains("private-key/") => Kind::Private,
        Some(inside) if inside.contains("public-key/") => Kind::Public,
        Some(inside) if inside.contains("retired-keys/") => Kind::Json("keys"),
        Some(_) => Kind::Json("publishers"),
        None if path.ends_with(PRIVATE) => Kind::Private,
        None if path.ends_with(PUBLIC) => Kind::Public,
        None if path.ends_with(CLI_TOML) => Kind::CliToml,
        None if path.ends_with(RETIRED) => Kind::Json("keys"),
        None => Kind::Other,
    }
}

fn is_whole(world: &World, path: &Path, content: &[u8]) -> bool {
    match kind(world, path) {
        _ if is_temporary(path) => true,
        Kind::Private => keys::scalar_of(content).is_some(),
        Kind::Public => keys::is_public(content),
        Kind::CliToml => toml(content).is_some(),
        Kind::Json(member) => serde_json::from_slice::<Value>(content)
            .is_ok_and(|document| document.get(member).is_some()),
        // Whatever stood there, half a leftover too.
        Kind::Kept | Kind::Other => true,
    }
}

/// Whether nobody else can get at a private key, or into the store.
fn is_closed(world: &World, path: &Path, mode: u32, content: &[u8]) -> bool {
    let is_in_store = path.starts_with(world.store);
    let is_private = !keys::scalars_in(content).is_empty() || path.ends_with(PRIVATE);
    !(is_in_store || is_private) || mode.is_multiple_of(0o100)
}

fn toml(content: &[u8]) -> Option<DocumentMut> {
    str::from_utf8(content).ok()?.parse().ok()
}

pub(super) fn token_in(text: &str) -> Option<String> {
    let document = toml(text.as_bytes())?;
    Some(document.get("spacetimedb_token")?.as_str()?.to_owned())
}

fn token(picture: &Picture, cli_toml: &Path) -> Option<String> {
    token_in(&String::from_utf8_lossy(content(picture, cli_toml)?))
}

/// Who publishes with a token; of what is no token, the text.
fn publisher(token: &str) -> Value {
    let claims = keys::claims(token).unwrap_or_else(|| token.into());
    ["iss", "sub", "hex_identity"].map(|name| claims.get(name).cloned()).to_vec().into()
}

/// All of `cli.toml` that no command changes.
fn rest(content: Option<&Vec<u8>>) -> Option<String> {
    let mut document = toml(content.map_or(b"", Vec::as_slice))?;
    document.remove("spacetimedb_token");
    let servers = document.get_mut("server_configs").and_then(|item| item.as_array_of_tables_mut());
    for server in servers.into_iter().flat_map(ArrayOfTables::iter_mut) {
        server.remove("ecdsa_public_key");
    }
    Some(document.to_string())
}

/// Judges what commands have left, and what they said.
pub(super) fn after_commands(world: &mut World, before: &Picture, calls: &[Call], runs: &[Ran]) {
    let after = world.picture();
    keys_are_there(world, &after);
    let is_restored =
        calls.iter().any(|call| call.arguments.iter().any(|argument| argument == "restore"));
    for host in 0..world.hosts.len() {
        cli_toml(world, host, is_restored, before, &after);
    }
    files_are_sound(world, before, &after);
    lists::after_commands(world, before, &after);
    for (call, run) in calls.iter().zip(runs) {
        output(world, before, &after, call, run);
    }
    add_known(world, &after);
    if let ([call], [run]) = (calls, runs) {
        proven(world, &after, call, run);
    }
}

/// A run that has mounted its group's keys says that all is proven: is it?
fn proven(world: &mut World, picture: &Picture, call: &Call, run: &Ran) {
    let own = world.hosts[call.host].environment;
    let is_about = |word: &str| call.arguments.iter().any(|argument| argument == word);
    let leaves = ["left as it is", "Finishing the run"];
    let names_own = call.arguments.windows(2).any(|pair| pair == ["--env", own]);
    let is_whole = names_own && !is_about("--no-sync-mounted-keys") && !run.was_proven;
    let is_whole = is_whole && !leaves.iter().any(|words| run.text.contains(words));
    if run.status == Some(0) && run.text.contains("done and proven") && is_whole {
        // A sync looks only at its own vault.
        let is_sync = is_about("sync");
        let wrong = faults(world, picture, call.host, is_sync);
        for what in wrong.into_iter().chain(lists::faults(world, picture, call.host, is_sync)) {
            world.violation(&format!("V: proven, but {what}"), "");
        }
    }
}

fn keys_are_there(world: &mut World, after: &Picture) {
    let there = scalars(after);
    let known = std::mem::take(&mut world.known);
    let (kept, lost) = known.into_iter().partition(|(key, _)| there.contains_key(key));
    world.known = kept;
    for place in lost.values() {
        world.violation("K: a private key is gone", &format!("it was in {}", place.display()));
    }
}

fn cli_toml(world: &mut World, host: usize, is_restored: bool, before: &Picture, after: &Picture) {
    let path = Path::new(world.hosts[host].folder).join(CLI_TOML);
    let tokens = [before, after].map(|picture| token(picture, &path));
    let [old, new] = tokens.map(|token| token.map(|token| publisher(&token)));
    if old != new && !is_restored {
        world.violation("I: the publisher changed", &format!("{old:?} to {new:?}"));
    }
    let [old, new] = [before, after].map(|picture| content(picture, &path));
    if old != new && (rest(old).is_none() || rest(old) != rest(new)) {
        world.violation("W: cli.toml", "more than the token has changed");
    }
    let [old, new] = [before, after].map(|picture| picture.get(&path).map(|(mode, _)| *mode));
    if new.is_some_and(|new| new != old.unwrap_or(0o600)) {
        world.violation(
            "M: cli.toml",
            &format!("{:o} to {:o}", old.unwrap_or_default(), new.unwrap_or_default()),
        );
    }
}

fn files_are_sound(world: &mut World, before: &Picture, after: &Picture) {
    for (path, (mode, entry)) in after {
        let content = entry.clone().unwrap_or_default();
        let is_folder = entry.is_none();
        let is_excused = world.excused.iter().any(|(_, _, excused)| *excused == content);
        if !is_folder && !is_whole(world, path, &content) && !is_excused {
            let what = format!("{}, {} bytes", path.display(), content.len());
            world.violation("W: a file is not whole", &what);
        }
        // Under a temporary name may stand what was replaced, with the mode that it had.
        let is_excused = (is_temporary(path) && is_excused)
            || world.excused.contains(&(path.clone(), *mode, content.clone()));
        if !is_closed(world, path, *mode, &content) && !is_excused {
            world.violation("M: too open", &format!("{} {mode:o}", path.display()));
        }
        let is_new = !before.contains_key(path) && path.ends_with("value") && !is_temporary(path);
        if is_new && !after.contains_key(&path.with_file_name("properties.json")) {
            world.violation("W: half a version", &path.display().to_string());
        }
    }
    let state = Path::new(world.store).join(".state");
    for (path, _, content) in files(before) {
        let is_version = path.starts_with(world.store) && !path.starts_with(&state);
        let is_same = after.get(path).is_some_and(|(_, now)| now.as_ref() == Some(content));
        if is_version && !is_temporary(path) && !is_same {
            world.violation("W: a stored version changed", &path.display().to_string());
        }
    }
}

fn output(world: &mut World, before: &Picture, after: &Picture, call: &Call, run: &Ran) {
    if run.text.contains("panicked") {
        world.violation("P: a panic", "");
    }
    if !run.in_time {
        world.violation("P: no end", &call.arguments.join(" "));
    }
    // SIGKILL and SIGXFSZ.
    let is_expected = match (run.status, run.signal, call.how) {
        (Some(0..=4), ..) | (None, Some(9), How::KilledAfter(_) | How::At(_, "kill")) => true,
        (None, Some(25), How::NoRoom(is_signal)) => is_signal,
        _ => !run.in_time,
    };
    if !is_expected {
        world.violation("P: its end", &format!("{:?}, signal {:?}", run.status, run.signal));
    }
    for picture in [before, after] {
        let mut secrets: Vec<String> = scalars(picture).keys().flat_map(keys::pieces).collect();
        for host in &world.hosts {
            let token = token(picture, &Path::new(host.folder).join(CLI_TOML));
            let signature = token.as_deref().and_then(|token| token.splitn(3, '.').nth(2));
            secrets.extend(signature.map(str::to_owned).filter(|text| text.len() > 40));
        }
        if secrets.iter().any(|secret| run.text.contains(secret)) {
            world.violation("S: a secret is printed", "");
        }
    }
}

/// The value of a secret's latest version.
pub(super) fn latest<'a>(
    world: &World,
    picture: &'a Picture,
    environment: &str,
    secret: &str,
) -> Option<&'a [u8]> {
    let secret = Path::new(world.store).join(format!("kv-{environment}")).join(secret);
    let versions = files(picture).filter(|(path, ..)| {
        path.ends_with("value") && path.starts_with(&secret) && !is_temporary(path)
    });
    versions.last().map(|(_, _, content)| content.as_slice())
}

/// What is wrong with a host's pair and token.
fn faults(world: &World, picture: &Picture, host: usize, alone: bool) -> Vec<&'static str> {
    let folder = Path::new(world.hosts[host].folder);
    let environment = world.hosts[host].environment;
    let private = content(picture, folder.join(PRIVATE)).map_or(&b""[..], Vec::as_slice);
    let public = content(picture, folder.join(PUBLIC)).map_or(&b""[..], Vec::as_slice);
    let is_shared = ["dev", "local"].contains(&environment) && !alone;
    let group: &[&str] = if is_shared { &["dev", "local"] } else { &[environment] };
    let mut wrong = Vec::new();
    if private.is_empty() || public.is_empty() {
        wrong.push("no mounted keys");
    } else if !keys::is_pair(private, public) {
        wrong.push("the mounted files are no pair");
    }
    for member in group {
        let [stored, stored_public] = ["private", "public"].map(|which| {
            let secret = format!("spacetimedb-jwt-{which}-key");
            latest(world, picture, member, &secret).unwrap_or_default()
        });
        if !keys::is_pair(stored, stored_public) {
            wrong.push("the vault has no pair");
        } else if !private.is_empty() && keys::scalar_of(stored) != keys::scalar_of(private) {
            wrong.push("the mounted pair is not the vault's");
        }
    }
    let token = token(picture, &folder.join(CLI_TOML));
    if !public.is_empty() && token.is_some_and(|token| !keys::is_signed(&token, public)) {
        wrong.push("the token is void");
    }
    wrong.dedup();
    wrong
}

/// `verify` says ok: is it?
pub(super) fn verified(world: &mut World, host: usize, text: &str) {
    let picture = world.picture();
    let folder = Path::new(world.hosts[host].folder);
    let environment = world.hosts[host].environment;
    let mut wrong = faults(world, &picture, host, false);
    wrong.extend(lists::faults(world, &picture, host, true));
    let escrow = latest(world, &picture, environment, "spacetimedb-publisher-claims");
    let escrow: Value =
        escrow.and_then(|value| serde_json::from_slice(value).ok()).unwrap_or_default();
    let publishers = escrow.get("publishers").and_then(Value::as_array).into_iter().flatten();
    let publishers: Vec<Value> = publishers
        .map(|one| {
            ["issuer", "subject", "identity"].map(|name| one.get(name).cloned()).to_vec().into()
        })
        .collect();
    let path = folder.join(CLI_TOML);
    match token(&picture, &path) {
        Some(token) => {
            if !publishers.is_empty() && !publishers.contains(&publisher(&token)) {
                wrong.push("another publisher");
            }
        }
        // Where there is not even the file, a warning is enough.
        None if publishers.is_empty()
            || (!picture.contains_key(&path) && text.contains("warning:")) => {}
        None => wrong.push("no token"),
    }
    let open = |path: PathBuf, bits| picture.get(&path).is_some_and(|(mode, _)| mode & bits != 0);
    if open(folder.join(PRIVATE), 0o026) || open(path, 0o002) {
        wrong.push("others can read or write");
    }
    // One that was left waits for another host.
    let note = content(&picture, Path::new(world.store).join(".state/unfinished.json"));
    let note: Value = note.and_then(|note| serde_json::from_slice(note).ok()).unwrap_or_default();
    if world.hosts.len() == 1 && note.get("left").is_some_and(|left| left == false) {
        wrong.push("a run is unfinished");
    }
    for what in wrong {
        world.violation(&format!("V: {what}"), "");
    }
}
