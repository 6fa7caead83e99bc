//! `token mint`: a token on stdout.

use serde_json::json;
use spacetime_keys_core::jwt::{self, LOCAL_ISSUER, MintOptions, Purpose, Target, TokenSigner};
use spacetime_keys_core::{Error, jwks};

use crate::args::Mint;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

pub(super) fn mint(args: &Mint, output: &Output) -> Result<Answer, Failure> {
    let purpose = Purpose::from(args.purpose);
    let issuer = match (&args.issuer, purpose) {
        (Some(issuer), _) => issuer,
        (None, Purpose::Owner) => LOCAL_ISSUER,
        (None, _) => {
            return Err(Failure::usage(
                "missing: --issuer",
                "the URL that your app publishes its keys under, such as https://app.example.com",
            ));
        }
    };
    let stands_in = purpose == Purpose::Owner && issuer != LOCAL_ISSUER;
    let signer = files::parse_named(&args.private_key, TokenSigner::from_pem)?;
    let audience: Vec<&str> = args.audience.iter().map(String::as_str).collect();
    let now = clock::now();
    let options = MintOptions {
        issuer,
        subject: &args.subject,
        audience: &audience,
        purpose,
        target: if stands_in && args.yes { Target::Other } else { args.target.into() },
        now,
        ttl: args.ttl,
        claims: &args.claim,
    };
    let minted = jwt::mint(&signer, &options)?;
    if purpose != Purpose::Owner && jwks::check_issuer(issuer) == Err(Error::IssuerUrl) {
        output.warn(
            "the issuer is no URL that servers can find keys under: only a server whose own key signed this takes it",
        );
    }
    if stands_in {
        output.warn(&format!(
            "break-glass: the server's key signed this in the place of {issuer}. A person who has that key can be every owner. The token cannot be revoked before it expires"
        ));
    } else {
        output.warn_of_slash(issuer);
    }
    let report = json!({
        "token": minted.token.as_str(),
        "identity": minted.identity,
        "issuer": issuer,
        "subject": args.subject,
        "kid": signer.kid(),
        "algorithm": signer.algorithm().to_string(),
        "issued_at": now,
        "expires_at": minted.expires_at,
    });
    output.result(&report, || format!("{}\n", *minted.token));
    if !output.is_json() {
        output.note(&format!(
            "identity {}, expires {}",
            minted.identity,
            clock::relative(minted.expires_at, now)
        ));
    }
    Ok(Answer::Yes)
}
