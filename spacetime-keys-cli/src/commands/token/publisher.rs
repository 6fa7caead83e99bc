//! `token resign` and `token restore`: the publisher token in `cli.toml`.

use std::path::Path;

use crate::args;
use crate::clock;
use crate::commands::Answer;
use crate::commands::rotation::paths;
use crate::config::Config;
use crate::failure::Failure;
use crate::files;
use crate::host;
use crate::output::{GOOD, Output, styled};
use crate::rotation::{Site, gather};
use crate::store;
use serde_json::json;
use spacetime_keys_core::cli_toml::{self, CliToml};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::fleet::{PairState, PublisherState};
use spacetime_keys_core::jwt::{Publisher, ResignOptions, Times, sign_publisher};
use spacetime_keys_core::{Error, Identity, PrivateKey, PublicKey};

/// One side of a token's change.
fn side(
    publisher: &Publisher,
    times: Option<Times>,
    key: Option<spacetime_keys_core::Fingerprint>,
) -> serde_json::Value {
    json!({
        "identity": publisher.identity,
        "issuer": publisher.issuer,
        "subject": publisher.subject,
        "iat": times.and_then(|times| times.iat),
        "exp": times.and_then(|times| times.exp),
        "signed_by": key,
    })
}

pub(super) fn resign(args: &args::Resign, output: &Output) -> Result<Answer, Failure> {
    let path = args.cli_toml.as_path();
    let in_file = |error| Failure::in_file(path, error);
    let key = PrivateKey::from_pem(&*files::read_existing(&args.private_key)?)
        .map_err(|error| Failure::in_file(&args.private_key, error))?;
    let previous = args
        .previous_public_key
        .as_deref()
        .map(|path| {
            PublicKey::from_pem(&*files::read_existing(path)?)
                .map_err(|error| Failure::in_file(path, error))
        })
        .transpose()?;
    let known_keys: Vec<PublicKey> = previous.into_iter().collect();
    let text = files::read_existing_text(path)?;
    files::check_replaceable(path)?;
    let options = ResignOptions {
        now: clock::now(),
        expiry: args.expiry,
        known_keys: &known_keys,
        expect_identity: args.trust.expect_identity,
        allow_unverified: args.trust.allow_unverified,
        allow_external_issuer: args.trust.allow_external_issuer,
    };
    let (new_text, resigned) =
        cli_toml::resign(&text, &Signer::new(&key)?, &options).map_err(in_file)?;
    host::write_cli_toml(path, &new_text)?;

    let publisher = &resigned.publisher;
    if resigned.became_eternal() {
        output.warn("the token had an expiry; the new one never expires (see --expiry)");
    }
    if resigned.verified_with.is_none() {
        output.warn("no known key had signed the token; it was signed anew because you said so");
    }
    let signed_by = key.public_key().fingerprint();
    let report = json!({
        "identity": publisher.identity,
        "issuer": publisher.issuer,
        "subject": publisher.subject,
        "verified_with": resigned.verified_with,
        "expiry_cleared": resigned.became_eternal(),
        "before": side(publisher, Some(resigned.before), resigned.verified_with),
        "after": side(publisher, Some(resigned.after), Some(signed_by)),
    });
    output.result(&report, || {
        format!(
            "{}\nidentity {} (the same)\nsigned by {signed_by}\n",
            styled(GOOD, "the token is signed anew"),
            publisher.identity
        )
    });
    Ok(Answer::Yes)
}

pub(super) fn restore(
    config: &Config,
    environment: &str,
    identity: Option<Identity>,
    files: &args::HostFiles,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = config.environment(environment)?;
    let refuse = |error| Failure::in_environment(&environment, error);
    let store = store::open(config, output)?;
    let site = Site::new(config, &*store, output);
    let paths = paths(config, files);
    // cli.toml is about to be replaced, and belongs to another program: one run at a time here, too.
    if site.state.is_locked() {
        return Err(crate::state::busy());
    }
    let mut gathered = gather(&site, &paths)?;
    if gathered.snapshot.unfinished.is_some() {
        return Err(Error::Unfinished.into());
    }
    if let Some(failure) = gathered.take_failure(&environment) {
        return Err(failure);
    }
    let vault = gathered.snapshot.vault(&environment).ok_or(Error::EnvironmentUnknown)?;
    let pair = match vault.pair() {
        PairState::Sound(pair) => pair,
        PairState::Unsound(how) => return Err(refuse(Error::GroupUnsound(how))),
        PairState::Empty | PairState::Unavailable => return Err(refuse(Error::VaultEmpty)),
    };
    // The server has the mounted key: a token signed with another one would be a 401.
    match gathered.snapshot.host.pair() {
        PairState::Sound(mounted) if mounted == pair => {}
        PairState::Empty => {}
        _ => {
            return Err(Failure::refused(
                "ERR_MOUNTED_DIFFERS",
                format!("the mounted keys are not {environment}'s present pair"),
                format!(
                    "`spacetime-keys sync --env {environment} --no-preserve-publisher-token`, then this again"
                ),
            ));
        }
    }
    let escrow = vault.escrow.as_ref().map_err(|error| refuse(*error))?;
    let publisher = escrow.choose(identity).map_err(|error| {
        let failure = refuse(error);
        if error == Error::EscrowAmbiguous {
            let all: Vec<_> = escrow.publishers().iter().map(|p| p.identity.to_string()).collect();
            let hint = format!("{}: {}", failure.hint, all.join(", "));
            return failure.with_hint(hint);
        }
        failure
    })?;
    let secret = store_key(&site, config, vault)?;
    write_restored(&secret, publisher, &paths.cli_toml, &gathered.snapshot.host.publisher, output)
}

fn store_key(
    site: &Site<'_>,
    config: &Config,
    vault: &spacetime_keys_core::fleet::Vault,
) -> Result<PrivateKey, Failure> {
    let secret = site.store.read(&vault.name, &config.store.private_secret)?.latest;
    let secret =
        secret.ok_or_else(|| Failure::in_environment(&vault.environment, Error::VaultEmpty))?;
    PrivateKey::from_pem(&*secret.value)
        .map_err(|error| Failure::in_environment(&vault.environment, error))
}

fn write_restored(
    key: &PrivateKey,
    publisher: &Publisher,
    path: &Path,
    replaced: &PublisherState,
    output: &Output,
) -> Result<Answer, Failure> {
    let in_file = |error| Failure::in_file(path, error);
    files::check_replaceable(path)?;
    let now = clock::now();
    let token = sign_publisher(publisher, now, &Signer::new(key)?)?;
    let replaced = match replaced {
        PublisherState::Found { publisher, times, verified_with } => {
            Some((publisher, *times, *verified_with))
        }
        _ => None,
    };
    let text = files::read_text(path)?.unwrap_or_default();
    let cli_toml = CliToml::parse(&text).map_err(in_file)?;
    files::create_folder(files::folder_of(path), 0o700)?;
    host::write_cli_toml(path, &cli_toml.with(&token, &[], key.public_key()))?;

    let replaces_another =
        replaced.filter(|(replaced, _, _)| replaced.identity != publisher.identity);
    if let Some((replaced, _, _)) = replaces_another {
        output.warn(&format!(
            "cli.toml held the token of another identity, {} (sub {:?}): note it down if it owns anything",
            replaced.identity, replaced.subject
        ));
    }
    let signed_by = key.public_key().fingerprint();
    let report = json!({
        "identity": publisher.identity,
        "issuer": publisher.issuer,
        "subject": publisher.subject,
        "verified_with": null,
        "before": replaced.map(|(replaced, times, key)| side(replaced, Some(times), key)),
        "after": side(publisher, Some(Times { iat: Some(now), exp: None }), Some(signed_by)),
    });
    output.result(&report, || {
        format!(
            "{}\nidentity {}\nsigned by {signed_by}\n",
            styled(GOOD, "the publisher token is restored from escrow"),
            publisher.identity
        )
    });
    Ok(Answer::Yes)
}
