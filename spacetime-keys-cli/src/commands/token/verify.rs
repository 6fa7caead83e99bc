//! `token verify`: signature, times, and what is expected of the claims.

use serde_json::json;
use spacetime_keys_core::VerificationKey;
use spacetime_keys_core::jwks::{self, JwkSet};
use spacetime_keys_core::jwt::{TokenVerifier, VerifyOptions};

use super::source;
use crate::args::Verification;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::files;
use crate::key_set::{self, KeySet};
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn verify(args: &Verification, output: &Output) -> Result<Answer, Failure> {
    let (keys, set) = match (&args.public_key, &args.jwks.jwks) {
        (Some(path), _) => {
            let key = files::parse_named(path, VerificationKey::from_pem)?;
            (TokenVerifier::new(&key).map_err(|error| Failure::in_file(path, error))?, None)
        }
        (None, Some(place)) => {
            let set = key_set::read(place, &args.jwks.fetch)?;
            let keys = (set.content.as_ref().map_err(|error| *error))
                .and_then(|bytes| TokenVerifier::from_jwks(&JwkSet::parse(bytes)?))
                .map_err(|error| Failure::from(error).prefix(&set.place))?;
            (keys, Some(set))
        }
        (None, None) => return Err(Failure::bug("clap demands one of them")),
    };
    let token = source::read(&args.source)?;
    let options = VerifyOptions {
        now: clock::now(),
        leeway: args.leeway,
        issuer: args.issuer.as_deref(),
        audience: args.audience.as_deref(),
        algorithm: args.alg.map(Into::into),
    };
    let named = set.as_ref().and_then(KeySet::issuer);
    let result = keys.verify(&token, &options).and_then(|verified| {
        if let Some(named) = named {
            jwks::compare_issuers(verified.claims.get_str("iss").as_deref(), named)?;
        }
        Ok(verified)
    });
    // A user who compares with the discovery document's `issuer` compares with an issuer.
    let compared = VerifyOptions { issuer: options.issuer.or(named), ..options };
    let checked = result.as_ref().map(|_| compared.checked()).unwrap_or_default();
    if let Some(set) = &set {
        set.note().into_iter().for_each(|note| output.note(&note));
    }
    let good = result.as_ref().ok();
    let error = result.as_ref().err();
    let claim = |name: &str| good.and_then(|verified| verified.claims.get_str(name));
    let report = json!({
        "valid": good.is_some(),
        "identity": good.and_then(|verified| verified.identity),
        "issuer": claim("iss"),
        "subject": claim("sub"),
        "algorithm": good.map(|verified| verified.algorithm.to_string()),
        "kid": good.map(|verified| &verified.kid),
        "issued_at": good.and_then(|verified| verified.times.iat),
        "expires_at": good.and_then(|verified| verified.times.exp),
        "checked": checked,
        "source": set.as_ref().map(KeySet::source),
        "code": error.map(|error| error.code()),
        "reason": error.map(ToString::to_string),
        "hint": error.map(|error| error.advice()),
    });
    output.result(&report, || match &result {
        Ok(verified) => {
            let identity = verified.identity.map(|identity| format!("identity {identity}\n"));
            let expiry = match verified.times.exp {
                Some(exp) => format!("expires {}", clock::relative(exp, options.now)),
                None => "never expires".to_owned(),
            };
            format!(
                "{}\n{}signed by key {} ({})\n{expiry}\n{}",
                styled(GOOD, "valid"),
                identity.unwrap_or_default(),
                verified.kid,
                verified.algorithm,
                compared_with(&checked)
            )
        }
        Err(error) => format!("{} {error}\n{}\n", styled(BAD, "not valid:"), error.advice()),
    });
    Ok(result.is_ok().into())
}

/// What was compared, and what was not: a token of anybody whom the issuer knows passes where nobody
/// asks for whom it was made.
fn compared_with(checked: &[&str]) -> String {
    let missing: Vec<_> = [("issuer", "--issuer"), ("audience", "--audience")]
        .into_iter()
        .filter(|(name, _)| !checked.contains(name))
        .map(|(name, flag)| format!("{name} ({flag})"))
        .collect();
    let checked = format!("checked: {}\n", checked.join(", "));
    if missing.is_empty() {
        checked
    } else {
        format!("{checked}not compared: {}\n", missing.join(", "))
    }
}
