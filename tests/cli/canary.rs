//! A canary: a private key and a token that are marked, and no place where a mark may show up does
//! show one. Looked at are stdout, stderr, the list of processes, and every file that is left.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{CLI_TOML, Content, Host, PRIVATE, PUBLIC, Run, STORE, token};
use serde_json::json;
use spacetime_keys_core::{Identity, PrivateKey};

/// The private key: a number like any other, and text that is easy to find.
const SCALAR: &[u8; 32] = b"canary:a-scalar-nobody-may-see!!";
/// A claim's value.
const CLAIM: &str = "canary-claim-that-stays-inside-the-token";

/// So much of a secret in one piece is a leak: 12 characters, 9 bytes in base64.
const PIECE: usize = 12;

// ---- The secrets and their marks --------------------------------------------------------------

/// SEC1 (RFC 5915), without the public key: the smallest file that holds a scalar.
fn sec1_der() -> Vec<u8> {
    let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    [&[0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20][..], SCALAR, &curve].concat()
}

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn sec1_pem() -> String {
    pem("EC PRIVATE KEY", &STANDARD.encode(sec1_der()))
}

fn marked_key() -> PrivateKey {
    PrivateKey::from_pem(sec1_pem()).unwrap()
}

fn marked_token() -> String {
    let identity = Identity::from_claims("localhost", "publisher");
    let claims = json!({
        "hex_identity": identity, "sub": "publisher", "iss": "localhost", "aud": ["spacetimedb"],
        "iat": 1_795_315_075, "exp": 4_000_000_000_u32, "note": CLAIM,
    });
    token(&marked_key(), &claims)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Every piece of a secret, in every form that it could be printed in.
struct Marks(HashSet<Vec<u8>>);

impl Marks {
    fn new() -> Self {
        let mut marks = Self(HashSet::new());
        for secret in [SCALAR.as_slice(), CLAIM.as_bytes()] {
            marks.add(secret);
            let hex = hex(secret);
            marks.add(hex.as_bytes());
            marks.add(hex.to_uppercase().as_bytes());
            for offset in 0..3 {
                let shifted = [&vec![0; offset][..], secret].concat();
                for text in [STANDARD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                    // The outermost characters hold bits of what stands beside it, too.
                    let end = text.trim_end_matches('=').len() - 1;
                    marks.add(text.get(4..end).unwrap().as_bytes());
                }
            }
        }
        let token = marked_token();
        let (_header, secret) = token.split_once('.').unwrap();
        secret.split('.').for_each(|part| marks.add(part.as_bytes()));
        marks
    }

    fn add(&mut self, secret: &[u8]) {
        self.0.extend(secret.windows(PIECE).map(<[u8]>::to_vec));
    }

    /// Whether the text holds a piece, be it as it is or broken into lines.
    fn are_in(&self, text: &[u8]) -> bool {
        let unbroken: Vec<u8> =
            text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let found = |text: &[u8]| text.windows(PIECE).any(|piece| self.0.contains(piece));
        found(text) || found(&unbroken)
    }
}

#[test]
fn the_marks_are_found_where_they_are() {
    let marks = Marks::new();
    let key = marked_key();
    let claim = URL_SAFE_NO_PAD.encode(format!("{{\"other\":\"{CLAIM}\"}}"));
    for secret in [sec1_pem(), key.to_pem().to_string(), marked_token(), claim, hex(SCALAR)] {
        assert!(marks.are_in(secret.as_bytes()));
        assert!(marks.are_in(secret.replace('\n', "\\n").as_bytes()));
        // A part of it is enough, wherever it is.
        assert!(secret.as_bytes().chunks(secret.len() / 2 + 1).any(|half| marks.are_in(half)));
    }
    assert!(marks.are_in(key.to_pem().replace('\n', "\r\n ").as_bytes()));
    assert!(marks.are_in(&sec1_der()));
    let public = key.public_key();
    for open in [public.to_pem(), public.fingerprint().to_string(), public.kid().clone()] {
        assert!(!marks.are_in(open.as_bytes()));
    }
}

// ---- The cage ---------------------------------------------------------------------------------

/// What stdout may show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stdout {
    Clean,
    /// What was asked for, if the command succeeds.
    Asked,
}

/// A host with the marked key mounted and the marked token in `cli.toml`; files to name beside it.
struct Cage {
    host: Host,
    /// Bad and good inputs, named by what they are.
    inputs: Host,
    /// Its `TMPDIR`.
    temporary: Host,
    marks: Marks,
    runs: Cell<usize>,
    /// The commands that ran to their end.
    succeeded: RefCell<BTreeSet<String>>,
}

impl Cage {
    fn new() -> Self {
        let host = Host::new();
        host.mount(&marked_key());
        host.set_token(&marked_token());
        let cage = Self {
            host,
            inputs: Host::empty(),
            temporary: Host::empty(),
            marks: Marks::new(),
            runs: Cell::new(0),
            succeeded: RefCell::default(),
        };
        cage.write_inputs();
        cage
    }

    fn write_inputs(&self) {
        for (name, content) in key_files().into_iter().chain(cli_tomls()).chain(configurations()) {
            self.inputs.write(&name, content);
        }
    }

    fn input(&self, name: &str) -> String {
        self.inputs.path(name).to_str().unwrap().to_owned()
    }

    /// The paths of the inputs in a folder.
    fn inputs(&self, folder: &str) -> Vec<String> {
        let files = fs::read_dir(self.inputs.path(folder)).unwrap();
        files.map(|file| file.unwrap().path().to_str().unwrap().to_owned()).collect()
    }

    /// Runs a command in words and for programs, both as talkative as can be.
    fn run(&self, arguments: &[&str], stdout: Stdout) {
        self.run_with_input(arguments, b"", stdout);
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8], stdout: Stdout) {
        for more in [&["-v", "-v"][..], &["-v", "-v", "--json"]] {
            let mut command = self.host.command(&[arguments, more].concat());
            command.env("TMPDIR", self.temporary.path("")).env("RUST_BACKTRACE", "1");
            let run = Run::of(&mut command, input);
            assert!(!self.marks.are_in(run.stderr.as_bytes()), "stderr of {}", name(arguments));
            if stdout == Stdout::Clean || run.status != Some(0) {
                assert!(!self.marks.are_in(run.stdout.as_bytes()), "stdout of {}", name(arguments));
            }
            assert!(run.status.is_some_and(|code| code < 5), "{}: panicked?", name(arguments));
            self.runs.set(self.runs.get() + 1);
            if run.status == Some(0) {
                self.succeeded.borrow_mut().insert(name(arguments));
            }
        }
    }

    /// Only where keys and tokens live may the marks be: by path below the host's folder.
    fn check_files(&self) {
        for (path, entry) in self.host.tree() {
            assert!(!self.marks.are_in(path.as_os_str().as_bytes()), "a file's name");
            let Content::File(content) = entry.content else { continue };
            let is_home = path == Path::new(PRIVATE)
                || path == Path::new(CLI_TOML)
                || (path.starts_with(STORE)
                    && path.file_name() == Some(OsStr::new("value"))
                    && path.to_str().unwrap().contains("-private-key/"));
            assert!(is_home || !self.marks.are_in(&content), "{}", path.display());
        }
        let left = self.temporary.tree().into_keys().filter(|path| path != Path::new(""));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new());
    }
}

/// The command without its arguments, which may be secret: `key check`, `rotate`.
fn name(arguments: &[&str]) -> String {
    let words = if let ["key" | "token" | "identity", ..] = arguments { 2 } else { 1 };
    let words = arguments.iter().take(words);
    let ours = words.copied().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    ours.collect::<Vec<_>>().join(" ")
}

// ---- The inputs -------------------------------------------------------------------------------

/// Names and contents.
type Inputs = Vec<(String, Vec<u8>)>;

/// Files that hold the marked key, most of them in a form that is refused.
fn key_files() -> Inputs {
    let pem = marked_key().to_pem();
    let body = STANDARD.encode(sec1_der());
    let labelled = |label: &str| self::pem(label, &body).into_bytes();
    let utf16 = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "d": URL_SAFE_NO_PAD.encode(SCALAR) });
    let files = vec![
        ("keys/canonical", pem.as_bytes().to_vec()),
        ("keys/public", marked_key().public_key().to_pem().into_bytes()),
        ("keys/sec1", sec1_pem().into_bytes()),
        ("keys/one-line", pem.replace('\n', " ").into_bytes()),
        ("keys/literal-newlines", pem.replace('\n', "\\n").into_bytes()),
        ("keys/cut-off", pem.get(..150).unwrap().into()),
        ("keys/without-begin", pem.get(28..).unwrap().into()),
        ("keys/without-label", body.clone().into_bytes()),
        ("keys/strange-character", pem.replacen('\n', "\n*", 2).into_bytes()),
        ("keys/twice", [pem.as_str(), &pem].concat().into_bytes()),
        ("keys/two", [sec1_pem(), self::pem("PRIVATE KEY", "MEECAQA=")].concat().into_bytes()),
        ("keys/labelled-public", labelled("PUBLIC KEY")),
        ("keys/labelled-pkcs8", labelled("PRIVATE KEY")),
        ("keys/labelled-rsa", labelled("RSA PRIVATE KEY")),
        ("keys/labelled-openssh", labelled("OPENSSH PRIVATE KEY")),
        ("keys/labelled-encrypted", labelled("ENCRYPTED PRIVATE KEY")),
        ("keys/labelled-otherwise", labelled("CANARY")),
        ("keys/der", sec1_der()),
        ("keys/utf-16", utf16),
        ("keys/hex", hex(SCALAR).into_bytes()),
        ("keys/jwk", jwk.to_string().into_bytes()),
        ("keys/token", marked_token().into_bytes()),
    ];
    files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

/// `cli.toml` with the marked token, in forms that are refused.
fn cli_tomls() -> Inputs {
    let token = marked_token();
    let line = format!("spacetimedb_token = \"{token}\"\n");
    let but = |from: &str, to: &str| line.replacen(from, to, 1).into_bytes();
    let files = vec![
        ("cli-tomls/whole", line.clone().into_bytes()),
        ("cli-tomls/unclosed", line.trim_end_matches(['"', '\n']).into()),
        ("cli-tomls/unquoted", line.replace('"', "").into_bytes()),
        ("cli-tomls/twice", line.repeat(2).into_bytes()),
        ("cli-tomls/list", format!("spacetimedb_token = [\"{token}\"]\n").into_bytes()),
        (
            "cli-tomls/server-key",
            format!("{line}[[server_configs]]\necdsa_public_key = 5\n").into(),
        ),
        ("cli-tomls/bare", token.clone().into_bytes()),
        ("cli-tomls/not-utf-8", [line.as_bytes(), &[0xff]].concat()),
        ("cli-tomls/opaque", but(".", "")),
        ("cli-tomls/encrypted", but(".", ".AA.AA.")),
        ("cli-tomls/bad-header", but("\"ey", "\"xx")),
        ("cli-tomls/bad-claims", but(".ey", ".xx")),
        ("cli-tomls/bad-signature", line.replace("\"\n", "*\"\n").into_bytes()),
        ("cli-tomls/another-signature", line.replace("\"\n", "AAAA\"\n").into_bytes()),
        // {"typ":"JWT","alg":"none"}
        (
            "cli-tomls/unsigned",
            but("J0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9", "J0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"),
        ),
    ];
    files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

/// Configurations into which a secret was pasted.
fn configurations() -> Inputs {
    let key = marked_key().to_pem();
    let escaped = key.replace('\n', "\\n");
    let token = marked_token();
    let mut all = vec![
        ("configs/is-a-key".to_owned(), key.as_bytes().to_vec()),
        ("configs/is-a-token".to_owned(), token.clone().into_bytes()),
    ];
    for (kind, secret) in [("key", &escaped), ("token", &token)] {
        let places = [
            ("unknown", format!("[store]\nkey = \"{secret}\"\n")),
            ("name", format!("[\"{secret}\"]\n")),
            ("store", format!("[store]\nkind = \"{secret}\"\n")),
            ("secret", format!("[store]\nprivate_secret = \"{secret}\"\n")),
            ("vault", format!("[environments]\nlocal = \"{secret}\"\n")),
            ("group", format!("[policy]\ngroups = [[\"{secret}\"]]\n")),
            ("age", format!("[policy]\nmax_age_days = \"{secret}\"\n")),
        ];
        let named = |(place, text): (&str, String)| {
            (format!("configs/{kind}-as-{place}"), text.into_bytes())
        };
        all.extend(places.map(named));
    }
    all
}

// ---- The tests --------------------------------------------------------------------------------

/// What the program can do, from its own help: `key check`, `rotate` …
fn commands(host: &Host) -> BTreeSet<String> {
    let listed = |above: &[&str]| -> Vec<String> {
        let help = host.run(&[above, &["--help"]].concat()).success().stdout;
        let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
        let lines = list.lines().take_while(|line| !line.is_empty());
        // A line that is wrapped goes on further to the right.
        let names = lines.filter(|line| !line.starts_with("   "));
        names.filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
    };
    let mut all = BTreeSet::new();
    for command in listed(&[]).into_iter().filter(|command| command != "help") {
        let below: Vec<_> =
            listed(&[&command]).into_iter().filter(|command| command != "help").collect();
        if below.is_empty() {
            all.insert(command.clone());
        }
        all.extend(below.iter().map(|below| format!("{command} {below}")));
    }
    all
}

#[test]
fn every_command_that_succeeds() {
    let cage = Cage::new();
    let clean = |arguments: &[&str]| cage.run(arguments, Stdout::Clean);
    let key = cage.input("keys/sec1");
    clean(&["key", "fingerprint", PRIVATE, PUBLIC, &key]);
    clean(&["key", "check", PRIVATE, PUBLIC]);
    clean(&["key", "normalize", "--check", PRIVATE, PUBLIC]);
    clean(&["key", "generate", "--out", "new", "--force"]);
    cage.run(&["key", "normalize", &key], Stdout::Asked);
    // What is asked for is printed: the marks would be seen elsewhere, too.
    let asked = cage.host.run(&["key", "normalize", &key]).success();
    assert!(cage.marks.are_in(asked.stdout.as_bytes()));
    cage.run_with_input(&["key", "normalize"], sec1_pem().as_bytes(), Stdout::Asked);
    cage.run_with_input(&["key", "fingerprint", "-"], sec1_pem().as_bytes(), Stdout::Clean);
    cage.run(&["token", "decode", "--cli-toml", CLI_TOML], Stdout::Asked);
    cage.run_with_input(&["token", "decode"], marked_token().as_bytes(), Stdout::Asked);
    cage.run(&["token", "decode", &marked_token()], Stdout::Asked);
    clean(&["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE]);
    clean(&["rotate", "--env", "local", "--dry-run"]);
    clean(&["rotate", "--env", "local", "--yes"]);
    clean(&["verify", "--env", "local"]);
    clean(&["rollback", "--env", "local"]);
    clean(&["rollback", "--env", "local"]);
    clean(&["verify", "--env", "local", "--keys-dir", ".generated/spacetimedb-keys"]);
    // Drift, to be mended.
    cage.host.remove(PUBLIC);
    clean(&["sync", "--env", "local"]);
    cage.host.write(PRIVATE, "");
    clean(&["resume", "--env", "local"]);
    clean(&["token", "restore", "--env", "local"]);
    clean(&["identity", "derive", "--issuer", "localhost", "--subject", "publisher"]);
    let identity = Identity::from_claims("localhost", "publisher").to_string();
    clean(&["identity", "inspect", &identity]);
    clean(&["completions", "bash"]);
    clean(&["man"]);
    cage.check_files();
    // In place, and only then: the inputs are not looked at any more.
    clean(&["key", "normalize", "--write", &key]);
    assert_eq!(*cage.succeeded.borrow(), commands(&cage.host), "a command is not looked at");
}

#[test]
fn every_command_that_takes_a_key_file() {
    let cage = Cage::new();
    let public = cage.input("keys/public");
    for file in cage.inputs("keys") {
        for arguments in [
            &["key", "fingerprint", &file][..],
            &["key", "check", &file, &public],
            &["key", "check", PRIVATE, &file],
            &["key", "normalize", "--check", &file],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", &file],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", PRIVATE]
                .iter()
                .chain(&["--previous-public-key", &file])
                .copied()
                .collect::<Vec<_>>(),
            &["token", "decode", "--cli-toml", &file],
            &["verify", "--config", &file],
        ] {
            cage.run(arguments, Stdout::Clean);
        }
        cage.run(&["key", "normalize", &file], Stdout::Asked);
        let content = fs::read(&file).unwrap();
        for command in [&["key", "normalize"][..], &["token", "decode"]] {
            cage.run_with_input(command, &content, Stdout::Asked);
        }
    }
    cage.check_files();
    assert!(cage.runs.get() > 400, "{}", cage.runs.get());
}

#[test]
fn every_command_that_reads_mounted_keys() {
    for (_, content) in key_files() {
        for place in [PRIVATE, PUBLIC] {
            let cage = Cage::new();
            cage.host.write(place, &content);
            for arguments in [
                &["verify"][..],
                &["verify", "--keys-dir", ".generated/spacetimedb-keys"],
                &["rotate", "--env", "prod"],
                &["rotate", "--env", "prod", "--dry-run"],
                &["sync", "--env", "prod"],
                &["resume", "--env", "prod"],
                &["token", "restore", "--env", "prod"],
            ] {
                cage.run(arguments, Stdout::Clean);
            }
            // The key may stay where it was put.
            cage.host.remove(place);
            cage.check_files();
        }
    }
}

#[test]
fn every_command_that_reads_a_vault() {
    for (_, content) in key_files() {
        let cage = Cage::new();
        cage.run(&["resume", "--env", "prod"], Stdout::Clean);
        for half in ["private", "public"] {
            let secret = format!("{STORE}/kv-prod/spacetimedb-jwt-{half}-key/00000001/value");
            cage.host.write(&secret, &content);
            for arguments in [
                &["verify"][..],
                &["rotate", "--env", "prod", "--yes"],
                &["rollback", "--env", "prod"],
                &["sync", "--env", "prod"],
                &["token", "restore", "--env", "prod"],
            ] {
                cage.run(arguments, Stdout::Clean);
            }
        }
        // A damaged note, and a damaged escrow.
        cage.host.write(&format!("{STORE}/.state/unfinished.json"), &content);
        cage.run(&["resume"], Stdout::Clean);
        cage.host.remove(&format!("{STORE}/.state/unfinished.json"));
        for file in ["value", "properties.json"] {
            let escrow = format!("{STORE}/kv-prod/spacetimedb-publisher-claims/00000009");
            cage.host.write(&format!("{escrow}/properties.json"), "{}");
            cage.host.write(&format!("{escrow}/value"), "{}");
            cage.host.write(&format!("{escrow}/{file}"), &content);
            cage.run(&["token", "restore", "--env", "prod"], Stdout::Clean);
            cage.run(&["verify", "--env", "prod"], Stdout::Clean);
        }
    }
}

#[test]
fn every_command_that_reads_a_cli_toml() {
    let cage = Cage::new();
    for name in cage.inputs("cli-tomls") {
        for command in [
            &["verify"][..],
            &["rotate", "--env", "prod", "--dry-run"],
            &["rotate", "--env", "prod"],
            &["rollback", "--env", "prod"],
            &["sync", "--env", "prod"],
            &["resume", "--env", "prod"],
            &["token", "resign", "--private-key", PRIVATE],
            &["token", "restore", "--env", "prod"],
        ] {
            cage.run(&[command, &["--cli-toml", &name]].concat(), Stdout::Clean);
        }
        cage.run(&["token", "decode", "--cli-toml", &name], Stdout::Asked);
        let content = fs::read(&name).unwrap();
        cage.run_with_input(&["token", "decode", "-"], &content, Stdout::Asked);
        cage.run(&["verify", "--config", &name], Stdout::Clean);
    }
    cage.check_files();
}

#[test]
fn every_command_that_reads_a_configuration() {
    let cage = Cage::new();
    for config in cage.inputs("configs") {
        for command in [
            &["verify"][..],
            &["rotate", "--env", "local", "--yes"],
            &["resume"],
            &["token", "restore", "--env", "local"],
        ] {
            cage.run(&[command, &["--config", &config]].concat(), Stdout::Clean);
        }
    }
    cage.check_files();
}

/// People do paste secrets into the wrong place.
#[test]
fn a_secret_pasted_into_the_command_line() {
    let cage = Cage::new();
    let key = marked_key().to_pem();
    let token = marked_token();
    let bearer = format!("Bearer {token}");
    let unsigned = token.rsplit_once('.').unwrap().0;
    for secret in [key.as_str(), &key.replace('\n', " "), &token, &bearer, unsigned] {
        let flag = format!("--token={secret}");
        let valued = format!("--yes={secret}");
        for arguments in [
            &[secret][..],
            &["token", secret],
            &["key", secret],
            &["rotate", secret],
            &["rotate", &flag],
            &["rotate", "--env", "local", &valued],
            &["rotate", "--env", secret, "--yes"],
            &["rotate", "--env", "local", "--host-env", secret, "--yes"],
            &["resume", "--env", secret],
            &["rollback", "--env", secret],
            &["sync", "--env", secret],
            &["sync", "--env", "local", "--expect-identity", secret],
            &["verify", "--env", secret],
            &["verify", "--max-age-days", secret],
            &["verify", "--keys-dir", secret],
            &["verify", "--config", secret],
            &["verify", "--cli-toml", secret],
            &["rotate", "--env", "prod", "--mounted-keys-dir", secret],
            &["key", "generate", "--out", "new", "--alg", secret],
            &["key", "generate", "--out", secret],
            &["key", "fingerprint", secret],
            &["key", "normalize", secret],
            &["key", "normalize", "--", secret],
            &["key", "check", secret, secret],
            &["key", "check", "--", secret, secret],
            &["token", "decode", "--cli-toml", secret],
            &["token", "resign", "--cli-toml", secret, "--private-key", PRIVATE],
            &["token", "resign", "--cli-toml", CLI_TOML, "--private-key", secret],
            &["token", "resign", "--cli-toml", CLI_TOML, "--expiry", secret],
            &["token", "restore", "--env", secret],
            &["identity", "inspect", secret],
            &["identity", "derive", "--issuer", secret, "--subject", secret],
            &["completions", secret],
            &["man", "--out", secret],
            &["--config", secret, "verify"],
            &["--json", secret],
        ] {
            cage.run(arguments, Stdout::Clean);
        }
        cage.run(&["token", "decode", secret], Stdout::Asked);
    }
    cage.check_files();
}

/// `/proc/PID/cmdline` of the program and of what it starts, from its start to its end.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes() {
    let cage = Cage::new();
    let mut seen = 0;
    for arguments in
        [&["rotate", "--env", "local", "--yes"][..], &["rollback", "--env", "local"], &["verify"]]
    {
        let mut command = cage.host.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let children = process.join(format!("task/{}/children", child.id()));
        while child.try_wait().unwrap().is_none() {
            let Ok(line) = fs::read(process.join("cmdline")) else { continue };
            assert!(!cage.marks.are_in(&line), "{}", name(arguments));
            let started = fs::read_to_string(&children).unwrap_or_default();
            assert_eq!(started, "", "{} starts a process", name(arguments));
            seen += 1;
        }
    }
    assert!(seen > 3, "{seen}");
}

/// Nothing is started, so nothing can be handed over: `az` and `openssl` take secrets as arguments.
#[test]
fn no_other_program_is_run() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![package.join("src"), package.join("../spacetime-keys-core/src")];
    let mut sources = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for start in ["process::Command", "Command::new(", "posix_spawn", "exec("] {
                assert!(!text.contains(start), "{}: {start}", path.display());
            }
            sources += 1;
        }
    }
    assert!(sources > 30, "{sources}");
}
