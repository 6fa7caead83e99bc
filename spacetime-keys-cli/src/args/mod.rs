//! The command line as it is typed.

mod doctor;
#[cfg(test)]
mod earlier_names;
mod examples;
mod exchange;
mod groups;
mod guide;
mod identity;
mod init;
mod jwks;
mod misplaced;
mod promote;
mod report;
mod scan;
mod store;
mod token;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{
    ArgAction, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use clap_complete::Shell;
use spacetime_keys_core::Identity;

use values::{days, identity, time};

pub(crate) use doctor::Doctor;
pub(crate) use exchange::Exchange;
pub(crate) use identity::{Column, Header, InputFormat, Map, OutputFormat};
pub(crate) use init::{Init, With};
pub(crate) use jwks::{Jwks, Start};
pub(crate) use misplaced::refuse_misplaced_secrets;
pub(crate) use promote::{Accept, Admit, Asked, Passport, Promote};
pub(crate) use report::report;
pub(crate) use scan::{Recover, Scan};
pub(crate) use store::{Store, StoreCopy};
pub(crate) use token::{Check, Fetch, Mint, Resign, Token, TokenSource, Verification};
pub(crate) use values::time_in_seconds;

/// Rotate a SpacetimeDB server's signing keys without losing the database
///
/// Exit codes: 0 done; 1 a check says no; 2 usage; 3 refused for safety, and the message says how to
/// continue; 4 a file, store or network failed, or an input is not what it should be.
#[derive(Parser)]
#[command(
    name = "spacetime-keys",
    version,
    long_version = LONG_VERSION,
    propagate_version = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Reads the command line.
pub(crate) fn parse() -> Result<Args, clap::Error> {
    command().try_get_matches().and_then(|matches| Args::from_arg_matches(&matches))
}

/// The command line's definition, for help, completions and manual pages, too.
pub(crate) fn command() -> clap::Command {
    groups::add(examples::add(Args::command()))
}

/// With the commit that it was built from, where the build knew that.
const LONG_VERSION: &str = env!("SPACETIME_KEYS_LONG_VERSION");

#[derive(ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Print one JSON document on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration file [default: `SPACETIME_KEYS_CONFIG`, else the nearest spacetime-keys.toml,
    /// here or in a folder above]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print only the verdict, warnings and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// When to use colours: `auto` means on a terminal, if `NO_COLOR` is not set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub(crate) color: Color,
    /// Print each step; given twice, each request to a key vault, too
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print help; `-h` prints a summary
    #[arg(short, long, global = true, action = ArgAction::Help)]
    pub(crate) help: Option<bool>,
    /// Print the version; `--version` prints the commit, its date and the target, too
    #[arg(short = 'V', long, global = true, action = ArgAction::Version)]
    pub(crate) version: Option<bool>,
}

/// Headings under which several commands have options.
const FILES: &str = "Files of this host";
const PUBLISHER: &str = "Publisher token";

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) const fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write a configuration for this host, from what is found here
    Init(Init),
    /// Replace an environment's signing keys; the owner stays the owner
    Rotate(Rotate),
    /// Finish an interrupted run, or repair keys that were half-written
    Resume(Resume),
    /// Go back to the previous key pair
    Rollback(Rollback),
    /// Copy the vault's keys to this host; re-sign the publisher token
    Sync(Sync),
    /// Check that vaults, key files and token agree; changes nothing
    Verify(Verify),
    /// List every key pair of an environment, with its state
    History(History),
    /// Check whether `spacetime publish` will work, and how to fix it
    ///
    /// Changes nothing without --fix. Without arguments, it asks the server that the configuration,
    /// spacetime.json or cli.toml names, and says which. It sends GET requests only. Your token goes only to
    /// that server, and only after the server answers like a SpacetimeDB server. Redirects are not followed.
    /// The token is not sent to a server with another key than the one that signed it, nor over plain http
    /// to another machine, nor to a server that only spacetime.json names.
    ///
    /// Exit codes: 0 a publish will work; 1 it will not, for whatever reason; 2 usage; 3 --fix was not
    /// confirmed; 4 a log or a configuration cannot be read.
    Doctor(Doctor),
    /// Exchange players' old tokens for new ones, beside a proxy
    ///
    /// A proxy asks `/forward-auth` about each request, and passes on the `Authorization` header of the
    /// answer. If a retired key in retired-keys.json signed the token, the header has a new token, signed
    /// with the mounted key, for five minutes. Any other token comes back unchanged. `POST /exchange` gives a
    /// client a token to keep. `/healthz` says whether tokens are exchanged, `/metrics` how many. Tokens are
    /// exchanged only while the server uses the mounted key. Stops at SIGTERM and SIGINT, with exit code 0.
    Exchange(Exchange),
    /// Move data from one environment's server to another's
    ///
    /// At the source, `passport` describes the source without a secret. You copy the data, for example with
    /// rsync. At the destination, `admit` refuses what is unsafe, and gives the publisher a token that the
    /// destination's key signs. You start the server there, and `accept` checks the result. No secret leaves
    /// the source, and no token or key of the source works at the destination.
    #[command(subcommand)]
    Promote(Promote),
    /// Find this fleet's private keys and tokens in files
    ///
    /// Reads files and folders of any size, also those compressed with gzip or zstd. Prints the file and the
    /// place, never the secret. Links inside folders are not followed.
    ///
    /// Exit codes: 0 nothing was found; 1 something was; 4 nothing was found, and something could not be
    /// read.
    Scan(Scan),
    /// Copy the key store
    #[command(subcommand)]
    Store(Store),
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make, normalize and compare key files
    #[command(subcommand)]
    Key(Key),
    /// Decode, verify, mint, re-sign and find tokens
    #[command(subcommand)]
    Token(Token),
    /// Derive, check and map identities
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Publish and check JWK sets, for tokens of your own issuer
    #[command(subcommand)]
    Jwks(Jwks),
    /// Print a completion script
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
    /// Print the manual page, or write one page a command
    Man {
        /// Write all pages into this folder
        #[arg(long, short = 'o', value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// This host's files.
#[derive(ClapArgs)]
#[command(next_help_heading = FILES)]
pub(crate) struct HostFiles {
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// The folder that the server mounts its keys from [default: the configuration's]
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
}

/// The tokens that are re-signed.
#[derive(ClapArgs)]
#[command(next_help_heading = PUBLISHER)]
pub(crate) struct Trust {
    /// Accept the publisher token if it has this identity, even if its signature cannot be checked
    #[arg(long, value_name = "HEX", value_parser = identity)]
    pub(crate) expect_identity: Option<Identity>,
    /// Re-sign the publisher token even if no known key has signed it
    #[arg(long)]
    pub(crate) allow_unverified: bool,
    /// Re-sign the publisher token even if its issuer is not `localhost`
    #[arg(long)]
    pub(crate) allow_external_issuer: bool,
}

/// The server after a run.
#[derive(ClapArgs)]
#[command(next_help_heading = "Server")]
pub(crate) struct RestartOptions {
    /// Restart the server, then check that it uses the mounted key and accepts the publisher token
    ///
    /// Runs COMMAND in the shell [default: `[host] restart` of the configuration], except when the server
    /// uses the mounted key already. Asks the server of `[host] server`, else of spacetime.json, else the
    /// `default_server` of cli.toml. Exit code 1: the keys are in place, but the server did not prove it.
    // A command that is blank is none.
    #[arg(
        long,
        value_name = "COMMAND",
        num_args = 0..=1,
        default_missing_value = "",
        hide_default_value = true,
        conflicts_with = "no_sync_mounted_keys"
    )]
    pub(crate) restart: Option<String>,
    /// With --restart: how long to wait for the server [default: 60s]
    #[arg(long, value_name = "TIME", requires = "restart", value_parser = time)]
    pub(crate) wait: Option<Duration>,
}

/// What a run does with this host.
#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct HostOptions {
    /// Print the steps; change nothing
    #[arg(long, short = 'n', visible_short_alias = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Leave the publisher token as it is: the server refuses it from then on
    #[arg(long, help_heading = PUBLISHER)]
    pub(crate) no_preserve_publisher_token: bool,
    /// Leave the mounted key files as they are
    #[arg(long, help_heading = FILES)]
    pub(crate) no_sync_mounted_keys: bool,
    #[command(flatten)]
    pub(crate) trust: Trust,
    #[command(flatten)]
    pub(crate) restart: RestartOptions,
}

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Rotate {
    /// The environment to rotate, with the others of its group; or `all` [default: `SPACETIME_KEYS_ENV`,
    /// else this host's]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// The environment whose keys this host mounts [default: the configuration's, else the one
    /// rotated; `local` with `all`]
    #[arg(long, value_name = "E")]
    pub(crate) host_env: Option<String>,
    /// If the vault does not know the mounted pair: store that pair first, for a rollback
    #[arg(long)]
    pub(crate) adopt_mounted: bool,
    /// Make a new pair even if the current private key is lost
    #[arg(long)]
    pub(crate) replace_lost_key: bool,
    /// How long `exchange` accepts tokens of the previous pair, such as 30d; 0 stops it for all earlier
    /// pairs [default: the policy's, else 0]
    #[arg(long, value_name = "TIME", value_parser = time_in_seconds)]
    pub(crate) honor_old_tokens: Option<u32>,
    /// The previous pair has leaked: never exchange its tokens, and never roll back to it
    #[arg(long)]
    pub(crate) compromised: bool,
    /// With --restart: go back to the previous pair if the server does not start with the new one
    #[arg(long, requires = "restart", conflicts_with = "compromised")]
    pub(crate) rollback_on_failure: bool,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Resume {
    /// The environment to repair, if no run was interrupted
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// The environment whose keys this host mounts [default: the one repaired]
    #[arg(long, value_name = "E")]
    pub(crate) host_env: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Rollback {
    /// The environment to roll back, with the others of its group [default: `SPACETIME_KEYS_ENV`, else this
    /// host's]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    /// The environment whose keys this host mounts [default: the configuration's, else the same]
    #[arg(long, value_name = "E")]
    pub(crate) host_env: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Sync {
    /// The environment whose keys this host mounts [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, short = 'e', value_name = "E")]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Verify {
    /// Check these environments, or `all`; repeatable, `a,b` [default: `SPACETIME_KEYS_ENV`, else this host's
    /// group, else those of the configuration, else those with a vault]
    #[arg(long, short = 'e', value_name = "E", value_delimiter = ',')]
    pub(crate) env: Vec<String>,
    /// The folder with the mounted keys; without --env, check only these files
    #[arg(long, alias = "mounted-keys-dir", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// A pair older than this is a problem: days, or a time such as 90d; 0: no limit [default: the policy's]
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(crate) max_age_days: Option<u32>,
    /// How to print problems: `github` makes each an annotation of the GitHub Actions job
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Text,
    Github,
}

#[derive(ClapArgs)]
pub(crate) struct History {
    /// These environments, or `all`; repeatable, `a,b` [default: as for verify]
    #[arg(long, short = 'e', value_name = "E", value_delimiter = ',')]
    pub(crate) env: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print each setting, and where it comes from
    Show,
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key pair: `id_ecdsa` and `id_ecdsa.pub`, or for RS256 `rs256.pem` and `rs256.pub.pem`
    Generate {
        /// The folder to put it into
        #[arg(long, short = 'o', value_name = "DIR")]
        out: PathBuf,
        /// The algorithm that the pair is for
        #[arg(long, value_enum, ignore_case = true, default_value = "ES256")]
        alg: KeyAlgorithm,
        /// Replace existing files; the keys in them are lost
        #[arg(long)]
        force: bool,
    },
    /// Rewrite PEM files in canonical form: to stdout, or in place
    Normalize {
        /// Files; `-` is standard input
        #[arg(value_name = "FILE", default_value = "-")]
        files: Vec<PathBuf>,
        /// Only check whether anything would change (exit code 1 if so)
        #[arg(long, conflicts_with = "write")]
        check: bool,
        /// Replace the files
        #[arg(long)]
        write: bool,
    },
    /// Print the SHA-256 of the public key's DER, and its JWK thumbprint
    Fingerprint {
        /// Private or public key files; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Check whether a private and a public key belong together
    Check {
        /// The private key file, or the folder with `id_ecdsa` and `id_ecdsa.pub`
        private: PathBuf,
        /// The public key file
        public: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KeyAlgorithm {
    /// ECDSA on P-256 with SHA-256: what SpacetimeDB servers sign with
    #[value(name = "ES256")]
    Es256,
    /// RSA, 2048 bits: to try out external issuers; no SpacetimeDB server starts with such a key
    #[cfg(feature = "aws-lc-rs")]
    #[value(name = "RS256")]
    Rs256,
}

#[derive(Subcommand)]
pub(crate) enum IdentityCommand {
    /// Print the identity of an issuer and a subject
    Derive {
        /// The token's `iss`
        #[arg(long)]
        issuer: String,
        /// The token's `sub`
        #[arg(long)]
        subject: String,
    },
    /// List every user's old and new identity, for a change of issuer
    Map(Map),
    /// Check whether 64 hex digits are an identity
    Inspect {
        /// The digits
        #[arg(value_name = "HEX")]
        identity: String,
    },
}
