//! `identity …`

use serde_json::json;
use spacetime_keys_core::{Error, Identity};

use super::{Answer, identity_map};
use crate::args::IdentityCommand;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, Output, styled};

pub(super) fn run(command: &IdentityCommand, output: &Output) -> Result<Answer, Failure> {
    match command {
        IdentityCommand::Derive { issuer, subject } => Ok(derive(issuer, subject, output)),
        IdentityCommand::Inspect { identity } => Ok(inspect(identity, output)),
        IdentityCommand::Map(map) => identity_map::run(map, output),
    }
}

fn derive(issuer: &str, subject: &str, output: &Output) -> Answer {
    use spacetime_keys_core::jwt::MAX_CLAIM_BYTES;
    let identity = Identity::from_claims(issuer, subject);
    for (name, claim) in [("issuer", issuer), ("subject", subject)] {
        if claim.is_empty() || claim.len() > MAX_CLAIM_BYTES {
            output.warn(&format!(
                "the {name} has {} bytes; servers accept 1 to {MAX_CLAIM_BYTES}",
                claim.len()
            ));
        }
    }
    if issuer.contains('|') {
        output
            .warn("the issuer has a `|` in it: another issuer and subject give the same identity");
    }
    output.warn_of_slash(issuer);
    output.result(&json!({ "identity": identity }), || format!("{identity}\n"));
    Answer::Yes
}

fn inspect(text: &str, output: &Output) -> Answer {
    // The CLI and server logs write identities with 0x in places.
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let parsed = Identity::parse(digits);
    let report = json!({
        "valid": parsed.is_ok(),
        "identity": parsed.ok(),
        "code": parsed.err().map(Error::code),
        "reason": parsed.err().map(|error| error.to_string()),
        "hint": parsed.err().map(Error::advice),
    });
    output.result(&report, || match parsed {
        Ok(_) => format!("{}\n", styled(GOOD, "valid: prefix and checksum are right")),
        Err(error) => format!("{} {error}\n{}\n", styled(BAD, "not valid:"), error.advice()),
    });
    parsed.is_ok().into()
}
