//! Code, class and advice of each kind of failure. Its message stands at the kind itself.

use std::io::ErrorKind;

use spacetime_keys_core::Error;
use spacetime_keys_core::advice::{Advice, Choice, NextStep as Step};
use spacetime_keys_core::error::Class::{self, Input, Safety};
use spacetime_keys_core::fleet::{Environment, OTHER_NAMES};

use super::{Failure, Kind};
use crate::places::Nothing;

impl Kind {
    /// A stable name for programs, `ERR_…`. It does not change between versions.
    pub fn code(&self) -> &'static str {
        self.row(None).0
    }

    /// Whether an input, a file or a service is to blame, or going on would be unsafe.
    pub fn class(&self) -> Class {
        self.row(None).1
    }

    #[allow(clippy::too_many_lines)] // a table: easier to read in one piece
    fn row(&self, environment: Option<&Environment>) -> (&'static str, Class, Advice) {
        let of = |error: Error| (error.code(), error.class(), error.advice().at(environment));
        match self {
            Self::Core(error) => of(*error),
            Self::Refused { error, continuing, .. } => {
                let (code, class, advice) = of(*error);
                (code, class, about_token(*error, *continuing, advice))
            }
            Self::SeveralPublishers(identities) => {
                let (code, class, advice) = of(Error::EscrowAmbiguous);
                let all: Vec<_> = identities.iter().map(ToString::to_string).collect();
                (code, class, advice.and(format!(": {}", all.join(", "))))
            }
            Self::UnknownEnvironment(known) => {
                let names: Vec<_> = known.iter().map(Environment::as_str).collect();
                let (code, class, _) = of(Error::EnvironmentUnknown);
                (code, class, format!("one of: {}", names.join(", ")).into())
            }
            Self::Io { error, .. } => ("ERR_IO", Input, io(*error)),
            Self::IsFolder(_) => {
                let advice = "a folder stands where a file belongs: name the file itself, or move the folder away";
                ("ERR_IO", Input, advice.into())
            }
            Self::NotAFile { .. } => ("ERR_IO", Input, "move it away, or name another path".into()),
            Self::Contended(_) => ("ERR_IO", Input, "stop the server, then try again".into()),
            Self::TooLarge { .. } => {
                let advice = "this is no key, token or configuration; name another file";
                ("ERR_FILE_TOO_LARGE", Input, advice.into())
            }
            Self::NotUtf8(_) => ("ERR_NOT_UTF8", Input, "convert it, or name another file".into()),
            Self::Symlink(_) => {
                let files = [Choice::CliToml(None), Choice::MountedKeysDir(None)].map(Step::Choose);
                let advice = "name the file that it points to (in a rotation by {}, {})";
                ("ERR_SYMLINK", Safety, (advice, files).into())
            }
            Self::MountPoint(_) => {
                let advice = "mount its folder in its place, and start the container again; to leave this host's files as they are: {}, or {} for cli.toml";
                let leave = [Choice::LeaveMountedKeys, Choice::LeaveToken].map(Step::Choose);
                ("ERR_MOUNT_POINT", Safety, (advice, leave).into())
            }
            Self::Untrusted(path) => {
                let config = Choice::Config(path.display().to_string());
                let advice = "look at what it says; if that is what you want, name it: {}";
                ("ERR_CONFIG_UNTRUSTED", Safety, (advice, [Step::Choose(config)]).into())
            }
            Self::NamedMissing { .. } => {
                let advice = "check the path; name what is there, or make it";
                ("ERR_NAMED_MISSING", Input, advice.into())
            }
            Self::NothingHere(nothing) => ("ERR_NOTHING_HERE", Safety, way_from(nothing)),
            Self::OtherHost(_) => {
                let advice = "name that environment; if this host mounts another one's keys now, change `[host] environment` first";
                ("ERR_OTHER_HOST", Safety, advice.into())
            }
            Self::NotTrusted(_) => {
                let advice = "nothing is taken from it: make the file your own (`chown`, `chmod go-w`), or name what it would say";
                ("ERR_FILE_NOT_TRUSTED", Safety, advice.into())
            }
            Self::Locked(_) | Self::LockedByScript { .. } => {
                let advice = ("wait until it has ended, then look at {}", [Step::Verify]);
                ("ERR_LOCKED", Safety, advice.into())
            }
            Self::OtherStore(_) => {
                let advice = "finish it by what began it, or with the configuration that it had";
                ("ERR_OTHER_STORE", Safety, advice.into())
            }
            Self::JournalDamaged(_) => {
                let advice = "move it away, then {} for the environment concerned";
                ("ERR_JOURNAL_DAMAGED", Input, (advice, [Step::RESUME]).into())
            }
            Self::StoreChanged { .. } => {
                let advice = ("let the other run end, then look at {}", [Step::Verify]);
                ("ERR_STORE_CHANGED", Safety, advice.into())
            }
            Self::CopySame(_) => {
                let advice = "name another store in the configuration of the destination";
                ("ERR_COPY_SAME", Safety, advice.into())
            }
            Self::CopyGroups(_) => {
                let advice = "make [policy] groups in both say the same: the pairs that are copied are shared as they are";
                ("ERR_COPY_GROUPS", Safety, advice.into())
            }
            Self::CopyDiverged { .. } => {
                let advice = "nothing was written: look at it, and copy into a vault that is empty, or that has the beginning of the source's history";
                ("ERR_COPY_DIVERGED", Safety, advice.into())
            }
            Self::CopyUnreadable { rollback: true, .. } => {
                let advice = "nothing was written: enable it, or put it back from a backup. Without it, run {} at the source: then a rollback returns to the present pair";
                ("ERR_COPY_UNREADABLE", Safety, (advice, [Step::ROTATE]).into())
            }
            Self::CopyUnreadable { rollback: false, .. } => {
                let advice = "nothing was written: enable it, or put it back from a backup";
                ("ERR_COPY_UNREADABLE", Safety, advice.into())
            }
            Self::CopyTooLarge { .. } => {
                let advice = "nothing was written: a key vault takes 25,600 bytes and 15 tags of 256 characters, and a copy needs two tags. Copy into a folder, or rotate in a new vault";
                ("ERR_COPY_TOO_LARGE", Safety, advice.into())
            }
            Self::CopyNothing => {
                let advice = "look at the configuration of the source: it names another store or environment than the one with the keys";
                ("ERR_COPY_NOTHING", Safety, advice.into())
            }
            Self::CopyChanged { .. } => {
                let advice = ("let the other run end; then {} goes on", [Step::StoreCopy]);
                ("ERR_COPY_CHANGED", Safety, advice.into())
            }
            Self::Store { code, hint, .. } => (code, Input, hint.clone()),
            Self::Names(_) => ("ERR_CONFIG", Input, "give it another name".into()),
            Self::NotInThisBuild(_) => {
                ("ERR_CONFIG", Input, "install spacetime-keys with its default features".into())
            }
            Self::MountedDiffers(environment) => {
                let sync = Step::SYNC.with(Choice::LeaveToken);
                let advice = Advice::from(("{}, then this again", [sync]));
                ("ERR_MOUNTED_DIFFERS", Safety, advice.at(Some(environment)))
            }
            Self::OtherNames { .. } => {
                let advice = Advice::from(OTHER_NAMES);
                let folder = Step::Choose(Choice::MountedKeysDir(None));
                let advice = advice.and((", or name the folder that it reads: {}", [folder]));
                ("ERR_MOUNTED_OTHER_NAMES", Safety, advice)
            }
            Self::ServerRuns(_) => {
                let advice = "stop it, and copy the data again if it has run meanwhile";
                ("ERR_SERVER_RUNS", Safety, advice.into())
            }
            Self::NoData { .. } => {
                let advice = "name the folder that the server was started with (`--data-dir`); a copy by rsync ends both paths with a slash";
                ("ERR_NO_DATA", Input, advice.into())
            }
            Self::ForeignSecrets { is_key, .. } => {
                let advice = if *is_key {
                    "remove the files and all their copies, and copy again without them (rsync: `--exclude=/.config/`). Find out who could read them: a key that has left its host has leaked"
                } else {
                    "remove the files and all their copies, and copy again without them (rsync: `--exclude=/.config/`). Such a token is valid at the source as long as its key is"
                };
                ("ERR_FOREIGN_SECRETS", Safety, advice.into())
            }
            Self::NotConfirmed => {
                let advice = "run it again when you are ready, or look at `{}`";
                ("ERR_NOT_CONFIRMED", Safety, (advice, [Step::Choose(Choice::DryRun)]).into())
            }
            Self::Stopped => ("ERR_STOPPED", Input, "the same call again finishes it".into()),
            Self::Restart(_) => {
                let advice = "look at what the command printed, and restart the server by hand";
                ("ERR_RESTART", Input, advice.into())
            }
            Self::Failpoint(_) => ("ERR_FAILPOINT", Input, "look at the test".into()),
            Self::Bug(_) => ("ERR_INTERNAL", Input, "please report this as a bug".into()),
        }
    }
}

impl Failure {
    /// What to do next. In the words of the program's commands: its `Display`.
    pub fn advice(&self) -> Advice {
        let (_, _, mut advice) = self.kind.row(self.environment());
        if let (Kind::Refused { error: Error::MountedUnreadable, .. }, Some(file)) =
            (&self.kind, self.file())
        {
            let file = file.display().to_string();
            advice = advice.map_first(|_| Step::KeyExamine(Some(file)));
        }
        let is_said = advice.steps().any(|step| *step == Step::FINISH_RUN)
            || matches!(self.kind, Kind::Stopped);
        if self.again {
            let is_said = advice.steps().any(|step| *step == Step::StoreCopy);
            return if is_said {
                advice
            } else {
                advice.and(("; then {} goes on", [Step::StoreCopy]))
            };
        }
        if !self.resumable && is_tried_again(&self.kind) {
            return advice.and(", then run it again");
        }
        if !self.resumable || is_said {
            return advice;
        }
        advice.and(("; then {}", [Step::FINISH_RUN]))
    }
}

/// What is refused for the token's sake can be done without it.
fn about_token(error: Error, continuing: bool, advice: Advice) -> Advice {
    if !error.is_about_token() {
        return advice;
    }
    if continuing {
        // What else is named would be refused as long as a run is unfinished.
        let finish = Step::FINISH_RUN.with(Choice::LeaveToken);
        let text = "{} finishes the run and leaves the token as it is; then ";
        return Advice::from((text, [finish])).and(advice);
    }
    advice.and(("; to leave the token as it is: {}", [Step::Choose(Choice::LeaveToken)]))
}

/// The next step where nothing is set up.
fn way_from(nothing: &Nothing) -> Advice {
    let environment = nothing.environment.clone().map(Choice::Environment);
    let first_pair = Step::Init([Choice::NewKeys].into_iter().chain(environment).collect());
    if let Some(folder) = nothing.project() {
        return format!("run it in {}", folder.display()).into();
    }
    if nothing.found.is_empty() {
        let advice = "run it in the folder of your server, or name its files ({}, {}); for a server that has no keys yet: {}";
        let files = [Choice::MountedKeysDir(None), Choice::CliToml(None)].map(Step::Choose);
        let [keys, cli_toml] = files;
        return (advice, [keys, cli_toml, first_pair]).into();
    }
    let advice =
        "{} writes a configuration for what was found; for a server that has no keys yet: {}";
    (advice, [Step::Init(Vec::new()), first_pair]).into()
}

fn io(error: ErrorKind) -> Advice {
    match error {
        ErrorKind::NotFound => {
            "check the path; relative ones start at the working directory".into()
        }
        ErrorKind::PermissionDenied => {
            "run as the user who owns the file, or make it readable and writable for you".into()
        }
        ErrorKind::ReadOnlyFilesystem => {
            let advice = "this file system is mounted read-only: run the command on the host that owns the folder. To leave this host's files as they are: {}, or {} for cli.toml";
            let leave = [Choice::LeaveMountedKeys, Choice::LeaveToken].map(Step::Choose);
            (advice, leave).into()
        }
        ErrorKind::NotADirectory => {
            "a file stands where a folder belongs: name the folder that holds the file".into()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room".into(),
        _ => "look at the file and its folder".into(),
    }
}

/// Whether what failed may be well the next time.
const fn is_tried_again(kind: &Kind) -> bool {
    match kind {
        Kind::Io { error, .. } => !matches!(
            error,
            ErrorKind::NotFound
                | ErrorKind::PermissionDenied
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::NotADirectory
        ),
        _ => false,
    }
}
