//! The command line as it is typed.

mod doctor;
mod exchange;
mod identity;
mod init;
mod jwks;
mod misplaced;
mod promote;
mod report;
mod scan;
mod store;
mod token;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use spacetime_keys_core::Identity;

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

/// Rotate a SpacetimeDB's signing keys without losing the database.
///
/// Exit codes: 0 done; 1 the check says no; 2 usage; 3 refused for safety (the message says what
/// lifts it); 4 a file, store or network failed, or an input is not what it should be.
#[derive(Parser)]
#[command(name = "spacetime-keys", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(ClapArgs)]
pub(crate) struct Global {
    /// One JSON document on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration [default: `SPACETIME_KEYS_CONFIG`, else the nearest spacetime-keys.toml, here or
    /// in a folder above]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say nothing but the verdict, warnings and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Colours: `auto` is on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub(crate) color: Color,
    /// Say each step; twice: each request to a key vault, too
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

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
    /// Look at what is here, and write a configuration for it
    Init(Init),
    /// Give an environment's group a new key pair; keep the publisher's identity
    Rotate(Rotate),
    /// Finish a run that was interrupted, or mend a group's half-written keys
    Resume(Resume),
    /// Return to the key pair before
    Rollback(Rollback),
    /// Bring this host up to its vault: mounted files and publisher token
    Sync(Sync),
    /// Look at vaults, mounted files and token; write nothing
    Verify(Verify),
    /// Each pair that an environment has had, and what became of it
    History(History),
    /// What a publish would answer, and why, before anyone publishes
    ///
    /// Without arguments it asks the server that the configuration, spacetime.json or cli.toml names,
    /// and says which. Asks by GET only, and never for a new identity; without --fix it reads only.
    /// The token is sent to that server, once it has shown to be one, and to nobody else: redirects are
    /// not followed, and a server that only spacetime.json names must be one that cli.toml knows. It is
    /// kept back from a server that shows another key than the one that signed it, and from plain http
    /// to another machine. Exit codes: 0 all is well; 1 it is not, whatever the cause, a server that
    /// does not answer among them; 2 usage; 3 --fix was not confirmed; 4 a log or a configuration that
    /// cannot be read.
    Doctor(Doctor),
    /// Honour players' old tokens for a while: a service beside a proxy
    ///
    /// A proxy asks `/forward-auth` about each request, and passes on the header `Authorization` of the
    /// answer: a token that a retired key of retired-keys.json has signed comes back signed by the
    /// mounted key, for five minutes, and everything else as it came. `POST /exchange` gives a client a
    /// token to keep; `/healthz` says whether tokens are exchanged, `/metrics` how many. Nothing is
    /// exchanged unless the server has the mounted key. Ends at SIGTERM and SIGINT, with exit code 0.
    Exchange(Exchange),
    /// Take the data of one environment's server to another's: the parts that need keys
    ///
    /// The source says what it is (`passport`), the data is copied by other means, and the destination
    /// refuses what must not be and gets the publisher a token of its own key (`admit`), is started and
    /// judged (`accept`). No secret leaves the source, and none of the source's is good at the destination.
    #[command(subcommand)]
    Promote(Promote),
    /// Which private keys and tokens of this fleet lie in files
    ///
    /// Reads files and folders of any size, also packed by gzip or zstd; archives that are not packed are
    /// read as they are. Says the file and the place, never the secret. Links within folders are not
    /// followed. Exit codes: 0 none was found; 1 some were; 4 none was found, and something could not
    /// be read.
    #[command(after_help = scan::EXAMPLES)]
    Scan(Scan),
    /// The key store
    #[command(subcommand)]
    Store(Store),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Key files
    #[command(subcommand)]
    Key(Key),
    /// Tokens
    #[command(subcommand)]
    Token(Token),
    /// Identities
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// JSON Web Key sets, for tokens of an issuer of your own
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
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// This host's files.
#[derive(ClapArgs)]
pub(crate) struct HostFiles {
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// The folder that the server mounts [default: the configuration's]
    #[arg(long, alias = "keys-dir", value_name = "DIR")]
    pub(crate) mounted_keys_dir: Option<PathBuf>,
}

/// Which tokens are signed anew.
#[derive(ClapArgs)]
pub(crate) struct Trust {
    /// The identity that the publisher token must have; stands for a verified signature
    #[arg(long, value_name = "HEX", value_parser = identity)]
    pub(crate) expect_identity: Option<Identity>,
    /// Sign the publisher token anew although no known key has signed it
    #[arg(long)]
    pub(crate) allow_unverified: bool,
    /// Sign the publisher token anew although its issuer is not `localhost`
    #[arg(long)]
    pub(crate) allow_external_issuer: bool,
}

/// The server after a run.
#[derive(ClapArgs)]
pub(crate) struct RestartOptions {
    /// Restart the server, then ask it whether it has the mounted key and takes the publisher token
    ///
    /// Runs COMMAND by the shell [default: the configuration's `[host] restart`], unless the server has the
    /// mounted key already. The server asked is `[host] server`, else that of spacetime.json, else the
    /// `default_server` of cli.toml. Exit code 1: the keys are in place, and the server is not proven.
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
    /// With --restart: how long the server may take [default: 60s]
    #[arg(long, value_name = "TIME", requires = "restart", value_parser = time)]
    pub(crate) wait: Option<Duration>,
}

/// What a run does with this host.
#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct HostOptions {
    #[command(flatten)]
    pub(crate) files: HostFiles,
    /// Leave the publisher token as it is (it will be void)
    #[arg(long)]
    pub(crate) no_preserve_publisher_token: bool,
    /// Leave the mounted key files as they are
    #[arg(long)]
    pub(crate) no_sync_mounted_keys: bool,
    #[command(flatten)]
    pub(crate) trust: Trust,
    #[command(flatten)]
    pub(crate) restart: RestartOptions,
    /// Print the steps, change nothing
    #[arg(long, short = 'd')]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Rotate {
    /// The environment whose group is rotated, or `all` [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The environment whose keys this host mounts [default: the configuration's, else the one
    /// rotated; `local` with `all`]
    #[arg(long, value_name = "E")]
    pub(crate) host_env: Option<String>,
    /// Keep a mounted pair that the vault has never seen, for a rollback
    #[arg(long)]
    pub(crate) adopt_mounted: bool,
    /// Make a new pair although the private key of the present one is nowhere to be found
    #[arg(long)]
    pub(crate) replace_lost_key: bool,
    /// How long tokens that the pair before has signed are exchanged for new ones, such as 30d; 0 ends
    /// it for all earlier pairs, too [default: the policy's; 0]
    #[arg(long, value_name = "TIME", value_parser = time_in_seconds)]
    pub(crate) honor_old_tokens: Option<u32>,
    /// The pair before has leaked: never exchange a token of it, and never return to it
    #[arg(long)]
    pub(crate) compromised: bool,
    /// With --restart: return to the pair before where the server does not come up with the new key
    #[arg(long, requires = "restart", conflicts_with = "compromised")]
    pub(crate) rollback_on_failure: bool,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Resume {
    /// The environment whose group is mended, where no run was interrupted
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    /// The environment whose keys this host mounts [default: the one mended]
    #[arg(long, value_name = "E")]
    pub(crate) host_env: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Rollback {
    /// The environment whose group goes back [default: `SPACETIME_KEYS_ENV`, else this host's]
    #[arg(long, value_name = "E")]
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
    #[arg(long, value_name = "E")]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Verify {
    /// Look at these environments, or `all` [default: `SPACETIME_KEYS_ENV`, else this host's group, else
    /// those of the configuration, else those that have a vault]
    #[arg(long, value_name = "E", value_delimiter = ',')]
    pub(crate) env: Vec<String>,
    /// The folder with the mounted keys; without --env, look at nothing else
    #[arg(long, value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The SpacetimeDB CLI's file with the publisher token [default: the configuration's]
    #[arg(long, value_name = "FILE")]
    pub(crate) cli_toml: Option<PathBuf>,
    /// Pairs older than this are a problem [default: the policy's; 0: ages are not enforced]
    #[arg(long, value_name = "N")]
    pub(crate) max_age_days: Option<u32>,
}

#[derive(ClapArgs)]
pub(crate) struct History {
    /// These environments, or `all` [default: as for verify]
    #[arg(long, value_name = "E", value_delimiter = ',')]
    pub(crate) env: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is in force, and where each value comes from
    Show,
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key pair: `id_ecdsa` and `id_ecdsa.pub`; with RS256 `rs256.pem` and `rs256.pub.pem`
    Generate {
        /// The folder to put it into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The algorithm that the pair is for
        #[arg(long, value_enum, ignore_case = true, default_value = "ES256")]
        alg: KeyAlgorithm,
        /// Replace files that are there: the keys in them are lost
        #[arg(long)]
        force: bool,
    },
    /// Bring PEM files into canonical form: on stdout, or in place
    Normalize {
        /// Files; `-` is standard input
        #[arg(value_name = "FILE", default_value = "-")]
        files: Vec<PathBuf>,
        /// Only say whether anything would change (exit 1 if so)
        #[arg(long, conflicts_with = "write")]
        check: bool,
        /// Replace the files
        #[arg(long)]
        write: bool,
    },
    /// SHA-256 of the public key's DER, and its JWK thumbprint
    Fingerprint {
        /// Private or public key files; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Whether a private and a public key belong together
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
    /// The identity that an issuer and a subject give
    Derive {
        /// The token's `iss`
        #[arg(long)]
        issuer: String,
        /// The token's `sub`
        #[arg(long)]
        subject: String,
    },
    /// Every user's old and new identity, when the issuer changes
    Map(Map),
    /// Whether 64 hex digits are an identity
    Inspect {
        /// The digits
        #[arg(value_name = "HEX")]
        identity: String,
    },
}

fn identity(text: &str) -> Result<Identity, spacetime_keys_core::Error> {
    Identity::parse(text)
}

/// A time such as `90s` or `30d`; a bare number is seconds.
fn time(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let time = seconds.or_else(|| humantime::parse_duration(text).ok());
    time.ok_or("a time such as 30s or 5m, or a number of seconds")
}

/// The same, in whole seconds: for flags, and for entries of a configuration.
pub(crate) fn time_in_seconds(text: &str) -> Result<u32, &'static str> {
    const WANTED: &str = "a time such as 12h or 30d, up to 100 years, or a number of seconds";
    let time = time(text).map_err(|_| WANTED)?;
    u32::try_from(time.as_secs()).map_err(|_| WANTED)
}

/// A time such as `15m`, in whole seconds; what is less than one is cut off.
fn seconds(text: &str) -> Option<u32> {
    humantime::parse_duration(text).ok().and_then(|time| u32::try_from(time.as_secs()).ok())
}
