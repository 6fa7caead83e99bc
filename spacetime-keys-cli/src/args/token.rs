//! `token …` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args as ClapArgs, Subcommand, ValueEnum};
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::jwt::{
    DEFAULT_LEEWAY, Expiry, FreeClaim, MAX_TTL_SECONDS, Purpose, Target,
};
use spacetime_keys_core::server::Rules;
use spacetime_keys_core::{Error, Identity};

use super::values::{Wanted, identity, seconds, time};
use super::{HostFiles, Recover, Trust};

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Print what a token says, without verifying it
    Decode(TokenSource),
    /// Verify a token's signature, times and claims (exit code 1 if not valid)
    Verify(Verification),
    /// Check whether a SpacetimeDB server accepts a token, and why not (exit code 1 if not)
    ///
    /// With --server, it asks a running server with a GET request, and compares the answer with the one that
    /// the server's version and keys lead to. A token without an issuer of its own goes only to a server
    /// whose key has signed it. No token goes over plain http to another machine.
    ///
    /// Exit codes: 0 accepted; 1 refused; 3 the token was not sent, so the answer is unknown; 4 no answer.
    Check(Check),
    /// Mint a token for an app's user, a robot or a publisher
    Mint(Mint),
    /// Re-sign the publisher token in a cli.toml, in place
    Resign(Resign),
    /// Find the claims of an owner whose token is lost, and write a new token (exit code 1 if not found)
    ///
    /// Searches files and folders for tokens, claims and UUIDs, and derives the identity of each. Only the
    /// owner's identity counts, and nothing about others is printed. The data folder of a server from 1.5 on
    /// has the claims of connected clients in its commit logs. Backups of cli.toml, shell histories, browser
    /// profiles and logs may have them, too. The new token is signed with the mounted key.
    Recover(Recover),
    /// Write a publisher token to cli.toml, from the claims in escrow (in the vault)
    Restore {
        /// The environment whose vault keeps the claims, and whose key signs [default: `SPACETIME_KEYS_ENV`, else this host's]
        #[arg(long, short = 'e', value_name = "E")]
        env: Option<String>,
        /// Which publisher, if the escrow has several
        #[arg(long, value_name = "HEX", value_parser = identity)]
        expect_identity: Option<Identity>,
        #[command(flatten)]
        files: HostFiles,
    },
}

/// Where the token comes from.
#[derive(ClapArgs)]
pub(crate) struct TokenSource {
    /// The token, or its file (`@FILE` or a path); `-` (the default) reads standard input, which keeps
    /// the token out of process lists. `Bearer `, quotes, and the JSON of an issuer's answer are removed
    #[arg(value_name = "TOKEN", conflicts_with = "cli_toml")]
    pub(crate) token: Option<String>,
    /// Use the publisher token of this cli.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
}

/// The keys of an issuer.
#[derive(ClapArgs)]
pub(crate) struct IssuerKeys {
    /// The JWK set of the token's issuer: a file, or the URL of the set, of the issuer's
    /// .well-known/openid-configuration, or of the issuer
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) jwks: Option<String>,
    #[command(flatten)]
    pub(crate) fetch: Fetch,
}

/// How servers and keys are asked for.
#[derive(ClapArgs)]
pub(crate) struct Fetch {
    /// The time limit for each request
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) timeout: Duration,
    /// Allow plain http to other machines: anybody on the network path can read tokens and replace keys
    #[arg(long)]
    pub(crate) plain_http: bool,
}

#[derive(ClapArgs)]
#[command(group(ArgGroup::new("keys").args(["public_key", "jwks"]).required(true)))]
pub(crate) struct Verification {
    #[command(flatten)]
    pub(crate) source: TokenSource,
    /// The public key, P-256 or RSA
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) jwks: IssuerKeys,
    /// The `iss` that the token must have, exactly
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Option<String>,
    /// An `aud` that the token must have
    #[arg(long, value_name = "A")]
    pub(crate) audience: Option<String>,
    /// The algorithm that the token must have
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) alg: Option<Alg>,
    /// The largest difference between the issuer's clock and this one
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = leeway)]
    pub(crate) leeway: u32,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Alg {
    /// ECDSA on P-256 with SHA-256
    #[value(name = "ES256")]
    Es256,
    /// RSA with SHA-256
    #[value(name = "RS256")]
    Rs256,
}

impl From<Alg> for Algorithm {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::Es256 => Self::Es256,
            Alg::Rs256 => Self::Rs256,
        }
    }
}

fn server_version(version: &str) -> Result<String, Error> {
    Rules::of_version(version).map(|_| version.to_owned())
}

#[derive(ClapArgs)]
#[command(group(
    ArgGroup::new("known")
        .args(["server", "public_key", "keys_dir", "jwks"])
        .required(true)
        .multiple(true)
))]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) source: TokenSource,
    /// A running server to ask: a URL, `HOST:PORT`, or a nickname of cli.toml
    ///
    /// The server tells its version, its key and its answer to the token. The issuer's keys are fetched
    /// from where the server would fetch them, or from --jwks.
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The server's own public key, if no server is asked
    #[arg(long, value_name = "FILE", conflicts_with = "keys_dir")]
    pub(crate) public_key: Option<PathBuf>,
    /// The folder that the server mounts its keys from, if no server is asked
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) jwks: IssuerKeys,
    /// The server's version, if the server does not tell it [default: the newest rules, 2.14]
    #[arg(long, value_name = "VERSION", value_parser = server_version)]
    pub(crate) server_version: Option<String>,
}

impl Check {
    /// The server to ask, if `--server` names one.
    pub(crate) fn asked(&self) -> Option<&str> {
        self.server.as_deref().filter(|name| !is_version(name))
    }

    /// The version that is named; by `--server`, too, which once did that.
    pub(crate) fn version(&self) -> Option<&str> {
        self.server_version.as_deref().or(self.server.as_deref().filter(|name| is_version(name)))
    }
}

/// Whether a server's name is a version: `2.8`, and no address.
fn is_version(name: &str) -> bool {
    name.split('.').count() <= 3 && !name.contains(':') && Rules::of_version(name).is_ok()
}

#[derive(ClapArgs)]
pub(crate) struct Mint {
    /// The private key that signs: P-256, or RSA for development
    #[arg(long, value_name = "FILE")]
    pub(crate) private_key: PathBuf,
    /// `iss`: the URL under which the app publishes its keys; with `--purpose owner`: `localhost`, or the
    /// OIDC issuer of the owner, if that issuer is down
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Option<String>,
    /// `sub`: an id that never changes, not an e-mail address; with `--purpose robot`: `robot:ID`
    #[arg(long, value_name = "S")]
    pub(crate) subject: String,
    /// `aud`; repeatable [default: spacetimedb]
    #[arg(long, value_name = "A")]
    pub(crate) audience: Vec<String>,
    /// The token's lifetime, up to 24h
    #[arg(long, value_name = "TTL", default_value = "15m", value_parser = ttl)]
    pub(crate) ttl: u32,
    /// Another claim, as JSON or a string; repeatable
    #[arg(long, value_name = "K=V", value_parser = free_claim)]
    pub(crate) claim: Vec<FreeClaim>,
    /// Who will use the token
    #[arg(long, value_enum, default_value = "app")]
    pub(crate) purpose: PurposeName,
    /// The environment of the token: `prod` refuses an issuer that is local or without TLS
    #[arg(long, value_name = "E", value_enum, default_value = "dev")]
    pub(crate) target: TargetName,
    /// Also sign for `prod` instead of an OIDC issuer
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PurposeName {
    /// A user of an app
    App,
    /// A program: `sub` is `robot:ID`
    Robot,
    /// A user for whom another acts: needs `--claim 'act={"sub":…}'`
    Delegated,
    /// A publisher: a token as the server itself issues it, or (break-glass) as the owner's OIDC issuer would
    Owner,
}

impl From<PurposeName> for Purpose {
    fn from(name: PurposeName) -> Self {
        match name {
            PurposeName::App => Self::App,
            PurposeName::Robot => Self::Robot,
            PurposeName::Delegated => Self::Delegated,
            PurposeName::Owner => Self::Owner,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TargetName {
    Prod,
    Test,
    Dev,
    Local,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Self {
        match name {
            TargetName::Prod => Self::Prod,
            TargetName::Test | TargetName::Dev | TargetName::Local => Self::Other,
        }
    }
}

#[derive(ClapArgs)]
pub(crate) struct Resign {
    /// The SpacetimeDB CLI's file with the token
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: PathBuf,
    /// The private key that signs
    #[arg(long, value_name = "FILE")]
    pub(crate) private_key: PathBuf,
    /// The public key that verifies the current token
    #[arg(long, value_name = "FILE")]
    pub(crate) previous_public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// What to do with `exp`: `clear`, `keep`, or a lifetime such as `30d`
    #[arg(long, value_name = "clear|keep|TTL", default_value = "clear", value_parser = expiry)]
    pub(crate) expiry: Expiry,
}

fn expiry(text: &str) -> Result<Expiry, Wanted> {
    match text {
        "clear" => Ok(Expiry::Clear),
        "keep" => Ok(Expiry::Keep),
        lifetime => seconds(lifetime)
            .filter(|&seconds| seconds > 0)
            .map(Expiry::Lifetime)
            .ok_or(Wanted("`clear`, `keep`, or a lifetime such as 15m, 12h, 30d")),
    }
}

fn leeway(text: &str) -> Result<u32, Wanted> {
    const WANTED: Wanted = Wanted("a time from 0s to 1h, or a number of seconds");
    seconds(text).filter(|&seconds| seconds <= 60 * DEFAULT_LEEWAY).ok_or(WANTED)
}

fn ttl(text: &str) -> Result<u32, Error> {
    let seconds = time(text).ok().filter(|ttl| ttl.subsec_nanos() == 0).map(|ttl| ttl.as_secs());
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| (1..=MAX_TTL_SECONDS).contains(seconds))
        .ok_or(Error::MintLifetime)
}

fn free_claim(text: &str) -> Result<FreeClaim, Error> {
    let (name, value) = text
        .split_once('=')
        .ok_or(Error::MintClaim(spacetime_keys_core::error::MintClaim::Value))?;
    FreeClaim::from_text(name, value)
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_and_servers() {
        for version in ["2", "2.8", "v2.8.3", "2.14.0-rc1", "2.7.0-hotfix2", "1.2"] {
            assert!(is_version(version), "{version}");
        }
        for server in
            ["local", "127.0.0.1", "127.0.0.1:3000", "localhost:3000", "http://a", "2.example.com"]
        {
            assert!(!is_version(server), "{server}");
        }
    }
}
