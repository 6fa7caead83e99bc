//! The engine's failures as this program's: their codes and advice, and an exit code.

use spacetime_keys_core::Error;
use spacetime_keys_core::error::Class;
use spacetime_keys_rotation as engine;
use spacetime_keys_rotation::Kind;

use crate::failure::Failure;

impl From<engine::Failure> for Failure {
    fn from(failure: engine::Failure) -> Self {
        let (kind, message) = (failure.kind(), failure.to_string());
        let hint = failure.advice().to_string();
        match kind {
            Kind::Core(error) | Kind::Refused { error, .. } => Self::from(*error),
            Kind::SeveralPublishers(_) => Self::from(Error::EscrowAmbiguous),
            Kind::UnknownEnvironment(_) => Self::from(Error::EnvironmentUnknown),
            Kind::Names(_) => return Self::config(message, crate::config::MEMBERS),
            Kind::NotInThisBuild(_) => return Self::config(message, hint),
            _ if kind.class() == Class::Safety => Self::refused(kind.code(), "", ""),
            _ => Self::new(kind.code(), "", ""),
        }
        .with_message(message)
        .with_hint(hint)
    }
}
