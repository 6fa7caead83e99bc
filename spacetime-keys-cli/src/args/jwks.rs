//! `jwks …` as it is typed.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use clap::Subcommand;

use super::{Fetch, seconds};

#[derive(Subcommand)]
pub(crate) enum Jwks {
    /// Make a JWK set of public keys; with --issuer and --out, the files of an issuer
    Export {
        /// Public key files, P-256 or RSA; `-` is standard input
        #[arg(value_name = "PUBLIC", required = true)]
        public: Vec<PathBuf>,
        /// The tokens' `iss`: the URL that servers find the files under
        #[arg(long, value_name = "URL", requires = "out")]
        issuer: Option<String>,
        /// The folder to write .well-known/openid-configuration and .well-known/jwks.json into
        #[arg(long, value_name = "DIR", requires = "issuer")]
        out: Option<PathBuf>,
    },
    /// Whether SpacetimeDB servers take all of a JWK set (exit 1 if not)
    Lint {
        /// The set's JSON, a file; the URL of the set, of an issuer's
        /// .well-known/openid-configuration, or of the issuer; `-` is standard input
        #[arg(value_name = "FILE|URL")]
        place: String,
        #[command(flatten)]
        fetch: Fetch,
    },
    /// When to publish a new key, to sign with it, and to take the old one out
    Rollover {
        /// How long tokens live at most, such as 15m
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

fn lifetime(text: &str) -> Result<u32, &'static str> {
    seconds(text).filter(|&seconds| seconds > 0).ok_or("a lifetime such as 15m, 12h, 30d")
}

fn start(text: &str) -> Result<Start, &'static str> {
    if text == "now" {
        return Ok(Start::Now);
    }
    let unix = || text.parse::<u32>().ok().map(i64::from);
    let date = || {
        let since = humantime::parse_rfc3339_weak(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    unix().or_else(date).map(Start::At).ok_or("`now`, Unix seconds, or 2026-11-22T04:16:00Z")
}
