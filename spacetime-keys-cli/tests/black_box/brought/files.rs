//! Key files in other forms: what `key …` makes of them, and what is said of mounted ones.

use super::*;
use crate::common::Content;

#[test]
fn a_file_in_another_form_is_read_as_the_key() {
    let host = Host::new();
    let (private, public) = (host.read(PRIVATE), host.read(PUBLIC));
    let fingerprint = host.mounted().to_string();
    for (what, change) in FORMS {
        host.write("k", change(Half::Private, &private));
        host.write("u", change(Half::Public, &public));
        for (file, pem) in [("k", &private), ("u", &public)] {
            let run = host.run(&["key", "normalize", file]).success();
            assert_eq!(&run.stdout, pem, "{what}");
            assert!(run.stderr.contains("converted to PEM"), "{what}: {run:?}");
            let run = host.run(&["key", "fingerprint", file]).success();
            assert!(run.stdout.starts_with(&fingerprint), "{what}: {run:?}");
        }
        host.run(&["key", "check", "k", "u"]).success();
        assert_eq!(host.run(&["key", "normalize", "--check", "k"]).status, Some(1), "{what}");
        host.run(&["key", "normalize", "--write", "k", "u"]).success();
        assert_eq!((host.read("k"), host.read("u")), (private.clone(), public.clone()), "{what}");
        host.run(&["key", "normalize", "--check", "k", "u"]).success();
    }
}

/// `-` is standard input for a key, as for everything else, and never a folder's name.
#[test]
fn a_dash_is_standard_input() {
    let host = Host::new();
    let key = host.read(PRIVATE);
    let mint = [
        "token",
        "mint",
        "--issuer",
        "https://a.example",
        "--subject",
        "u_1",
        "--private-key",
        "-",
    ];
    let token = Run::of(&mut host.command(&mint), key.as_bytes()).success().stdout;
    host.write("token", &token);
    let verify = ["token", "verify", token.trim(), "--public-key", "-"];
    Run::of(&mut host.command(&verify), host.read(PUBLIC).as_bytes()).success();
    for algorithm in ["ES256", "RS256"] {
        let run = host.run(&["key", "generate", "--alg", algorithm, "--out", "-"]);
        assert_eq!(run.status, Some(2), "{run:?}");
        assert!(!host.path("-").exists());
    }
}

/// What a person has in the place of a key is named with the line that makes a key of it, and a
/// whole key is never said to be damaged, or to be replaced.
#[test]
fn what_is_refused_is_named_with_its_way_out() {
    let fixtures = "../spacetime-keys-core/tests/fixtures/pem";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(fixtures);
    let host = Host::empty();
    for (file, found, way_out) in [
        ("der.bin", "DER", "openssl pkey -inform DER"),
        ("pkcs12.bin", "PKCS#12", "openssl pkcs12 -in FILE"),
        (
            "pkcs12-base64.pem",
            "base64 of PKCS#12",
            "openssl base64 -d -A -out NEW.p12`, then `openssl pkcs12",
        ),
        (
            "der-public.bin",
            "DER, the binary form, of a public key",
            "openssl pkey -pubin -inform DER",
        ),
        ("java-key-store.bin", "Java key store", "keytool -importkeystore"),
        ("encrypted-pkcs8.bin", "encrypted", "openssl pkey -in FILE"),
        ("certificate.bin", "certificate", "openssl x509"),
        ("certificate-request.pem", "certificate request", "openssl req"),
        ("sops-encrypted.json", "sops", "sops --decrypt"),
        ("sops-encrypted.yaml", "sops", "sops --decrypt"),
        ("json-with-two-keys.json", "more than one key", "jq -r"),
        ("ssh-public.pub", "OpenSSH", "ssh-keygen -e -m PKCS8"),
    ] {
        let run = host.run(&["key", "normalize", folder.join(file).to_str().unwrap(), "--json"]);
        assert_eq!(run.status, Some(4), "{file}: {run:?}");
        let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(found), "{file}: {message}");
        assert!(run.hint().contains(way_out), "{file}: {}", run.hint());
        assert!(!run.hint().contains("key generate"), "{file}: {}", run.hint());
        assert!(!run.hint().contains("repaired"), "{file}: {}", run.hint());
    }
}

/// We read it; a server does not. That is said, and the command that is named writes it clean.
#[test]
fn a_mounted_file_in_another_form_will_not_start_a_server() {
    let keys_alone = &["verify", "--keys-dir", KEYS, "--json"];
    for (what, change) in FORMS.iter().chain(LABELLED) {
        for (half, file) in [(Half::Private, PRIVATE), (Half::Public, PUBLIC)] {
            let host = Host::rotated("local");
            let pem = host.read(file);
            for verify in [keys_alone.as_slice(), VERIFY] {
                host.write(file, change(half, &pem));
                let run = host.run(verify);
                assert_eq!(run.status, Some(1), "{what}: {run:?}");
                let found = problems(&run);
                assert_eq!(found.len(), 1, "{what}: {found:#?}");
                assert_eq!(found[0]["code"], "ERR_KEY_NOT_CANONICAL", "{what}");
                let message = found[0]["message"].as_str().unwrap();
                assert!(message.contains("refuses to start"), "{what}: {message}");
                follow(&host, verify, what);
                assert_eq!(host.read(file), pem, "{what}");
            }
            host.write(file, change(half, &pem));
            host.run(&["sync", "--env", "local"]).success();
            proven(&host, what);
        }
    }
}

/// The right container under a wrong label.
const LABELLED: &[Form] = &[
    ("EC PRIVATE KEY", |_, pem| labelled("EC PRIVATE KEY", pem)),
    ("RSA PRIVATE KEY", |_, pem| labelled("RSA PRIVATE KEY", pem)),
    ("EC PUBLIC KEY", |_, pem| labelled("EC PUBLIC KEY", pem)),
];

fn labelled(label: &str, pem: &str) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", body(pem))
}

/// A certificate may be nowhere else: it is kept when the file is written clean.
#[test]
fn a_certificate_beside_a_mounted_key_is_set_aside() {
    let certificate =
        include_str!("../../../../spacetime-keys-core/tests/fixtures/pem/certificate.pem");
    for is_first in [false, true] {
        let host = Host::rotated("local");
        let pem = host.read(PRIVATE);
        let file =
            if is_first { format!("{certificate}{pem}") } else { format!("{pem}{certificate}") };
        host.write(PRIVATE, &file);
        // A server takes the first block for the key.
        let run = host.run(VERIFY);
        assert_eq!(run.status, Some(i32::from(is_first)), "{run:?}");
        let report = host.run(&["sync", "--env", "local", "--json"]).success().json();
        assert!(report["next"].to_string().contains("set-aside"), "{report:#}");
        let kept = host.tree().into_iter().any(|(path, entry)| {
            let is_aside = path.starts_with(format!("{STORE}/.state/set-aside"));
            is_aside && entry.content == Content::File(file.clone().into_bytes())
        });
        assert!(kept, "the file is kept as it was");
        proven(&host, "without the certificate");
        host.write("both", &file);
        let run = host.run(&["key", "normalize", "both"]).success();
        assert!(run.stderr.contains("is left out"), "{run:?}");
    }
}
