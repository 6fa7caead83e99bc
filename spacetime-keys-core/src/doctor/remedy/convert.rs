//! A private key in a container that no server reads, and that another program opens: the key is whole,
//! so it is taken out, and no new pair is made.

use crate::Error;
use crate::doctor::Command;
use crate::doctor::shell::path;
use crate::error::{Encoding, Found};
use crate::fleet::KeyState;

use super::host::Host;

/// The container of the private key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Der,
    Utf16,
    /// It asks for the password.
    Encrypted,
    OpenSsh,
}

impl Container {
    pub(super) const fn of(private: &KeyState) -> Option<Self> {
        match private {
            KeyState::Bad(Error::PemEncoding(Encoding::Der)) => Some(Self::Der),
            KeyState::Bad(Error::PemEncoding(Encoding::Utf16)) => Some(Self::Utf16),
            KeyState::Bad(Error::KeyUnsupported(Found::Encrypted)) => Some(Self::Encrypted),
            KeyState::Bad(Error::KeyUnsupported(Found::OpenSsh)) => Some(Self::OpenSsh),
            _ => None,
        }
    }

    /// The steps. The file as it was is kept.
    pub(super) fn steps(self, host: &Host<'_>) -> Vec<Command> {
        let word = |name| path(&host.file(name));
        let (old, new) = (word("id_ecdsa.original"), word("id_ecdsa"));
        let open = match self {
            Self::Der => format!("openssl pkey -inform DER -in {old} -out {new}"),
            Self::Encrypted => format!("openssl pkey -in {old} -out {new}"),
            Self::Utf16 => format!("iconv -f UTF-16 -t UTF-8 {old} > {new}"),
            Self::OpenSsh => format!("cp -p {old} {new} && ssh-keygen -p -m PKCS8 -N '' -f {new}"),
        };
        vec![
            host.renames("id_ecdsa", "id_ecdsa.original"),
            Command::Other(open),
            Command::Chmod { mode: 0o600, file: host.file("id_ecdsa") },
        ]
    }
}
