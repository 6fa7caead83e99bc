//! `jwks …` as it is typed.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use clap::Subcommand;

use super::Fetch;
use super::values::{Wanted, seconds};

#[derive(Subcommand)]
pub(crate) enum Jwks {
    /// Make a JWK set of public keys; with --issuer and --out, the files to publish
    Export {
        /// Public key files, P-256 or RSA; `-` is standard input
        #[arg(value_name = "PUBLIC", required = true)]
        public: Vec<PathBuf>,
        /// The `iss` of the tokens: the URL under which servers find the files
        #[arg(long, value_name = "URL", requires = "out")]
        issuer: Option<String>,
        /// The folder to write .well-known/openid-configuration and .well-known/jwks.json into
        #[arg(long, short = 'o', value_name = "DIR", requires = "issuer")]
        out: Option<PathBuf>,
    },
    /// Check whether SpacetimeDB servers accept every key of a JWK set (exit code 1 if not)
    Lint {
        /// The set's JSON, a file; the URL of the set, of an issuer's
        /// .well-known/openid-configuration, or of the issuer; `-` is standard input
        #[arg(value_name = "FILE|URL")]
        place: String,
        #[command(flatten)]
        fetch: Fetch,
    },
    /// Print when to publish a new key, to sign with it, and to remove the old one
    Rollover {
        /// The longest lifetime of a token, such as 15m
        #[arg(long, value_name = "TTL", value_parser = lifetime)]
        token_ttl: u32,
        /// When it begins: `now`, Unix seconds, or a time such as 2026-11-22T04:16:00Z
        #[arg(long, value_name = "TIME", default_value = "now", value_parser = start)]
        start: Start,
    },
}

/// When a rollover begins.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    Now,
    /// Unix seconds.
    At(i64),
}

fn lifetime(text: &str) -> Result<u32, Wanted> {
    const WANTED: Wanted = Wanted("a lifetime such as 15m, 12h, 30d, or a number of seconds");
    seconds(text).filter(|&seconds| seconds > 0).ok_or(WANTED)
}

fn start(text: &str) -> Result<Start, Wanted> {
    const WANTED: Wanted = Wanted("`now`, Unix seconds, or a time such as 2026-11-22T04:16:00Z");
    if text == "now" {
        return Ok(Start::Now);
    }
    let unix = || text.parse::<u32>().ok().map(i64::from);
    let date = || {
        let since = humantime::parse_rfc3339_weak(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    unix().or_else(date).map(Start::At).ok_or(WANTED)
}
