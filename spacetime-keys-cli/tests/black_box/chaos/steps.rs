//! The steps that are drawn: commands, how they are disturbed, and what people and other programs do.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use spacetime_keys_test_support::Random;

use super::judge;
use super::keys::Pair;
use super::mend::BROKEN;
use super::world::{Call, How, STRANGER, World};
use crate::common::{CLI_TOML, PRIVATE, PUBLIC};

/// More points than most commands have.
const POINTS: u64 = 60;

/// One step on one host.
pub(super) fn step(world: &mut World, random: &mut Random) {
    let host = random.index(world.hosts.len());
    match random.below(100) {
        0..35 => world.person(|world| mischief(world, host, random)),
        35..41 => {
            let calls: Vec<Call> = (0..2 + random.index(2))
                .map(|_| {
                    let host = random.index(world.hosts.len());
                    Call { host, arguments: command(world, host, random), how: How::Undisturbed }
                })
                .collect();
            world.log.push("- at once:".into());
            world.together(&calls, random);
        }
        41..44 => {
            let file = random.pick(&[PRIVATE, CLI_TOML, "../"]);
            let folder = match file {
                "../" => world.path(world.store),
                file => world.file(host, file).parent().unwrap().to_owned(),
            };
            if folder.is_dir() {
                let mode = fs::metadata(&folder).unwrap().permissions();
                fs::set_permissions(&folder, Permissions::from_mode(0o500)).unwrap();
                let call = Call { host, arguments: command(world, host, random), how: How::Bound };
                world.together(&[call], random);
                fs::set_permissions(&folder, mode).unwrap();
            }
        }
        44..50 => {
            // A server that is started again while somebody mends.
            world.person(|world| {
                world.mount(host, &Pair::new(random));
                "mounts a foreign pair".into()
            });
            let (command, points) = random.pick(&[
                ("sync", 24),
                ("sync", 24),
                ("resume", 24),
                ("rotate --adopt-mounted --allow-unverified --yes", POINTS),
            ]);
            let point = random.below(points);
            let how = random.pick(&[How::At(point, "kill"), How::StoppedAt(point)]);
            let arguments = format!("{command} --env {}", world.hosts[host].environment);
            let arguments = arguments.split(' ').map(str::to_owned).collect();
            world.together(&[Call { host, arguments, how }], random);
        }
        _ => {
            let how = match random.below(100) {
                0..30 => {
                    let most = random.pick(&[5_000, 25_000]);
                    How::KilledAfter(Duration::from_micros(random.below(most)))
                }
                30..45 => How::At(random.below(POINTS), "kill"),
                45..55 => How::At(random.below(POINTS), "fail"),
                55..65 => How::StoppedAt(random.below(POINTS)),
                65..70 => How::NoRoom(random.percent(50)),
                _ => How::Undisturbed,
            };
            world.together(&[Call { host, arguments: command(world, host, random), how }], random);
        }
    }
    if random.percent(40) {
        let _ = world.verify(random.index(world.hosts.len()));
    }
}

fn command(world: &World, host: usize, random: &mut Random) -> Vec<String> {
    let own = world.hosts[host].environment;
    let is_own = random.percent(70);
    let environment = if is_own { own } else { random.pick(&["local", "dev", "prod"]) };
    let mut flags: Vec<&str> = Vec::new();
    let mut flag = |words: &[&'static str], chance, random: &mut Random| {
        if random.percent(chance) {
            flags.extend(words);
        }
    };
    let command: &[&str] = match random.below(20) {
        0..6 => {
            flag(&["--adopt-mounted"], 15, random);
            flag(&["--allow-unverified"], 10, random);
            let environment = if random.percent(10) { "all" } else { environment };
            &["rotate", "--yes", "--env", environment]
        }
        6..8 => &["rollback", "--yes", "--env", environment],
        8..11 => &["sync", "--yes", "--env", own],
        11..13 => &["resume", "--yes"],
        13 => &["resume", "--yes", "--env", environment],
        14..16 => &["token", "restore", "--env", own],
        16 => &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE],
        _ => &["verify", "--env", environment],
    };
    match command[0] {
        "rotate" | "rollback" | "sync" | "resume" => {
            flag(&["--no-sync-mounted-keys"], 10, random);
            flag(&["--no-preserve-publisher-token"], 10, random);
            flag(&["--expect-identity", world.hosts[host].publisher.identity], 10, random);
            // Without it, the host is to mount the other environment's keys: a mistake.
            if !is_own && command[0] != "sync" {
                flag(&["--host-env", own], 75, random);
            }
        }
        "token" if command[1] == "resign" => {
            flag(&["--previous-public-key", PUBLIC], 50, random);
            flag(&["--expect-identity", world.hosts[host].publisher.identity], 50, random);
        }
        _ => {}
    }
    command.iter().chain(&flags).map(|&word| word.to_owned()).collect()
}

/// What people and other programs do to files; what it was, in words.
fn mischief(world: &World, host: usize, random: &mut Random) -> String {
    let file = random.pick(&[PRIVATE, PUBLIC, CLI_TOML]);
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
        10 => {
            let found = versions(world, "properties.json");
            let Some(path) = (!found.is_empty()).then(|| &found[random.index(found.len())]) else {
                return "nothing".into();
            };
            let is_removed = random.percent(50);
            if is_removed { fs::remove_file(path) } else { fs::write(path, "") }.unwrap();
            format!("damages {}", path.display())
        }
        11 => {
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
        12 => {
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
