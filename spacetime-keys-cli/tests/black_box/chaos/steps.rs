//! The steps that are drawn: commands, and how they are disturbed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use spacetime_keys_test_support::Random;

use super::keys::Pair;
use super::mischief::mischief;
use super::world::{Call, How, World};
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
            world.record.log.push("- at once:".into());
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
            // A server that is started again while somebody repairs.
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
            match random.below(10) {
                0..4 => flag(&["--honor-old-tokens", "30d"], 100, random),
                4 => flag(&["--honor-old-tokens", "0"], 100, random),
                5 => flag(&["--compromised"], 100, random),
                _ => {}
            }
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
