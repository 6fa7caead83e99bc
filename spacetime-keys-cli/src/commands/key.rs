//! `key …`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use spacetime_keys_core::pem::{self, Oddity};
use spacetime_keys_core::{PrivateKey, PublicKey, VerificationKey, key};
use spacetime_keys_rotation::host;

use super::Answer;
use crate::args::{Key, KeyAlgorithm};
use crate::failure::Failure;
use crate::files::{self, Mode};
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn run(command: &Key, output: &Output) -> Result<Answer, Failure> {
    match command {
        Key::Generate { out, alg: KeyAlgorithm::Es256, force } => generate(out, *force, output),
        #[cfg(feature = "aws-lc-rs")]
        Key::Generate { out, alg: KeyAlgorithm::Rs256, force } => generate_rsa(out, *force, output),
        Key::Normalize { files, check, write } => normalize(files, *check, *write, output),
        Key::Fingerprint { files } => fingerprint(files, output),
        Key::Check { private, public: Some(public) } => check(private, public, output),
        Key::Check { private: folder, public: None } => check_in(folder, output),
    }
}

fn generate(folder: &Path, force: bool, output: &Output) -> Result<Answer, Failure> {
    let paths = [host::private_key_in(folder), host::public_key_in(folder)];
    check_free(&paths, force)?;
    let private = PrivateKey::generate()?;
    key::self_test(&private)?;
    host::write_private(folder, &private)?;
    host::write_public(folder, private.public_key())?;
    generated(&private.public_key().clone().into(), &paths, output);
    Ok(Answer::Yes)
}

/// To play an external issuer with. Other file names than a server's keys have, and than OpenSSH's.
#[cfg(feature = "aws-lc-rs")]
fn generate_rsa(folder: &Path, force: bool, output: &Output) -> Result<Answer, Failure> {
    use spacetime_keys_core::{RsaPrivateKey, rs256};
    let paths = ["rs256.pem", "rs256.pub.pem"].map(|name| folder.join(name));
    check_free(&paths, force)?;
    let private = RsaPrivateKey::generate()?;
    rs256::self_test(&private)?;
    host::write_pair(&paths, &private.to_pem()?, &private.public_key().to_pem())?;
    generated(&private.public_key().clone().into(), &paths, output);
    output.warn(
        "for tests of an external issuer: no SpacetimeDB server starts with an RSA key of its own",
    );
    Ok(Answer::Yes)
}

fn check_free(paths: &[PathBuf; 2], force: bool) -> Result<(), Failure> {
    if paths.iter().any(|path| path.parent() == Some(Path::new("-"))) {
        return Err(Failure::usage(
            "a pair is two files, and cannot go to standard output",
            "name a folder",
        ));
    }
    for path in paths {
        if !force && path.symlink_metadata().is_ok() {
            return Err(Failure::refused(
                "ERR_FILE_EXISTS",
                format!("{} is there already", path.display()),
                "name another folder; --force replaces the files, and the keys in them are lost",
            ));
        }
        files::check_replaceable(path)?;
    }
    Ok(())
}

fn generated(key: &VerificationKey, [private, public]: &[PathBuf; 2], output: &Output) {
    let report = json!({
        "fingerprint": key.fingerprint(),
        "kid": key.kid(),
        "private_key": private,
        "public_key": public,
    });
    output.result(&report, || format!("{}\n", key.fingerprint()));
    output.note(&format!("wrote {} and {}", private.display(), public.display()));
}

fn normalize(
    paths: &[PathBuf],
    check: bool,
    write: bool,
    output: &Output,
) -> Result<Answer, Failure> {
    if write && paths.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("standard input cannot be replaced", "leave --write away"));
    }
    // All are read before any is written: a bad one among them changes nothing.
    let mut normalized = Vec::new();
    for path in paths {
        let content = files::read_input(path)?;
        let result = pem::normalize(&content).map_err(|error| Failure::in_file(path, error))?;
        let changed = content.as_slice() != result.pem.as_bytes();
        normalized.push((path, result, changed));
    }
    let any = normalized.iter().any(|(_, _, changed)| *changed);
    if write {
        for (path, _, _) in normalized.iter().filter(|(_, _, changed)| *changed) {
            files::check_replaceable(path)?;
        }
        for (path, result, _) in normalized.iter().filter(|(_, _, changed)| *changed) {
            let mode = Mode::KeepOr(0o600);
            files::replace(path, result.pem.as_bytes(), mode)?;
        }
    }
    for (path, result, _) in normalized.iter().filter(|_| !check) {
        for note in notes(&result.mended) {
            output.note(&format!("{}: {note}", path.display()));
        }
    }
    if output.is_json() {
        let files: Vec<_> = normalized
            .iter()
            .map(|(path, result, changed)| {
                json!({ "file": path, "changed": changed, "mended": result.mended })
            })
            .collect();
        output.result(&json!({ "changed": any, "files": files }), String::new);
    } else {
        for (path, result, changed) in &normalized {
            if !check && !write {
                output.raw(&result.pem);
            } else if *changed {
                let verb = if write { "repaired" } else { "not canonical" };
                output.note(&format!("{}: {verb}", path.display()));
            }
        }
    }
    Ok((!(check && any)).into())
}

/// What a person may want to know of a text that was more, or something else, than one PEM block.
fn notes(mended: &[Oddity]) -> Vec<String> {
    let form = mended.iter().find_map(|oddity| oddity.form());
    let others = mended.iter().any(|oddity| oddity.holds_more() && oddity.form().is_none());
    form.map(|form| format!("converted to PEM: it was {form}"))
        .into_iter()
        .chain(
            others.then(|| {
                "what stands beside the key, such as a certificate, is left out".to_owned()
            }),
        )
        .collect()
}

/// The public key of a private or public key file.
fn read_either(path: &Path) -> Result<VerificationKey, Failure> {
    let content = files::read_input(path)?;
    VerificationKey::of_either_pem(&*content).map_err(|error| Failure::in_file(path, error))
}

fn fingerprint(paths: &[PathBuf], output: &Output) -> Result<Answer, Failure> {
    let keys: Vec<_> = paths
        .iter()
        .map(|path| read_either(path).map(|key| (path, key)))
        .collect::<Result<_, _>>()?;
    let files: Vec<_> = keys
        .iter()
        .map(|(path, key)| {
            json!({ "file": path, "fingerprint": key.fingerprint(), "kid": key.kid() })
        })
        .collect();
    let mut report = json!({ "files": files });
    if let (Some((_, key)), 1, Some(report)) = (keys.first(), keys.len(), report.as_object_mut()) {
        report.insert("fingerprint".into(), json!(key.fingerprint()));
        report.insert("kid".into(), json!(key.kid()));
    }
    // The form of `sha256sum`.
    output.result(&report, || {
        keys.iter().fold(String::new(), |mut text, (path, key)| {
            let _ = writeln!(text, "{}  {}", key.fingerprint(), path.display());
            text
        })
    });
    Ok(Answer::Yes)
}

fn check_in(folder: &Path, output: &Output) -> Result<Answer, Failure> {
    if !folder.is_dir() {
        return Err(Failure::usage(
            "missing: <PUBLIC>",
            "name the private and the public key file, or the folder that holds id_ecdsa and id_ecdsa.pub",
        ));
    }
    check(&host::private_key_in(folder), &host::public_key_in(folder), output)
}

fn check(private_path: &Path, public_path: &Path, output: &Output) -> Result<Answer, Failure> {
    let (private, public) = (files::read_input(private_path)?, files::read_input(public_path)?);
    let private = PrivateKey::from_pem(&*private).map_err(|error| (private_path, error));
    let public = PublicKey::from_pem(&*public).map_err(|error| (public_path, error));
    let verdict = match (&private, &public) {
        (Ok(private), Ok(public)) => key::check_pair(private, public).map_err(Failure::from),
        (Err((path, error)), _) | (_, Err((path, error))) => Err(Failure::in_file(path, *error)),
    };
    let fingerprint = |key: Option<&PublicKey>| key.map(PublicKey::fingerprint);
    let private_fingerprint = fingerprint(private.as_ref().ok().map(PrivateKey::public_key));
    let public_fingerprint = fingerprint(public.as_ref().ok());
    let report = json!({
        "match": verdict.is_ok(),
        "private_fingerprint": private_fingerprint,
        "public_fingerprint": public_fingerprint,
        "fingerprint": verdict.is_ok().then_some(public_fingerprint),
        "code": verdict.as_ref().err().map(|failure| failure.code),
        "reason": verdict.as_ref().err().map(|failure| failure.message.clone()),
        "hint": verdict.as_ref().err().map(|failure| failure.hint.clone()),
    });
    output.result(&report, || match &verdict {
        Ok(()) => format!("{}\n", styled(GOOD, "the keys belong together")),
        Err(failure) => {
            format!("{} {}\n{}\n", styled(BAD, "no:"), failure.message, failure.hint)
        }
    });
    Ok(verdict.is_ok().into())
}
