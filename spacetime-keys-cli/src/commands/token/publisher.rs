//! `token resign` and `token restore`: the publisher token in `cli.toml`; and what `token recover` says as
//! they do.

use serde_json::{Value, json};
use spacetime_keys_core::jwt::{Publisher, ResignOptions, Times};
use spacetime_keys_core::{Fingerprint, Identity, PrivateKey, PublicKey};
use spacetime_keys_rotation::token;

use crate::args;
use crate::clock;
use crate::commands::Answer;
use crate::config::{Config, HostFiles};
use crate::failure::Failure;
use crate::files;
use crate::here;
use crate::opened::Opened;
use crate::output::{GOOD, Output, styled};

/// One side of a token's change.
fn side(publisher: &Publisher, times: Option<Times>, key: Option<Fingerprint>) -> Value {
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
    let key = files::parse_named(&args.private_key, PrivateKey::from_pem)?;
    let previous = args.previous_public_key.as_deref();
    let previous = previous.map(|path| files::parse_named(path, PublicKey::from_pem));
    let known_keys: Vec<PublicKey> = previous.transpose()?.into_iter().collect();
    let options = ResignOptions {
        now: clock::now(),
        expiry: args.expiry,
        known_keys: &known_keys,
        expect_identity: args.trust.expect_identity,
        allow_unverified: args.trust.allow_unverified,
        allow_external_issuer: args.trust.allow_external_issuer,
    };
    let resigned = token::resign(path, &key, &options)?;
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
    environment: Option<&str>,
    identity: Option<Identity>,
    files: &args::HostFiles,
    output: &Output,
) -> Result<Answer, Failure> {
    let environment = config.environment(environment)?;
    // The token's file is made where there is none.
    let HostFiles { paths, .. } =
        config.host_files(files.cli_toml.as_deref(), files.keys_dir.as_deref())?;
    here::say(config, &paths, output);
    let opened = Opened::new(config, output)?;
    let site = opened.site();
    let restored = token::restore(&site, &environment, identity, &paths)?;

    let publisher = &restored.publisher;
    warn_of_another(&restored, output);
    let (before, after) = restored_json(&restored);
    let signed_by = restored.signed_by;
    let report = json!({
        "identity": publisher.identity,
        "issuer": publisher.issuer,
        "subject": publisher.subject,
        "verified_with": null,
        "before": before,
        "after": after,
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

/// Says whose token a new one has taken the place of, if that is somebody else.
pub(super) fn warn_of_another(restored: &token::Restored, output: &Output) {
    let another = restored.replaced.as_ref();
    let another = another.filter(|(one, _, _)| one.identity != restored.publisher.identity);
    if let Some((replaced, _, _)) = another {
        output.warn(&format!(
            "cli.toml held the token of another identity, {} (sub {:?}): note it down if it owns anything",
            replaced.identity, replaced.subject
        ));
    }
}

/// The token that was there before, and the one that is there now.
pub(super) fn restored_json(restored: &token::Restored) -> (Value, Value) {
    let before = restored.replaced.as_ref();
    let before = before.map(|(replaced, times, key)| side(replaced, Some(*times), *key));
    let after = side(&restored.publisher, Some(restored.times), Some(restored.signed_by));
    (json!(before), after)
}
