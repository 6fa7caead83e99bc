//! A mounted private key that cannot be read, and no vault that has one.

use super::*;

fn host() -> Host {
    let host = Host::new();
    let pem = host.read(PRIVATE);
    host.write(PRIVATE, &pem[..pem.len() / 2]);
    host
}

/// Whichever command is asked: the file is named, and nobody is sent round in a circle.
#[test]
fn every_command_names_the_file_and_the_way_out() {
    for command in ["resume", "rotate", "sync"] {
        for more in [&[][..], &["--no-preserve-publisher-token"]] {
            let host = host();
            let before = host.tree();
            let run = host.run(&[&[command, "--env", "local", "--json"], more].concat());
            assert_eq!(run.status, Some(3), "{command}: {run:?}");
            assert_eq!(run.code(), "ERR_MOUNTED_UNREADABLE", "{command}");
            let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(PRIVATE), "{command}: {message}");
            let examine = ["key", "normalize", PRIVATE];
            assert_eq!(command_of(&run), examine, "{command}");
            assert!(host.tree() == before, "{command} has changed something");
            let run = host.run(&[&examine[..], &["--json"]].concat());
            assert_eq!(run.code(), "ERR_PEM_CUT_OFF");
        }
    }
}

fn command_of(run: &Run) -> Vec<String> {
    command(&run.hint()).into_iter().map(str::to_owned).collect()
}

#[test]
fn verify_sends_nobody_to_a_command_that_refuses() {
    for verify in [
        &["verify", "--env", "local", "--json"][..],
        &["verify", "--json"],
        &["verify", "--keys-dir", KEYS, "--json"],
    ] {
        let host = host();
        let run = host.run(verify);
        assert_eq!(run.status, Some(1), "{run:?}");
        let found = problems(&run);
        let named = found.iter().find(|problem| problem["code"] == "ERR_PEM_CUT_OFF").unwrap();
        assert!(named["message"].as_str().unwrap().starts_with("id_ecdsa: "), "{named:#}");
        for problem in &found {
            let hint = problem["hint"].as_str().unwrap();
            assert!(!hint.contains("resume"), "{verify:?}: {problem:#}");
        }
    }
}

/// With the pair in a vault, there is a command that repairs it.
#[test]
fn a_vault_mends_it() {
    let host = Host::rotated("local");
    let pem = host.read(PRIVATE);
    host.write(PRIVATE, &pem[..pem.len() / 2]);
    let found = problems(&host.run(VERIFY));
    let unsound = found.iter().find(|problem| problem["code"] == "ERR_MOUNTED_UNSOUND").unwrap();
    host.run(&command(unsound["hint"].as_str().unwrap())).success();
    proven(&host, "mended");
    assert_eq!(host.read(PRIVATE), pem);
}
