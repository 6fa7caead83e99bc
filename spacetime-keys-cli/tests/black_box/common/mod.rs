//! A throwaway host, the program under test, and whole trees to compare.

pub(crate) mod schema;
mod unprivileged;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{Fingerprint, PrivateKey};
use tempfile::TempDir;

pub(crate) use unprivileged::{NOBODY, Unprivileged};

/// The program under test, of this build.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_spacetime-keys");

/// What hosts run: [`PROGRAM`], or the one that `SPACETIME_KEYS_PROGRAM` names, such as a release.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("SPACETIME_KEYS_PROGRAM").map_or_else(|| PROGRAM.into(), PathBuf::from)
}

/// Whose token the real host's `cli.toml` holds.
pub(crate) const IDENTITY: &str =
    "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";

/// Where a host has its files, by default.
pub(crate) const PRIVATE: &str = ".generated/spacetimedb-keys/id_ecdsa";
pub(crate) const PUBLIC: &str = ".generated/spacetimedb-keys/id_ecdsa.pub";
pub(crate) const RETIRED: &str = ".generated/spacetimedb-keys/retired-keys.json";
pub(crate) const CLI_TOML: &str = "data/.config/spacetime/cli.toml";
pub(crate) const STORE: &str = ".spacetime-keys";
pub(crate) const CONFIG: &str = "spacetime-keys.toml";

/// A folder of its own, in which the program is run. Gone with the value.
pub(crate) struct Host {
    folder: TempDir,
}

impl Host {
    /// A copy of the real host in `tests/fixtures`: mounted keys, and a `cli.toml` with a token.
    pub(crate) fn new() -> Self {
        let host = Self::empty();
        let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-host");
        for (file, mode) in [(PRIVATE, 0o600), (PUBLIC, 0o644), (CLI_TOML, 0o600)] {
            host.write(file, fs::read(real.join(file)).unwrap());
            host.set_mode(file, mode);
        }
        host
    }

    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a configuration that says nothing, and with nothing else: keys may be made here.
    pub(crate) fn configured() -> Self {
        let host = Self::empty();
        host.write(CONFIG, "");
        host
    }

    /// A host whose store holds the mounted pair, as the one that came before the present one.
    pub(crate) fn rotated(environment: &str) -> Self {
        let host = Self::new();
        host.run(&["rotate", "--env", environment, "--yes"]).success();
        host
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    #[track_caller]
    pub(crate) fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap()
    }

    /// The latest value of a secret in the store; `None`: there is no such secret.
    #[track_caller]
    pub(crate) fn stored(&self, vault: &str, secret: &str) -> Option<String> {
        let folder = format!("{STORE}/{vault}/{secret}");
        let versions = fs::read_dir(self.path(&folder)).ok()?;
        let newest = versions.map(|entry| entry.unwrap().file_name()).max()?;
        Some(self.read(&format!("{folder}/{}/value", newest.to_str().unwrap())))
    }

    /// Writes a file, and makes the folders that it is in.
    #[track_caller]
    pub(crate) fn write(&self, inside: &str, content: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn remove(&self, inside: &str) {
        let path = self.path(inside);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    #[track_caller]
    pub(crate) fn set_mode(&self, inside: &str, mode: u32) {
        fs::set_permissions(self.path(inside), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The program, with no environment but a search path, in this folder.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program());
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("PATH", path);
        // Not that of the user who runs the tests.
        command.env("HOME", self.path("home"));
        command
    }

    /// Runs the program to its end, with nothing on standard input.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Run {
        Run::of(&mut self.command(arguments), b"")
    }

    /// Everything in the folder.
    pub(crate) fn tree(&self) -> Tree {
        tree(self.folder.path())
    }

    /// The mounted pair's fingerprint.
    #[track_caller]
    pub(crate) fn mounted(&self) -> Fingerprint {
        PrivateKey::from_pem(self.read(PRIVATE)).unwrap().public_key().fingerprint()
    }

    /// Mounts a pair.
    pub(crate) fn mount(&self, key: &PrivateKey) {
        self.write(PRIVATE, key.to_pem().as_bytes());
        self.set_mode(PRIVATE, 0o600);
        self.write(PUBLIC, key.public_key().to_pem());
    }

    /// The publisher token in `cli.toml`.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let text = self.read(CLI_TOML);
        let (_, rest) = text.split_once("spacetimedb_token = \"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Puts a text into the place of the publisher token.
    #[track_caller]
    pub(crate) fn set_token(&self, token: &str) {
        self.write(CLI_TOML, self.read(CLI_TOML).replace(&self.token(), token));
    }
}

/// Puts a program into its place, where it can be run at once. Another program copies it: what this
/// process itself has open for writing, children that other tests start at the same moment have open
/// too until they are what they are to be, and until then nobody may run it ("Text file busy").
pub(crate) fn install(program: &Path, place: &Path) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let mut command = Command::new("install");
    Run::of(command.args(["-m", "755"]).args([program, place]), b"").success();
}

/// A token with these claims, signed as a server signs its own.
pub(crate) fn token(key: &PrivateKey, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = Signer::new(key).unwrap().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; `None` after a signal.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Runs a program to its end, with this on standard input.
    pub(crate) fn of(command: &mut Command, input: &[u8]) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let run: Self = std::thread::scope(|scope| {
            // Beside the reading: both pipes could be full. A program that does not read it is not
            // the test's failure.
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
            child.wait_with_output().unwrap().into()
        });
        schema::check(command.get_args(), &run.stdout);
        run
    }

    /// Fails the test unless the exit code is 0.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }

    /// The one JSON document that `--json` prints.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `error.code` of `--json`, or nothing.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.error("code")
    }

    /// `error.hint` of `--json`, or nothing.
    #[track_caller]
    pub(crate) fn hint(&self) -> String {
        self.error("hint")
    }

    #[track_caller]
    fn error(&self, member: &str) -> String {
        let document = self.json();
        let text = document.pointer(&format!("/error/{member}")).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

/// What a folder holds, by relative path; all that a write would change but the times.
pub(crate) type Tree = BTreeMap<PathBuf, Entry>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) content: Content,
}

#[derive(PartialEq, Eq)]
pub(crate) enum Content {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
}

/// A failed comparison prints no keys.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder => f.write_str("folder"),
            Self::File(bytes) => write!(f, "file of {} bytes", bytes.len()),
            Self::Link(target) => write!(f, "link to {}", target.display()),
        }
    }
}

pub(crate) fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_symlink() {
            Content::Link(fs::read_link(&path).unwrap())
        } else if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Content::Folder
        } else {
            Content::File(fs::read(&path).unwrap())
        };
        let entry = Entry {
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            content,
        };
        found.insert(path.strip_prefix(root).unwrap().to_owned(), entry);
    }
    found
}
