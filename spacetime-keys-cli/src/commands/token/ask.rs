//! `token check --server`: what a running server answers, and whether that is what it should answer.

use serde_json::{Map, Value, json};
use spacetime_keys_core::doctor::{
    Known, Ruling, ServerSeen, Servers, Source, TokenFacts, Unruled,
};
use spacetime_keys_core::server::{Server, Verdict};
use spacetime_keys_core::{Error, PublicKey};
use spacetime_keys_rotation::places::Around;

use super::verdict::BySet;
use super::{check, source, verdict};
use crate::args::Check;
use crate::clock;
use crate::commands::Answer;
use crate::config::Config;
use crate::doctor::{self, Client};
use crate::failure::Failure;
use crate::key_set::{self, KeySet};
use crate::output::Output;

/// The questions, and the report.
struct Asked {
    url: String,
    seen: ServerSeen,
    server: Server,
    issuer: Option<Issuer>,
    by_set: BySet,
    ruling: Ruling,
}

/// The issuer whose keys decide.
struct Issuer {
    /// The place where its keys were looked for; empty: nowhere.
    place: String,
    /// The keys, or the reason why there are none.
    set: Result<KeySet, String>,
}

impl Issuer {
    fn failure(&self) -> Option<&str> {
        self.set.as_ref().err().map(String::as_str)
    }
}

pub(super) fn ask(
    args: &Check,
    name: &str,
    config: impl FnOnce() -> Result<Config, Failure>,
    output: &Output,
) -> Result<Answer, Failure> {
    if args.public_key.is_some() || args.keys_dir.is_some() {
        return Err(Failure::usage(
            "--server asks the server for its key: no other can be given with it",
            "leave --public-key and --keys-dir out; or leave --server out, and name a version with --server-version",
        ));
    }
    let url = find(args, name, config)?;
    let token = source::read(&args.source)?;
    let asked =
        doctor::with_sign("an answer of the server", output, || put_to(url, args, &token, output))?;
    asked.by_set.tell(output);
    output.result(&asked.to_json(), || asked.to_text(output.is_quiet()));
    Ok(asked.ruling.verdict.accepted.into())
}

/// The server's URL. Whose nicknames count is asked only where it is none itself.
fn find(
    args: &Check,
    name: &str,
    config: impl FnOnce() -> Result<Config, Failure>,
) -> Result<String, Failure> {
    let servers = if name.contains("://") {
        Servers::of(None)
    } else {
        let files = config()?.host_files(args.source.cli_toml.as_deref(), None)?;
        let paths = Around::of_process().in_place_of(&files.paths, files.named());
        doctor::servers(&paths.cli_toml)
    };
    servers.url(name).map_err(|error| doctor::no_url(Source::Argument, error, &servers))
}

fn put_to(url: String, args: &Check, token: &str, output: &Output) -> Result<Asked, Failure> {
    let fetch = &args.jwks.fetch;
    let client = Client::new(&url, fetch.timeout, fetch.plain_http, output);
    let now = clock::now();
    let mut seen = ServerSeen::look(&client);
    let own_key = seen.verifying_key().cloned();
    let version = seen.version().map(str::to_owned);
    let version = version.as_deref().or_else(|| args.version());
    let known = Known { served: own_key.as_ref(), keys: &[], server: Some(&url), version, now };
    let facts = TokenFacts::of_token(token, &known);
    seen.look_at_token(&client, &facts, token);
    let mut server = check::of_version(version)?;
    let mut issuer = None;
    if let Some(key) = &own_key {
        server = server.with_local_key(key)?;
        (server, issuer) = with_issuer(server, args, token, now)?;
    }
    let ruling = Ruling::of(&seen, &server, &facts, token, now)
        .map_err(|unruled| no_ruling(&url, unruled, issuer.as_ref()))?;
    // What the server itself has found good hangs on no condition.
    let set = issuer.as_ref().and_then(|issuer| issuer.set.as_ref().ok());
    let by_set = BySet::of(&ruling.verdict, token, set);
    Ok(Asked { url, seen, server, issuer, by_set, ruling })
}

/// With the keys of the issuer that decides on this token, where they can be had.
fn with_issuer(
    server: Server,
    args: &Check,
    token: &str,
    now: i64,
) -> Result<(Server, Option<Issuer>), Failure> {
    let Some(url) = server.discovery_url(token, now) else {
        // Of what is no URL a server fetches nothing.
        return Ok((server.with_issuer_keys(&[]), None));
    };
    let fetch = &args.jwks.fetch;
    let (place, set) = match &args.jwks.jwks {
        Some(place) => (place.clone(), Ok(key_set::read(place, fetch)?)),
        // The URL comes from the token, which anybody can have made: it may hold what a terminal obeys, or somebody's password.
        None if url.contains('@') || !url.bytes().all(|byte| byte.is_ascii_graphic()) => {
            (String::new(), Err("its `iss` is no URL that this machine asks".to_owned()))
        }
        // The server may be where it can reach them.
        None => (url.clone(), key_set::read(&url, fetch).map_err(|failure| failure.message)),
    };
    let server = match &set {
        Ok(set) => check::with_set(server, set),
        Err(_) => server,
    };
    Ok((server, Some(Issuer { place, set })))
}

fn no_ruling(url: &str, unruled: Unruled, issuer: Option<&Issuer>) -> Failure {
    match unruled {
        Unruled::Foreign(foreign) => doctor::foreign(url, foreign),
        Unruled::Unreached(why) => doctor::unreached(url, why),
        _ => {
            let failure = Failure::from(Error::TokenWithheld).prefix(url);
            match issuer.and_then(Issuer::failure) {
                Some(why) => {
                    let message =
                        format!("{}; the issuer's keys are not known here: {why}", failure.message);
                    failure.with_message(message)
                }
                None => failure,
            }
        }
    }
}

impl Asked {
    fn to_json(&self) -> Map<String, Value> {
        let Self { ruling, seen, issuer, .. } = self;
        let brief = |verdict: &Verdict| {
            json!({
                "accepted": verdict.accepted,
                "status": verdict.status,
                "reason": verdict.words,
            })
        };
        let report = verdict::to_json(&ruling.verdict, self.server.rules());
        let mut report = self.by_set.add_to(report);
        let mut put = |name: &str, value: Value| report.insert(name.to_owned(), value);
        if let Some(difference) = ruling.difference.filter(|_| !ruling.verdict.accepted) {
            put("remedy", json!(difference.advice()));
        }
        let asked = json!({
            "url": self.url,
            "version": seen.version(),
            "key": seen.served_key().map(PublicKey::fingerprint),
            "token_sent": ruling.was_asked,
            "token_withheld": ruling.withheld,
        });
        put("asked", asked);
        let of_issuer =
            |issuer: &Issuer| json!({ "keys_from": issuer.place, "error": issuer.failure() });
        put("issuer", json!(issuer.as_ref().map(of_issuer)));
        put("answer", json!(ruling.was_asked.then(|| brief(&ruling.verdict))));
        put("expected", json!(ruling.expected.as_ref().map(brief)));
        let differs = ruling.difference.is_some();
        let is_known = differs || (ruling.was_asked && ruling.expected.is_some());
        put("differs", json!(is_known.then_some(differs)));
        let difference = ruling.difference.map(|difference| {
            json!({
                "code": difference.as_str(),
                "detail": difference.detail(),
                "hint": difference.advice(),
            })
        });
        put("difference", json!(difference));
        report
    }

    /// The verdict, who gave it, and what it should have been.
    fn to_text(&self, quiet: bool) -> String {
        let Self { ruling, seen, url, .. } = self;
        let mut lines = vec![verdict::to_text(&ruling.verdict, &self.by_set).trim_end().to_owned()];
        if quiet {
            return lines.concat() + "\n";
        }
        let version = seen
            .version()
            .map_or("of an unknown version".to_owned(), |version| format!("SpacetimeDB {version}"));
        let key = seen
            .served_key()
            .map_or_else(String::new, |key| format!(", key {}", key.fingerprint().short()));
        lines.push(match (ruling.withheld, ruling.was_asked) {
            (Some(why), _) => {
                format!("{url} ({version}{key}): {why}\n{}", why.advice())
            }
            (None, true) => format!("said by {url} ({version}{key})"),
            (None, false) => format!(
                "{url} ({version}{key}) was not asked: no request can carry this token as it is"
            ),
        });
        let failed = self.issuer.as_ref().and_then(Issuer::failure);
        match (ruling.difference, ruling.expected) {
            (Some(difference), expected) => {
                let before = expected.map(|expected| match expected.words {
                    Some(words) => format!("expected {} {words}: ", expected.status),
                    None => "expected it to be accepted: ".to_owned(),
                });
                lines.push(format!("{}{}", before.unwrap_or_default(), difference.detail()));
                lines.push(difference.advice().to_string());
            }
            (None, Some(_)) if ruling.was_asked => {
                lines.push("its version and its keys lead to the same answer".to_owned());
            }
            (None, None) => lines.push(match failed {
                Some(why) => format!("the issuer's keys cannot be had from here: {why}"),
                None => {
                    "what it should say is not known: it shows no key that can be used".to_owned()
                }
            }),
            _ => {}
        }
        lines.join("\n") + "\n"
    }
}
