//! What must not be swapped is not, and what was swapped and is not accepted goes back.

use std::fs;

use super::Two;
use crate::host::copy;

/// An `rsync` that does something more once it has copied by content.
fn meddling(two: &Two, meddle: &str) -> std::path::PathBuf {
    let folder = two.road.path("programs");
    let text = format!(
        "#!/bin/sh\n/usr/bin/rsync \"$@\" || exit\ncase \"$*\" in\n*--dry-run*) ;;\n*--checksum*) {meddle} ;;\nesac\n"
    );
    super::install(&folder.join("rsync"), &text);
    folder
}

/// Nothing was swapped, and both serve what they served.
#[track_caller]
fn nothing_was_swapped(two: &Two) {
    two.prod.wait_until_it_answers();
    assert!(!two.test.host.path("data/server.before").exists());
    assert_eq!(two.prod.rows(), 25);
    two.assert_test_is_as_before();
}

// Slow: two servers, and several promotions that are refused.
#[test]
fn a_copy_that_is_not_the_source_is_not_swapped() {
    let two = Two::new();
    let name = |ending: &str| {
        let path = two.prod.find(ending);
        format!("data/server.incoming/{}", path.strip_prefix(two.prod.data()).unwrap().display())
    };
    // Same size, same time, another byte: a look at size and time misses it.
    let (index, log) = (name(".stdb.ofs"), name(".stdb.log"));
    let altered = format!(
        "touch -r {index} stamp; printf x | dd of={index} bs=1 seek=64 conv=notrunc status=none; touch -r stamp {index}"
    );
    for meddle in [altered, format!("rm {log}")] {
        let programs = meddling(&two, &meddle);
        let ended = two.recipe().with_programs(&programs).run("promote-prod-to-test");
        assert_eq!(ended.code, Some(3), "{}", ended.output());
        assert!(ended.stderr.contains("nothing was swapped"), "{}", ended.output());
        nothing_was_swapped(&two);
    }
    // Begun again without that, it ends well.
    two.recipe().run("promote-prod-to-test").expect_success();
    two.assert_promoted(25);
}

// Slow: two servers, and several promotions that are refused.
#[test]
fn a_server_that_does_not_stop_is_a_refusal() {
    let two = Two::new();
    let ended = two.recipe().with("promotion_source_stop", "true").run("promote-prod-to-test");
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    assert!(ended.stderr.contains("was not stopped"), "{}", ended.output());
    nothing_was_swapped(&two);
    let ended = two.recipe().with("promotion_stop", "true").run("promote-prod-to-test");
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    assert!(ended.stderr.contains("still runs"), "{}", ended.output());
    nothing_was_swapped(&two);
}

// Slow: two servers, and several promotions that are refused.
#[test]
fn up_and_with_the_same_key_is_a_refusal() {
    let two = Two::new();
    // Prod takes from test: its own configuration says that it is prod.
    let up = two.road.recipe(&two.test, &two.prod);
    let ended = up.run("sync-from-test");
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    let passport = two.road.path("passport");
    let named = ["--server", &two.test.url, "--database", crate::host::DATABASE];
    let made = two.test.host.spacetime_keys(&[&["promote", "passport"][..], &named].concat());
    fs::write(&passport, made.stdout).unwrap();
    let passport = passport.to_str().unwrap();
    let up = ["promote", "admit", "--passport", passport, "--env", "prod", "--dry-run", "--json"];
    let ended = two.prod.host.try_spacetime_keys(&up);
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    assert!(ended.stdout.contains("ERR_PROMOTION_UPWARD"), "{}", ended.output());

    // A copy of prod's keys at test.
    fs::remove_dir_all(two.test.host.path(".spacetime-keys")).unwrap();
    copy(&two.prod.host.private_key(), &two.test.host.private_key());
    copy(&two.prod.host.public_key(), &two.test.host.public_key());
    let ended = two.recipe().run("promote-prod-to-test");
    assert_eq!(ended.code, Some(3), "{}", ended.output());
    assert!(ended.stderr.contains("the source's key is this host's"), "{}", ended.output());
    assert!(!two.test.host.path("data/server.incoming").exists());
}

// Slow: two servers, a promotion that is taken back and one that stands.
#[test]
fn what_is_not_accepted_goes_back() {
    let two = Two::new();
    // A row that prod writes between the look and the stop: the count is not what the passport says.
    let row = format!(
        "curl -fsS -o /dev/null -H \"Authorization: Bearer $ROW_TOKEN\" -d 'INSERT INTO thing (id) VALUES (77)' {}/v1/database/app/sql; sleep 1",
        two.prod.url
    );
    let folder = two.road.path("programs");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in\n*--checksum*) ;;\n*) {row} ;;\nesac\nexec /usr/bin/rsync \"$@\"\n"
    );
    super::install(&folder.join("rsync"), &text);

    let token = fs::read(two.test.host.cli_toml()).unwrap();
    let recipe = two.recipe().with_programs(&folder).env("ROW_TOKEN", two.prod.token());
    let ended = recipe.with("promotion_counts", "thing").run("promote-prod-to-test");
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(ended.stdout.contains("thing: 26 rows, 25 at the source"), "{}", ended.output());
    assert!(ended.stderr.contains("the data from before is put back"), "{}", ended.output());
    two.assert_test_is_as_before();
    assert_eq!(fs::read(two.test.host.cli_toml()).unwrap(), token);

    two.prod.flush();
    let recipe = two.recipe().with("promotion_counts", "app.thing");
    recipe.run("promote-prod-to-test").expect_success();
    two.assert_promoted(26);
}
