use super::shell::path;
use crate::advice::NextStep;

/// A command of a remedy. Printed, and in JSON, it is a line for a shell; paths are as a person would
/// type them, not yet quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A step that a program on this library takes.
    Step(NextStep),
    /// A file gets this mode.
    Chmod {
        /// The mode, such as `0o600`.
        mode: u32,
        /// The file.
        file: String,
    },
    /// A file goes out of the way, and is kept.
    Move {
        /// Where it is.
        from: String,
        /// Where it is kept.
        to: String,
    },
    /// A file is copied, with its mode.
    Copy {
        /// The file.
        from: String,
        /// The copy.
        to: String,
    },
    /// A private key's public key is written.
    DerivePublic {
        /// The private key's file.
        private: String,
        /// The public key's file.
        public: String,
    },
    /// The operator restarts the server, by a command of their own.
    Restart(String),
    /// Another program's, as it must be typed.
    Other(String),
}

impl Command {
    /// The line of a command that is not a step of ours.
    pub(crate) fn line(&self) -> Option<String> {
        Some(match self {
            Self::Step(_) => return None,
            Self::Chmod { mode, file } => format!("chmod {mode:o} {}", path(file)),
            Self::Move { from, to } => format!("mv {} {}", path(from), path(to)),
            Self::Copy { from, to } => format!("cp -p {} {}", path(from), path(to)),
            Self::DerivePublic { private, public } => {
                format!("openssl pkey -in {} -pubout -out {}", path(private), path(public))
            }
            Self::Restart(line) | Self::Other(line) => line.clone(),
        })
    }
}
