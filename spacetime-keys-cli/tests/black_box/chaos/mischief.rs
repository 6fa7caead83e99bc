//! What people and other programs do to files, by mistake or on purpose.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use spacetime_keys_test_support::Random;

use super::judge;
use super::keys::Pair;
use super::mend::BROKEN;
use super::world::{STRANGER, World};
use crate::common::{CLI_TOML, PRIVATE, PUBLIC, RETIRED};

/// One such thing; which, in words.
pub(super) fn mischief(world: &World, host: usize, random: &mut Random) -> String {
    let file = random.pick(&[PRIVATE, PUBLIC, CLI_TOML, RETIRED]);
    let path = world.file(host, file);
    let content = fs::read(&path).ok();
    let cli_toml = world.file(host, CLI_TOML);
    let text = fs::read_to_string(&cli_toml).unwrap_or_default();
    let folder = world.hosts[host].folder;
    let what = match random.below(14) {
        0 => {
            let mode = random.pick(&[0o400, 0o600, 0o640, 0o644, 0o666, 0o777]);
            if content.is_some() {
                fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            }
            format!("chmod {mode:o} {file}")
        }
        1 => {
            let _ = fs::remove_file(path);
            format!("removes {file}")
        }
        2 => {
            let [private, public] = [PRIVATE, PUBLIC].map(|file| world.file(host, file));
            let contents = [fs::read(&private), fs::read(&public)];
            if let [Ok(one), Ok(other)] = contents {
                fs::write(private, other).unwrap();
                fs::write(public, one).unwrap();
            }
            "swaps the key files".into()
        }
        3 => {
            let content = content.unwrap_or_default();
            let length = if random.percent(40) { 0 } else { random.index(content.len() + 1) };
            if path.exists() {
                fs::write(path, &content[..length]).unwrap();
            }
            format!("cuts {file} off at {length}")
        }
        4 | 5 => {
            let (what, text) = match random.below(4) {
                0 => ("a comment in", format!("# ours\n{text}")),
                1 => ("CRLF in", text.replace('\n', "\r\n")),
                2 => ("a logout from", logged_out(&text)),
                _ => ("breaks", format!("{text}{BROKEN}")),
            };
            if cli_toml.exists() {
                fs::write(cli_toml, text).unwrap();
            }
            format!("{what} cli.toml")
        }
        6 => {
            let by_mounted = random.percent(50);
            let private = fs::read_to_string(world.file(host, PRIVATE)).unwrap_or_default();
            let private = if by_mounted { private } else { Pair::new(random).private };
            if cli_toml.exists() && !text.contains(BROKEN) {
                world.log_in(host, STRANGER, &private);
            }
            format!("a login by mistake, signed by the mounted key: {by_mounted}")
        }
        7 => {
            world.mount(host, &Pair::new(random));
            "mounts a foreign pair".into()
        }
        8 => earlier_pair(world, host, random),
        9 => {
            fs::write(world.file(host, PUBLIC), Pair::new(random).public).unwrap();
            "another public key".into()
        }
        10..13 => store(world, random),
        _ => {
            let day = Duration::from_hours(24 * 400);
            let now = SystemTime::now();
            let time = if random.percent(50) { now + day } else { now - day };
            if content.is_some() {
                File::open(path).unwrap().set_modified(time).unwrap();
            }
            format!("another time for {file}")
        }
    };
    format!("{folder}: {what}")
}

/// Damage in the store, of which the latest keys stay whole.
fn store(world: &World, random: &mut Random) -> String {
    match random.below(3) {
        0 => {
            let found = versions(world, "properties.json");
            let Some(path) = (!found.is_empty()).then(|| &found[random.index(found.len())]) else {
                return "nothing".into();
            };
            let is_removed = random.percent(50);
            if is_removed { fs::remove_file(path) } else { fs::write(path, "") }.unwrap();
            format!("damages {}", path.display())
        }
        1 => {
            let found = versions(world, "value");
            // Of each secret the latest stays.
            let earlier: Vec<&PathBuf> = found
                .iter()
                .zip(found.iter().skip(1))
                .filter(|(one, next)| one.ancestors().nth(2) == next.ancestors().nth(2))
                .map(|(one, _)| one)
                .collect();
            let Some(path) = (!earlier.is_empty()).then(|| earlier[random.index(earlier.len())])
            else {
                return "nothing".into();
            };
            let content = fs::read(path).unwrap();
            fs::write(path, &content[..random.index(content.len() + 1)]).unwrap();
            format!("cuts {} off", path.display())
        }
        _ => {
            let journal = world.path(world.store).join(".state/unfinished.json");
            let content = fs::read(&journal).unwrap_or_default();
            let is_removed = random.percent(50);
            if is_removed {
                let _ = fs::remove_file(journal);
            } else if journal.exists() {
                fs::write(journal, &content[..random.index(content.len())]).unwrap();
            }
            format!("the journal, removed: {is_removed}")
        }
    }
}

fn logged_out(text: &str) -> String {
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("spacetimedb_token"));
    lines.collect()
}

/// The files of that name in the store's versions, in order.
fn versions(world: &World, name: &str) -> Vec<PathBuf> {
    let picture = world.picture();
    let paths = picture.keys().filter(|path| {
        path.starts_with(world.store) && path.ends_with(name) && !judge::is_temporary(path)
    });
    paths.map(|path| world.path(path)).collect()
}

/// A pair of the store is mounted again, as from a backup.
fn earlier_pair(world: &World, host: usize, random: &mut Random) -> String {
    let privates: Vec<PathBuf> = versions(world, "value")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("private-key"))
        .collect();
    let pairs = privates.iter().filter_map(|path| {
        let public = path.to_string_lossy().replace("private-key", "public-key");
        Some(Pair {
            private: fs::read_to_string(path).ok()?,
            public: fs::read_to_string(public).ok()?,
        })
    });
    let pairs: Vec<Pair> = pairs.collect();
    if !pairs.is_empty() {
        world.mount(host, &pairs[random.index(pairs.len())]);
    }
    "mounts a pair of the store".into()
}
