//! `token decode`: what a token says.

use std::fmt::Write as _;

use serde_json::json;
use spacetime_keys_core::advice::Advice;
use spacetime_keys_core::jwt::{Kind, Members, Publisher, Token};
use spacetime_keys_core::printable::{json_line, visible};
use spacetime_keys_core::{Error, Identity};

use super::source;
use crate::args::TokenSource;
use crate::clock;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::output::{BOLD, Output, styled};

const TIMES: [&str; 3] = ["iat", "nbf", "exp"];

/// In seconds the year 5138, in milliseconds 1973.
const MILLISECONDS: i64 = 100_000_000_000;

pub(super) fn decode(source: &TokenSource, output: &Output) -> Result<Answer, Failure> {
    let text = source::read(source)?;
    let kind = Kind::of(text.trim());
    let parsed = Token::parse(&text);
    if let Err(error @ (Error::TokenOpaque | Error::TokenEncrypted | Error::TokenOtherFormat(_))) =
        parsed
    {
        let report = json!({
            "kind": kind, "verified": false, "header": null, "claims": null, "identity": null,
            "reason": error.to_string(), "hint": error.advice(),
        });
        output.result(&report, || format!("{error}\n{}\n", error.advice()));
        return Ok(Answer::Yes);
    }
    let token = parsed?;
    let now = clock::now();
    let claims = token.claims();
    // Only from the two claims: whether a server takes them is another question.
    let identity = claims
        .get_str("iss")
        .zip(claims.get_str("sub"))
        .map(|(issuer, subject)| Identity::from_claims(&issuer, &subject));
    let times: Vec<_> = TIMES
        .into_iter()
        .filter_map(|name| {
            let unix = i64::try_from(claims.get_integer(name)?).ok()?;
            Some((name, unix, clock::date(unix), clock::relative(unix, now)))
        })
        .collect();
    let times_json: serde_json::Map<_, _> = times
        .iter()
        .map(|(name, unix, date, relative)| {
            ((*name).to_owned(), json!({ "unix": unix, "date": date, "relative": relative }))
        })
        .collect();
    let misuse = Publisher::misuse(&token);
    let report = Report {
        kind,
        verified: false,
        header: token.header(),
        claims,
        payload: token.claims_json(),
        times: times_json,
        identity,
        reason: misuse.map(|error| error.to_string()),
        hint: misuse.map(Error::advice),
    };
    output.result(&report, || {
        let mut text = String::new();
        let _ = writeln!(text, "{}", styled(BOLD, "header"));
        text.push_str(&members_text(token.header()));
        let _ = writeln!(text, "{}", styled(BOLD, "claims"));
        text.push_str(&members_text(claims));
        for (name, unix, date, relative) in &times {
            let date = date.clone().unwrap_or_else(|| unix.to_string());
            let _ = writeln!(text, "{name:<9}{date} ({relative})");
            if *unix >= MILLISECONDS {
                let _ = writeln!(text, "{:<9}milliseconds? a JWT counts seconds (RFC 7519)", "");
            }
        }
        // Servers do not look at `nbf`.
        for name in ["iat", "exp"] {
            if claims.get(name).is_some_and(|json| json != "null")
                && !times.iter().any(|(known, ..)| *known == name)
            {
                let _ = writeln!(text, "{name:<9}not whole seconds as a number: servers refuse it");
            }
        }
        if let Some(identity) = identity {
            let _ = writeln!(text, "identity {identity}");
        }
        if let Some(error) = misuse {
            let _ = writeln!(text, "{error}\n{}", error.advice());
        }
        text.push_str("nothing was verified: anybody can write such a token\n");
        text
    });
    Ok(Answer::Yes)
}

/// Not by `json!`: a `Value` cannot hold every number and every string that a token may have.
#[derive(serde::Serialize)]
struct Report<'a> {
    kind: Kind,
    verified: bool,
    header: &'a Members,
    claims: &'a Members,
    payload: &'a str,
    times: serde_json::Map<String, serde_json::Value>,
    identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Advice>,
}

fn members_text(members: &Members) -> String {
    members.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "  {}: {}", visible(name), json_line(value));
        text
    })
}
