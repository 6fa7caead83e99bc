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

use super::scan::RECOVER_EXAMPLES;
use super::{HostFiles, Recover, Trust, identity, seconds};

const CHECK_EXAMPLES: &str = "\
Examples:
  spacetime-keys token check --server https://db.example.com < token
  spacetime-keys token check --server local --cli-toml ~/.config/spacetime/cli.toml
  spacetime-keys token check --keys-dir .generated/spacetimedb-keys --server-version 2.8 < token
  spacetime-keys token check --jwks https://id.example.com/.well-known/openid-configuration < token";

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Show what a token says; nothing is verified
    Decode(TokenSource),
    /// Verify a token: signature, times, and what is expected of its claims (exit 1 if not valid)
    Verify(Verification),
    /// What a SpacetimeDB server answers to a token, or would answer, and why (exit 1 if it refuses)
    ///
    /// With --server a running server is asked, by GET, and what it answers is held against what its
    /// version and its keys foretell. The token is not sent to a server whose key has not signed it,
    /// unless it names an issuer of its own, nor by plain http to another machine. Exit codes: 0 it is
    /// accepted; 1 it is refused; 3 it was not sent, and the answer is not known; 4 no answer.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Mint a token for a user of an app, a robot or a publisher
    Mint(Mint),
    /// Sign the publisher token in a cli.toml anew, in place
    Resign(Resign),
    /// Find the claims of an owner whose token is lost, and put a token into cli.toml (exit 1 if not found)
    ///
    /// Searches files and folders for tokens, claims and UUIDs, and derives the identity of each: only the
    /// owner's counts. Commit logs of servers from 1.5 on (in their data folder) hold the claims of clients
    /// that were connected; backups of cli.toml, histories of shells, browser profiles and logs may. The
    /// token is signed with the mounted key. Of others nothing is printed.
    #[command(after_help = RECOVER_EXAMPLES)]
    Recover(Recover),
    /// Put a publisher token into cli.toml, made from the claims in escrow
    Restore {
        /// The environment whose vault keeps the claims, and whose key signs [default: `SPACETIME_KEYS_ENV`, else this host's]
        #[arg(long, value_name = "E")]
        env: Option<String>,
        /// Which publisher, where the escrow holds several
        #[arg(long, value_name = "HEX", value_parser = identity)]
        expect_identity: Option<Identity>,
        #[command(flatten)]
        files: HostFiles,
    },
}

/// Where the token comes from.
#[derive(ClapArgs)]
pub(crate) struct TokenSource {
    /// The token, or the file with it (`@FILE`, or its path); `-` (the default) reads standard
    /// input, which keeps the token out of process lists. `Bearer `, quotes and the JSON of an
    /// issuer's answer around it are left out
    #[arg(value_name = "TOKEN", conflicts_with = "cli_toml")]
    pub(crate) token: Option<String>,
    /// Take the publisher token from this cli.toml
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
    /// How long each request may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
    /// Use plain http to other machines, too: whoever is on the way can read tokens and exchange keys
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
    /// The `iss` that it must have, to the letter
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Option<String>,
    /// An `aud` that it must name
    #[arg(long, value_name = "A")]
    pub(crate) audience: Option<String>,
    /// The algorithm that it must have
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) alg: Option<Alg>,
    /// How far its issuer's clock and this one may be apart
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
    /// A running server, which is asked: a URL, `HOST:PORT`, or a nickname that cli.toml has
    ///
    /// It tells its version, its key and what it makes of the token; the keys of the token's issuer are fetched
    /// where the server would fetch them, unless --jwks gives others.
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// The server's own public key, where no server is asked
    #[arg(long, value_name = "FILE", conflicts_with = "keys_dir")]
    pub(crate) public_key: Option<PathBuf>,
    /// The folder that the server mounts its keys from, where no server is asked
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) jwks: IssuerKeys,
    /// The server's version, where the server does not tell it [default: the newest rules, 2.14]
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
    /// `iss`: the URL that the app publishes its keys under; with `--purpose owner` `localhost`, or the
    /// OIDC issuer that the owner cannot log in at now, and in whose place the server's key signs
    #[arg(long, value_name = "I")]
    pub(crate) issuer: Option<String>,
    /// `sub`: an id that never changes, no e-mail address; `robot:ID` with `--purpose robot`
    #[arg(long, value_name = "S")]
    pub(crate) subject: String,
    /// `aud`; may be given several times [default: spacetimedb]
    #[arg(long, value_name = "A")]
    pub(crate) audience: Vec<String>,
    /// How long it lives, 24h at most
    #[arg(long, value_name = "TTL", default_value = "15m", value_parser = ttl)]
    pub(crate) ttl: u32,
    /// A further claim; JSON, else a string; may be given several times
    #[arg(long, value_name = "K=V", value_parser = free_claim)]
    pub(crate) claim: Vec<FreeClaim>,
    /// Whom it is for
    #[arg(long, value_enum, default_value = "app")]
    pub(crate) purpose: PurposeName,
    /// The environment that it is for: `prod` takes no issuer that is local or without TLS
    #[arg(long, value_name = "E", value_enum, default_value = "dev")]
    pub(crate) target: TargetName,
    /// Sign in the place of an OIDC issuer for `prod`, too
    #[arg(long)]
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
    /// The public key that the present token was signed for
    #[arg(long, value_name = "FILE")]
    pub(crate) previous_public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// What becomes of `exp`: `clear`, `keep`, or a lifetime such as `30d`
    #[arg(long, value_name = "clear|keep|TTL", default_value = "clear", value_parser = expiry)]
    pub(crate) expiry: Expiry,
}

fn expiry(text: &str) -> Result<Expiry, &'static str> {
    match text {
        "clear" => Ok(Expiry::Clear),
        "keep" => Ok(Expiry::Keep),
        lifetime => seconds(lifetime)
            .filter(|&seconds| seconds > 0)
            .map(Expiry::Lifetime)
            .ok_or("`clear`, `keep`, or a lifetime such as 15m, 12h, 30d"),
    }
}

fn leeway(text: &str) -> Result<u32, &'static str> {
    seconds(text).filter(|&seconds| seconds <= 60 * DEFAULT_LEEWAY).ok_or("0s to 1h")
}

fn ttl(text: &str) -> Result<u32, Error> {
    humantime::parse_duration(text)
        .ok()
        .filter(|ttl| ttl.subsec_nanos() == 0)
        .and_then(|ttl| u32::try_from(ttl.as_secs()).ok())
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
