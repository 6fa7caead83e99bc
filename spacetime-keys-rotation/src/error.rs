//! A failure that ends a run: its kind and its place.

mod table;

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use spacetime_keys_core::advice::Advice;
use spacetime_keys_core::fleet::{Action, Environment, Operation, Refusal, Request, Step};
use spacetime_keys_core::printable::visible;
use spacetime_keys_core::{Error, Identity};

use crate::clock;
use crate::host::Paths;
use crate::lock::Holder;
use crate::places::Nothing;
use crate::promotion::ForeignSecret;

/// Why a run ended, and at which place. Like the core's errors, it holds no key, token or other
/// input; paths, environments and vaults are named.
///
/// `Display` says both. What to do next is its [`advice`](Failure::advice).
#[derive(Clone, Debug)]
pub struct Failure {
    kind: Kind,
    /// From the innermost to the outermost.
    places: Vec<Place>,
    resumable: bool,
    /// The same command again goes on.
    again: bool,
}

/// The kind of failure, with the data that its message needs.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// A key, a token or a file is not what it should be.
    #[error("{0}")]
    Core(Error),
    /// The plan refuses what was asked for.
    #[error("{error}")]
    Refused {
        /// The reason.
        error: Error,
        /// The operation that was asked for, or is continued.
        operation: Operation,
        /// Whether a run that was cut short was to be finished.
        continuing: bool,
    },
    /// The escrow holds several publishers, and none was named.
    #[error("{}", Error::EscrowAmbiguous)]
    SeveralPublishers(Vec<Identity>),
    /// No such environment is configured; those that are.
    #[error("{}", Error::EnvironmentUnknown)]
    UnknownEnvironment(Vec<Environment>),
    /// A file operation failed.
    #[error("{doing} {}: {text}", path.display())]
    Io {
        /// The operation on the file, such as `reading`.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// The kind of the operating system's error.
        error: ErrorKind,
        /// The operating system's words. They name no content.
        text: String,
    },
    /// A folder stands in the place of a file.
    #[error("reading {}: is a directory", .0.display())]
    IsFolder(PathBuf),
    /// A pipe, a socket or a device stands in the place of a file.
    #[error("{} is {found}, not a file", path.display())]
    NotAFile {
        /// The file to read or write.
        path: PathBuf,
        /// The kind of thing that is there, such as "a named pipe".
        found: &'static str,
    },
    /// A file is larger than any that is handled here.
    #[error("{} is larger than {} MiB{}", path.display(), crate::files::MAX_BYTES >> 20, bytes(*.size))]
    TooLarge {
        /// The file to read.
        path: PathBuf,
        /// Its bytes, where that is known before it is read.
        size: Option<u64>,
    },
    /// A file is no text.
    #[error("{} is not text in UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// A file that is to be replaced is a symbolic link.
    #[error("{} is a symbolic link", .0.display())]
    Symlink(PathBuf),
    /// A file that is to be replaced is mounted by itself, such as by `docker run -v FILE:FILE`. It
    /// can be written, and cannot be replaced.
    #[error("{} is a mount of its own, so that it cannot be replaced", .0.display())]
    MountPoint(PathBuf),
    /// Somebody else decides what stands in a file.
    #[error("{} is another user's, or everybody may write it", .0.display())]
    NotTrusted(PathBuf),
    /// Another program wrote a file again and again while it was to be replaced.
    #[error("writing {}: another program writes it at the same time", .0.display())]
    Contended(PathBuf),
    /// Another run is at work; whose, if it has left a note.
    #[error("another run is at work here{}", .0.as_ref().map(words_of).unwrap_or_default())]
    Locked(Option<Holder>),
    /// An early version of the bun script is at work.
    #[error("another run is at work here: `spacetimedb-tooling.ts`, process {process}; if there is no such process, remove {}", path.display())]
    LockedByScript {
        /// Its process.
        process: i32,
        /// The file that says so.
        path: PathBuf,
    },
    /// A configuration that was found, and not named, is another user's, or everybody may write it.
    #[error("{} is another user's, or everybody may write it", .0.display())]
    Untrusted(PathBuf),
    /// A file or a folder that was named is not there.
    #[error("{} is not there: it is named by {by}", path.display())]
    NamedMissing {
        /// The name that was given.
        path: PathBuf,
        /// By what, such as `--cli-toml`.
        by: &'static str,
    },
    /// Neither a configuration, a store, key files nor a `cli.toml` is where they were looked for.
    #[error("{0}")]
    NothingHere(Box<Nothing>),
    /// This host mounts the keys of another environment than the one that was named for it.
    #[error("this host mounts the keys of {0}")]
    OtherHost(Environment),
    /// A run that was cut short is about a store of another kind.
    #[error("the run that was cut short here works on another store ({0})")]
    OtherStore(String),
    /// The note of an unfinished run cannot be read.
    #[error("{} is damaged", .0.display())]
    JournalDamaged(PathBuf),
    /// Somebody else wrote to the same vault while a run was at work.
    #[error("somebody else wrote {secret} in {vault} while this run was at work")]
    StoreChanged {
        /// The secret's name.
        secret: String,
        /// The vault's name.
        vault: String,
    },
    /// A copy's source and destination are the same vault.
    #[error("{0} is source and destination at once")]
    CopySame(String),
    /// The two configurations of a copy do not have the same environments share a pair.
    #[error("the environments that share a pair with {0} are not the same in both configurations")]
    CopyGroups(Environment),
    /// A copy's destination has a version that is not of the source's history.
    #[error("{vault} has something else than the source: version {version} of {secret}")]
    CopyDiverged {
        /// The destination's vault.
        vault: String,
        /// The secret's name there.
        secret: String,
        /// The version's name there.
        version: String,
    },
    /// A version that a copy has to read is disabled or damaged.
    #[error("version {version} of {secret} in {vault} is disabled or damaged{}", if *.rollback { ", and a rollback returns to it" } else { "" })]
    CopyUnreadable {
        /// The vault that has it.
        vault: String,
        /// The secret's name there.
        secret: String,
        /// The version's name.
        version: String,
        /// It is an earlier one of the source, which a rollback returns to.
        rollback: bool,
    },
    /// A key vault would not take what is to be copied.
    #[error("a key vault does not take version {version} of {secret}: it has {what}")]
    CopyTooLarge {
        /// The secret's name at the source.
        secret: String,
        /// The version's name there.
        version: String,
        /// The thing that is too large.
        what: &'static str,
    },
    /// The source of a copy holds nothing.
    #[error("there is nothing to copy: the source's vaults are empty")]
    CopyNothing,
    /// Somebody else wrote to a copy's source or destination.
    #[error("somebody else wrote {secret} in {vault} while it was copied")]
    CopyChanged {
        /// The secret's name.
        secret: String,
        /// The vault's name.
        vault: String,
    },
    /// A store's service failed, or said no.
    #[error("{message}")]
    Store {
        /// A stable code, such as `ERR_STORE_FORBIDDEN`.
        code: &'static str,
        /// The message, in one sentence.
        message: String,
        /// The next step, in the terms of the service.
        hint: Advice,
    },
    /// A name of the settings cannot be one, or stands for two things.
    #[error("{0}")]
    Names(String),
    /// This build has no such store.
    #[error("this build has no {0} store")]
    NotInThisBuild(&'static str),
    /// The mounted keys are not the environment's present pair.
    #[error("the mounted keys are not {0}'s present pair")]
    MountedDiffers(Environment),
    /// There is no `id_ecdsa` in the folder of the mounted keys, and private keys of other names are.
    #[error("{} holds no id_ecdsa, but private keys of other names: {}", folder.display(), files.join(", "))]
    OtherNames {
        /// The folder.
        folder: PathBuf,
        /// The names of the other files.
        files: Vec<String>,
    },
    /// A server runs on a data folder: it has locked `spacetime.pid` there.
    #[error("a server runs on {}", .0.display())]
    ServerRuns(PathBuf),
    /// A folder is no data of a server's.
    #[error("{} holds no data of a SpacetimeDB server (no control-db){}", folder.display(), in_folder(below.as_deref()))]
    NoData {
        /// The folder.
        folder: PathBuf,
        /// A folder in it that is one.
        below: Option<PathBuf>,
    },
    /// Private keys or tokens of another environment lie where its data was copied to.
    #[error("secrets of the source are here: {}{}", listed(named), more_of(*more))]
    ForeignSecrets {
        /// The first of them.
        named: Vec<ForeignSecret>,
        /// How many there are besides.
        more: usize,
        /// Whether the first is a private key.
        is_key: bool,
    },
    /// Somebody was asked, and did not agree.
    #[error("not confirmed: nothing was changed")]
    NotConfirmed,
    /// Somebody asked the run to stop ([`Watch::is_stopped`](crate::Watch::is_stopped)).
    #[error("stopped before its end")]
    Stopped,
    /// The command that restarts the server could not be run, or ended with this code.
    #[error("the restart command failed{}", .0.map(|code| format!(" (exit code {code})")).unwrap_or_default())]
    Restart(Option<i32>),
    /// A test made a step fail.
    #[error("a test made this step fail: {0}")]
    Failpoint(String),
    /// Something that cannot happen, said instead of a panic.
    #[error("internal error: {0}")]
    Bug(&'static str),
}

/// The place where it happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In an environment's vault, or in what belongs to it.
    Environment(Environment),
    /// In a database, or a table of it.
    Database(String),
    /// In a step of the plan.
    Step(Action, Environment),
}

impl Failure {
    /// What happened.
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The environment that it is about, if it is about one.
    pub fn environment(&self) -> Option<&Environment> {
        self.places.iter().find_map(|place| match place {
            Place::Environment(environment) => Some(environment),
            _ => None,
        })
    }

    /// Whether something was begun, and is finished by resuming it.
    pub const fn is_resumable(&self) -> bool {
        self.resumable
    }

    pub(crate) fn bug(what: &'static str) -> Self {
        Kind::Bug(what).into()
    }

    /// A file operation failed. The operating system's words name no content.
    pub fn io(doing: &'static str, path: &Path, error: &std::io::Error) -> Self {
        let (path, text) = (path.to_owned(), os_text(error));
        Kind::Io { doing, path, error: error.kind(), text }.into()
    }

    /// A store's own failure.
    pub(crate) fn store(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<Advice>,
    ) -> Self {
        Kind::Store { code, message: message.into(), hint: hint.into() }.into()
    }

    /// A core error about one file.
    pub(crate) fn in_file(path: &Path, error: Error) -> Self {
        Self::from(error).at(Place::File(path.to_owned()))
    }

    /// A core error about one environment.
    pub(crate) fn in_environment(environment: &Environment, error: Error) -> Self {
        Self::from(error).at(Place::Environment(environment.clone()))
    }

    pub(crate) fn in_environment_of(self, environment: &Environment) -> Self {
        self.at(Place::Environment(environment.clone()))
    }

    /// The same about a database, or a table of it.
    pub(crate) fn in_database(self, name: &str) -> Self {
        self.at(Place::Database(name.to_owned()))
    }

    /// There is no plan.
    pub(crate) fn refused(refusal: Refusal, request: &Request) -> Self {
        let Request { operation, continuing, .. } = *request;
        let failure = Self::from(Kind::Refused { error: refusal.error, operation, continuing });
        match refusal.environment {
            Some(environment) => failure.at(Place::Environment(environment)),
            None => failure,
        }
    }

    /// The same, and the file of this host that it is about, if it is about one.
    pub(crate) fn in_host_file(self, paths: &Paths) -> Self {
        let Kind::Refused { error, .. } = self.kind else { return self };
        match error {
            Error::MountedUnreadable => self.at(Place::File(paths.private_key())),
            Error::TomlSyntax(_) | Error::TomlType => self.at(Place::File(paths.cli_toml.clone())),
            _ => self,
        }
    }

    fn file(&self) -> Option<&Path> {
        self.places.iter().find_map(|place| match place {
            Place::File(path) => Some(path.as_path()),
            _ => None,
        })
    }

    pub(crate) fn in_step(self, step: &Step) -> Self {
        self.at(Place::Step(step.action, step.environment.clone()))
    }

    pub(crate) fn resumable(self) -> Self {
        Self { resumable: true, ..self }
    }

    /// A copy was begun, and goes on when it is made again.
    pub(crate) fn goes_on(self) -> Self {
        Self { again: true, ..self }
    }

    fn at(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in self.places.iter().rev() {
            match place {
                Place::File(path) => write!(f, "{}: ", path.display())?,
                Place::Environment(environment) => write!(f, "{environment}: ")?,
                Place::Database(name) => write!(f, "{}: ", visible(name))?,
                Place::Step(action, environment) => {
                    write!(f, "step `{} {environment}`: ", action.as_str())?;
                }
            }
        }
        self.kind.fmt(f)
    }
}

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        Self { kind, places: Vec::new(), resumable: false, again: false }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Kind::Core(error).into()
    }
}

fn words_of(holder: &Holder) -> String {
    let Holder { doing, since, process } = holder;
    let since = clock::date(*since).unwrap_or_else(|| since.to_string());
    // It may have been written by somebody else.
    let doing: String =
        doing.chars().filter(|c| c.is_ascii_lowercase() || *c == '-').take(32).collect();
    format!(": `{doing}`, since {since}, process {process}")
}

fn in_folder(below: Option<&Path>) -> String {
    below.map_or_else(String::new, |below| format!("; such data lies in {}", below.display()))
}

fn listed(named: &[ForeignSecret]) -> String {
    named.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn more_of(more: usize) -> String {
    if more == 0 { String::new() } else { format!("; and {more} more") }
}

fn bytes(size: Option<u64>) -> String {
    size.map_or_else(String::new, |size| format!(": it has {size} bytes"))
}

/// The operating system's words without the number behind them.
fn os_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None if error.kind() == ErrorKind::NotFound => "no such file".to_owned(),
        None => error.kind().to_string(),
    }
}
