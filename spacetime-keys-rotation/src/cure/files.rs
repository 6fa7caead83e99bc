//! What a remedy does to files. What stands in the way stays, under another name.

use std::io::ErrorKind;
use std::path::Path;

use spacetime_keys_core::doctor::Command;
use spacetime_keys_core::{PrivateKey, PublicKey, key, pem};

use super::UNKNOWN;
use crate::error::Failure;
use crate::files::{self, Mode};
use crate::host::{self, PRIVATE_MODE, PUBLIC_MODE};

/// The steps that another program would do to files.
pub(super) fn change(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Chmod { mode, file } => files::set_mode_of(Path::new(file), *mode),
        Command::Move { from, to } => move_away(Path::new(from), Path::new(to)),
        Command::Copy { from, to } => {
            let content = files::read_existing(Path::new(from))?;
            let mode = files::mode(Path::new(from)).unwrap_or(PRIVATE_MODE);
            keep(Path::new(to), &content, mode)
        }
        Command::DerivePublic { private, public } => {
            derive_public(Path::new(private), Path::new(public))
        }
        _ => Err(UNKNOWN.into()),
    }
}

/// Under a name that is free.
fn move_away(from: &Path, to: &Path) -> Result<(), Failure> {
    require_free(to)?;
    std::fs::rename(from, to).map_err(|error| Failure::io("moving", from, &error))
}

fn keep(place: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    if files::create_new(place, content, mode)? { Ok(()) } else { Err(taken(place)) }
}

fn require_free(place: &Path) -> Result<(), Failure> {
    if place.symlink_metadata().is_ok() { Err(taken(place)) } else { Ok(()) }
}

fn taken(place: &Path) -> Failure {
    Failure::io("writing", place, &ErrorKind::AlreadyExists.into())
}

/// Writes the public key of a private key. What stands there, and is no public key, is kept: it may be
/// another private key.
fn derive_public(private: &Path, public: &Path) -> Result<(), Failure> {
    let content = files::read_existing(private)?;
    let key = PrivateKey::from_pem(&*content).map_err(|e| Failure::in_file(private, e))?;
    if let Some(old) = files::read(public)?
        && PublicKey::from_pem(&*old).is_err()
        && !old.is_empty()
    {
        let mut kept = public.as_os_str().to_owned();
        kept.push(".damaged");
        keep(Path::new(&kept), &old, PRIVATE_MODE)?;
    }
    files::replace(public, key.public_key().to_pem().as_bytes(), Mode::Set(PUBLIC_MODE))
}

/// The same key in canonical form.
pub(super) fn rewrite(file: &Path) -> Result<(), Failure> {
    let content = files::read_existing(file)?;
    let clean = pem::normalize(&content).map_err(|error| Failure::in_file(file, error))?;
    if content.as_slice() == clean.pem.as_bytes() {
        return Ok(());
    }
    files::replace(file, clean.pem.as_bytes(), Mode::KeepOr(PRIVATE_MODE))
}

/// A new pair, where none is.
pub(super) fn generate(folder: &Path) -> Result<(), Failure> {
    require_free(&host::private_key_in(folder))?;
    require_free(&host::public_key_in(folder))?;
    let private = PrivateKey::generate()?;
    key::self_test(&private)?;
    host::write_private(folder, &private)?;
    host::write_public(folder, private.public_key())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    fn pair() -> (PrivateKey, tempfile::TempDir, [String; 2]) {
        let (key, folder) = (PrivateKey::generate().unwrap(), tempfile::tempdir().unwrap());
        host::write_private(folder.path(), &key).unwrap();
        host::write_public(folder.path(), key.public_key()).unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let files = [file("id_ecdsa"), file("id_ecdsa.pub")];
        (key, folder, files)
    }

    fn read(file: &str) -> String {
        fs::read_to_string(file).unwrap()
    }

    #[test]
    fn a_public_key_is_derived_and_no_private_key_is_lost() {
        let (key, _folder, [private, public]) = pair();
        let derive = Command::DerivePublic { private: private.clone(), public: public.clone() };
        // Another public key is nobody's only copy.
        let other = PrivateKey::generate().unwrap();
        fs::write(&public, other.public_key().to_pem()).unwrap();
        change(&derive).unwrap();
        assert_eq!(read(&public), key.public_key().to_pem());
        let kept = format!("{public}.damaged");
        assert!(!Path::new(&kept).exists());
        // A private key may be.
        fs::write(&public, other.to_pem().as_bytes()).unwrap();
        change(&derive).unwrap();
        assert_eq!(read(&public), key.public_key().to_pem());
        assert_eq!(read(&kept), *other.to_pem());
        assert_eq!(files::mode(Path::new(&kept)), Some(0o600));
        // Where its name is taken, nothing is done.
        fs::write(&public, "another").unwrap();
        assert!(change(&derive).is_err());
        assert_eq!((&*read(&public), read(&kept)), ("another", other.to_pem().to_string()));
    }

    #[test]
    fn nothing_is_written_over() {
        let (_, folder, [private, public]) = pair();
        let old = read(&private);
        for command in [
            Command::Move { from: public.clone(), to: private.clone() },
            Command::Copy { from: public.clone(), to: private.clone() },
        ] {
            assert!(change(&command).is_err(), "{command:?}");
            assert_eq!(read(&private), old);
        }
        assert!(generate(folder.path()).is_err());
        fs::remove_file(&private).unwrap();
        assert!(generate(folder.path()).is_err(), "the public key is there");
        assert!(!Path::new(&private).exists());
        let copy = format!("{public}.copy");
        change(&Command::Chmod { mode: 0o640, file: public.clone() }).unwrap();
        change(&Command::Copy { from: public.clone(), to: copy.clone() }).unwrap();
        assert_eq!((read(&copy), files::mode(Path::new(&copy))), (read(&public), Some(0o640)));
        change(&Command::Move { from: public.clone(), to: format!("{public}.away") }).unwrap();
        assert!(!Path::new(&public).exists());
        generate(folder.path()).unwrap();
        assert_eq!(files::mode(Path::new(&private)), Some(0o600));
    }
}
