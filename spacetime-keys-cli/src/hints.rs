//! What the engine's failures are called here, and the way out of each in this program's commands.

use std::io::ErrorKind;

use spacetime_keys_core::Error;
use spacetime_keys_core::error::Class;
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_rotation as engine;
use spacetime_keys_rotation::Kind;

use crate::failure::Failure;

impl From<engine::Failure> for Failure {
    fn from(failure: engine::Failure) -> Self {
        let words = words(failure.kind(), failure.environment());
        let words = words.with_message(failure.to_string());
        if failure.is_resumable() { words.and_then("`spacetime-keys resume`") } else { words }
    }
}

/// The way out. Code, class and message are the failure's own.
fn words(kind: &Kind, environment: Option<&Environment>) -> Failure {
    let hint = match kind {
        Kind::Core(error) => return core(*error, environment),
        Kind::Refused { error, continuing, .. } => {
            let failure = core(*error, environment);
            if !error.is_about_token() {
                return failure;
            }
            let hint = failure.hint.clone();
            if *continuing {
                // What else is named would be refused as long as a run is unfinished.
                let finish = "`spacetime-keys resume --no-preserve-publisher-token` finishes the run and leaves the token as it is";
                return failure.with_hint(format!("{finish}; then {hint}"));
            }
            let hint =
                format!("{hint}; to leave the token as it is: --no-preserve-publisher-token");
            return failure.with_hint(hint);
        }
        Kind::SeveralPublishers(identities) => {
            let failure = core(Error::EscrowAmbiguous, environment);
            let all: Vec<_> = identities.iter().map(ToString::to_string).collect();
            let hint = format!("{}: {}", failure.hint, all.join(", "));
            return failure.with_hint(hint);
        }
        Kind::UnknownEnvironment(known) => {
            let names: Vec<_> = known.iter().map(Environment::as_str).collect();
            let hint = format!("one of: {}", names.join(", "));
            return Failure::from(Error::EnvironmentUnknown).with_hint(hint);
        }
        Kind::Names(_) => return Failure::config("", crate::config::MEMBERS),
        Kind::NotInThisBuild(_) => {
            return Failure::config("", "install spacetime-keys with its default features");
        }
        Kind::Store { hint, .. } => hint,
        Kind::MountedDiffers(environment) => &format!(
            "`spacetime-keys sync --env {environment} --no-preserve-publisher-token`, then this again"
        ),
        Kind::Io { error, .. } => io(*error),
        Kind::IsFolder(_) => {
            "a folder stands where a file belongs: name the file itself, or move the folder away"
        }
        Kind::NotAFile(_) => "move it away, or name another path",
        Kind::TooLarge(_) => "this is no key, token or configuration; name another file",
        Kind::NotUtf8(_) => "convert it, or name another file",
        Kind::Symlink(_) => {
            "name the file that it points to (in a rotation by --cli-toml, --mounted-keys-dir)"
        }
        Kind::Contended(_) => "stop the server, then try again",
        Kind::Locked(_) | Kind::LockedByScript { .. } => {
            "wait until it has ended, then look at `spacetime-keys verify`"
        }
        Kind::JournalDamaged(_) => {
            "move it away, then `spacetime-keys resume --env E` for the environment concerned"
        }
        Kind::StoreChanged { .. } => "let the other run end, then look at `spacetime-keys verify`",
        Kind::NotConfirmed => "run it again when you are ready, or look at `--dry-run`",
        Kind::Failpoint(_) => "look at the test",
        _ => "please report this as a bug",
    };
    match kind.class() {
        Class::Safety => Failure::refused(kind.code(), "", hint),
        _ => Failure::new(kind.code(), "", hint),
    }
}

fn core(error: Error, environment: Option<&Environment>) -> Failure {
    Failure::from(error).with_hint(error.hint_for(environment))
}

const fn io(error: ErrorKind) -> &'static str {
    match error {
        ErrorKind::NotFound => "check the path; relative ones start at the working directory",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "run as the user who owns the file, or make it readable and writable for you"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room, then run it again",
        _ => "look at the file and its folder, then run it again",
    }
}
