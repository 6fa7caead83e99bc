//! Killed at any command of any recipe, and begun again.

use std::fs;
use std::process::Command;

use spacetime_keys_test_support::{again, is_all, sample, seed};

use super::{Two, secrets};

/// Sourced by each bash of a recipe (`BASH_ENV`): before each command it counts, and at one of them kills
/// just, the script and what they have started.
const KILLER: &str = r#"
trap 'at=$(($(cat "$KILL_COUNT" 2> /dev/null || echo 0) + 1)); echo "$at" > "$KILL_COUNT"; [[ $at != "$KILL_AT" ]] || kill -KILL 0' DEBUG
"#;

fn run(two: &Two, at: usize) -> (crate::process::Ended, usize) {
    let (killer, counter) = (two.road.path("killer"), two.road.path("count"));
    fs::write(&killer, KILLER).unwrap();
    let _ = fs::remove_file(&counter);
    let recipe = two.recipe().env("BASH_ENV", &killer).env("KILL_COUNT", &counter);
    let ended = recipe.env("KILL_AT", at.to_string()).run("promote-prod-to-test");
    let reached = fs::read_to_string(counter).unwrap_or_default().trim().parse().unwrap_or(0);
    (ended, reached)
}

// Slow: promotions that are killed, each with one that ends well.
#[test]
fn the_same_recipe_again_ends_well() {
    let two = Two::new();
    let (whole, commands) = run(&two, 0);
    whole.expect_success();
    println!("{commands} commands");
    assert!(commands > 40, "{commands}");
    let seed = seed();
    println!("{}", again(seed));
    let all: Vec<usize> = (1..=commands).collect();
    // The last third is where data and token change places.
    let late = all.get(commands * 2 / 3..).unwrap().to_vec();
    let points = if is_all() { all } else { sample(late, 5, seed) };
    let mut rows = 25;
    for at in points {
        let (killed, reached) = run(&two, at);
        assert_eq!((killed.code, reached), (None, at), "{at}: {}", killed.output());
        // Nobody does anything, and prod serves.
        two.prod.wait_until_it_answers();
        two.prod.add_rows(1000 + rows..1001 + rows);
        rows += 1;
        let (ended, _) = run(&two, 0);
        let log = fs::read_to_string(two.prod.host.path("server.log")).unwrap_or_default();
        assert!(ended.success, "{at}: {}\n{log}", ended.output());
        two.assert_promoted(rows);
    }
    secrets::assert_none_of_prod(&two);
}

/// Killed while the source is being stopped, when it has just been stopped, and while it is copied: nobody reads
/// what stopping and starting print, and the source serves again all the same.
// Slow: promotions that are killed, and one that ends well.
#[test]
fn the_source_starts_again_whenever_the_connection_ends() {
    let two = Two::new();
    let mark = two.road.path("mark");
    let (stop, done) = (two.prod.command("stop"), two.road.path("done"));
    let (mark_it, done_it) =
        (format!("touch {}", mark.display()), format!("touch {}", done.display()));
    let stops = [
        format!("echo stopping; {mark_it}; sleep 1; {stop}; {done_it}"),
        format!("{stop}; {mark_it}; sleep 1; {done_it}; echo stopped"),
        format!("{stop}; {done_it}; {{ sleep 1; {mark_it}; }} > /dev/null 2>&1 &"),
    ];
    for stop in stops {
        let _ = (fs::remove_file(&mark), fs::remove_file(&done));
        // Slow enough that the third is killed in the middle of it.
        let recipe = two.recipe().with("promotion_source_stop", &stop);
        let recipe = recipe.with_programs(&slow_rsync(&two));
        let mut begun = recipe.begin("promote-prod-to-test");
        super::until("the source is stopped", || mark.exists());
        let group = format!("-{}", begun.id());
        crate::process::run(Command::new("kill").args(["-KILL", "--", &group])).expect_success();
        begun.wait().unwrap();
        super::until("the stop has ended", || done.exists());
        two.prod.wait_until_it_answers();
        two.assert_test_is_as_before();
    }
    two.recipe().run("promote-prod-to-test").expect_success();
    two.assert_promoted(25);
}

/// One that takes its time for a copy by content.
fn slow_rsync(two: &Two) -> std::path::PathBuf {
    let folder = two.road.path("slow");
    let text =
        "#!/bin/sh\ncase \"$*\" in\n*--checksum*) sleep 3 ;;\nesac\nexec /usr/bin/rsync \"$@\"\n";
    super::install(&folder.join("rsync"), text);
    folder
}
