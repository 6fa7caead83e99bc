//! Key files that are whole, and do not lie as a server needs them: the remedy keeps the pair.

use crate::doctor_model::*;
use spacetime_keys_core::doctor::{CheckName, Outcome, State};

/// A server that does not start.
fn down(pair: &Pair) -> Scene {
    Scene { health: None, public_key: None, token: None, database: None, ..Scene::good(pair) }
}

fn typed(scene: &Scene) -> Vec<String> {
    scene.diagnose().remedy.iter().map(ToString::to_string).collect()
}

type Files = Option<(Option<String>, Option<String>)>;

#[expect(clippy::unnecessary_wraps, reason = "as a scene has it")]
fn files(private: &str, public: &str) -> Files {
    Some((Some(private.to_owned()), Some(public.to_owned())))
}

#[test]
fn swapped_files_are_swapped() {
    let pair = Pair::new();
    let swap = [
        "mv keys/id_ecdsa keys/id_ecdsa.swapped",
        "mv keys/id_ecdsa.pub keys/id_ecdsa",
        "mv keys/id_ecdsa.swapped keys/id_ecdsa.pub",
        "chmod 600 keys/id_ecdsa",
        "chmod 644 keys/id_ecdsa.pub",
    ];
    let scene =
        Scene { files: files(&pair.public, &pair.private), private_mode: 0o644, ..down(&pair) };
    let diagnosis = scene.diagnose();
    assert_eq!(diagnosis.outcome, Some(Outcome::Unreachable));
    assert!(diagnosis.cures, "{diagnosis:#?}");
    assert_eq!(typed(&scene), [&swap[..], &["docker compose restart"]].concat());
    assert!(check(&diagnosis, CheckName::MountedKeys).detail.to_string().contains("swapped"));
    // A vault that holds the same pair changes nothing; one that holds another is the truth.
    let scene = Scene { vault: Some(pair.copy()), ..scene };
    assert_eq!(typed(&scene), [&swap[..], &["docker compose restart"]].concat());
    let scene = Scene { vault: Some(Pair::new()), escrow: vec!["owner"], ..scene };
    assert!(
        typed(&scene)[0].starts_with("spacetime-keys sync --env local "),
        "{:?}",
        typed(&scene)
    );
    // In a form that no server reads, they are written clean as well.
    let escaped = |text: &str| text.replace('\n', "\\n");
    let scene =
        Scene { files: files(&escaped(&pair.public), &escaped(&pair.private)), ..down(&pair) };
    let rewrite = "spacetime-keys key normalize --write keys/id_ecdsa keys/id_ecdsa.pub".to_owned();
    assert!(typed(&scene).contains(&rewrite), "{:?}", typed(&scene));
    // A server that runs on with the pair keeps it, too.
    let scene = Scene { files: files(&pair.public, &pair.private), ..Scene::good(&pair) };
    assert_eq!(typed(&scene), swap);
    assert_eq!(scene.diagnose().outcome, Some(Outcome::Updates));
}

#[test]
fn a_private_key_under_the_other_name_is_kept() {
    let (pair, other) = (Pair::new(), Pair::new());
    let taken = [
        "mv keys/id_ecdsa.pub keys/id_ecdsa",
        "chmod 600 keys/id_ecdsa",
        "openssl pkey -in keys/id_ecdsa -pubout -out keys/id_ecdsa.pub",
        "chmod 644 keys/id_ecdsa.pub",
        "docker compose restart",
    ];
    let aside = "mv keys/id_ecdsa keys/id_ecdsa.damaged";
    for (private, is_there) in
        [(None, false), (Some("damaged"), true), (Some(other.public.as_str()), true)]
    {
        let files = Some((private.map(str::to_owned), Some(pair.private.clone())));
        let scene = Scene { files, ..down(&pair) };
        let steps = if is_there { [&[aside][..], &taken].concat() } else { taken.to_vec() };
        assert_eq!(typed(&scene), steps, "{private:?}");
        assert!(scene.diagnose().cures);
    }
    // Two private keys: neither is written over.
    let scene = Scene { files: files(&pair.private, &other.private), ..down(&pair) };
    assert_eq!(
        typed(&scene)[..2],
        [
            "mv keys/id_ecdsa.pub keys/id_ecdsa.pub.damaged",
            "openssl pkey -in keys/id_ecdsa -pubout -out keys/id_ecdsa.pub",
        ]
    );
    let scene = Scene { files: files(&pair.private, &pair.private), ..down(&pair) };
    assert!(typed(&scene)[0].starts_with("openssl pkey "));
}

/// Servers read more than OpenSSL does, which derives the public key.
#[test]
fn a_private_key_is_written_clean_before_openssl_reads_it() {
    let pair = Pair::new();
    let rewrite = "spacetime-keys key normalize --write keys/id_ecdsa";
    let derive = "openssl pkey -in keys/id_ecdsa -pubout -out keys/id_ecdsa.pub";
    let one_line = pair.private.replace('\n', "");
    let quoted = format!("\"{}\"", pair.private);
    for private in [&one_line, &quoted] {
        let scene = Scene { files: Some((Some(private.clone()), None)), ..Scene::good(&pair) };
        assert_eq!(typed(&scene), [rewrite, derive]);
        let scene = Scene { files: Some((None, Some(private.clone()))), ..down(&pair) };
        let steps = typed(&scene);
        assert_eq!(steps[2..4], [rewrite, derive], "{steps:?}");
    }
}

/// A key that another program opens is whole: it is taken out, and kept as it was.
#[test]
fn a_private_key_in_another_container_is_taken_out() {
    let pair = Pair::new();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHs\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n\
        -----END OPENSSH PRIVATE KEY-----\n";
    for (private, opens) in [
        (encrypted, "openssl pkey -in keys/id_ecdsa.original -out keys/id_ecdsa"),
        (
            openssh,
            "cp -p keys/id_ecdsa.original keys/id_ecdsa && \
             ssh-keygen -p -m PKCS8 -N '' -f keys/id_ecdsa",
        ),
    ] {
        let scene = Scene { files: files(private, &pair.public), ..down(&pair) };
        assert_eq!(
            typed(&scene),
            [
                "mv keys/id_ecdsa keys/id_ecdsa.original",
                opens,
                "chmod 600 keys/id_ecdsa",
                "docker compose restart",
            ]
        );
        assert!(scene.diagnose().cures);
        // Without its public key nobody knows which key it is, and so whether the token is good.
        let alone = Some((Some(private.to_owned()), None));
        let scene = Scene { files: alone, ..scene };
        let diagnosis = scene.diagnose();
        let steps = typed(&scene);
        assert!(
            steps.iter().any(|step| step.starts_with("openssl pkey ") && step.contains("-pubout")),
            "{steps:?}"
        );
        assert!(!steps.iter().any(|step| step.contains("key generate")), "{steps:?}");
        assert!(!diagnosis.cures);
        // A vault's pair comes first, as everywhere.
        let scene = Scene { vault: Some(pair.copy()), escrow: vec!["owner"], ..scene };
        assert!(typed(&scene)[0].starts_with("spacetime-keys sync "), "{:?}", typed(&scene));
    }
}

#[test]
fn files_that_the_folders_owner_cannot_read() {
    let pair = Pair::new();
    let chown = "chown 1000:1000 keys/id_ecdsa keys/id_ecdsa.pub";
    // A server that is down may be so for that.
    let scene = Scene { owners: Some((1000, 0)), ..down(&pair) };
    let diagnosis = scene.diagnose();
    let mode = check(&diagnosis, CheckName::KeyMode);
    assert_eq!(mode.state, State::Broken);
    assert!(mode.hint.as_ref().unwrap().to_string().contains(chown));
    assert_eq!(typed(&scene), [chown, "docker compose restart"]);
    // One that runs with another key has not read them; one that runs with this one has.
    let scene = Scene { owners: Some((1000, 0)), ..Scene::good(&Pair::new()) };
    let served = Scene { files: files(&pair.private, &pair.public), ..scene };
    assert_eq!(check(&served.diagnose(), CheckName::KeyMode).state, State::Warning);
    let read = Scene { owners: Some((1000, 0)), ..Scene::good(&pair) };
    assert!(read.diagnose().ok);
    for owners in [(0, 0), (1000, 1000), (0, 1000)] {
        let scene = Scene { owners: Some(owners), ..down(&pair) };
        assert_eq!(check(&scene.diagnose(), CheckName::KeyMode).state, State::Good, "{owners:?}");
    }
}
