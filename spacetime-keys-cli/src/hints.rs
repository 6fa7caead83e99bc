//! What the engine's failures are called here, and the way out of each in this program's commands.

use std::io::ErrorKind;

use spacetime_keys_core::Error;
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

/// Code, class and hint. The message is the failure's own.
fn words(kind: &Kind, environment: Option<&Environment>) -> Failure {
    let failed = |code, hint: &str| Failure::new(code, "", hint);
    let refused = |code, hint: &str| Failure::refused(code, "", hint);
    match kind {
        Kind::Core(error) => core(*error, environment),
        Kind::Refused(error) => {
            let failure = core(*error, environment);
            if !error.is_about_token() {
                return failure;
            }
            let hint = format!(
                "{}; to leave the token as it is: --no-preserve-publisher-token",
                failure.hint
            );
            failure.with_hint(hint)
        }
        Kind::SeveralPublishers(identities) => {
            let failure = core(Error::EscrowAmbiguous, environment);
            let all: Vec<_> = identities.iter().map(ToString::to_string).collect();
            let hint = format!("{}: {}", failure.hint, all.join(", "));
            failure.with_hint(hint)
        }
        Kind::UnknownEnvironment(known) => {
            let names: Vec<_> = known.iter().map(Environment::as_str).collect();
            Failure::from(Error::EnvironmentUnknown)
                .with_hint(format!("one of: {}", names.join(", ")))
        }
        Kind::Io { error, .. } => failed("ERR_IO", io(*error)),
        Kind::IsFolder(_) => failed(
            "ERR_IO",
            "a folder stands where a file belongs: name the file itself, or move the folder away",
        ),
        Kind::NotAFile(_) => failed("ERR_IO", "move it away, or name another path"),
        Kind::TooLarge(_) => failed(
            "ERR_FILE_TOO_LARGE",
            "this is no key, token or configuration; name another file",
        ),
        Kind::NotUtf8(_) => failed("ERR_NOT_UTF8", "convert it, or name another file"),
        Kind::Symlink(_) => refused(
            "ERR_SYMLINK",
            "name the file that it points to (in a rotation by --cli-toml, --mounted-keys-dir)",
        ),
        Kind::Contended(_) => failed("ERR_IO", "stop the server, then try again"),
        Kind::Locked => {
            refused("ERR_LOCKED", "wait until it has ended, then look at `spacetime-keys verify`")
        }
        Kind::JournalDamaged(_) => failed(
            "ERR_JOURNAL_DAMAGED",
            "move it away, then `spacetime-keys resume --env E` for the environment concerned",
        ),
        Kind::StoreDamaged(_) => failed(
            "ERR_STORE_DAMAGED",
            "take this file from a backup; the key itself is in `value` beside it",
        ),
        Kind::StoreChanged { .. } => refused(
            "ERR_STORE_CHANGED",
            "let the other run end, then look at `spacetime-keys verify`",
        ),
        Kind::Store { code, hint, .. } => failed(code, hint),
        Kind::NotInThisBuild(_) => {
            Failure::config("", "install spacetime-keys with its default features")
        }
        Kind::MountedDiffers(environment) => refused(
            "ERR_MOUNTED_DIFFERS",
            &format!(
                "`spacetime-keys sync --env {environment} --no-preserve-publisher-token`, then this again"
            ),
        ),
        Kind::NotConfirmed => {
            refused("ERR_NOT_CONFIRMED", "run it again when you are ready, or look at `--dry-run`")
        }
        Kind::Failpoint(_) => failed("ERR_FAILPOINT", "look at the test"),
        Kind::Bug(what) => Failure::bug(what),
        _ => Failure::bug("a failure without words"),
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
